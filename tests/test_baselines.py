from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from rnncast import registry
from rnncast.baselines import drift, forecast_baseline, naive, seasonal_naive
from rnncast.errors import UsageError
from rnncast.panel import BoolArray, FloatArray, Panel

Slow = Callable[[list[float], list[bool], int, int], list[float]]


def panel_of(lengths: list[int], season_length: int = 4, seed: int = 0, missing: float = 0.0) -> Panel:
    """Build a panel of two targets with random values, `missing` of them not observed."""
    random = np.random.default_rng(seed)
    total, count = sum(lengths), len(lengths)
    offsets = np.concatenate([[0], np.cumsum(lengths)[:-1]]).astype(np.int64)
    return Panel(
        values=random.normal(size=(total, 2)),
        observed=random.random((total, 2)) >= missing,
        offsets=offsets,
        lengths=np.array(lengths),
        start=np.zeros(count, dtype=np.int64),
        ids=np.array([[str(n)] for n in range(count)]),
        id_names=("id",),
        target_names=("a", "b"),
        past_covariates=np.zeros((total, 0)),
        future_covariates=np.zeros((total, 0)),
        future_offsets=offsets,
        future_lengths=np.array(lengths),
        static_covariates=np.zeros((count, 0)),
        season_lengths=(season_length,),
    )


def slow_naive(values: list[float], seen: list[bool], season: int, horizon: int) -> list[float]:
    last = max((t for t in range(len(values)) if seen[t]), default=0)
    return [values[last]] * horizon


def slow_seasonal_naive(values: list[float], seen: list[bool], season: int, horizon: int) -> list[float]:
    last = max((t for t in range(len(values)) if seen[t]), default=0)
    held = [values[min(t, last)] for t in range(len(values))]
    for _ in range(horizon):
        held.append(held[len(held) - min(season, len(values))])
    return held[len(values) :]


def slow_drift(values: list[float], seen: list[bool], season: int, horizon: int) -> list[float]:
    known = [t for t in range(len(values)) if seen[t]] or [0]
    first, last = known[0], known[-1]
    slope = (values[last] - values[first]) / (last - first) if last > first else 0.0
    return [values[last] + slope * (t - last) for t in range(len(values), len(values) + horizon)]


SLOW: dict[str, Slow] = {"naive": slow_naive, "seasonal-naive": slow_seasonal_naive, "drift": slow_drift}
SHORT = [1, 2, 3, 4, 5, 9, 40]


def slow_forecast(name: str, panel: Panel, horizon: int) -> FloatArray:
    forecast = np.zeros((panel.num_series, horizon, panel.num_targets))
    for n in range(panel.num_series):
        rows = slice(panel.offsets[n], panel.offsets[n] + panel.lengths[n])
        for c in range(panel.num_targets):
            values, seen = panel.values[rows, c].tolist(), panel.observed[rows, c].tolist()
            forecast[n, :, c] = SLOW[name](values, seen, panel.season_length, horizon)
    return forecast


@pytest.mark.parametrize("missing", [0.0, 0.4, 1.0])
@pytest.mark.parametrize("horizon", [1, 3, 11])
@pytest.mark.parametrize("name", SLOW)
def test_a_baseline_equals_a_written_out_loop(name: str, horizon: int, missing: float) -> None:
    panel = panel_of(SHORT, missing=missing)
    np.testing.assert_allclose(forecast_baseline(name, panel, horizon), slow_forecast(name, panel, horizon))


@pytest.mark.parametrize("name", registry.BASELINES)
def test_a_baseline_forecasts_every_series_however_short(name: str) -> None:
    forecast = forecast_baseline(name, panel_of([1, 1, 2], season_length=24), 5)
    assert forecast.shape == (3, 5, 2)
    assert np.isfinite(forecast).all()


@pytest.mark.parametrize("name", registry.BASELINES)
def test_a_baseline_never_looks_past_the_end_of_a_cut_panel(name: str) -> None:
    panel = panel_of([9, 20, 6], missing=0.3)
    lengths = np.array([5, 1, 6])
    spoiled, seen = panel.values.copy(), panel.observed.copy()
    for offset, length, whole in zip(panel.offsets, lengths, panel.lengths, strict=True):
        spoiled[offset + length : offset + whole] = 1e9
        seen[offset + length : offset + whole] ^= True
    other = replace(panel, values=spoiled, observed=seen)
    expected = forecast_baseline(name, panel.truncated(lengths), 4)
    np.testing.assert_array_equal(forecast_baseline(name, other.truncated(lengths), 4), expected)


@pytest.mark.parametrize("name", registry.BASELINES)
def test_a_baseline_never_reads_what_a_gap_at_the_end_was_filled_with(name: str) -> None:
    panel = panel_of([12])
    observed: BoolArray = np.ones_like(panel.observed)
    observed[5:] = False
    refilled = np.where(observed, panel.values, -1e9)
    gap, other = replace(panel, observed=observed), replace(panel, observed=observed, values=refilled)
    np.testing.assert_array_equal(forecast_baseline(name, gap, 6), forecast_baseline(name, other, 6))


@pytest.mark.parametrize("name", registry.BASELINES)
def test_a_baseline_leaves_the_panel_as_it_was(name: str) -> None:
    panel = panel_of(SHORT, missing=0.3)
    values, observed = panel.values.copy(), panel.observed.copy()
    forecast_baseline(name, panel, 3)[:] = 0
    np.testing.assert_array_equal(panel.values, values)
    np.testing.assert_array_equal(panel.observed, observed)


def test_four_values_continue_as_a_hand_calculation_says() -> None:
    panel = replace(panel_of([4], season_length=2), values=np.array([[1.0, 5], [2, 5], [3, 5], [7, 5]]))
    assert naive(panel, 3)[0, :, 0].tolist() == [7, 7, 7]
    assert seasonal_naive(panel, 3)[0, :, 0].tolist() == [3, 7, 3]
    assert drift(panel, 3)[0, :, 0].tolist() == [9, 11, 13]
    assert drift(panel, 3)[0, :, 1].tolist() == [5, 5, 5]


def test_an_unknown_baseline_is_told_with_the_nearest() -> None:
    with pytest.raises(UsageError) as caught:
        forecast_baseline("seasonal_naive", panel_of([3]), 1)
    assert "seasonal-naive" in caught.value.hint
