from collections.abc import Sequence

import numpy as np
import pytest
import torch

from rnncast import registry
from rnncast.building import build
from rnncast.columns import Columns
from rnncast.forecasting import Predictor, forecast
from rnncast.heads.base import Frame
from rnncast.network import Network, Output
from rnncast.origins import asinh
from rnncast.panel import Panel
from rnncast.windows import Batch, separate
from tests import making
from tests.making import batch_of, config_of, network_of, panel_of, walk

NAN = np.nan

every_model = pytest.mark.parametrize("model", registry.MODELS)

SMOOTHED = {"esrnn", "folding", "pretrained"}  # their guess is learned
DRAWN = {"deepar"}  # their level goes along with what they forecast

KINDS: dict[str, dict[str, object]] = {
    "every step": {},
    "segments": {"segment_length": 2, "num_lags": 4},
    "segments that fill a part of the context": {"segment_length": 3, "num_lags": 3},
    "attention": {"attention": True, "num_layers": 2},
    "seasonal guess": {"guess_season": 2},
    "smoothed": {"model": "esrnn", "guess_season": 2, "option": ("penalty=0",)},
    "smoothed in segments": {"model": "esrnn", "guess_season": 2, "option": ("penalty=0",), "segment_length": 2},
    "level as guess": {"guess_season": 0},
    "joint": {"channels": "joint"},
    "scaled once": {"scaling": "series"},
    "no skip": {"skip": False},
}

every_kind = pytest.mark.parametrize("kind", KINDS)


def own_panel(targets: int = 1) -> Panel:
    return making.full_panel(targets, past=2, known=3, seasons=(2,))


def case(kind: str, ends: Sequence[int] = (10, 4, 12)) -> tuple[Network, Batch]:
    panel = own_panel(targets=2)
    network = network_of(panel, **KINDS[kind])
    return network, network.fold(batch_of(panel, network, ends))


def origins_of(network: Network) -> list[int]:
    shape = network.shape
    return [shape.context_length - 1 - shape.segment_length * k for k in reversed(range(shape.num_origins))]


def upto(output: Output, count: int) -> list[torch.Tensor]:
    return [part[:, :count] for part in output]


@pytest.mark.parametrize("logarithm", [False, True])
@pytest.mark.parametrize("magnitude", [1e-9, 1.0, 1e12])
@pytest.mark.parametrize("model", [name for name in registry.MODELS if name not in SMOOTHED])
def test_an_untrained_network_forecasts_its_guess(model: str, magnitude: float, logarithm: bool) -> None:
    values = magnitude * np.array([3.0, 5, 4, 7, 6, 9, 8, 9, 7, 12])
    panel = panel_of([values], seasons=(4,))
    guesses = {4: [8, 9, 7, 12, 8, 9], 1: [12] * 6}
    if not logarithm and model not in DRAWN:
        guesses[0] = [9] * 6
    for season, guess in guesses.items():
        network = network_of(panel, trained=False, model=model, guess_season=season, season_length=(4,), horizon=6)
        found = forecast(Predictor([network], logarithm), panel, 6)
        np.testing.assert_allclose(found.point[0, :, 0] / magnitude, guess, rtol=1e-6)
        np.testing.assert_allclose(found.quantiles[0, :, 0, 0] / magnitude, guess, rtol=1e-6)


def test_a_guess_season_beyond_the_window_takes_no_memory() -> None:
    panel = panel_of([[5, 6, 8, 9, 7, 12, 8, 9]])
    network = network_of(panel, trained=False, guess_season=10**12)
    level = network_of(panel, trained=False, guess_season=0)
    one, other = (forecast(Predictor([n], logarithm=False), panel, 3).point for n in (network, level))
    np.testing.assert_allclose(one, other)


def test_a_guess_that_lies_before_the_series_is_the_level() -> None:
    panel = panel_of([[4.0, 6.0]])
    network = network_of(panel, trained=False, guess_season=5, season_length=(5,), horizon=6)
    found = forecast(Predictor([network], logarithm=False), panel, 6).point[0, :, 0]
    np.testing.assert_allclose(found, [5, 5, 5, 4, 6, 5], rtol=1e-6)


