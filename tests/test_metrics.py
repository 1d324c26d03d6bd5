import math
from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from rnncast import registry
from rnncast.metrics import Outcome, Score, coverage_80, mae, mase, mse, pinball, rmse, seasonal_error, smape, wql
from rnncast.panel import BoolArray, FloatArray, Panel

Metric = Callable[[Outcome], Score]
LEVELS = (0.1, 0.5, 0.9)
METRICS = {name: entry.load() for name, entry in (registry.METRICS | registry.INTERVAL_METRICS).items()}
POINT_METRICS = sorted(registry.METRICS)


def outcome_of(
    actual: FloatArray, point: FloatArray, observed: BoolArray | None = None, spread: float = 1.0
) -> Outcome:
    """Build an outcome from arrays [N, W, H, C], with an interval of `spread` about the point and a past error of 1."""
    return Outcome(
        actual=actual,
        observed=np.ones(actual.shape, dtype=bool) if observed is None else observed,
        point=point,
        quantiles=point[..., None] + spread * np.array([-1.0, 0.0, 1.0]),
        quantile_levels=LEVELS,
        past_error=np.ones((*actual.shape[:2], actual.shape[3])),
    )


def one_series(actual: list[float], point: list[float]) -> Outcome:
    return outcome_of(np.array(actual)[None, None, :, None], np.array(point)[None, None, :, None])


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


def random_outcome(seed: int) -> Outcome:
    random = np.random.default_rng(seed)
    shape = (4, 3, 5, 2)
    actual = random.normal(size=shape)
    actual[random.random(shape) < 0.1] = 0
    point = np.where(random.random(shape) < 0.1, 0.0, random.normal(size=shape))
    observed = random.random(shape) < 0.7
    observed[3] = False
    past_error = random.random((4, 3, 2))
    past_error[1, 0], past_error[1, 1] = 0, np.nan
    quantiles = np.sort(random.normal(size=(*shape, 3)), axis=-1)
    return Outcome(actual, observed, point, quantiles, LEVELS, past_error)


def slow_steps(outcome: Outcome, n: int) -> Iterator[tuple[float, float, list[float], float]]:
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


def slow_wql(steps: list[tuple[float, float, list[float], float]]) -> float:
    size = sum(abs(y) for y, _, _, _ in steps)
    loss = [slow_mean([slow_pinball(y, f, q) for f, q in zip(fs, LEVELS, strict=True)]) for y, _, fs, _ in steps]
    return 2 * sum(loss) / size if size else math.nan


SLOW: dict[str, Callable[[list[tuple[float, float, list[float], float]]], float]] = {
    "mse": lambda steps: slow_mean([(y - f) ** 2 for y, f, _, _ in steps]),
    "rmse": lambda steps: math.sqrt(slow_mean([(y - f) ** 2 for y, f, _, _ in steps])),
    "mae": lambda steps: slow_mean([abs(y - f) for y, f, _, _ in steps]),
    "smape": lambda steps: slow_mean([slow_smape(y, f) for y, f, _, _ in steps]),
    "mase": lambda steps: slow_mean([abs(y - f) / scale for y, f, _, scale in steps if scale > 0]),
    "wql": slow_wql,
    "coverage-80": lambda steps: slow_mean([float(fs[0] <= y <= fs[2]) for y, _, fs, _ in steps]),
}


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("name", METRICS)
def test_a_metric_equals_a_written_out_loop(name: str, seed: int) -> None:
    outcome = random_outcome(seed)
    expected = [SLOW[name](list(slow_steps(outcome, n))) for n in range(4)]
    np.testing.assert_allclose(METRICS[name](outcome).per_series, expected, rtol=1e-12)


@pytest.mark.parametrize(
    ("metric", "expected"),
    [(mse, 5 / 3), (rmse, math.sqrt(5 / 3)), (mae, 1.0), (mase, 1.0), (smape, (200 / 3 + 0 + 200 * 2 / 10) / 3)],
)
def test_a_metric_of_three_steps_is_what_a_hand_calculation_gives(metric: Metric, expected: float) -> None:
    assert metric(one_series([1, 0, 4], [2, 0, 6])).overall == pytest.approx(expected)


def test_the_weighted_quantile_loss_of_one_step_is_what_a_hand_calculation_gives() -> None:
    # Quantiles 9, 10, 11 of the levels 0.1, 0.5, 0.9 against 12: losses 0.3, 1.0, 0.9.
    assert wql(one_series([12], [10])).overall == pytest.approx(2 * (0.3 + 1.0 + 0.9) / 3 / 12)


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


