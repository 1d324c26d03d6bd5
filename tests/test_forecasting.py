from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from statistics import NormalDist

import numpy as np
import pandas as pd
import pytest
import torch

from rnncast import api
from rnncast.blend import Blend
from rnncast.config import DECILES, DataConfig
from rnncast.forecasting import Predictor, baseline_forecasts, forecast, predict
from rnncast.intervals import interval
from rnncast.panel import Forecast, Panel
from rnncast.rendering import views
from rnncast.rendering.base import joined as joined_tables
from tests.making import network_of, panel_of, walk

TINY = {
    "model": "lstm", "max_steps": 3, "ensemble": 1, "hidden_size": 4, "context_length": 24, "horizon": 4,
    "transform": "none",
}  # fmt: skip


def table(names: str, count: int = 60) -> pd.DataFrame:
    days = pd.date_range("2024-01-01", periods=count)
    return pd.concat(
        pd.DataFrame({"id": name, "ds": days, "y": 20 + i + 5 * np.sin(np.arange(count) * (i + 1))})
        for i, name in enumerate(names)
    )


@pytest.fixture(scope="module")
def forecaster() -> api.Forecaster:
    return api.train(table("abc"), **TINY)


@pytest.fixture(scope="module")
def predictor(forecaster: api.Forecaster) -> Predictor:
    return Predictor(forecaster.checkpoint.networks("final", torch.device("cpu")), logarithm=False)


def by_hand(panel: Panel, levels: tuple[float, ...]) -> Forecast:
    """Return a forecast whose quantiles are those of a standard normal distribution around 10."""
    normal = NormalDist(10, 1)
    quantiles = np.array([normal.inv_cdf(q) for q in levels]).reshape(1, 1, 1, -1)
    return Forecast(np.full((1, 1, 1), 10.0), quantiles, levels, panel.start, panel)


def test_an_interval_at_learned_levels_is_made_of_their_quantiles(forecaster: api.Forecaster) -> None:
    found = forecaster.forecast()
    lower, upper = interval(found, 80)
    np.testing.assert_allclose(lower, found.quantiles[..., found.quantile_levels.index(0.1)])
    np.testing.assert_allclose(upper, found.quantiles[..., found.quantile_levels.index(0.9)])
    np.testing.assert_array_equal(found.point, found.quantiles[..., found.quantile_levels.index(0.5)])


@pytest.mark.parametrize("level", [1, 30, 50, 80, 95, 99])
@pytest.mark.parametrize("levels", [(0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9), (0.1, 0.5, 0.9), (0.25, 0.5, 0.75)])
def test_of_normal_quantiles_every_interval_is_the_normal_one(levels: tuple[float, ...], level: int) -> None:
    lower, upper = interval(by_hand(panel_of([[9.0, 11.0]]), levels), level)
    normal = NormalDist(10, 1)
    assert lower.item() == pytest.approx(normal.inv_cdf(0.5 - level / 200))
    assert upper.item() == pytest.approx(normal.inv_cdf(0.5 + level / 200))


def test_intervals_nest_at_every_step(forecaster: api.Forecaster) -> None:
    found = forecaster.forecast(horizon=15)
    bounds = [interval(found, level) for level in (10, 50, 80, 95, 99)]
    for (low, high), (lower, higher) in pairwise(bounds):
        assert (lower <= low).all()
        assert (high <= higher).all()
    assert (np.diff(found.quantiles, axis=-1) >= 0).all()


def test_several_series_at_once_are_forecast_as_one_by_one(forecaster: api.Forecaster) -> None:
    together = forecaster.forecast(table("abc"))
    whole = table("abc")
    for number, name in enumerate("abc"):
        alone = forecaster.forecast(whole[whole["id"] == name])
        np.testing.assert_allclose(alone.point[0], together.point[number], rtol=1e-5)
        np.testing.assert_allclose(alone.quantiles[0], together.quantiles[number], rtol=1e-5)


