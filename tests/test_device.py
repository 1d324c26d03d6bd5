import numpy as np
import pytest
import torch

from rnncast import device, registry
from rnncast.config import RunConfig
from rnncast.errors import DeviceError
from rnncast.forecasting import forecast
from rnncast.rounds import one_by_one, side_by_side
from rnncast.training import Loop, fit
from rnncast.windows import Windows
from tests.making import CPU, TINY, loop_of, network_of, panel_of, same_units, walk

PANEL = panel_of([walk(30, seed=1), walk(18, seed=2)])


def test_a_device_that_was_asked_for_is_chosen() -> None:
    assert device.choose(RunConfig(device="cpu")) == CPU


@pytest.mark.parametrize(
    ("cuda", "mps", "expected"), [(True, True, "cuda"), (False, True, "mps"), (False, False, "cpu")]
)
def test_auto_prefers_an_accelerator(monkeypatch: pytest.MonkeyPatch, cuda: bool, mps: bool, expected: str) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: cuda)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: mps)
    monkeypatch.setattr(torch, "zeros", lambda *size, device: None)
    assert device.choose(RunConfig(device="auto")).type == expected


@pytest.mark.parametrize("name", ["abacus", "cuda:99", "cpu:x", ""])
def test_a_device_that_does_not_exist_is_an_error_with_advice(name: str) -> None:
    with pytest.raises(DeviceError, match=f"device '{name}' cannot be used") as caught:
        device.choose(RunConfig(device=name))
    assert "--device auto" in caught.value.hint
    assert "\n" not in caught.value.message


@pytest.mark.parametrize(
    ("asked", "work", "threads"),
    [(None, device.WORTH_SHARING, 2), (None, device.WORTH_SHARING - 1, 1), (3, 1, 3)],
)
def test_threads_are_used_where_the_work_is_worth_them(
    monkeypatch: pytest.MonkeyPatch, asked: int | None, work: int, threads: int
) -> None:
    used: list[int] = []
    monkeypatch.setattr(device.process, "granted_threads", lambda: 2)
    monkeypatch.setattr(torch, "set_num_threads", used.append)
    device.use_threads(RunConfig(threads=asked), work)
    assert used == [threads]


@pytest.mark.parametrize(
    ("threads", "fits", "expected"),
    [(1, 4, (1, 1)), (2, 1, (1, 2)), (2, 4, (2, 1)), (2, 3, (1, 2)), (4, 3, (1, 4)), (8, 3, (1, 8)), (16, 4, (4, 4))],
)
def test_all_threads_are_busy_as_long_as_they_can_be(threads: int, fits: int, expected: tuple[int, int]) -> None:
    works = [device.WORTH_SHARING] * fits
    assert device.share(RunConfig(threads=threads), CPU, works) == expected
    assert torch.get_num_threads() == 1


@pytest.mark.parametrize(
    ("where", "works"),
    [(CPU, [device.WORTH_SHARING, 1]), (CPU, []), (torch.device("meta"), [device.WORTH_SHARING])],
)
def test_little_work_and_other_devices_are_not_shared(where: torch.device, works: list[int]) -> None:
    assert device.share(RunConfig(threads=4), where, works) == (1, 1)


@pytest.mark.parametrize(("fits", "expected"), [(0, (1, 1)), (1, (1, 1)), (3, (3, 1)), (9, (device.STREAMS, 1))])
def test_a_cuda_device_runs_a_few_fits_side_by_side(fits: int, expected: tuple[int, int]) -> None:
    assert device.share(RunConfig(threads=4), torch.device("cuda"), [1] * fits) == expected


def on_cuda(**settings: object) -> Loop:
    """Return a training loop on a CUDA device."""
    loop = loop_of(PANEL, **settings)
    windows = Windows(PANEL, same_units(PANEL), 8, 3, torch.device("cuda"))
    return Loop(loop.network.to("cuda"), windows, loop.index, loop.training)


@pytest.mark.cuda
def test_fits_on_streams_find_what_they_find_one_by_one() -> None:
    def losses(together: bool) -> list[float]:
        loops = [on_cuda(seed=seed, dropout=0.3, num_layers=2) for seed in (1, 2, 3)]
        running = {loop: fit(loop, str(number)) for number, loop in enumerate(loops)}
        records = side_by_side(running, loops, len(loops)) if together else one_by_one(running)
        return [record.loss for record in sorted(records, key=lambda record: (record.fit, record.step))]

    np.testing.assert_allclose(losses(True), losses(False), rtol=1e-4)


@pytest.mark.cuda
@pytest.mark.parametrize("model", registry.MODELS)
def test_cuda_forecasts_what_the_cpu_does(model: str) -> None:
    network = network_of(PANEL, model=model, num_layers=2, attention=True)
    on_cpu = forecast([network], PANEL, 5, logarithm=False)
    on_cuda = forecast([network.to("cuda")], PANEL, 5, logarithm=False)
    np.testing.assert_allclose(on_cuda.point, on_cpu.point, rtol=1e-3, atol=1e-3)
    np.testing.assert_allclose(on_cuda.quantiles, on_cpu.quantiles, rtol=1e-3, atol=1e-3)


@pytest.mark.cuda
def test_cuda_trains_as_the_cpu_does() -> None:
    loop = loop_of(PANEL)
    loop.windows = Windows(PANEL, same_units(PANEL), 8, 3, CPU)
    ours, theirs = ([record.loss for record in fit(one, "fit")] for one in (loop, on_cuda()))
    assert len(ours) == TINY["max_steps"]
    np.testing.assert_allclose(ours, theirs, rtol=1e-2)


def test_ranks_fit_one_network_after_the_other_with_all_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rnncast.device.WORTH_SHARING", 10)
    run = RunConfig(threads=4)
    assert device.share(run, torch.device("cpu"), [40, 40, 40, 40], ranks=2) == (1, 4)
    assert device.share(run, torch.device("cpu"), [40, 40, 40, 40], ranks=8) == (1, 1)
