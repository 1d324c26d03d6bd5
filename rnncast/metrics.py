"""Metrics: how far a forecast was from what came, one number for each series and one for all.

Axes: N series, W forecast origins, H horizon, C targets, Q quantile levels. Every metric is a function
from an `Outcome` to a `Score` and follows the rule of the M4 competition: first each series by itself,
then the mean over series. Steps that were not observed never count. A forecast that is not a number
counts as infinitely far off (the worst there is, for the bounded metrics), so that a model cannot gain by
failing. Those of points are here, those of quantiles in `interval_metrics`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from rnncast.panel import BoolArray, FloatArray, IntArray, Panel, ranges

overflowing = np.errstate(over="ignore", invalid="ignore")
"""Lets an error too large for a float64 be infinite, which is what the score then says."""


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
        past_square: [N, W, C], the mean of its squares, see `seasonal_square`: the denominator of RMSSE, which is
            undefined without it.
    """

    actual: FloatArray
    observed: BoolArray
    point: FloatArray
    quantiles: FloatArray
    quantile_levels: tuple[float, ...]
    past_error: FloatArray
    past_square: FloatArray | None = None

    @property
    def seen(self) -> FloatArray:
        """Return what came [N, W, H, C], 0 where nothing was seen."""
        return np.where(self.observed, self.actual, 0.0)

    def at_step(self, step: int) -> "Outcome":
        """Return the outcome of one step of the horizon alone, counted from 0."""
        kept = np.s_[:, :, step : step + 1]
        return replace(
            self,
            actual=self.actual[kept],
            observed=self.observed[kept],
            point=self.point[kept],
            quantiles=self.quantiles[kept],
        )

    def standardised(self, loc: FloatArray, scale: FloatArray) -> "Outcome":
        """Return the outcome with values less `loc` [N, C], over `scale` [N, C]."""
        loc, scale = loc[:, None, None], scale[:, None, None]  # [N, 1, 1, C]
        return replace(
            self,
            actual=(self.actual - loc) / scale,
            point=(self.point - loc) / scale,
            quantiles=(self.quantiles - loc[..., None]) / scale[..., None],
            past_error=self.past_error / scale[:, 0],
            past_square=None if self.past_square is None else self.past_square / scale[:, 0] ** 2,
        )


@dataclass(frozen=True, slots=True, eq=False)
class Score:
    """Holds one metric as the two sums whose ratio it is, over the steps and targets after each origin.

    So it is known for each series, each origin and the whole, and for any resample of them.

    Attributes:
        total: [N, W], the sum of what is averaged.
        count: [N, W], how many steps were summed, or their size; 0 where the metric is undefined.
        is_root: the metric is the root of the ratio.
        is_pooled: the whole is the ratio of the sums over all series, not the mean of the series' values.
    """

    total: FloatArray
    count: FloatArray
    is_root: bool = False
    is_pooled: bool = False

    @property
    def per_series(self) -> FloatArray:
        """Return the value of each series [N], NaN where undefined."""
        return self._values(self.total.sum(axis=1), self.count.sum(axis=1))

    @property
    def cells(self) -> FloatArray:
        """Return the value of each series at each origin [N, W], NaN where undefined."""
        return self._values(self.total, self.count)

    @property
    def per_origin(self) -> FloatArray:
        """Return the value at each origin over all series [W], NaN where undefined."""
        return self.whole(self.total, self.count, np.ones_like(self.total))

    @property
    def overall(self) -> float:
        """Return the value over all series that have one, NaN if there is none."""
        total, count = self.total.sum(axis=1, keepdims=True), self.count.sum(axis=1, keepdims=True)
        return float(self.whole(total, count, np.ones_like(total))[0])

    def whole(self, total: FloatArray, count: FloatArray, weight: FloatArray) -> FloatArray:
        """Return the value over all series [B] of B pairs of sums [N, B], series counted `weight` [N, B] times."""
        counted = np.where(count > 0, weight, 0.0)
        each, size = (total, count) if self.is_pooled else (self._values(total, count), np.ones_like(count))
        above = (np.where(counted > 0, each, 0.0) * counted).sum(axis=0)
        return _ratio(above, (size * counted).sum(axis=0))

    def _values(self, total: FloatArray, count: FloatArray) -> FloatArray:
        mean = _ratio(total, count)
        return np.sqrt(mean) if self.is_root else mean