def test_chunks_make_no_difference(forecaster: api.Forecaster, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = forecaster.forecast()
    monkeypatch.setattr("rnncast.forecasting.CHUNK", 1)
    np.testing.assert_allclose(forecaster.forecast().point, whole.point, rtol=1e-5)


def test_forecasts_come_in_the_order_of_the_series(forecaster: api.Forecaster, monkeypatch: pytest.MonkeyPatch) -> None:
    data, whole = table("abc"), forecaster.forecast(table("abc"))
    monkeypatch.setattr("rnncast.shares.SERIES", 2)
    parts = list(forecaster.forecasts(data))
    assert [part.panel.ids[:, 0].tolist() for part in parts] == [["a", "b"], ["c"]]
    for name in ("point", "quantiles", "first"):
        joined = np.concatenate([getattr(part, name) for part in parts])
        np.testing.assert_allclose(joined, getattr(whole, name), rtol=1e-5)
        np.testing.assert_array_equal(joined, getattr(forecaster.forecast(data), name))
    tables = list(views.forecast_tables(parts, (80,)))
    assert [table.num_rows for table in tables] == [2 * whole.horizon, whole.horizon]
    found, expected = joined_tables(tables), views.forecast_table(forecaster.forecast(data), (80,))
    assert list(found.rows()) == list(expected.rows())


def test_beyond_the_trained_horizon_the_forecast_continues_its_own_median(forecaster: api.Forecaster) -> None:
    data = table("a")
    longer = forecaster.forecast(data, horizon=10).point[0, :, 0]
    np.testing.assert_allclose(longer[:4], forecaster.forecast(data).point[0, :, 0], rtol=1e-5)
    ahead = pd.DataFrame({"id": "a", "ds": pd.date_range("2024-03-01", periods=4), "y": longer[:4]})
    again = forecaster.forecast(pd.concat([data, ahead])).point[0, :, 0]
    np.testing.assert_allclose(again, longer[4:8], rtol=1e-4)


def test_beyond_the_trained_horizon_intervals_grow_no_narrower(forecaster: api.Forecaster) -> None:
    lower, upper = interval(forecaster.forecast(table("a"), horizon=12), 80)
    width = (upper - lower)[0, :, 0]
    assert (width[4:8] >= width[3] * 0.999).all()
    assert (width[8:12] >= width[7] * 0.999).all()


def test_several_members_are_joined_by_their_median(predictor: Predictor, forecaster: api.Forecaster) -> None:
    panel, networks = forecaster.checkpoint.panel, predictor.networks
    other = forecaster.checkpoint.networks("heldout", torch.device("cpu"))
    alone = [forecast(replace(predictor, networks=one), panel, 4).point for one in (networks, other)]
    joined = forecast(replace(predictor, networks=[*networks, *other, *networks]), panel, 4).point
    np.testing.assert_allclose(joined, alone[0], rtol=1e-6)
    assert np.abs(alone[0] - alone[1]).max() > 0


def test_a_forecast_begins_after_the_end_of_each_series(predictor: Predictor, forecaster: api.Forecaster) -> None:
    panel = forecaster.checkpoint.panel
    found = forecast(predictor, panel.truncated(panel.lengths - np.array([0, 5, 10])), 4)
    assert (found.first - panel.start).tolist() == [60, 55, 50]


def test_a_series_that_was_never_negative_is_not_forecast_below_zero(
    predictor: Predictor, forecaster: api.Forecaster
) -> None:
    low = table("ab")
    low["y"] = np.where(low["id"] == "a", np.arange(len(low)) % 7, low["y"] - 24)
    found = forecast(predictor, forecaster.read(low).panel, 12)
    assert found.quantiles[0].min() == 0
    assert found.point[1].min() < 0


def test_only_what_came_before_an_origin_says_whether_a_series_may_be_negative(predictor: Predictor) -> None:
    values = np.concatenate([np.linspace(30, 0, 40), np.full(20, -5.0)])
    frame = table("a").assign(y=values)
    panel = api.read(frame, DataConfig(freq="D", season_length=(7,))).panel
    before, after = predict(predictor, panel, np.array([[39, 50]]), 4).quantiles[0]
    assert before.min() == 0
    assert after.min() < 0


WIDER = tuple(1.5 + abs(level - 0.5) for level in DECILES)
BLENDS = {
    "alone": Blend(),
    "wider": Blend(widths=WIDER),
    "half theta": Blend("theta", 0.5, WIDER),
    "combined": Blend("combined", 0.25),
    "naive alone": Blend("naive", 0.0),
}
ENDS = np.array([[17, 20, 23], [11, 14, 15]])


@pytest.fixture(scope="module")
def panel() -> Panel:
    one, two = walk(30, seed=1), 5 + walk(20, seed=2)
    one[5:8] = one[16:19] = two[10] = np.nan
    return panel_of([one, two], seasons=(2,))


def predictor_of(panel: Panel, blend: Blend = Blend(), bias: float = 0.0) -> Predictor:  # noqa: B008 - frozen
    """Return a network with a head of nine deciles whose forecasts all lie `bias` higher, in spreads."""
    network = network_of(panel)
    torch.nn.init.constant_(network.decoder.steps.bias, bias)
    return Predictor([network], logarithm=False, blend=blend)


@pytest.mark.parametrize("blend", BLENDS.values(), ids=BLENDS)
@pytest.mark.parametrize("bias", [0.0, 1e6])
def test_nothing_after_an_origin_reaches_its_forecast(panel: Panel, blend: Blend, bias: float) -> None:
    first = ENDS[:, 0]
    later = panel.values.copy()
    for offset, length, end in zip(panel.offsets, panel.lengths, first, strict=True):
        later[offset + end + 1 : offset + length] = 1e4 * np.random.default_rng(1).normal(size=(length - end - 1, 1))
    changed = replace(panel, values=later)
    predictor = predictor_of(panel, blend, bias)
    for before, after in zip(predict(predictor, panel, ENDS, 5), predict(predictor, changed, ENDS, 5), strict=True):
        np.testing.assert_array_equal(before[:, 0], after[:, 0])
        assert (before[:, 1:] != after[:, 1:]).any()


@pytest.mark.parametrize("blend", BLENDS.values(), ids=BLENDS)
def test_the_first_of_several_origins_is_forecast_as_if_it_were_alone(panel: Panel, blend: Blend) -> None:
    predictor = predictor_of(panel, blend)
    together, alone = predict(predictor, panel, ENDS, 5), forecast(predictor, panel.truncated(ENDS[:, 0] + 1), 5)
    np.testing.assert_allclose(together.point[:, 0], alone.point, rtol=1e-6)
    np.testing.assert_allclose(together.quantiles[:, 0], alone.quantiles, rtol=1e-6)


def seen_before(panel: Panel, series: int, end: int) -> np.ndarray:
    rows = slice(panel.offsets[series], panel.offsets[series] + end + 1)
    return panel.values[rows][panel.observed[rows]]


@pytest.mark.parametrize("bias", [1e6, -1e6])
def test_networks_forecast_no_farther_beyond_a_history_than_three_times_its_range(panel: Panel, bias: float) -> None:
    found = predict(predictor_of(panel, bias=bias), panel, ENDS, 4)
    for series, window in np.ndindex(ENDS.shape):
        seen = seen_before(panel, series, ENDS[series, window])
        limit = seen.max() + 3 * np.ptp(seen) if bias > 0 else seen.min() - 3 * np.ptp(seen)
        limit = max(limit, 0.0) if seen.min() >= 0 else limit
        np.testing.assert_allclose(found.point[series, window], limit)
        np.testing.assert_allclose(found.quantiles[series, window], limit)


def test_without_a_history_networks_may_forecast_anything() -> None:
    panel = panel_of([[np.nan] * 12])
    assert predict(predictor_of(panel, bias=1e6), panel, np.array([[11]]), 3).point.min() > 1e5


def test_a_blend_is_the_mean_of_the_limited_networks_and_the_anchor(panel: Panel) -> None:
    alone = predict(predictor_of(panel, bias=1e6), panel, ENDS, 4)
    anchor = baseline_forecasts("drift", panel, ENDS, 4)
    mixed = predict(predictor_of(panel, Blend("drift", 0.75, WIDER), bias=1e6), panel, ENDS, 4)
    np.testing.assert_allclose(mixed.point, 0.75 * alone.point + 0.25 * anchor)


def test_the_anchors_of_several_origins_are_the_baselines_forecasts_from_each(panel: Panel) -> None:
    found = baseline_forecasts("theta", panel, ENDS, 4)
    for window, ends in enumerate(ENDS.T):
        alone = predict(predictor_of(panel, Blend("theta", 0.0)), panel, ends[:, None], 4).point[:, 0]
        np.testing.assert_allclose(found[:, window], alone)


@pytest.mark.parametrize("blend", BLENDS.values(), ids=BLENDS)
def test_an_anchor_that_is_known_already_makes_no_difference(panel: Panel, blend: Blend) -> None:
    predictor = predictor_of(panel, blend)
    steps = predictor.horizon
    known = baseline_forecasts(blend.anchor or "drift", panel, ENDS, steps)
    pairs = zip(predict(predictor, panel, ENDS, steps, known), predict(predictor, panel, ENDS, steps), strict=True)
    for ours, theirs in pairs:
        np.testing.assert_array_equal(ours, theirs)


def test_widths_stretch_the_quantiles_about_the_point(panel: Panel) -> None:
    plain = predict(predictor_of(panel), panel, ENDS, 4)
    wider = predict(predictor_of(panel, Blend(widths=WIDER)), panel, ENDS, 4)
    np.testing.assert_array_equal(wider.point, plain.point)
    expected = plain.point[..., None] + np.array(WIDER) * (plain.quantiles - plain.point[..., None])
    negative = np.array([[seen_before(panel, n, end).min() < 0 for end in row] for n, row in enumerate(ENDS)])
    np.testing.assert_allclose(wider.quantiles[negative], expected[negative])


@pytest.fixture(scope="module")
def varied() -> api.Forecaster:
    """Return two members that read segments and contexts of their own, without an anchor."""
    months = pd.date_range("1980-01-01", periods=380, freq="MS")
    values = 50 + 10 * np.sin(np.arange(380) * np.pi / 6) + np.arange(380) % 5
    frame = pd.DataFrame({"month": months, "y": values})
    return api.train(frame, horizon=4, max_steps=2, hidden_size=4, ensemble=2, anchor="none", transform="none")


def test_members_of_different_contexts_and_segments_forecast_together(varied: api.Forecaster) -> None:
    networks = varied.checkpoint.networks("final", torch.device("cpu"))
    shapes = [network.shape for network in networks]
    assert shapes[0].context_length != shapes[1].context_length
    assert shapes[0].segment_length != shapes[1].segment_length
    panel = varied.checkpoint.panel
    parts = [forecast(Predictor([network], logarithm=False), panel, 9).point for network in networks]
    np.testing.assert_allclose(varied.forecast(horizon=9).point, np.mean(parts, axis=0), rtol=1e-6)


def test_members_of_different_contexts_and_segments_come_back_from_a_file(
    varied: api.Forecaster, tmp_path: Path
) -> None:
    varied.save(tmp_path / "v.safetensors")
    again, found = api.load(tmp_path / "v.safetensors").forecast(horizon=9), varied.forecast(horizon=9)
    assert again.point.tobytes() == found.point.tobytes()
    assert again.quantiles.tobytes() == found.quantiles.tobytes()
