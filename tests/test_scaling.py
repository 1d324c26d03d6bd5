from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from rnncast.causal import causal_scale
from rnncast.config import DataConfig
from rnncast.forecasting import Predictor, forecast
from rnncast.panel import Panel
from rnncast.reading import read_panel
from rnncast.scaling import TINY, Units, prefers_logarithm
from tests.making import network_of, panel_of, walk

NAN = np.nan
MAGNITUDES = (1e-12, 1e-6, 1.0, 1e6, 1e15)

SERIES = {
    "a walk": walk(40)[:, 0],
    "positive": np.exp(0.1 * walk(40)[:, 0]),
    "positive with zeros": np.abs(walk(40)[:, 0]) * (np.arange(40) % 3 > 0),
    "a level with little variation": 1000 + 1e-3 * walk(40)[:, 0],
    "constant": np.full(40, 7.0),
    "zero": np.zeros(40),
    "a tenth": np.full(40, 0.1),
}


def round_trip(panel: Panel, logarithm: bool, values: np.ndarray) -> np.ndarray:
    units = Units.of(panel, logarithm)
    first = np.zeros(len(values), dtype=np.int64)
    return units.invert(units.apply(values, first)[None], first[:1])[0]


@pytest.mark.parametrize("logarithm", [False, True])
@pytest.mark.parametrize("magnitude", MAGNITUDES)
@pytest.mark.parametrize("name", SERIES)
def test_units_come_back_exactly(name: str, magnitude: float, logarithm: bool) -> None:
    panel = panel_of([SERIES[name] * magnitude])
    of_zero = 1e-12 * np.abs(panel.values).max()
    np.testing.assert_allclose(round_trip(panel, logarithm, panel.values), panel.values, rtol=1e-9, atol=of_zero)


