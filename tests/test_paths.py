from collections.abc import Sequence
from statistics import NormalDist

import numpy as np
import pytest
import torch
from torch import Tensor

from rnncast import paths
from rnncast.forecasting import Predictor, forecast
from rnncast.network import Network
from rnncast.panel import Panel
from rnncast.paths import draw, interpolation, noise
from rnncast.windows import Batch
from tests import making
from tests.making import DAILY, batch_of, network_of, panel_of, walk

Settings = dict[str, object]

NAN = np.nan
ENDS = (11, 4, 9)
DEEPAR: Settings = {"model": "deepar", "horizon": 5, "option": ("num_samples=4",)}

KINDS: dict[str, Settings] = {
    "every step": {},
    "segments": {"segment_length": 2},
    "segments longer than the horizon": {"segment_length": 8, "num_lags": 8},
    "attention over two layers": {"attention": True, "num_layers": 2},
    "seasonal guess": {"guess_season": 3, "season_length": (3,)},
    "level as guess": {"guess_season": 0, "season_length": (4,)},
    "joint": {"channels": "joint"},
    "scaled once": {"scaling": "series"},
    "no skip": {"skip": False},
    "normal density": {"loss": "normal"},
    "three levels": {"quantiles": (0.05, 0.5, 0.8)},
}

every_kind = pytest.mark.parametrize("kind", KINDS)


def own_panel(targets: int = 2) -> Panel:
    return making.full_panel(targets, past=1, known=9, seasons=(2, 7), time=DAILY)


def case(kind: str) -> tuple[Panel, Network]:
    panel = own_panel()
    return panel, network_of(panel, **DEEPAR, **KINDS[kind])


def paths_of(network: Network, batch: Batch) -> Tensor:
    """Return the paths [B, S, H, C] of a batch."""
    return torch.cat(list(draw(network, network.model, network.fold(batch))))


def longer_window(network: Network, settings: Settings, drawn: Sequence[Tensor]) -> tuple[Network, Batch]:
    """Return the network and the windows [B] of a context that reaches to the end of what was drawn, [B, C] a step."""
    length, steps = network.shape.context_length, len(drawn)
    panel = own_panel()
    longer = network_of(panel, **settings | {"context_length": length + steps, "horizon": network.shape.reach})
    longer.load_state_dict(network.state_dict())
    batch = longer.fold(batch_of(panel, longer, [end + steps for end in ENDS]))
    target, observed, past = batch.target.clone(), batch.observed.clone(), batch.past.clone()
    if steps:
        target[:, length : length + steps], observed[:, length : length + steps] = torch.stack(drawn, dim=1), True
        past[:, length:] = past[:, length - 1 : length]
    return longer, batch._replace(target=target, observed=observed, past=past)


def quantile_by_hand(levels: Sequence[float], values: np.ndarray, chance: float) -> float:
    knots = [NormalDist().inv_cdf(level) for level in levels]
    middle = values[list(levels).index(0.5)]
    for outer, is_beyond in ((0, chance < knots[0]), (-1, chance > knots[-1])):
        if is_beyond:
            return float(middle + (values[outer] - middle) * chance / knots[outer])
    return float(np.interp(chance, knots, values))


def path_by_hand(network: Network, settings: Settings, chance: Tensor) -> Tensor:
    """Return one path of every window, [B, H, C], with standard normal quantiles [H, C]: one whole pass a step."""
    drawn: list[Tensor] = []
    while len(drawn) < network.shape.horizon:
        longer, batch = longer_window(network, settings, drawn)
        output = longer(batch, last_only=True)
        quantiles = longer.head.quantiles(output.params, output.frame(batch))[:, 0].detach().numpy()
        start = len(drawn)
        for step in range(network.shape.reach):
            values = np.array(
                [
                    [
                        quantile_by_hand(longer.head.levels, quantiles[row, step, c], float(chance[start + step, c]))
                        for c in range(network.shape.targets)
                    ]
                    for row in range(len(batch.target))
                ]
            )
            drawn.append((output.guess[:, 0, step] + output.scale[:, 0] * torch.from_numpy(values)).float().detach())
    return torch.stack(drawn, dim=1)[:, : network.shape.horizon]


