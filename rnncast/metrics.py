"""Metrics: how far a forecast was from what came, one number for each series and one for all.

Axes: N series, W forecast origins, H horizon, C targets, Q quantile levels. Every metric is a function
from an `Outcome` to a `Score` and follows the rule of the M4 competition: first each series by itself,
then the mean over series. Steps that were not observed never count. A forecast that is not a number
counts as infinitely far off (the worst there is, for the bounded metrics), so that a model cannot gain by
failing.
"""

from dataclasses import dataclass
from math import isclose

import numpy as np

from rnncast.panel import BoolArray, FloatArray, IntArray, Panel

_WITHIN_SERIES = (1, 2, 3)
# An error too large for a float64 is infinite, which is what the score then says.
_overflowing = np.errstate(over="ignore", invalid="ignore")


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """Holds forecasts beside what came.

    Attributes:
        actual: [N, W, H, C], what came, in the data's units.
        observed: [N, W, H, C], true where it was really seen; `actual` is never read elsewhere.
        point: [N, W, H, C], the forecast.
        quantiles: [N, W, H, C, Q], rising along Q; Q is 0 for a model that learned no distribution.
        quantile_levels: the Q levels in (0, 1), rising.
        past_error: [N, W, C], mean absolute error of the seasonal naive over the rows before each
            origin, see `seasonal_error`: the denominator of MASE.
    """

    actual: FloatArray
    observed: BoolArray
    point: FloatArray
    quantiles: FloatArray
    quantile_levels: tuple[float, ...]
    past_error: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class Score:
    """Holds one metric's value for each series, and how much each counts in the whole.

    Attributes:
        per_series: [N], NaN where undefined.
        weight: [N], not negative.
    """

    per_series: FloatArray
    weight: FloatArray

    @property
    def overall(self) -> float:
        """Return the weighted mean over the series with a value, NaN if there is none."""
        counted = ~np.isnan(self.per_series) & (self.weight > 0)
        if not counted.any():
            return float("nan")
        return float(np.average(self.per_series[counted], weights=self.weight[counted]))


@_overflowing
def mse(outcome: Outcome) -> Score:
    """Score the mean of (y - f)^2 (Hyndman and Koehler 2006, section 2.1)."""
    return _evenly(_mean_square(outcome))


@_overflowing
def rmse(outcome: Outcome) -> Score:
    """Score the root of each series' MSE (Hyndman and Koehler 2006, section 2.1)."""
    return _evenly(np.sqrt(_mean_square(outcome)))


@_overflowing
def mae(outcome: Outcome) -> Score:
    """Score the mean of |y - f| (Hyndman and Koehler 2006, section 2.1)."""
    return _evenly(_mean(_distance(outcome), outcome.observed))


@_overflowing
def smape(outcome: Outcome) -> Score:
    """Score the mean of 200 |y - f| / (|y| + |f|), 0 where both are 0 (Makridakis et al. 2020).

    Lies between 0 and 200.
    """
    distance = _distance(outcome)
    size = np.abs(_seen(outcome)) + np.abs(outcome.point)
    share = np.divide(distance, size, out=np.zeros_like(size), where=size > 0)
    share = np.where(np.isfinite(size), share, 1.0)  # [N, W, H, C]
    return _evenly(_mean(200 * share, outcome.observed))


@_overflowing
def mase(outcome: Outcome) -> Score:
    """Score the mean of |y - f| / past error (Hyndman and Koehler 2006, section 3).

    Origins whose past error is zero or unknown, such as those after a constant past, do not count.
    """
    scale = outcome.past_error[:, :, None, :]  # [N, W, 1, C]
    usable = outcome.observed & (scale > 0)
    return _evenly(_mean(_distance(outcome) / np.where(scale > 0, scale, 1.0), usable))


@_overflowing
def wql(outcome: Outcome) -> Score:
    """Score the weighted quantile loss: twice the mean pinball loss over levels, over the sum of |y|.

    With evenly spread levels it approaches the CRPS in units of the data's mean size (Gneiting and Ranjan 2011;
    Salinas et al. 2020). The overall value is the ratio of the two sums over all series; a
    series whose observed values are all zero has no value of its own and is left out.
    """
    size = np.abs(_seen(outcome)).sum(axis=_WITHIN_SERIES)  # [N]
    if not outcome.quantile_levels:
        return Score(np.full(len(size), np.nan), size)
    loss = pinball(_seen(outcome), outcome.quantiles, outcome.quantile_levels).mean(axis=-1)  # [N, W, H, C]
    total = np.where(outcome.observed, np.nan_to_num(loss, nan=np.inf, posinf=np.inf), 0.0).sum(axis=_WITHIN_SERIES)
    return Score(np.divide(2 * total, size, out=np.full_like(size, np.nan), where=size > 0), size)


