from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from rnncast import api
from rnncast.causal import causal_scale
from rnncast.errors import CheckpointError, UsageError
from rnncast.evaluation import backtest, plan_origins
from rnncast.forecasting import Predictor, forecast
from rnncast.network import Network
from rnncast.panel import Panel
from rnncast.training import fit
from tests.making import batch_of, loop_of, network_of, panel_of, walk

ESRNN: dict[str, object] = {"model": "esrnn", "guess_season": 3, "season_length": (3,), "context_length": 9}
TRAINED: dict[str, object] = {
    "model": "esrnn",
    "horizon": 7,
    "context_length": 21,
    "max_steps": 5,
    "hidden_size": 4,
    "ensemble": 1,
    "learning_rate": 0.1,
}


def walks(targets: int = 1) -> Panel:
    return panel_of([walk(length, targets, seed) for seed, length in enumerate((14, 12, 20))], seasons=(3,))


def smoothed_by_loop(values: Sequence[float], alpha: float, gamma: float, season: int) -> tuple[list, list]:
    """Return the level after each step, and the figures of the steps and of a season beyond."""
    figures, levels = [0.0] * season, []
    for t, y in enumerate(values):
        levels.append(y - figures[t] if t == 0 else alpha * (y - figures[t]) + (1 - alpha) * levels[-1])
        figures.append(gamma * (y - levels[t]) + (1 - gamma) * figures[t])
    return levels, figures


@pytest.mark.parametrize("season", [1, 3])
def test_an_untrained_network_forecasts_the_level_with_the_last_figures(season: int) -> None:
    panel = panel_of([[5.0, 2, 4, 8, 3, 6, 9, 3, 7]])
    options = ("alpha=0.6", "gamma=0.25")
    network = network_of(panel, trained=False, **ESRNN | {"guess_season": season, "option": options, "horizon": 5})
    levels, figures = smoothed_by_loop(panel.values[:, 0].tolist(), 0.6, 0.25 if season > 1 else 0.0, 3)
    expected = [levels[-1] + figures[9 + h % 3] for h in range(5)]
    found = forecast(Predictor([network], logarithm=False), panel, 5)
    np.testing.assert_allclose(found.point[0, :, 0], expected, rtol=1e-5)


def test_it_reads_values_without_their_season_relative_to_the_level_at_the_origin() -> None:
    panel = walks()
    network = network_of(panel, trained=False, **ESRNN | {"num_lags": 4})
    batch, read = batch_of(panel, network, (13, 11, 19)), []
    network.model.register_forward_pre_hook(lambda model, inputs: read.append(inputs[0]))
    network(batch)
    _, scale = causal_scale(batch.target[:, :9], batch.observed[:, :9], 3)
    for row in range(3):
        values = batch.target[row, :9, 0].tolist()
        levels, figures = smoothed_by_loop(values, 0.3, 0.1, 3)
        for origin in range(3, 9):
            relative = [values[t] - figures[t] - levels[origin] for t in range(origin - 3, origin + 1)]
            expected = np.arcsinh(np.array(relative) / scale[row, origin, 0].item())
            np.testing.assert_allclose(read[0][row, origin, :4].detach(), expected, rtol=1e-4, atol=1e-5)


def test_a_series_numbers_learn_from_its_own_windows_alone() -> None:
    panel = walks()
    network = network_of(panel, **ESRNN)
    batch = batch_of(panel, network, (10, 9, 15))
    network.loss(type(batch)(*(part[[0, 2]] for part in batch))).backward()
    learned = network.smoothing.numbers.grad.any(dim=1)
    assert learned.tolist() == [True, False, True, True]


def test_each_target_of_a_series_has_numbers_of_its_own() -> None:
    panel = walks(targets=2)
    network = network_of(panel, **ESRNN)
    batch = batch_of(panel, network, (10, 9, 15))
    before = network.forecast(batch)[0]
    with torch.no_grad():
        network.smoothing.numbers[3] += 1
    changed = (network.forecast(batch)[0] != before).any(dim=1)  # [B, C]
    assert changed.tolist() == [[False, False], [False, True], [False, False]]


@pytest.mark.parametrize("segment", [1, 3])
def test_a_restless_level_costs_its_squared_second_differences(segment: int) -> None:
    panel = walks()
    shape = ESRNN | {"segment_length": segment}
    free, dear = (network_of(panel, **shape | {"option": (f"penalty={weight}",)}) for weight in (0, 7))
    batch = batch_of(panel, free, (10, 9, 15))
    output, counted = free(batch), free.origins.counted(batch.observed)
    turns = [
        (level[place + 1] - 2 * level[place] + level[place - 1]) / output.scale[row, place + 1]
        for row, level in enumerate(output.level)
        for place in range(1, len(level) - 1)
        if counted[row, place - 1]
    ]
    expected = 7 * torch.stack(turns).square().mean()
    torch.testing.assert_close(dear.loss(batch) - free.loss(batch), expected, rtol=1e-4, atol=1e-5)


def test_a_restless_level_costs_nothing_where_weights_are_judged() -> None:
    panel = walks()
    free, dear = (network_of(panel, **ESRNN | {"option": (f"penalty={weight}",)}) for weight in (0, 7))
    batch = batch_of(panel, free, (10, 9, 15))
    assert torch.equal(dear.loss(batch, last_only=True), free.loss(batch, last_only=True))