def test_quantiles_that_are_no_numbers_are_the_worst_there_is() -> None:
    outcome = one_series([1.0, 2.0], [np.nan, 2.0])
    assert wql(outcome).overall == math.inf
    assert coverage_80(outcome).overall == 0.5


@pytest.mark.parametrize("name", METRICS)
def test_errors_too_large_for_a_float_are_infinite_and_raise_no_warning(name: str) -> None:
    assert not METRICS[name](one_series([1.7e308, 1.0], [-1.7e308, 1.0])).overall < 0.5


def test_the_whole_is_the_mean_over_series_not_over_steps() -> None:
    actual = np.zeros((2, 1, 4, 1))
    point = np.array([2.0, 2.0, 2.0, 2.0, 4.0, 9.0, 9.0, 9.0]).reshape(actual.shape)
    observed = np.array([1, 1, 1, 1, 1, 0, 0, 0], dtype=bool).reshape(actual.shape)
    assert mae(outcome_of(actual, point, observed)).overall == 3.0
    assert rmse(outcome_of(actual, point, observed)).overall == 3.0


def test_the_weighted_quantile_loss_of_the_whole_is_the_ratio_of_the_sums() -> None:
    outcome = random_outcome(2)
    loss = pinball(outcome.actual, outcome.quantiles, LEVELS).mean(axis=-1)
    expected = 2 * loss[outcome.observed].sum() / np.abs(outcome.actual[outcome.observed]).sum()
    assert wql(outcome).overall == pytest.approx(expected)


def test_without_its_levels_an_interval_metric_is_undefined() -> None:
    outcome = random_outcome(0)
    bare = replace(outcome, quantiles=outcome.quantiles[..., :0], quantile_levels=())
    assert math.isnan(wql(bare).overall)
    assert math.isnan(coverage_80(bare).overall)
    median = replace(outcome, quantiles=outcome.quantiles[..., 1:2], quantile_levels=(0.5,))
    assert math.isnan(coverage_80(median).overall)


FINITE = hnp.arrays(np.float64, (2, 1, 3, 1), elements=st.floats(-1e6, 1e6))


@settings(max_examples=40, deadline=None)
@given(actual=FINITE, point=FINITE)
def test_metrics_keep_their_bounds_and_order(actual: FloatArray, point: FloatArray) -> None:
    outcome = outcome_of(actual, point)
    assert 0 <= smape(outcome).overall <= 200 * (1 + 1e-12)
    assert 0 <= coverage_80(outcome).overall <= 1
    # Squares of errors below 1e-154 vanish.
    assert (mae(outcome).per_series <= rmse(outcome).per_series * (1 + 1e-12) + 1e-150).all()
    assert (mase(outcome).per_series >= 0).all()


@settings(max_examples=40, deadline=None)
@given(actual=FINITE, point=FINITE, level=st.floats(0.01, 0.99))
def test_the_pinball_loss_is_zero_at_the_actual_and_positive_elsewhere(
    actual: FloatArray, point: FloatArray, level: float
) -> None:
    assert (pinball(actual, point[..., None], (level,)) >= 0).all()
    assert (pinball(actual, actual[..., None], (level,)) == 0).all()


@pytest.mark.parametrize("season_length", [1, 3, 7])
def test_the_seasonal_error_equals_a_written_out_loop(season_length: int) -> None:
    random = np.random.default_rng(season_length)
    series = [random.normal(size=length) for length in (1, 2, 4, 8, 30)]
    observed = [random.random(len(values)) < 0.8 for values in series]
    panel = panel_of(series, observed)
    expected = []
    for values, seen in zip(series, observed, strict=True):
        lag = season_length if len(values) > season_length else 1
        pairs = [t for t in range(lag, len(values)) if seen[t] and seen[t - lag]]
        expected.append([slow_mean([abs(values[t] - values[t - lag]) for t in pairs])])
    np.testing.assert_allclose(seasonal_error(panel, season_length), expected)


def test_the_seasonal_error_reads_only_the_rows_of_a_cut_panel() -> None:
    panel = panel_of([np.array([1.0, 2.0, 4.0, 50.0]), np.array([5.0, 5.5, 90.0])])
    np.testing.assert_allclose(seasonal_error(panel.truncated(np.array([3, 2])), 1), [[1.5], [0.5]])
    assert np.isnan(seasonal_error(panel.truncated(np.array([1, 0])), 1)).all()