@every_kind
def test_paths_equal_those_of_a_loop_that_reads_the_whole_window_again(kind: str) -> None:
    panel, network = case(kind)
    found = paths_of(network, batch_of(panel, network, ENDS))
    shape = network.shape
    chance = noise(4, shape.num_blocks * shape.reach, shape.targets)
    by_hand = torch.stack([path_by_hand(network, DEEPAR | KINDS[kind], chance[path]) for path in range(4)], dim=1)
    torch.testing.assert_close(found, by_hand, rtol=1e-4, atol=1e-4)


@every_kind
def test_no_path_sees_what_came_after_the_origin(kind: str) -> None:
    panel, network = case(kind)
    batch = batch_of(panel, network, ENDS)
    target, observed = batch.target.clone(), batch.observed.clone()
    target[:, network.shape.context_length :], observed[:, network.shape.context_length :] = 1e3, True
    after = batch._replace(target=target, observed=observed)
    assert torch.equal(paths_of(network, batch), paths_of(network, after))


def test_what_is_known_ahead_of_a_step_changes_paths_from_there_on() -> None:
    panel, network = case("every step")
    batch = batch_of(panel, network, ENDS)
    future = batch.future.clone()
    future[:, network.shape.context_length + 2] += 1
    differs = (paths_of(network, batch) != paths_of(network, batch._replace(future=future))).all(dim=(0, 1, 3))
    assert differs.tolist() == [False, False, True, True, True]


def test_the_forecast_is_the_median_and_the_quantiles_of_the_paths() -> None:
    panel = own_panel(targets=1)
    network = network_of(panel, **DEEPAR | {"option": ("num_samples=25",)})
    batch = batch_of(panel, network, ENDS)
    drawn, (point, quantiles) = paths_of(network, batch).detach().numpy(), network.forecast(batch)
    np.testing.assert_allclose(point.detach(), np.median(drawn, axis=1), rtol=1e-5)
    for place, level in enumerate(network.head.levels):
        np.testing.assert_allclose(
            quantiles[..., place].detach(), np.quantile(drawn, level, axis=1), rtol=1e-4, atol=1e-5
        )


def test_without_spread_the_forecast_is_that_of_iterated_single_steps() -> None:
    panel = own_panel()
    settings = DEEPAR | {"loss": "normal"}
    network = network_of(panel, **settings)
    with torch.no_grad():
        for weight in (network.decoder.steps.weight, network.decoder.local.output.weight):
            weight[1] = 0
        network.decoder.steps.bias[1] = -30
    iterated = path_by_hand(network, settings, torch.zeros(5, 1))
    point = paths_of(network, batch_of(panel, network, ENDS)).median(dim=1).values
    torch.testing.assert_close(point, iterated, rtol=0, atol=0.02)


@pytest.mark.parametrize("loss", ["mse", "mae", "huber"])
def test_a_point_goes_on_from_point_to_point(loss: str) -> None:
    panel = own_panel()
    network = network_of(panel, **DEEPAR, loss=loss)
    batch = batch_of(panel, network, ENDS)
    point, quantiles = network.forecast(batch)
    assert quantiles.shape == (3, 5, 2, 0)
    assert paths_of(network, batch).shape == (6, 1, 5, 1)
    shorter = network_of(panel, **DEEPAR | {"horizon": 1}, loss=loss)
    shorter.load_state_dict(network.state_dict())
    torch.testing.assert_close(shorter.forecast(batch_of(panel, shorter, ENDS))[0], point[:, :1])


def test_an_untrained_path_carries_its_level_along() -> None:
    panel = panel_of([[3.0, 5, 4, 7, 6, 9, 8, 9, 7, 12]], seasons=(4,))
    network = network_of(panel, trained=False, **DEEPAR, guess_season=0, season_length=(4,))
    path = [8.0, 9, 7, 12]
    for _ in range(5):
        path.append(sum(path[-4:]) / 4)
    np.testing.assert_allclose(
        forecast(Predictor([network], logarithm=False), panel, 5).point[0, :, 0], path[4:], rtol=1e-5
    )


def test_paths_are_the_same_whatever_is_computed_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    panel, network = case("every step")
    batch = batch_of(panel, network, ENDS)
    together = network.forecast(batch)
    monkeypatch.setattr(paths, "NUMBERS", 1)
    for ours, theirs in zip(network.forecast(batch), together, strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-5, atol=1e-5)