def coverage_80(outcome: Outcome) -> Score:
    """Score the share of actuals inside the central 80% interval, its ends included; 0.8 is ideal.

    Undefined without the levels 0.1 and 0.9 (Christoffersen 1998).
    """
    low, high = _level_index(outcome, 0.1), _level_index(outcome, 0.9)
    if low is None or high is None:
        return _evenly(np.full(len(outcome.actual), np.nan))
    actual = _seen(outcome)
    inside = (outcome.quantiles[..., low] <= actual) & (actual <= outcome.quantiles[..., high])
    return _evenly(_mean(inside.astype(np.float64), outcome.observed))


@_overflowing
def pinball(actual: FloatArray, quantiles: FloatArray, levels: tuple[float, ...]) -> FloatArray:
    """Return max(q (y - f), (q - 1) (y - f)) at each level q (Koenker and Bassett 1978).

    Args:
        actual: [...].
        quantiles: [..., Q].
        levels: the Q levels.

    Returns:
        [..., Q].
    """
    level = np.asarray(levels, dtype=np.float64)
    excess = actual[..., None] - quantiles  # [..., Q]
    return np.maximum(level * excess, (level - 1) * excess)


def seasonal_error(panel: Panel, season_length: int) -> FloatArray:
    """Return the mean of |y_t - y_(t-m)| over each series [N, C]: the seasonal naive's error in the past.

    Only pairs count of which both were observed; NaN where there is none. A series that is no longer than
    one season has no such pair, so it is measured with m = 1.
    """
    lag = np.where(panel.lengths > season_length, season_length, 1)  # [N]
    num_pairs = np.maximum(panel.lengths - lag, 0)
    series = np.repeat(np.arange(panel.num_series), num_pairs)  # [pairs]
    count_before = np.cumsum(num_pairs) - num_pairs
    earlier = np.arange(len(series)) + np.repeat(panel.offsets - count_before, num_pairs)
    return _mean_change(panel, series, earlier, earlier + lag[series])


@_overflowing
def _mean_change(panel: Panel, series: IntArray, earlier: IntArray, later: IntArray) -> FloatArray:
    change = np.abs(panel.values[later] - panel.values[earlier])  # [pairs, C]
    both = panel.observed[later] & panel.observed[earlier]
    error = np.full((panel.num_series, panel.num_targets), np.nan)
    for target in range(panel.num_targets):
        kept = both[:, target]
        count = np.bincount(series[kept], minlength=panel.num_series)
        total = np.bincount(series[kept], weights=change[kept, target], minlength=panel.num_series)
        np.divide(total, count, out=error[:, target], where=count > 0)
    return error


def _seen(outcome: Outcome) -> FloatArray:
    return np.where(outcome.observed, outcome.actual, 0.0)


def _distance(outcome: Outcome) -> FloatArray:
    return np.nan_to_num(np.abs(_seen(outcome) - outcome.point), nan=np.inf, posinf=np.inf)


def _mean_square(outcome: Outcome) -> FloatArray:
    return _mean(_distance(outcome) ** 2, outcome.observed)


def _mean(values: FloatArray, counted: BoolArray) -> FloatArray:
    """Return the mean of the counted `values` [N, W, H, C] of each series [N], NaN where there is none."""
    count = counted.sum(axis=_WITHIN_SERIES)
    total = np.where(counted, values, 0.0).sum(axis=_WITHIN_SERIES)
    mean: FloatArray = np.divide(total, count, out=np.full(len(count), np.nan), where=count > 0)
    return mean


def _evenly(per_series: FloatArray) -> Score:
    return Score(per_series, np.ones(len(per_series)))


def _level_index(outcome: Outcome, level: float) -> int | None:
    matches = (index for index, known in enumerate(outcome.quantile_levels) if isclose(known, level, abs_tol=1e-9))
    return next(matches, None)