@every_kind
def test_no_origin_sees_a_target_after_it(kind: str) -> None:
    network, batch = case(kind)
    before = network(batch)
    for count, origin in enumerate(origins_of(network), start=1):
        target, observed = batch.target.clone(), batch.observed.clone()
        target[:, origin + 1 :], observed[:, origin + 1 :] = 1e3, True
        after = network(batch._replace(target=target, observed=observed))
        for ours, theirs in zip(upto(before, count), upto(after, count), strict=True):
            assert torch.equal(ours, theirs)


@every_kind
def test_no_origin_sees_a_past_covariate_after_it(kind: str) -> None:
    network, batch = case(kind)
    before = network(batch).params
    for count, origin in enumerate(origins_of(network), start=1):
        past = batch.past.clone()
        past[:, origin + 1 :] = 1e3
        after = network(batch._replace(past=past)).params
        assert torch.equal(before[:, :count], after[:, :count])


@every_kind
def test_no_origin_sees_what_is_known_beyond_its_horizon(kind: str) -> None:
    network, batch = case(kind)
    before = network(batch).params
    for count, origin in enumerate(origins_of(network), start=1):
        future = batch.future.clone()
        future[:, origin + network.shape.horizon + 1 :] = 1e3
        after = network(batch._replace(future=future)).params
        assert torch.equal(before[:, :count], after[:, :count])


@every_kind
def test_the_last_origin_reads_every_step_and_every_column(kind: str) -> None:
    network, batch = case(kind)
    row, before = -1, network(batch, last_only=True).params[-1]
    first = network.shape.context_length - network.shape.segment_length * network.shape.num_origins
    for name in ("target", "past", "future"):
        values = getattr(batch, name)
        for step in range(first, network.shape.context_length):
            for column in range(values.shape[2]):
                changed = values.clone()
                changed[row, step, column] += 0.7
                after = network(batch._replace(**{name: changed}), last_only=True).params[row]
                assert not torch.equal(before, after), (name, step, column)
    assert not torch.equal(before, network(batch._replace(static=batch.static + 1), last_only=True).params[row])


@every_kind
def test_the_forecast_from_the_last_origin_is_the_last_of_all(kind: str) -> None:
    network, batch = case(kind)
    for last, every in zip(network(batch, last_only=True), network(batch), strict=True):
        torch.testing.assert_close(last, every[:, -1:], rtol=1e-5, atol=1e-5)


