import math
from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from rnncast import registry
from rnncast.interval_metrics import at_levels
from rnncast.metrics import (
    Outcome,
    Score,
    mae,
    mape,
    mase,
    mse,
    owa,
    rmse,
    rmsse,
    seasonal_changes,
    seasonal_error,
    seasonal_square,
    smape,
)
from rnncast.panel import BoolArray, FloatArray, Panel
from tests.making import panel_of as seen_or_not
from tests.making import walk
from tests.outcomes import LEVELS, one_series, outcome_of, random_outcome

Metric = Callable[[Outcome], Score]
POINT_METRICS = registry.METRICS | registry.MORE_METRICS
METRICS = at_levels(LEVELS) | {
    name: entry.load()
    for name, entry in (POINT_METRICS | registry.INTERVAL_METRICS | registry.MORE_INTERVAL_METRICS).items()
}


def panel_of(series: list[FloatArray], observed: list[BoolArray] | None = None, season_length: int = 1) -> Panel:
    """Build a panel of single-target series from 1-D arrays, with rows between them that belong to none."""
    lengths = np.array([len(values) for values in series])
    offsets = np.concatenate([[0], np.cumsum(lengths + 3)[:-1]])
    values = np.full((int((lengths + 3).sum()), 1), 1e6)
    seen = np.ones(values.shape, dtype=bool)
    for n, offset in enumerate(offsets):
        values[offset : offset + lengths[n], 0] = series[n]
        if observed is not None:
            seen[offset : offset + lengths[n], 0] = observed[n]
    none = np.zeros((len(series), 0))
    return Panel(
        values=values,
        observed=seen,
        offsets=offsets,
        lengths=lengths,
        start=np.zeros(len(series), dtype=np.int64),
        ids=np.array([[str(n)] for n in range(len(series))]),
        id_names=("id",),
        target_names=("y",),
        past_covariates=np.zeros((len(values), 0)),
        future_covariates=np.zeros((len(values), 0)),
        future_offsets=offsets,
        future_lengths=lengths,
        static_covariates=none,
        season_lengths=(season_length,),
    )


Step = tuple[float, float, list[float], float]


def slow_steps(outcome: Outcome, n: int) -> Iterator[Step]:
    """Yield the actual, the forecast, the quantiles and the past error of every observed step of series `n`."""
    _, num_origins, horizon, num_targets = outcome.actual.shape
    for w in range(num_origins):
        for h in range(horizon):
            for c in range(num_targets):
                if outcome.observed[n, w, h, c]:
                    scale = float(outcome.past_error[n, w, c])
                    yield outcome.actual[n, w, h, c], outcome.point[n, w, h, c], outcome.quantiles[n, w, h, c], scale


def slow_mean(numbers: list[float]) -> float:
    return sum(numbers) / len(numbers) if numbers else math.nan


def slow_pinball(y: float, f: float, q: float) -> float:
    return q * (y - f) if y >= f else (1 - q) * (f - y)


def slow_smape(y: float, f: float) -> float:
    return 200 * abs(f - y) / (abs(f) + abs(y)) if y or f else 0.0


def slow_crps(y: float, quantiles: list[float]) -> float:
    return 2 * slow_mean([slow_pinball(y, f, q) for f, q in zip(quantiles, LEVELS, strict=True)])


def slow_wql(steps: list[Step]) -> float:
    size = sum(abs(y) for y, _, _, _ in steps)
    return sum(slow_crps(y, fs) for y, _, fs, _ in steps) / size if size else math.nan


def slow_interval_score(y: float, low: float, high: float, alpha: float) -> float:
    return high - low + (2 / alpha * (low - y) if y < low else 0.0) + (2 / alpha * (y - high) if y > high else 0.0)


SLOW: dict[str, Callable[[list[Step]], float]] = {
    "mse": lambda steps: slow_mean([(y - f) ** 2 for y, f, _, _ in steps]),
    "rmse": lambda steps: math.sqrt(slow_mean([(y - f) ** 2 for y, f, _, _ in steps])),
    "mae": lambda steps: slow_mean([abs(y - f) for y, f, _, _ in steps]),
    "smape": lambda steps: slow_mean([slow_smape(y, f) for y, f, _, _ in steps]),
    "mase": lambda steps: slow_mean([abs(y - f) / scale for y, f, _, scale in steps if scale > 0]),
    "mape": lambda steps: slow_mean([100 * abs(y - f) / abs(y) for y, f, _, _ in steps if y]),
    "rmsse": lambda steps: math.sqrt(
        slow_mean([(y - f) ** 2 / (2 * scale**2) for y, f, _, scale in steps if scale > 0])
    ),
    "wql": slow_wql,
    "crps": lambda steps: slow_mean([slow_crps(y, fs) for y, _, fs, _ in steps]),
    "pinball-0.1": lambda steps: slow_mean([slow_pinball(y, fs[0], 0.1) for y, _, fs, _ in steps]),
    "pinball-0.5": lambda steps: slow_mean([slow_pinball(y, fs[1], 0.5) for y, _, fs, _ in steps]),
    "pinball-0.9": lambda steps: slow_mean([slow_pinball(y, fs[2], 0.9) for y, _, fs, _ in steps]),
    "coverage-80": lambda steps: slow_mean([float(fs[0] <= y <= fs[2]) for y, _, fs, _ in steps]),
    "width-80": lambda steps: slow_mean([fs[2] - fs[0] for _, _, fs, _ in steps]),
    "msis-80": lambda steps: slow_mean(
        [slow_interval_score(y, fs[0], fs[2], 0.2) / scale for y, _, fs, scale in steps if scale > 0]
    ),
}


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("name", METRICS)
def test_a_metric_equals_a_written_out_loop(name: str, seed: int) -> None:
    outcome = random_outcome(seed)
    expected = [SLOW[name](list(slow_steps(outcome, n))) for n in range(4)]
    np.testing.assert_allclose(METRICS[name](outcome).per_series, expected, rtol=1e-12)


