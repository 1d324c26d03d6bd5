"""Aggregating: rows of a series that share a step become one, so that logs and irregular stamps have a frequency."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from rnncast import frequency
from rnncast.config import DataConfig
from rnncast.errors import DataError, UsageError
from rnncast.panel import BoolArray, FloatArray, IntArray
from rnncast.reading.base import Rows, StampArray
from rnncast.reading.columns import FAR


class _Groups(NamedTuple):
    """Holds rows in the order of series and time, in groups that share a step.

    Attributes:
        order: [R], the rows in this order.
        first: [G], where each group begins.
        number: [R], the group of each.
    """

    order: IntArray
    first: IntArray
    number: IntArray

    @property
    def counts(self) -> IntArray:
        """Return how many rows each group has, [G]."""
        return np.diff(self.first, append=len(self.order))


def join(rows: Rows, data: DataConfig) -> tuple[Rows, tuple[str, ...]]:
    """Return one row for each step of a series that has any, and notes.

    Targets are joined as `data.aggregate` says, covariates of numbers by their mean, categories by the last. Missing
    values do not count; where a step has no other, it is missing.

    Args:
        rows: the rows of all series in the order of the sources.
        data: the settings; with a frequency, its steps hold the stamps, else equal stamps are a step.

    Raises:
        UsageError: there is no time column.
        DataError: a sum too large for a number.
    """
    if rows.times is None:
        raise UsageError("there is no time column whose steps rows could share.", "Leave --aggregate out.")
    times = rows.times if data.freq is None else frequency.floor(rows.times, data.freq, rows.zone)
    groups = _grouped(rows, times)
    with np.errstate(over="ignore", invalid="ignore"):
        target = _joined(rows.target, groups, [str(data.aggregate)] * len(data.target))
        past = _joined(rows.past, groups, _ways(data.past_covariates, data))
        future = _joined(rows.future, groups, _ways(data.future_covariates, data))
    if (far := np.abs(target) > FAR).any():
        row = int(groups.order[groups.first[far.any(axis=1).argmax()]])
        raise DataError(f"{rows.place(row)}: the {data.aggregate} of this step is a number beyond 1e300.")
    begins = groups.order[groups.first]
    joined = replace(rows.only(begins), times=times[begins], target=target, past=past, future=future)
    return joined, _notes(rows, joined, groups, data)


def _ways(names: tuple[str, ...], data: DataConfig) -> list[str]:
    return ["last" if name in data.category else "mean" for name in names]


def _grouped(rows: Rows, times: StampArray | IntArray) -> _Groups:
    """Group the rows of one series and step; within a group they stand in time order."""
    assert rows.times is not None
    count = len(rows.codes)
    change, later = np.diff(rows.codes), np.diff(rows.times).astype(np.int64)
    in_order = (change > 0) | ((change == 0) & (later >= 0))
    order = np.arange(count) if in_order.all() else np.lexsort((rows.times, rows.codes))
    is_new = np.ones(count, dtype=np.bool_)
    is_new[1:] = (np.diff(rows.codes[order]) != 0) | (times[order][1:] != times[order][:-1])
    return _Groups(order, np.flatnonzero(is_new), np.cumsum(is_new) - 1)


def _joined(values: FloatArray, groups: _Groups, ways: list[str]) -> FloatArray:
    """Return the values [R, C] of each group as one, [G, C], each column in its own way."""
    joined = np.empty((len(groups.first), values.shape[1]))
    for column, how in enumerate(ways):
        cells = values[groups.order, column]  # [R]
        seen: BoolArray = ~np.isnan(cells)
        found = _WAYS[how](cells, seen, groups)
        joined[:, column] = np.where(np.logical_or.reduceat(seen, groups.first), found, np.nan)
    return joined


def _sum(cells: FloatArray, seen: BoolArray, groups: _Groups) -> FloatArray:
    total: FloatArray = np.add.reduceat(np.where(seen, cells, 0.0), groups.first)
    return total


def _mean(cells: FloatArray, seen: BoolArray, groups: _Groups) -> FloatArray:
    count = np.add.reduceat(seen.astype(np.int64), groups.first)
    return _sum(cells, seen, groups) / np.maximum(count, 1)


def _first(cells: FloatArray, seen: BoolArray, groups: _Groups) -> FloatArray:
    place = np.minimum.reduceat(np.where(seen, np.arange(len(cells)), len(cells) - 1), groups.first)
    return cells[place]


def _last(cells: FloatArray, seen: BoolArray, groups: _Groups) -> FloatArray:
    return cells[np.maximum.reduceat(np.where(seen, np.arange(len(cells)), 0), groups.first)]


def _min(cells: FloatArray, seen: BoolArray, groups: _Groups) -> FloatArray:
    least: FloatArray = np.fmin.reduceat(cells, groups.first)
    return least


def _max(cells: FloatArray, seen: BoolArray, groups: _Groups) -> FloatArray:
    largest: FloatArray = np.fmax.reduceat(cells, groups.first)
    return largest


def _median(cells: FloatArray, seen: BoolArray, groups: _Groups) -> FloatArray:
    rising = cells[np.lexsort((cells, groups.number))]  # missing ones stand last
    count = np.maximum(np.add.reduceat(seen.astype(np.int64), groups.first), 1)
    middle: FloatArray = (rising[groups.first + (count - 1) // 2] + rising[groups.first + count // 2]) / 2
    return middle


_WAYS: Mapping[str, Callable[[FloatArray, BoolArray, _Groups], FloatArray]] = {
    "mean": _mean,
    "sum": _sum,
    "first": _first,
    "last": _last,
    "min": _min,
    "max": _max,
    "median": _median,
}


def _notes(rows: Rows, joined: Rows, groups: _Groups, data: DataConfig) -> tuple[str, ...]:
    """Return notes on what was joined, and on first and last steps that hold fewer rows than is usual."""
    if len(groups.first) == len(rows.codes):
        return ()
    notes = [f"{len(rows.codes):,} rows are joined to {len(groups.first):,} steps by their {data.aggregate}."]
    known = np.flatnonzero(~np.isnan(joined.target).all(axis=1))  # not those ahead
    is_first = np.diff(joined.codes[known], prepend=-1) != 0
    is_end = is_first | np.roll(is_first, -1)
    few = int((groups.counts[known][is_end] < np.median(groups.counts[known])).sum()) if len(known) else 0
    if few:
        which = "first or last step of a series holds" if few == 1 else "first and last steps of series hold"
        notes.append(f"{few} {which} fewer rows than usual, and may be only a part.")
    return tuple(notes)