def test_the_same_window_gives_the_same_bytes() -> None:
    panel, network = case("every step")
    once, again = (forecast(Predictor([network], logarithm=False), panel, 5) for _ in range(2))
    assert np.array_equal(once.point, again.point)
    assert np.array_equal(once.quantiles, again.quantiles)


def test_it_trains_every_step_of_context_and_horizon_on_what_came() -> None:
    panel = panel_of([walk(40, seed=1), walk(30, seed=2)])
    network = network_of(panel, **DEEPAR | {"context_length": 15})
    single = network_of(panel, **DEEPAR | {"context_length": 19, "horizon": 1})
    single.load_state_dict(network.state_dict())
    ours, theirs = batch_of(panel, network, [30, 20]), batch_of(panel, single, [34, 24])
    assert torch.equal(ours.target, theirs.target)
    torch.testing.assert_close(network.loss(ours), single.loss(theirs))
    output = single(theirs)
    residual = (theirs.target[:, 1:, None] - output.guess) / output.scale[:, :, None]
    losses = single.head.loss(output.params, residual, output.frame(theirs))
    torch.testing.assert_close(network.loss(ours, last_only=True), losses[:, -5:].mean())


def test_a_step_of_the_horizon_that_was_not_seen_is_no_origin() -> None:
    panel = panel_of([walk(40)])
    network = network_of(panel, **DEEPAR | {"horizon": 3})
    batch = batch_of(panel, network, [30])
    gap = network.shape.context_length + 1
    observed, filled = batch.observed.clone(), batch.target.clone()
    observed[:, gap], filled[:, gap] = False, 50.0
    with_gap = batch._replace(observed=observed)
    loss = network.loss(with_gap, last_only=True)
    assert loss > 0
    assert loss == network.loss(with_gap._replace(target=filled), last_only=True)


@pytest.mark.parametrize("series", [[NAN] * 9, [NAN] * 8 + [1.0], [1.0] + [NAN] * 11, [0.0] * 10, [5.0, 5.0]])
@pytest.mark.parametrize("loss", ["quantile", "student-t", "negative-binomial", "mse"])
def test_a_forecast_of_any_length_is_finite_whatever_the_series(series: list[float], loss: str) -> None:
    panel = panel_of([series])
    found = forecast(Predictor([network_of(panel, **DEEPAR, loss=loss)], logarithm=False), panel, 12)
    assert np.isfinite(found.point).all()
    assert np.isfinite(found.quantiles).all()
    assert (np.diff(found.quantiles, axis=-1) >= 0).all()


def test_paths_in_half_precision_are_near() -> None:
    panel, network = case("attention over two layers")
    batch = batch_of(panel, network, ENDS)
    exact = network.forecast(batch)[0]
    network.half_precision = True
    rounded = network.forecast(batch)[0]
    assert rounded.dtype == torch.float32
    assert (rounded - exact).abs().mean() < 0.1 * exact.abs().mean()


def test_chance_is_spread_evenly_at_every_step() -> None:
    found = noise(50, 3, 2)
    layers = torch.special.ndtri((torch.arange(50) + 0.5) / 50)
    torch.testing.assert_close(found.sort(dim=0).values, layers[:, None, None].expand(50, 3, 2))
    assert not torch.equal(found[:, 0], found[:, 1])
    assert torch.equal(noise(50, 3, 2), found)


@pytest.mark.parametrize("levels", [(0.5,), (0.1, 0.5), (0.5, 0.9), (0.1, 0.5, 0.9), (0.05, 0.2, 0.5, 0.6, 0.99)])
def test_normal_quantiles_are_met_exactly(levels: tuple[float, ...]) -> None:
    chance = torch.linspace(-3, 3, 13)
    knots = torch.tensor([NormalDist().inv_cdf(level) for level in levels])
    weights = interpolation(levels, chance)
    torch.testing.assert_close(weights.sum(dim=-1), torch.ones(13))
    has_side = torch.where(chance < 0, levels[0] < 0.5, levels[-1] > 0.5)
    torch.testing.assert_close(weights @ knots, chance * has_side)
