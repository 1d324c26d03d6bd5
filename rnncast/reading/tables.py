"""Rows to a panel: checked, sorted, laid on the regular grid and trimmed to what was seen."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from rnncast import frequency
from rnncast.config import DataConfig
from rnncast.errors import DataError
from rnncast.panel import BoolArray, FloatArray, IntArray, Panel, TextArray, TimeAxis, ranges, series_name
from rnncast.reading.base import Reading, Rows, StampArray

_SAMPLED_SERIES = 100
_MOST_STEPS_PER_ROW = 100
_FREE_STEPS = 100_000


@dataclass(frozen=True, slots=True, eq=False)
class _Grid:
    """Holds the regular grid: N series one after the other, from each one's first row to its last.

    Attributes:
        offsets: [N], first step of each series.
        lengths: [N], steps of each series.
        start: [N], ordinal of the first step.
        position: [R], step of each row.
    """

    offsets: IntArray
    lengths: IntArray
    start: IntArray
    position: IntArray

    @property
    def size(self) -> int:
        return int(self.lengths.sum())

    def lay(self, values: FloatArray) -> FloatArray:
        """Return the rows' values [R, C] on the grid, NaN where there is no row."""
        laid = np.full((self.size, values.shape[1]), np.nan)
        laid[self.position] = values
        return laid

    def first(self, wanted: BoolArray, missing: IntArray) -> IntArray:
        """Return each series' first wanted step [N], `missing` [N] where there is none."""
        steps = np.where(wanted, np.arange(self.size), self.size)
        found = np.minimum.reduceat(steps, self.offsets)
        return np.where(found < self.size, found, missing)

    def last(self, wanted: BoolArray) -> IntArray:
        """Return each series' last wanted step [N], -1 where there is none."""
        return np.maximum.reduceat(np.where(wanted, np.arange(self.size), -1), self.offsets)


def group(columns: Sequence[NDArray[np.object_]], count: int) -> tuple[IntArray, TextArray]:
    """Return which series each of `count` rows belongs to, and the ids [N, I] by first appearance."""
    codes, size = np.zeros(count, dtype=np.int64), 1
    for cells in columns:
        part, names = pd.factorize(cells)
        # Numbered anew after each column, so that many columns cannot overflow.
        codes, unique = pd.factorize(codes * len(names) + part)
        size = len(unique)
    first = np.full(size, count, dtype=np.int64)
    np.minimum.at(first, codes, np.arange(count))
    ids = [cells[first].astype(np.str_) for cells in columns]
    return codes.astype(np.int64), np.column_stack(ids) if ids else np.empty((size, 0), dtype=np.str_)


def build(rows: Rows, data: DataConfig, format: str | None) -> Reading:
    """Return the panel of the rows, NaN where a value is missing, with notes on what was mended.

    Args:
        rows: the rows of all series in the order of the sources.
        data: the settings with every column named, and the frequency where there is a time column.
        format: how the time column is written.

    Raises:
        DataError: two rows of one time, stamps off the grid, a series without a value.
    """
    axis, ordinals = _ordinals(rows, data, format)
    _check_duplicates(rows, ordinals)
    grid = _lay_grid(rows, ordinals)
    target = grid.lay(rows.target)  # [T, C]
    seen: BoolArray = ~np.isnan(target)
    first, end = _extent(rows, grid, np.asarray(seen.any(axis=1)))
    future = grid.lay(rows.future)  # [T, Kf]
    future_end = np.maximum(_known_until(grid, future, end), end)
    steps, future_steps = ranges(first, end - first), ranges(first, future_end - first)
    panel = Panel(
        values=target[steps],
        observed=seen[steps],
        offsets=_offsets(end - first),
        lengths=end - first,
        start=grid.start + first - grid.offsets,
        ids=rows.ids,
        id_names=data.id,
        target_names=data.target,
        past_covariates=grid.lay(rows.past)[steps],
        future_covariates=future[future_steps],
        future_offsets=_offsets(future_end - first),
        future_lengths=future_end - first,
        static_covariates=_static(rows, data),
        time=axis,
        past_names=data.past_covariates,
        future_names=data.future_covariates,
        static_names=data.static_covariates,
    )
    has_row = np.zeros(grid.size, dtype=np.bool_)
    has_row[grid.position] = True
    return _noted(rows, ordinals, panel, has_row[steps], data)


def _noted(rows: Rows, ordinals: IntArray, panel: Panel, has_row: BoolArray, data: DataConfig) -> Reading:
    gaps = int((~has_row).sum())
    missing = int((~panel.observed[has_row]).sum())
    ahead = int((panel.future_lengths - panel.lengths).sum())
    outside = len(rows.codes) - int(has_row.sum()) - ahead
    notes = []
    if _is_unsorted(rows, ordinals):
        notes.append("Rows were not in time order and have been sorted.")
    if outside:
        notes.append(f"Left out {outside} rows before a series' first value or after its last.")
    if gaps:
        notes.append(f"{gaps} of {panel.num_rows} steps have no row; filled by {data.missing}.")
    if missing:
        notes.append(f"{missing} target cells are empty; filled by {data.missing}.")
    found = replace(data, freq=panel.time.freq or data.freq)
    return Reading(panel, found, layout="", notes=tuple(notes), gaps=gaps, missing=missing)