def _ratio(total: FloatArray, count: FloatArray) -> FloatArray:
    """Return total / count, NaN where the count is 0."""
    ratio: FloatArray = np.divide(total, count, out=np.full(count.shape, np.nan), where=count > 0)
    return ratio


@overflowing
def mse(outcome: Outcome) -> Score:
    """Score the mean of (y - f)^2 (Hyndman and Koehler 2006, section 2.1)."""
    return series_means(_distance(outcome) ** 2, outcome.observed)


@overflowing
def rmse(outcome: Outcome) -> Score:
    """Score the root of each series' MSE (Hyndman and Koehler 2006, section 2.1)."""
    return replace(mse(outcome), is_root=True)


@overflowing
def mae(outcome: Outcome) -> Score:
    """Score the mean of |y - f| (Hyndman and Koehler 2006, section 2.1)."""
    return series_means(_distance(outcome), outcome.observed)


@overflowing
def mape(outcome: Outcome) -> Score:
    """Score the mean of 100 |y - f| / |y| (Hyndman and Koehler 2006, section 2.2).

    Steps at which zero came have no percentage and do not count.
    """
    size = np.abs(outcome.seen)
    share = np.divide(_distance(outcome), size, out=np.zeros_like(size), where=size > 0)  # [N, W, H, C]
    return series_means(100 * share, outcome.observed & (size > 0))


@overflowing
def smape(outcome: Outcome) -> Score:
    """Score the mean of 200 |y - f| / (|y| + |f|), 0 where both are 0 (Makridakis et al. 2020).

    Lies between 0 and 200.
    """
    distance = _distance(outcome)
    size = np.abs(outcome.seen) + np.abs(outcome.point)
    share = np.divide(distance, size, out=np.zeros_like(size), where=size > 0)
    share = np.where(np.isfinite(size), share, 1.0)  # [N, W, H, C]
    return series_means(200 * share, outcome.observed)


@overflowing
def mase(outcome: Outcome) -> Score:
    """Score the mean of |y - f| / past error (Hyndman and Koehler 2006, section 3).

    Origins whose past error is zero or unknown, such as those after a constant past, do not count.
    """
    return scaled(_distance(outcome), outcome.past_error, outcome)


@overflowing
def rmsse(outcome: Outcome) -> Score:
    """Score the root of the mean of (y - f)^2 / past square (Hyndman and Athanasopoulos 2021, section 5.8).

    The squared analogue of MASE; that of the M5 competition is this with a season of one step (Makridakis et al. 2022).
    Origins whose past square is zero or unknown do not count.
    """
    unknown = np.full_like(outcome.past_error, np.nan)
    past_square = unknown if outcome.past_square is None else outcome.past_square
    return replace(scaled(_distance(outcome) ** 2, past_square, outcome), is_root=True)


def owa(own: Mapping[str, FloatArray | float], naive2: Mapping[str, FloatArray | float]) -> FloatArray:
    """Return (sMAPE / sMAPE of Naive2 + MASE / MASE of Naive2) / 2 (Makridakis et al. 2020).

    It is no mean over series but a ratio of such means, so it is made of scores: numbers, or arrays alike of the
    scores by step, origin or resample. Below 1 is better than Naive2; NaN where Naive2 made no error.

    Args:
        own: `smape` and `mase` of what is scored.
        naive2: those of the baseline `naive2` at the same origins.
    """
    parts = [_ratio(np.asarray(own[name], float), np.asarray(naive2[name], float)) for name in ("smape", "mase")]
    return (parts[0] + parts[1]) / 2


