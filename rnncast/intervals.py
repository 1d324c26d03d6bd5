"""Intervals: what should hold so many percent of what comes, told from the quantiles of a forecast.

Axes beside those of `windows`: W origins of each series.
"""

from collections.abc import Sequence
from statistics import NormalDist

import numpy as np

from rnncast.blend import Source
from rnncast.bounds import Bounds
from rnncast.errors import UsageError
from rnncast.panel import BoolArray, FloatArray, Forecast


def interval(forecast: Forecast, level: float) -> tuple[FloatArray, FloatArray]:
    """Return the lower and upper bounds [N, H, C] that should hold `level` percent of what comes; see `_central`.

    Raises:
        UsageError: a level that is no percentage between 0 and 100.
    """
    never_negative = forecast.panel.extremes(forecast.panel.lengths[:, None] - 1)[0] >= 0  # [N, 1, C]
    source = Source(forecast.point[:, None], forecast.quantiles[:, None])
    lower, upper = _central(source, forecast.quantile_levels, level, forecast.bounds, never_negative)
    return lower[:, 0], upper[:, 0]


def central_quantiles(
    found: Source, levels: Sequence[float], percents: Sequence[int], bounds: Bounds, never_negative: BoolArray
) -> tuple[tuple[float, ...], FloatArray]:
    """Return the levels and the quantiles [N, W, H, C, Q] at the ends of central intervals, see `_central`.

    Args:
        found: point and quantiles [N, W, H, C, Q] of the learned levels.
        levels: those levels.
        percents: the intervals.
        bounds: what forecasts keep.
        never_negative: [N, W, C], true for histories without a value below zero, whose intervals have none.

    Raises:
        UsageError: a percentage that is none between 0 and 100.
    """
    pairs = [_central(found, levels, percent, bounds, never_negative) for percent in sorted(percents)]
    lower = tuple(0.5 - percent / 200 for percent in sorted(percents, reverse=True))
    ends = (*lower, *(1 - level for level in reversed(lower)))
    return ends, np.stack([*(low for low, _ in reversed(pairs)), *(high for _, high in pairs)], axis=-1)


def _central(
    found: Source, levels: Sequence[float], percent: float, bounds: Bounds, never_negative: BoolArray
) -> tuple[FloatArray, FloatArray]:
    """Return the ends [N, W, H, C] of a central interval of a forecast with quantiles of some `levels`.

    Between the learned quantile levels the values are interpolated over the standard normal quantile of
    the level, and beyond them extended along the line through the median and the outermost level: a
    normal tail. They keep the forecast's bounds, with the point between them.
    """
    if not 0 < percent < 100:
        raise UsageError(f"an interval of {percent} percent cannot be given, only of 1 to 99.")
    normal = NormalDist()
    knots = np.array([normal.inv_cdf(q) for q in levels])
    lower, upper = (
        within(bounds, _at_level(found.quantiles, found.point, knots, normal.inv_cdf(level)), never_negative)
        for level in (0.5 - percent / 200, 0.5 + percent / 200)
    )
    return np.minimum(lower, found.point), np.maximum(upper, found.point)  # whatever rounding did


def _at_level(quantiles: FloatArray, point: FloatArray, knots: FloatArray, z: float) -> FloatArray:
    """Return the value at standard normal quantile `z`, [N, W, H, C], given those at `knots` [Q]."""
    outer = 0 if z < knots[0] else -1 if z > knots[-1] else None
    if outer is not None:
        share = z / knots[outer] if z * knots[outer] > 0 else 1.0
        extended: FloatArray = point + (quantiles[..., outer] - point) * max(share, 1.0)
        return extended
    right = int(np.clip(np.searchsorted(knots, z), 1, len(knots) - 1)) if len(knots) > 1 else 0
    left = max(right - 1, 0)
    width = knots[right] - knots[left]
    share = (z - knots[left]) / width if width else 0.0
    between: FloatArray = quantiles[..., left] * (1 - share) + quantiles[..., right] * share
    return between


def within(bounds: Bounds, values: FloatArray, never_negative: BoolArray) -> FloatArray:
    """Return [N, W, H, C] or [N, W, H, C, Q] within the bounds.

    Without a minimum, it is zero for histories [N, W, C] that have none below.
    """
    if bounds.minimum is None:
        floor = np.where(never_negative, 0.0, -np.inf)[:, :, None]
        values = np.maximum(values, floor.reshape(*floor.shape, *(1,) * (values.ndim - 4)))
    return bounds.keep(values)