@pytest.mark.parametrize(
    ("metric", "expected"),
    [
        (mse, 5 / 3),
        (rmse, math.sqrt(5 / 3)),
        (rmsse, math.sqrt(5 / 3)),
        (mae, 1.0),
        (mase, 1.0),
        (mape, (100 + 50) / 2),
        (smape, (200 / 3 + 0 + 200 * 2 / 10) / 3),
    ],
)
def test_a_metric_of_three_steps_is_what_a_hand_calculation_gives(metric: Metric, expected: float) -> None:
    assert metric(one_series([1, 0, 4], [2, 0, 6])).overall == pytest.approx(expected)


@pytest.mark.parametrize("name", METRICS)
def test_a_perfect_forecast_has_no_error(name: str) -> None:
    actual = np.array([3.0, -2.0, 0.0, 5.0]).reshape(2, 1, 2, 1)
    score = METRICS[name](outcome_of(actual, actual, spread=0.0))
    assert score.overall == (1.0 if name == "coverage-80" else 0.0)


@pytest.mark.parametrize("name", METRICS)
def test_steps_that_were_not_observed_never_count(name: str) -> None:
    outcome = random_outcome(0)
    spoiled = replace(outcome, actual=np.where(outcome.observed, outcome.actual, np.nan))
    np.testing.assert_array_equal(METRICS[name](spoiled).per_series, METRICS[name](outcome).per_series)
    holes = replace(outcome, point=np.where(outcome.observed, outcome.point, np.nan))
    np.testing.assert_array_equal(METRICS[name](holes).per_series, METRICS[name](outcome).per_series)


@pytest.mark.parametrize("name", METRICS)
def test_a_series_without_an_observed_step_is_undefined_and_left_out_of_the_whole(name: str) -> None:
    outcome = random_outcome(1)
    score = METRICS[name](outcome)
    assert math.isnan(score.per_series[3])
    assert math.isfinite(score.overall)


@pytest.mark.parametrize("name", METRICS)
def test_without_any_observed_step_the_whole_is_undefined(name: str) -> None:
    outcome = random_outcome(1)
    assert math.isnan(METRICS[name](replace(outcome, observed=np.zeros_like(outcome.observed))).overall)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("name", POINT_METRICS)
def test_a_forecast_that_is_no_number_is_the_worst_there_is(name: str, bad: float) -> None:
    score = METRICS[name](one_series([1.0, 2.0], [bad, bad]))
    assert score.overall == (200 if name == "smape" else math.inf)


@pytest.mark.parametrize("name", METRICS)
def test_errors_too_large_for_a_float_are_infinite_and_raise_no_warning(name: str) -> None:
    assert not METRICS[name](one_series([1.7e308, 1.0], [-1.7e308, 1.0])).overall < 0.5


def test_the_whole_is_the_mean_over_series_not_over_steps() -> None:
    actual = np.zeros((2, 1, 4, 1))
    point = np.array([2.0, 2.0, 2.0, 2.0, 4.0, 9.0, 9.0, 9.0]).reshape(actual.shape)
    observed = np.array([1, 1, 1, 1, 1, 0, 0, 0], dtype=bool).reshape(actual.shape)
    assert mae(outcome_of(actual, point, observed)).overall == 3.0
    assert rmse(outcome_of(actual, point, observed)).overall == 3.0


def test_a_metric_of_an_origin_or_a_step_is_that_of_its_forecasts_alone() -> None:
    outcome = random_outcome(3)
    for metric in METRICS.values():
        score = metric(outcome)
        alone = [metric(origin_of(outcome, number)) for number in range(3)]
        np.testing.assert_allclose(score.per_origin, [one.overall for one in alone])
        np.testing.assert_allclose(score.cells, np.stack([one.per_series for one in alone], axis=1))
        last = metric(outcome.at_step(4))
        unseen = np.arange(5)[:, None] != 4
        expected = metric(replace(outcome, observed=outcome.observed & ~unseen))
        np.testing.assert_allclose(last.per_series, expected.per_series)


def origin_of(outcome: Outcome, number: int) -> Outcome:
    """Return the outcome at one origin."""
    names = ("actual", "observed", "point", "quantiles", "past_error", "past_square")
    return replace(outcome, **{name: getattr(outcome, name)[:, number : number + 1] for name in names})


