"""Standing still: series that keep a value for long and then take another, such as prices, rates and set points.

The chance that the value changes in a step is told from how often it has changed, by Laplace's rule of succession:

    p = (changes + 1) / (steps + 2)                                  (1)
    chance of any change within h steps = 1 - (1 - p)^h              (2)

Where (2) stays below one half, the median of what comes is the value that stands there: no network can better it, and
every one disturbs it. As up and down are alike, the quantiles between half of (2) and one less that are the same value.

Axes: N series, W origins, H horizon, C targets, Q quantile levels; M histories that stand still at an origin.
"""

from collections.abc import Sequence

import numpy as np

from rnncast.blend import Source
from rnncast.panel import BoolArray, FloatArray, IntArray, Panel

STOOD = 8
"""Steps, and a season, for which a value must have stood: after a change nothing is known, and nights are short."""


def hold(found: Source, panel: Panel, ends: IntArray, levels: Sequence[float]) -> Source:
    """Return a forecast after each of the steps `ends` [N, W] that keeps to the last value where it stands still.

    Args:
        found: point [N, W, H, C], quantiles [N, W, H, C, Q].
        panel: what is forecast.
        ends: the origins' steps, counted from 0.
        levels: of the quantiles.
    """
    stood = _stood(panel, ends)
    if not stood.any():
        return found
    horizon = found.point.shape[2]
    changed = 1 - (1 - _chance(panel, ends)[:, :, None]) ** np.arange(1, horizon + 1)[:, None]  # [N, W, H, C]
    series, origin, target = np.nonzero(stood & (changed[:, :, -1] < 0.5))  # [M]
    changed = changed[series, origin, :, target]  # [M, H]
    value = panel.values[panel.offsets[series] + ends[series, origin], target][:, None]  # [M, 1]
    point, quantiles = found.point.copy(), found.quantiles.copy()
    point[series, origin, :, target] = value
    for place, level in enumerate(levels):
        spread = quantiles[series, origin, :, target, place]  # [M, H]
        outside = np.minimum(spread, value) if level < 0.5 else np.maximum(spread, value)
        inside = changed / 2 < min(level, 1 - level)
        quantiles[series, origin, :, target, place] = np.where(inside, value, outside)
    return Source(point, quantiles)


def _stood(panel: Panel, ends: IntArray) -> BoolArray:
    """Return which targets have kept one value up to each origin, [N, W, C]."""
    count = max(STOOD, panel.season_length)
    found = np.zeros((*ends.shape, panel.num_targets), dtype=np.bool_)
    for number, end in enumerate(ends.T):
        values, seen = panel.at(panel.offsets + end - count + 1, count)  # [N, count, C]
        found[:, number] = seen.all(axis=1) & (values == values[:, :1]).all(axis=1)
    return found


def _chance(panel: Panel, ends: IntArray) -> FloatArray:
    """Return p of each history, [N, W, C], by its observed values up to each origin."""
    rows = np.arange(len(panel.values))
    first = np.zeros_like(rows)
    first[panel.offsets] = panel.offsets
    first = np.maximum.accumulate(first)[:, None]  # [R, 1], where the row's series begins
    last = np.maximum.accumulate(np.where(panel.observed, rows[:, None], -1), axis=0)  # [R, C], the newest value's row
    before = np.concatenate([np.full_like(last[:1], -1), last[:-1]])
    is_step = panel.observed & (before >= first)
    changes = is_step & (panel.values != np.take_along_axis(panel.values, before, axis=0))
    counts = (part.cumsum(axis=0) for part in (changes, is_step))
    begin = panel.offsets[:, None]
    changed, steps = (count[begin + ends] - count[begin] for count in counts)  # [N, W, C]; no step ends in a first row
    chance: FloatArray = (changed + 1) / (steps + 2)
    return chance