def _ordinals(rows: Rows, data: DataConfig, format: str | None) -> tuple[TimeAxis, IntArray]:
    if rows.times is None:
        order = np.argsort(rows.codes, kind="stable")
        counts = np.bincount(rows.codes)
        ordinals = np.empty(len(rows.codes), dtype=np.int64)
        ordinals[order] = ranges(np.ones_like(counts), counts)
        return TimeAxis(), ordinals
    axis = frequency.grid(rows.times, str(data.freq), str(data.time), format)
    return axis, frequency.to_ordinals(rows.times, axis)


def sampled_times(rows: Rows) -> list[StampArray | IntArray]:
    """Return the times of the longest series, each sorted and unique: what tells the frequency."""
    assert rows.times is not None
    longest = np.argsort(-np.bincount(rows.codes), kind="stable")[:_SAMPLED_SERIES]
    sampled = np.flatnonzero(np.isin(rows.codes, longest))
    order = sampled[np.argsort(rows.codes[sampled], kind="stable")]
    cuts = np.flatnonzero(np.diff(rows.codes[order])) + 1
    return [np.unique(times) for times in np.split(rows.times[order], cuts)]  # type: ignore[misc]


def _is_unsorted(rows: Rows, ordinals: IntArray) -> bool:
    order = np.argsort(rows.codes, kind="stable")
    same = np.diff(rows.codes[order]) == 0
    return bool((np.diff(ordinals[order])[same] < 0).any())


def _check_duplicates(rows: Rows, ordinals: IntArray) -> None:
    order = np.lexsort((ordinals, rows.codes))
    twice = (np.diff(rows.codes[order]) == 0) & (np.diff(ordinals[order]) == 0)
    if not twice.any() or rows.times is None:
        return
    again = np.sort(order[1:][twice])
    row = int(again[0])
    stamp = str(rows.times[row]).removesuffix(".000000").removesuffix("T00:00:00")
    whose = f" of {series_name(rows.ids, int(rows.codes[row]))}" if rows.ids.shape[1] else ""
    rest = f", and {len(again) - 1} more rows repeat a time" if len(again) > 1 else ""
    raise DataError(
        f"{rows.place(row)}: time {stamp}{whose} stands a second time{rest}.",
        "Name the columns that tell the series apart with --id, or leave one of the rows out.",
    )


def _lay_grid(rows: Rows, ordinals: IntArray) -> _Grid:
    count = len(rows.ids)
    first = np.full(count, np.iinfo(np.int64).max)
    last = np.full(count, np.iinfo(np.int64).min)
    np.minimum.at(first, rows.codes, ordinals)
    np.maximum.at(last, rows.codes, ordinals)
    lengths = last - first + 1
    if lengths.sum() > len(ordinals) * _MOST_STEPS_PER_ROW + _FREE_STEPS:
        raise DataError(
            f"the {len(ordinals)} rows would lie on {lengths.sum()} steps of their frequency.",
            "Give the frequency with --freq.",
        )
    offsets = _offsets(lengths)
    return _Grid(offsets, lengths, first, offsets[rows.codes] + ordinals - first[rows.codes])


def _extent(rows: Rows, grid: _Grid, seen: BoolArray) -> tuple[IntArray, IntArray]:
    """Return each series' first step with a value and the one after its last."""
    last = grid.last(seen)
    if (last < 0).any():
        name = series_name(rows.ids, int((last < 0).argmax()))
        raise DataError(f"{name} has no value in its targets.", "Leave the series out.")
    return grid.first(seen, grid.offsets), last + 1


def _known_until(grid: _Grid, future: FloatArray, end: IntArray) -> IntArray:
    """Return the step after the last one from `end` on for which all future covariates are known."""
    if future.shape[1] == 0:
        return end
    is_ahead = np.arange(grid.size) >= np.repeat(end, grid.lengths)
    return grid.first(is_ahead & np.isnan(future).any(axis=1), grid.offsets + grid.lengths)


def _static(rows: Rows, data: DataConfig) -> FloatArray:
    found = np.full((len(rows.ids), rows.static.shape[1]), np.nan)
    low, high = found.copy(), found.copy()
    np.fmin.at(low, rows.codes, rows.static)
    np.fmax.at(high, rows.codes, rows.static)
    wrong = ~(low == high)
    if wrong.any():
        series, column = np.argwhere(wrong)[0].tolist()
        what = "no value" if np.isnan(low[series, column]) else "several values"
        name = series_name(rows.ids, series)
        hint = "A static covariate says one thing for a series; give others with --past or --future."
        raise DataError(f"{name} has {what} in '{data.static_covariates[column]}'.", hint)
    return low


def _offsets(lengths: IntArray) -> IntArray:
    return np.concatenate([[0], np.cumsum(lengths)[:-1]]).astype(np.int64)