@pytest.mark.parametrize("word", ["alpha=0", "alpha=1", "gamma=1.5", "gamma=nan", "penalty=-1", "penalty=inf"])
def test_options_out_of_their_range_are_refused(word: str) -> None:
    with pytest.raises(UsageError, match=f"{word.partition('=')[0]} is .*, expected a number"):
        network_of(walks(), **ESRNN | {"option": (word,)})


def seasonal(names: str, count: int = 84) -> pd.DataFrame:
    days, steps = pd.date_range("2024-01-01", periods=count), np.arange(count)
    noise = np.random.default_rng(5).normal(size=(len(names), count))
    return pd.concat(
        pd.DataFrame({"id": name, "ds": days, "y": 50 + 0.3 * steps + 8 * np.sin(steps * 2 * np.pi / 7 + i) + noise[i]})
        for i, name in enumerate(names)
    )


@pytest.fixture(scope="module")
def forecaster() -> api.Forecaster:
    return api.train(seasonal("abc"), **TRAINED)


def without_own_numbers(forecaster: api.Forecaster) -> api.Forecaster:
    """Return the forecaster with the panel's numbers for every series."""
    weights = dict(forecaster.checkpoint.final[0])
    kept = np.zeros_like(weights["smoothing.numbers"])
    kept[-1] = weights["smoothing.numbers"][-1]
    final = (weights | {"smoothing.numbers": kept},)
    return api.Forecaster(replace(forecaster.checkpoint, final=final))


def test_known_series_have_their_own_numbers_in_whatever_order_they_come(forecaster: api.Forecaster) -> None:
    together = forecaster.forecast(seasonal("abc")).point
    whole = seasonal("abc")
    for names in ("c", "ba"):
        chosen = pd.concat(whole[whole["id"] == name] for name in names)
        found = forecaster.forecast(chosen)
        for place, name in enumerate(found.panel.ids[:, 0]):
            np.testing.assert_allclose(found.point[place], together["abc".index(name)], rtol=1e-5)


def test_a_series_that_was_not_trained_on_has_the_panels_numbers(forecaster: api.Forecaster) -> None:
    known = seasonal("abc")
    unknown = known.assign(id=known["id"].replace({"b": "new"}))
    own, panels = forecaster.forecast(known).point, without_own_numbers(forecaster).forecast(known).point
    found = forecaster.forecast(unknown).point
    np.testing.assert_allclose(found, [own[0], panels[1], own[2]], rtol=1e-5)
    assert np.abs(own[1] - panels[1]).max() > 1e-3


def test_beyond_the_trained_horizon_it_goes_on_in_its_seasons(forecaster: api.Forecaster) -> None:
    whole = seasonal("abc")
    data = whole[whole["id"] == "b"]
    longer = forecaster.forecast(data, horizon=12).point[0, :, 0]
    ahead = pd.DataFrame({"id": "b", "ds": pd.date_range("2024-03-25", periods=7), "y": longer[:7]})
    again = forecaster.forecast(pd.concat([data, ahead])).point[0, :5, 0]
    np.testing.assert_allclose(again, longer[7:], rtol=1e-3)


def test_it_forecasts_the_same_after_a_trip_through_a_file(forecaster: api.Forecaster, tmp_path: Path) -> None:
    forecaster.save(tmp_path / "c.safetensors")
    again = api.load(tmp_path / "c.safetensors")
    pd.testing.assert_frame_equal(again.predict(), forecaster.predict())
    pd.testing.assert_frame_equal(again.predict(seasonal("bx")), forecaster.predict(seasonal("bx")))
    assert again.backtest().plain() == forecaster.backtest().plain()


def test_numbers_of_more_series_than_there_are_rows_of_are_refused(forecaster: api.Forecaster, tmp_path: Path) -> None:
    weights = dict(forecaster.checkpoint.final[0])
    weights["smoothing.numbers"] = np.tile(weights["smoothing.numbers"], (2, 1))
    api.Forecaster(replace(forecaster.checkpoint, final=(weights,))).save(tmp_path / "c.safetensors")
    with pytest.raises(CheckpointError, match=r"smoothing\.numbers has shape"):
        api.load(tmp_path / "c.safetensors")


def scores_of(network: Network, panel: Panel, learned: int, horizon: int) -> dict[str, dict[str, float | None]]:
    plan = plan_origins(panel, np.full(panel.num_series, learned), horizon)
    return backtest("esrnn", Predictor([network], logarithm=False), panel, plan).plain()


def test_a_trend_with_a_season_is_forecast_better_than_by_the_seasonal_naive() -> None:
    steps, draw = np.arange(60), np.random.default_rng(4)
    series = [
        50 + 0.5 * steps + 5 * np.sin(steps * np.pi / 2 + shift) + draw.normal(size=60) for shift in draw.normal(size=8)
    ]
    panel = panel_of(series, seasons=(4,))
    seasons: dict[str, object] = {"guess_season": 4, "season_length": (4,), "context_length": 40, "num_lags": 6}
    sizes: dict[str, object] = {"horizon": 8, "hidden_size": 8, "max_steps": 60, "loss": "mae"}
    loop = loop_of(panel.truncated(panel.lengths - 8), model="esrnn", **seasons, **sizes)
    for _ in fit(loop, "trend"):
        pass
    found = scores_of(loop.network, panel, learned=52, horizon=8)
    assert found["esrnn"]["mase"] < 0.7 * found["seasonal-naive"]["mase"]
