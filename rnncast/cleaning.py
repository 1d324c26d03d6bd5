"""Gaps: missing values are filled so that arrays are finite; the mask of what was seen goes on beside them.

All functions work on the flat rows [R, C] of a panel, whose series lie one after the other, at once.
"""

from typing import NamedTuple

import numpy as np

from rnncast.config import MISSING
from rnncast.errors import DataError, UsageError, nearest
from rnncast.panel import BoolArray, FloatArray, IntArray


class _Neighbours(NamedTuple):
    """Rows of the nearest seen value up to and from each cell [R, C], and whether the series has one."""

    before: IntArray
    after: IntArray
    has_before: BoolArray
    has_after: BoolArray


def fill(
    values: FloatArray,
    observed: BoolArray,
    offsets: IntArray,
    lengths: IntArray,
    method: str,
    season_length: int = 1,
) -> FloatArray:
    """Return `values` [R, C] with every cell that was not observed filled from its own series and column.

    interpolate  on the line between the values around it; before the first and after the last, that one
    ffill        the last value before it; before the first, the first
    seasonal     the last value of the same season before it, else the next one, else interpolated
    zero         0
    error        nothing may be missing

    A column of a series without a single value becomes 0.

    Args:
        values: [R, C], anything where not observed.
        observed: [R, C], true where a value was really seen.
        offsets: [N], first row of each series; series follow each other without a space between.
        lengths: [N], rows of each series; together R.
        method: one of `config.MISSING`.
        season_length: steps in a season, for "seasonal".

    Raises:
        DataError: the method is "error" and something is missing.
    """
    if method not in MISSING:
        raise UsageError(f"there is no way of filling called '{method}'.", nearest(method, MISSING))
    if observed.all():
        return values
    zeroed = np.where(observed, values, 0.0)  # [R, C]
    if method == "zero":
        return zeroed
    if method == "error":
        row, column = np.argwhere(~observed)[0].tolist()
        raise DataError(
            f"{(~observed).sum()} values are missing, the first in row {row + 1}, column {column + 1}.",
            "Fill them, or choose how with --missing.",
        )
    first = np.repeat(offsets, lengths)  # [R]
    if method == "seasonal":
        return _seasonal(zeroed, observed, first, season_length)
    around = _neighbours(observed, first)
    return _ffill(zeroed, around) if method == "ffill" else _interpolate(zeroed, around)


def _neighbours(observed: BoolArray, group: IntArray) -> _Neighbours:
    """Find the seen rows around each cell among those with the same `group` [R], which lie together."""
    rows = np.arange(len(observed))[:, None]  # [R, 1]
    before = np.maximum.accumulate(np.where(observed, rows, -1), axis=0)  # [R, C]
    after = np.where(observed, rows, len(observed))[::-1]
    after = np.minimum.accumulate(after, axis=0)[::-1]
    has_before, has_after = before >= 0, after < len(observed)
    before, after = np.maximum(before, 0), np.minimum(after, len(observed) - 1)
    has_before &= group[before] == group[:, None]
    has_after &= group[after] == group[:, None]
    return _Neighbours(before, after, has_before, has_after)


def _ffill(values: FloatArray, around: _Neighbours) -> FloatArray:
    previous = np.take_along_axis(values, around.before, axis=0)
    following = np.take_along_axis(values, around.after, axis=0)
    return np.where(around.has_before, previous, np.where(around.has_after, following, 0.0))


def _interpolate(values: FloatArray, around: _Neighbours) -> FloatArray:
    rows = np.arange(len(values))[:, None]
    previous = np.take_along_axis(values, around.before, axis=0)
    following = np.take_along_axis(values, around.after, axis=0)
    width = around.after - around.before
    between = around.has_before & around.has_after & (width > 0)
    weight = np.where(between, (rows - around.before) / np.maximum(width, 1), 0.0)
    line = previous * (1 - weight) + following * weight
    return np.where(between, line, _ffill(values, around))


def _seasonal(values: FloatArray, observed: BoolArray, first: IntArray, season_length: int) -> FloatArray:
    """Fill forward, then backward, among the steps of one series that are whole seasons apart."""
    step = np.arange(len(values)) - first  # [R]
    phase = step % season_length
    order = np.lexsort((step, phase, first))
    group = (first + phase)[order]  # the row of the phase's first step, so no two groups share it
    around = _neighbours(observed[order], group)
    filled = np.empty_like(values)
    known = np.empty_like(observed)
    filled[order] = _ffill(values[order], around)
    known[order] = around.has_before | around.has_after
    return np.where(known, filled, _interpolate(values, _neighbours(observed, first)))