def scaled(values: FloatArray, scale: FloatArray, outcome: Outcome) -> Score:
    """Score the mean of `values` [N, W, H, C] over a `scale` [N, W, C]; where that is zero or NaN, none counts."""
    unit = scale[:, :, None]  # [N, W, 1, C]
    return series_means(values / np.where(unit > 0, unit, 1.0), outcome.observed & (unit > 0))


def series_means(values: FloatArray, counted: BoolArray) -> Score:
    """Score the mean of the counted `values` [N, W, H, C] of each series; all series weigh the same."""
    total = np.where(counted, values, 0.0).sum(axis=(2, 3))
    return Score(total, counted.sum(axis=(2, 3)).astype(np.float64))  # [N, W]


def seasonal_error(panel: Panel, season_length: int) -> FloatArray:
    """Return the mean of |y_t - y_(t-m)| over each series [N, C]: the seasonal naive's error in the past.

    Only pairs count of which both were observed; NaN where there is none. A series that is no longer than
    one season has no such pair, so it is measured with m = 1.
    """
    return seasonal_changes(panel, panel.lengths[:, None] - 1, season_length)[0][:, 0]


def seasonal_square(panel: Panel, season_length: int) -> FloatArray:
    """Return the mean of (y_t - y_(t-m))^2 over each series [N, C]; all else as in `seasonal_error`."""
    return seasonal_changes(panel, panel.lengths[:, None] - 1, season_length)[1][:, 0]


@overflowing
def seasonal_changes(panel: Panel, ends: IntArray, season_length: int) -> tuple[FloatArray, FloatArray]:
    """Return `seasonal_error` and `seasonal_square` of the rows up to each of the steps `ends` [N, W], each [N, W, C].

    Steps rise along W. Thousands of origins take hardly more than one: what lies between two of them is summed once.
    """
    is_long = ends >= season_length
    found = _changes(panel, ends, season_length)
    if not is_long.all():
        short = _changes(panel, ends, 1)
        found = [np.where(is_long[..., None], *pair) for pair in zip(found, short, strict=True)]
    total, square, count = found
    return _ratio(total, count), _ratio(square, count)


def _changes(panel: Panel, ends: IntArray, lag: int) -> list[FloatArray]:
    """Return the sums of |y_t - y_(t-lag)| and of their squares up to each origin, and of how many, each [N, W, C]."""
    pairs = np.maximum(ends + 1 - lag, 0)  # [N, W]
    last = pairs[:, -1]
    earlier = ranges(panel.offsets, last)  # [P]
    both = panel.observed[earlier + lag] & panel.observed[earlier]
    change = np.where(both, np.abs(panel.values[earlier + lag] - panel.values[earlier]), 0.0)  # [P, C]
    stop = (np.cumsum(last) - last)[:, None] + pairs  # [N, W], the pair after
    return [_sums(part, stop, last) for part in (change, change**2, both.astype(np.float64))]


def _sums(values: FloatArray, stop: IntArray, counts: IntArray) -> FloatArray:
    """Return the sums of each series' `values` [P, C] before each row of `stop` [N, W], [N, W, C].

    A series has `counts` [N] of them; what lies between two stops is summed first, so that long sums stay exact.
    """
    begin = np.concatenate([(np.cumsum(counts) - counts)[:, None], stop[:, :-1]], axis=1)
    between = np.stack([begin, stop], axis=-1).reshape(-1)  # every second stretch is between two origins
    padded = np.concatenate([values, np.zeros_like(values, shape=(1, values.shape[1]))])
    parts = np.add.reduceat(padded, between, axis=0)[::2].reshape(*stop.shape, -1)
    sums: FloatArray = np.where((begin < stop)[..., None], parts, 0.0).cumsum(axis=1)
    return sums


def _distance(outcome: Outcome) -> FloatArray:
    """Return |y - f| [N, W, H, C], infinite where the forecast is no number."""
    return np.nan_to_num(np.abs(outcome.seen - outcome.point), nan=np.inf, posinf=np.inf)
