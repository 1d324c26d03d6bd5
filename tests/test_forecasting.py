from itertools import pairwise
from statistics import NormalDist

import numpy as np
import pandas as pd
import pytest
import torch

from rnncast import api
from rnncast.forecasting import forecast, forecast_windows, interval, predict_from
from rnncast.network import Network
from rnncast.panel import Forecast, Panel

TINY = {"max_steps": 3, "ensemble": 1, "hidden_size": 4, "context_length": 24, "horizon": 4, "transform": "none"}


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
def networks(forecaster: api.Forecaster) -> list[Network]:
    return forecaster.checkpoint.networks("final", torch.device("cpu"))


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
def test_of_normal_quantiles_every_interval_is_the_normal_one(
    forecaster: api.Forecaster, levels: tuple[float, ...], level: int
) -> None:
    lower, upper = interval(by_hand(forecaster.checkpoint.panel, levels), level)
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


def test_beyond_the_trained_horizon_the_forecast_continues_its_own_median(
    networks: list[Network], forecaster: api.Forecaster
) -> None:
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


def test_several_members_are_joined_by_their_median(networks: list[Network], forecaster: api.Forecaster) -> None:
    panel = forecaster.checkpoint.panel
    other = forecaster.checkpoint.networks("heldout", torch.device("cpu"))
    logarithm = forecaster.checkpoint.config.window.transform == "log"
    alone = [forecast(one, panel, 4, logarithm).point for one in (networks, other)]
    joined = forecast([*networks, *other, *networks], panel, 4, logarithm).point
    np.testing.assert_allclose(joined, alone[0], rtol=1e-6)
    assert np.abs(alone[0] - alone[1]).max() > 0


def test_a_forecast_begins_after_the_end_of_each_series(forecaster: api.Forecaster) -> None:
    panel = forecaster.checkpoint.panel
    cut = panel.truncated(panel.lengths - np.array([0, 5, 10]))
    found = forecast(forecaster.checkpoint.networks("final", torch.device("cpu")), cut, 4, False)
    assert (found.first - panel.start).tolist() == [60, 55, 50]


def test_a_series_that_was_never_negative_is_not_forecast_below_zero(forecaster: api.Forecaster) -> None:
    low = table("ab")
    low["y"] = np.where(low["id"] == "a", np.arange(len(low)) % 7, low["y"] - 24)
    networks = forecaster.checkpoint.networks("final", torch.device("cpu"))
    panel = forecaster.read(low).panel
    found = forecast(networks, panel, 12, logarithm=False)
    assert found.quantiles[0].min() == 0
    assert found.point[1].min() < 0


def test_only_what_came_before_an_origin_says_whether_a_series_may_be_negative(networks: list[Network]) -> None:
    values = np.concatenate([np.linspace(30, 0, 40), np.full(20, -5.0)])
    frame = table("a").assign(y=values)
    panel = api.panel_from_frame(frame, api.DataConfig(freq="D", season_length=(7,))).panel
    where = forecast_windows(networks, panel, logarithm=False)
    before, after = predict_from(networks, where, np.array([0, 0]), np.array([39, 50]), 4).quantiles
    assert before.min() == 0
    assert after.min() < 0