@pytest.mark.parametrize("logarithm", [False, True])
def test_later_values_come_back_whatever_they_are(logarithm: bool) -> None:
    panel = panel_of([SERIES["positive"]])
    later = np.array([[-5.0], [0.0], [1e3], [1e9]])
    np.testing.assert_allclose(round_trip(panel, logarithm, later), later, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("magnitude", MAGNITUDES)
@pytest.mark.parametrize("name", [name for name in SERIES if name not in ("zero", "constant", "a tenth")])
def test_units_bring_a_series_near_one(name: str, magnitude: float) -> None:
    panel = panel_of([SERIES[name] * magnitude])
    applied = Units.of(panel, False).apply(panel.values, np.zeros(40, dtype=np.int64))
    assert abs(applied.mean()) < 1e-6
    assert np.abs(applied).mean() == pytest.approx(1.0, abs=1e-6)


def test_units_rest_on_what_was_seen() -> None:
    gaps = panel_of([[1, NAN, 3, 8, NAN]])
    alone = Units.of(panel_of([[1, 3, 8]]), True)
    for ours, theirs in zip(vars_of(Units.of(gaps, True)), vars_of(alone), strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_units_of_a_series_that_was_never_seen_are_finite() -> None:
    assert all(np.isfinite(part).all() for part in vars_of(Units.of(panel_of([[NAN, NAN]]), True)))


def test_units_rest_on_the_rows_below_the_cut() -> None:
    cut = Units.of(panel_of([[1, 2, 4, 9e9], [5, 6, 7]]).truncated(np.array([3, 2])), False)
    alone = Units.of(panel_of([[1, 2, 4], [5, 6]]), False)
    for ours, theirs in zip(vars_of(cut), vars_of(alone), strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_only_series_without_a_negative_value_take_the_logarithm() -> None:
    units = Units.of(panel_of([[1, 2, 3], [1, -2, 3], [0, 0, 0], [0, 1, 2]]), True)
    assert units.logarithm[:, 0].tolist() == [True, False, False, True]


def vars_of(units: Units) -> list[np.ndarray]:
    return [units.logarithm, units.bend, units.loc, units.scale]


cells = st.one_of(st.just(NAN), st.integers(-5, 5).map(float))


def slow_scale(values: list[float], season: int) -> tuple[list[float], list[float]]:
    locs, scales, errors = [], [], []
    level = 0.0
    for step, value in enumerate(values):
        if not np.isnan(value) and any(not np.isnan(earlier) for earlier in values[:step]):
            errors.append(abs(value - level))
        seen = [one for one in values[max(0, step + 1 - season) : step + 1] if not np.isnan(one)]
        level = float(np.mean(seen)) if seen else level
        locs.append(level)
        spread = float(np.mean(errors)) if errors else 0.0
        scales.append(spread if spread > TINY else 1.0)
    return locs, scales


@given(values=st.lists(cells, min_size=1, max_size=15), season=st.integers(1, 6))
def test_level_and_spread_equal_a_plain_loop(values: list[float], season: int) -> None:
    observed = torch.tensor([not np.isnan(value) for value in values])[None, :, None]
    target = torch.tensor(values, dtype=torch.float64)[None, :, None]
    loc, scale = causal_scale(target, observed, season)
    slow_loc, slow_spread = slow_scale(values, season)
    np.testing.assert_allclose(loc[0, :, 0], slow_loc, atol=1e-12)
    np.testing.assert_allclose(scale[0, :, 0], slow_spread, atol=1e-12)


@pytest.mark.parametrize("origin", [0, 4, 8])
def test_level_and_spread_see_nothing_after_their_step(origin: int) -> None:
    target, observed = torch.randn(2, 10, 3), torch.rand(2, 10, 3) > 0.3
    later, seen = target.clone(), observed.clone()
    later[:, origin + 1 :], seen[:, origin + 1 :] = 1e6, True
    for before, after in zip(causal_scale(target, observed, 3), causal_scale(later, seen, 3), strict=True):
        assert torch.equal(before[:, : origin + 1], after[:, : origin + 1])


@pytest.mark.parametrize("value", [0.0, 0.1, 3.3, -1e7])
def test_a_constant_has_its_level_and_a_spread_of_one(value: float) -> None:
    loc, scale = causal_scale(torch.full((1, 500, 1), value), torch.ones(1, 500, 1, dtype=torch.bool), 24)
    torch.testing.assert_close(loc, torch.full((1, 500, 1), value))
    assert torch.equal(scale, torch.ones(1, 500, 1))


def forecasts(values: np.ndarray, logarithm: bool) -> np.ndarray:
    panel = panel_of([values])
    network = network_of(panel, loss="quantile")
    found = forecast(Predictor([network], logarithm), panel, 5)
    return np.concatenate([found.point[..., None], found.quantiles], axis=-1)


@pytest.mark.parametrize("shift", [0.0, -3.0, 1e3])
@pytest.mark.parametrize("magnitude", [1e-12, 1e-3, 17.0, 1e15])
def test_a_forecast_moves_and_stretches_with_its_series(magnitude: float, shift: float) -> None:
    series = walk(30)[:, 0]
    expected = forecasts(series, logarithm=False)
    found = forecasts(magnitude * (series + shift), logarithm=False) / magnitude - shift
    np.testing.assert_allclose(found, expected, rtol=0, atol=2e-5)


@pytest.mark.parametrize("magnitude", [1e-12, 1e-3, 17.0, 1e15])
def test_a_forecast_in_logarithms_stretches_with_its_series(magnitude: float) -> None:
    series = np.exp(0.2 * walk(30)[:, 0])
    expected = forecasts(series, logarithm=True)
    np.testing.assert_allclose(forecasts(magnitude * series, logarithm=True) / magnitude, expected, rtol=1e-4)


def seasonal(kind: str) -> Panel:
    steps, noise = np.arange(144), np.random.default_rng(0).normal(size=144)
    wave = np.sin(2 * np.pi * steps / 12)
    made = {
        "multiplicative": np.exp(0.01 * steps + 0.2 * wave + 0.05 * noise),
        "additive": 20 + 0.1 * steps + 3 * wave + 0.5 * noise,
        "white noise": 10 + noise,
        "noise around zero": noise,
        "constant": np.full(144, 5.0),
    }
    return panel_of([made[kind]], seasons=(12,))


@pytest.mark.parametrize(
    ("kind", "wanted"),
    [
        ("multiplicative", True),
        ("additive", False),
        ("white noise", False),
        ("noise around zero", False),
        ("constant", False),
    ],
)
def test_a_logarithm_is_wanted_where_spread_grows_with_level(kind: str, wanted: bool) -> None:
    assert prefers_logarithm(seasonal(kind)) is wanted


def test_white_noise_seldom_wants_a_logarithm() -> None:
    rng = np.random.default_rng(1)
    panel = seasonal("white noise")
    wanted = [prefers_logarithm(replace(panel, values=10 + rng.normal(size=(144, 1)))) for _ in range(100)]
    assert sum(wanted) <= 10


def test_the_airline_passengers_want_a_logarithm(airline) -> None:
    assert prefers_logarithm(read_panel([str(airline)], DataConfig()).panel)


@pytest.mark.parametrize("logarithm", [False, True])
def test_one_unit_of_a_constant_series_is_a_hundredth_of_its_level(logarithm: bool) -> None:
    units = Units.of(panel_of([np.full(40, 1e4)]), logarithm)
    moved = units.invert(np.array([[[-1.0], [0.0], [1.0]]]), np.zeros(1, dtype=np.int64))
    np.testing.assert_allclose(moved.ravel(), [9900, 10000, 10100])


def test_the_logarithm_is_chosen_without_what_a_gap_at_the_end_was_filled_with() -> None:
    values = 100 + np.random.default_rng(3).normal(size=80)
    values[-6:] = np.nan
    panel = panel_of([values])
    panel.values[-6:, 0] = 1e6 * np.arange(1, 7)
    assert not prefers_logarithm(panel)


def test_a_season_longer_than_the_window_takes_no_memory() -> None:
    target = torch.arange(6.0).reshape(1, 6, 1)
    seen = torch.ones_like(target, dtype=torch.bool)
    for one, other in zip(causal_scale(target, seen, 10**12), causal_scale(target, seen, 6), strict=True):
        torch.testing.assert_close(one, other)