@every_kind
def test_the_loss_is_the_mean_of_the_losses_taken_one_origin_at_a_time(kind: str) -> None:
    network, batch = case(kind)
    shape, total, count = network.shape, 0.0, 0
    for place, origin in enumerate(origins_of(network)):
        hidden = batch.target.clone()
        hidden[:, origin + 1 :] = 1e3
        output = network(batch._replace(target=hidden))
        for row in range(len(batch.target)):
            for c in range(shape.targets):
                seen = batch.observed[row, : origin + 1, c]
                if not seen[-1] or seen.sum() < min(max(shape.season_length, 4) + 1, shape.context_length // 3):
                    continue
                for h in range(shape.horizon):
                    if not batch.observed[row, origin + 1 + h, c]:
                        continue
                    residual = batch.target[row, origin + 1 + h, c] - output.guess[row, place, h, c]
                    frame = Frame(output.guess[row, place, h, c], output.scale[row, place, c])
                    total += network.head.loss(output.params[row, place, h, c], residual / frame.scale, frame)
                    count += 1
    torch.testing.assert_close(network.loss(batch), total / count, rtol=1e-5, atol=1e-6)


def test_the_loss_of_the_last_origins_alone_leaves_the_others_out() -> None:
    panel = own_panel()
    every, last = network_of(panel), network_of(panel, origins="last")
    batch = batch_of(panel, every, (10, 4, 12))
    torch.testing.assert_close(last.loss(batch), every.loss(batch, last_only=True))
    assert last.loss(batch) != every.loss(batch)


def test_a_batch_without_a_future_has_no_loss() -> None:
    panel = own_panel()
    network = network_of(panel)
    batch = batch_of(panel, network, (13, 4, 19))
    assert network.loss(batch, last_only=True) == 0


def test_a_batch_of_one_forecasts_what_a_row_of_a_batch_does() -> None:
    panel = own_panel(targets=2)
    network = network_of(panel)
    batch = batch_of(panel, network, (13, 4, 19))
    point, quantiles = network.forecast(batch)
    assert point.shape == (3, 3, 2)
    assert quantiles.shape == (3, 3, 2, 9)
    for row in range(3):
        alone = network.forecast(Batch(*(part[row : row + 1] for part in batch)))
        torch.testing.assert_close(alone[0], point[row : row + 1], rtol=1e-5, atol=1e-5)
        torch.testing.assert_close(alone[1], quantiles[row : row + 1], rtol=1e-5, atol=1e-5)


@every_model
def test_several_targets_have_a_point_where_no_quantiles_are_learned(model: str) -> None:
    panel = own_panel(targets=2)
    network = network_of(panel, model=model, loss="mse")
    point, quantiles = network.forecast(batch_of(panel, network, (13, 4, 19)))
    assert (point.shape, quantiles.shape) == ((3, 3, 2), (3, 3, 2, 0))


@every_model
def test_independent_channels_are_forecast_as_if_each_were_alone(model: str) -> None:
    panel = own_panel(targets=2)
    network = network_of(panel, model=model)
    batch = batch_of(panel, network, (13, 4, 19))
    together = network.forecast(batch)
    for c in range(2):
        of_each_target = ("target", "observed", "series", "loc", "scale")
        one = batch._replace(**{name: getattr(batch, name)[..., c : c + 1] for name in of_each_target})
        for ours, theirs in zip(together, network.forecast(one), strict=True):
            torch.testing.assert_close(ours[:, :, c : c + 1], theirs, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(("channels", "reads"), [("joint", True), ("independent", False)])
def test_a_joint_network_alone_reads_the_other_target(channels: str, reads: bool) -> None:
    panel = own_panel(targets=2)
    network = network_of(panel, channels=channels)
    batch = batch_of(panel, network, (13, 4, 19))
    changed = batch.target.clone()
    changed[..., 1] *= 1.5
    changed[:, ::3, 1] += 2
    before, after = network.forecast(batch)[0], network.forecast(batch._replace(target=changed))[0]
    assert torch.equal(before[..., 0], after[..., 0]) is not reads


def test_separated_rows_lie_target_by_target_within_a_window() -> None:
    panel = own_panel(targets=2)
    batch = batch_of(panel, network_of(panel), (10, 4, 12))
    rows = separate(batch)
    assert torch.equal(rows.target[3, :, 0], batch.target[1, :, 1])
    assert torch.equal(rows.past[3], batch.past[1])
    assert torch.equal(rows.static[4], batch.static[2])


def test_a_constant_series_is_forecast_by_its_constant_before_training() -> None:
    panel = panel_of([np.full(12, 0.1)])
    found = forecast(Predictor([network_of(panel, trained=False)], logarithm=True), panel, 3)
    np.testing.assert_allclose(found.point, 0.1, rtol=1e-6)


@pytest.mark.parametrize(
    "series",
    [
        [NAN] * 9,
        [NAN] * 8 + [1.0],
        [1.0] + [NAN] * 11,
        [0.0] * 10,
        [0.0] * 9 + [1e30],
        [1e-30, 2e-30] * 5,
        [1e300, -1e300] * 5,
        [5.0, 5.0],
    ],
)
@pytest.mark.parametrize("logarithm", [False, True])
def test_a_forecast_is_finite_whatever_the_series(series: list[float], logarithm: bool) -> None:
    panel = panel_of([series])
    found = forecast(Predictor([network_of(panel)], logarithm), panel, 5)
    assert np.isfinite(found.point).all()
    assert np.isfinite(found.quantiles).all()
    assert (np.diff(found.quantiles, axis=-1) >= 0).all()


def test_padding_before_a_series_adds_nothing_to_the_covariates() -> None:
    level = 1000.0
    panel = panel_of([[1.0, 2.0, 3.0]], past=[np.full(3, level)])
    network = network_of(panel)
    network.past_loc.fill_(level)
    batch = batch_of(panel, network, [2])
    far, near = batch, batch._replace(past=torch.full_like(batch.past, level))
    assert torch.equal(network(far).params, network(near).params)


def test_an_origin_inside_a_gap_does_not_count() -> None:
    values = [1.0, 2, 4, 3, NAN, 6, 5, 7, 6, 8, 9]
    panel = panel_of([values])
    network = network_of(panel)
    batch = batch_of(panel, network, [7])
    filled = batch.target.clone()
    filled[:, 4] = 4.5
    output, other = network(batch), network(batch._replace(target=filled))
    assert not torch.equal(output.params[:, 4], other.params[:, 4])
    counted = network.origins.counted(batch.observed)[0, :, 0]
    assert counted.tolist() == [False, True, True, True, False, True, True, True]


def test_bfloat16_is_near_and_comes_back_as_float32() -> None:
    network, batch = case("every step")
    exact = network(batch).params
    network.half_precision = True
    rounded = network(batch).params
    assert rounded.dtype == torch.float32
    assert (rounded - exact).abs().mean() < 0.05 * exact.abs().mean()


@every_model
def test_the_same_seed_builds_the_same_weights(model: str) -> None:
    panel = own_panel()
    ours, theirs = (network_of(panel, trained=False, model=model).state_dict() for _ in range(2))
    assert list(ours) == list(theirs)
    assert all(torch.equal(ours[key], theirs[key]) for key in ours)


def test_weights_are_counted() -> None:
    network = network_of(panel_of([walk(20)]), model="rnn", hidden_size=5, num_lags=4, horizon=3, loss="mae")
    inputs = 4 + 2
    assert network.num_weights == 5 * (inputs + 5 + 2) + 3 * (5 + 4 + 1)


def test_settings_left_open_cannot_be_built() -> None:
    panel = own_panel()
    with pytest.raises(ValueError, match="resolved"):
        build(config_of(hidden_size=None), Columns.of(panel), panel.ids)


def test_the_fast_asinh_equals_torchs() -> None:
    values = torch.cat([torch.linspace(-50, 50, 1001), torch.tensor([0.0, 1e-6, -1e-6])])
    torch.testing.assert_close(asinh(values), values.asinh(), rtol=1e-6, atol=2e-7)


def test_before_training_the_spread_is_that_of_the_errors_of_the_guess() -> None:
    values = np.cumsum(np.random.default_rng(1).normal(size=400))
    panel = panel_of([values])
    network = network_of(panel, trained=False, context_length=300, horizon=2)
    network.start_from(batch_of(panel, network, [300]))
    found = forecast(Predictor([network], logarithm=False), panel, 2)
    spread = found.quantiles[0, :, 0] - values[-1]  # [H, Q]
    np.testing.assert_allclose(found.point[0, :, 0], values[-1], rtol=1e-6)
    one_step, two_steps = spread[:, -1] - spread[:, 0]
    assert one_step == pytest.approx(2 * 1.28, rel=0.25)
    assert two_steps == pytest.approx(2 * 1.28 * np.sqrt(2), rel=0.25)


def test_steps_that_were_not_seen_say_nothing_of_the_spread() -> None:
    panel = panel_of([[1, 2, 1, 3, 2, 4, NAN, NAN, NAN]])
    network = network_of(panel, trained=False)
    network.start_from(batch_of(panel, network, [5]))
    assert forecast(Predictor([network], logarithm=False), panel, 3).quantiles.max() < 50
