import pytest
import torch
from torch import Tensor

from rnncast import registry
from rnncast.synthetic import Sample

SEASONS = [(1,), (4,), (7,), (12,), (24,), (52,), (24, 168)]
NOT_SEASONAL = {"chaos"}

every_kind = pytest.mark.parametrize("name", registry.GENERATORS)


def drawn(name: str, count: int = 8, length: int = 60, seasons: tuple[int, ...] = (12,), seed: int = 1) -> Tensor:
    """Return series of one family."""
    random = torch.Generator().manual_seed(seed)
    values: Tensor = registry.GENERATORS[name].load()(Sample(count, length, seasons), random)
    return values


def autocorrelation(values: Tensor, lag: int) -> Tensor:
    """Return the autocorrelation of the series' changes, 0 where nothing changes."""
    change = values.diff(dim=1)
    change = change - change.mean(dim=1, keepdim=True)
    products = (change[:, lag:] * change[:, :-lag]).sum(dim=1)
    return products / change.square().sum(dim=1).clamp(min=1e-30)


@every_kind
@pytest.mark.parametrize("seasons", SEASONS, ids=str)
def test_values_are_finite_and_of_the_shape_asked_for(name: str, seasons: tuple[int, ...]) -> None:
    for length in (12, 300):
        values = drawn(name, length=length, seasons=seasons)
        assert values.shape == (8, length)
        assert values.dtype == torch.float64
        assert values.isfinite().all()


@every_kind
@pytest.mark.parametrize("length", [2, 3, 13, 2048])
def test_any_length_will_do(name: str, length: int) -> None:
    assert drawn(name, length=length).isfinite().all()


@every_kind
@pytest.mark.parametrize("seasons", [(2,), (5,), (365,), (60, 1440), (7, 365), (5, 12)], ids=str)
def test_any_season_will_do(name: str, seasons: tuple[int, ...]) -> None:
    assert drawn(name, seasons=seasons).isfinite().all()


@every_kind
def test_one_series_alone_will_do(name: str) -> None:
    assert drawn(name, count=1).shape == (1, 60)


@every_kind
def test_the_same_seed_gives_the_same_values(name: str) -> None:
    assert torch.equal(drawn(name), drawn(name))


@every_kind
def test_another_seed_gives_other_values(name: str) -> None:
    assert not torch.equal(drawn(name), drawn(name, seed=2))


@every_kind
def test_series_of_a_batch_differ(name: str) -> None:
    assert len(drawn(name, count=32).unique(dim=0)) > 28


@every_kind
def test_series_are_of_many_levels_and_strengths(name: str) -> None:
    values = drawn(name, count=64)
    size = values.abs().mean(dim=1)
    relative = values.std(dim=1) / size.clamp(min=1e-30)
    assert size.quantile(0.9) > 2 * size.quantile(0.1)
    assert relative.quantile(0.9) > 2 * relative.quantile(0.1)


@pytest.mark.parametrize("name", [name for name in registry.GENERATORS if name not in NOT_SEASONAL])
def test_changes_come_again_after_a_season(name: str) -> None:
    with_season = autocorrelation(drawn(name, 200, 180, (12,)), 12)
    without = autocorrelation(drawn(name, 200, 180, (1,)), 12)
    assert with_season.mean() > without.mean() + 0.05


@pytest.mark.parametrize("name", [name for name in registry.GENERATORS if name not in NOT_SEASONAL])
def test_the_longer_of_two_seasons_shows(name: str) -> None:
    values = drawn(name, 200, 500, (6, 42))
    nearer = autocorrelation(values, 36) + autocorrelation(values, 48)
    assert autocorrelation(values, 42).mean() > nearer.mean() / 2


@every_kind
@pytest.mark.cuda
def test_values_are_made_on_the_device_asked_for(name: str) -> None:
    sample = Sample(8, 60, (12,), "cuda")
    values = registry.GENERATORS[name].load()(sample, torch.Generator("cuda").manual_seed(1))
    assert values.is_cuda
    assert values.isfinite().all()