def test_without_past_squares_the_scaled_root_is_undefined() -> None:
    assert math.isnan(rmsse(replace(random_outcome(0), past_square=None)).overall)


def test_the_overall_weighted_average_is_what_the_organisers_published() -> None:
    naive2, winner = {"smape": 18.383, "mase": 2.395}, {"smape": 9.328, "mase": 0.893}
    assert float(owa(winner, naive2)) == pytest.approx(0.4401427319445203)
    assert float(owa(naive2, naive2)) == 1
    by_step = {name: np.array([value, value / 2]) for name, value in winner.items()}
    np.testing.assert_allclose(
        owa(by_step, {name: np.full(2, value) for name, value in naive2.items()}), [0.44014, 0.22007], atol=1e-5
    )


def test_beside_a_naive2_without_error_the_overall_weighted_average_is_undefined() -> None:
    assert math.isnan(owa({"smape": 1.0, "mase": 1.0}, {"smape": 0.0, "mase": 0.0}))


FINITE = hnp.arrays(np.float64, (2, 1, 3, 1), elements=st.floats(-1e6, 1e6))


@settings(max_examples=40, deadline=None)
@given(actual=FINITE, point=FINITE)
def test_metrics_keep_their_bounds_and_order(actual: FloatArray, point: FloatArray) -> None:
    outcome = outcome_of(actual, point)
    assert 0 <= smape(outcome).overall <= 200 * (1 + 1e-12)
    # Squares of errors below 1e-154 vanish.
    assert (mae(outcome).per_series <= rmse(outcome).per_series * (1 + 1e-12) + 1e-150).all()
    assert (mase(outcome).per_series >= 0).all()


@pytest.mark.parametrize("season_length", [1, 3, 7])
def test_the_seasonal_error_equals_a_written_out_loop(season_length: int) -> None:
    random = np.random.default_rng(season_length)
    series = [random.normal(size=length) for length in (1, 2, 4, 8, 30)]
    observed = [random.random(len(values)) < 0.8 for values in series]
    panel = panel_of(series, observed)
    expected, squares = [], []
    for values, seen in zip(series, observed, strict=True):
        lag = season_length if len(values) > season_length else 1
        changes = [abs(values[t] - values[t - lag]) for t in range(lag, len(values)) if seen[t] and seen[t - lag]]
        expected.append([slow_mean(changes)])
        squares.append([slow_mean([change**2 for change in changes])])
    np.testing.assert_allclose(seasonal_error(panel, season_length), expected)
    np.testing.assert_allclose(seasonal_square(panel, season_length), squares)


def test_the_seasonal_error_reads_only_the_rows_of_a_cut_panel() -> None:
    panel = panel_of([np.array([1.0, 2.0, 4.0, 50.0]), np.array([5.0, 5.5, 90.0])])
    np.testing.assert_allclose(seasonal_error(panel.truncated(np.array([3, 2])), 1), [[1.5], [0.5]])
    assert np.isnan(seasonal_error(panel.truncated(np.array([1, 0])), 1)).all()


def test_past_errors_at_many_origins_are_those_of_the_rows_before_each() -> None:
    holes = walk(40, targets=2, seed=1)
    holes[[3, 4, 20], [0, 1, 1]] = np.nan
    panel = seen_or_not([walk(30, targets=2), holes, walk(9, targets=2, seed=2)], seasons=(7,))
    ends = np.minimum(np.array([[2, 6, 7, 25, 29], [0, 5, 20, 21, 39], [1, 5, 8, 8, 8]]), panel.lengths[:, None] - 1)
    error, square = seasonal_changes(panel, ends, 7)
    for window, end in enumerate(ends.T):
        past = panel.truncated(end + 1)
        np.testing.assert_allclose(error[:, window], seasonal_error(past, 7))
        np.testing.assert_allclose(square[:, window], seasonal_square(past, 7))
    for series, end in ((0, 29), (1, 39)):
        values = [walk(30, targets=2), holes][series]
        change = np.abs(values[7 : end + 1] - values[: end - 6])
        np.testing.assert_allclose(error[series, -1], np.nanmean(change, axis=0))
        np.testing.assert_allclose(square[series, -1], np.nanmean(change**2, axis=0))


def test_a_standardised_outcome_has_the_same_scaled_errors() -> None:
    outcome = random_outcome(3)
    loc, scale = np.random.default_rng(4).normal(size=(4, 2)), np.array([[2.0, 0.5]] * 4)
    found = outcome.standardised(loc, scale)
    np.testing.assert_allclose(mase(found).cells, mase(outcome).cells)
    np.testing.assert_allclose(rmsse(found).cells, rmsse(outcome).cells)
    unit = np.repeat(scale[:, None, None], 5, axis=2)
    for one, other in ((found.actual, outcome.actual), (found.point, outcome.point)):
        np.testing.assert_allclose(one * unit + loc[:, None, None], other)
    np.testing.assert_allclose(
        found.quantiles * unit[..., None] + loc[:, None, None, :, None], outcome.quantiles, atol=1e-12
    )
