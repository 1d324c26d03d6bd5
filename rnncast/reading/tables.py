"""Rows to a panel: checked, sorted, laid on the regular grid and trimmed to what was seen."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from rnncast import frequency
from rnncast.config import DataConfig
from rnncast.errors import DataError
from rnncast.panel import BoolArray, FloatArray, IntArray, Panel, TextArray, TimeAxis, ranges, series_name
from rnncast.reading.base import Ahead, Codes, Distinct, Reading, Rows, StampArray
from rnncast.reading.grids import Grid, is_sorted, laid, without_repeats

_SAMPLED_SERIES = 100


def group(columns: Sequence[Distinct], count: int) -> tuple[IntArray, TextArray]:
    """Return which series each of `count` rows belongs to, and the ids [N, I] by first appearance."""
    if not columns:
        return np.zeros(count, dtype=np.int64), np.empty((1, 0), dtype=np.str_)
    codes = columns[0].codes
    for texts, part in columns[1:]:
        # Numbered anew after each column, so that many columns cannot overflow.
        codes = pd.factorize(codes.astype(np.int64) * len(texts) + part)[0]
    first = _first(codes)
    if not np.array_equal(codes[first], np.arange(int(codes.max()) + 1)):
        codes = pd.factorize(codes)[0]
        first = _first(codes)
    ids = [texts.to_numpy(dtype=np.str_)[part[first]] for texts, part in columns]
    return codes.astype(np.int64), np.column_stack(ids)


def _first(codes: Codes) -> IntArray:
    """Return the first row of each number, where they are numbered by first appearance."""
    return np.flatnonzero(np.diff(np.maximum.accumulate(codes), prepend=-1))


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
    grid = laid(rows, ordinals)
    rows, grid, repeated = without_repeats(rows, grid)
    target = grid.lay(rows.target)  # [T, C]
    seen: BoolArray = ~np.isnan(target)
    first, end = _extent(rows, grid, seen)
    future = grid.lay(rows.future)  # [T, Kf]
    future_end = np.maximum(_known_until(grid, future, end), end)
    steps, future_steps = _steps(grid, first, end), _steps(grid, first, future_end)
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
        static_covariates=static_covariates(rows, data),
        time=axis,
        past_names=data.past_covariates,
        future_names=data.future_covariates,
        static_names=data.static_covariates,
    )
    has_row = np.full(grid.size, grid.is_laid)
    has_row[grid.position] = True
    reading = noted(panel, data, has_row[steps], len(rows.codes))
    notes = (*_said(rows, grid, repeated), *reading.notes)
    return replace(reading, repeated=repeated, ahead=_ahead(grid, future, end), notes=notes)


def _said(rows: Rows, grid: Grid, repeated: int) -> tuple[str, ...]:
    """Return notes on rows that stood elsewhere or twice."""
    notes = []
    if not is_sorted(rows, grid):
        notes.append("Rows were not in time order and have been sorted.")
    if repeated:
        notes.append(f"Left out {repeated} rows that say the same as another of their series and time.")
    return tuple(notes)


def noted(panel: Panel, data: DataConfig, has_row: BoolArray, num_rows: int) -> Reading:
    """Return what was read, with notes on steps that have no row or no value, and on rows that lie outside.

    Args:
        panel: the series.
        data: the settings with every column named.
        has_row: [R], which steps have a row.
        num_rows: how many rows there were.
    """
    gaps = panel.num_rows - int(has_row.sum())
    missing = 0 if panel.observed.all() else int((~panel.observed[has_row]).sum())
    ahead = int((panel.future_lengths - panel.lengths).sum())
    outside = num_rows - int(has_row.sum()) - ahead
    notes = []
    if outside:
        notes.append(f"Left out {outside} rows before a series' first value or after its last.")
    if gaps:
        notes.append(
            f"{gaps} of {panel.num_rows} steps have no row{_among(~has_row, panel)}; {data.missing} fills them."
        )
    if missing:
        among = _among(has_row & ~panel.observed.all(axis=1), panel)
        notes.append(f"{missing} of {panel.observed.size} target values are missing{among}; {data.missing} fills them.")
    found = replace(data, freq=panel.time.freq or data.freq)
    return Reading(panel, found, layout="", notes=tuple(notes), gaps=gaps, missing=missing)


def _among(steps: BoolArray, panel: Panel) -> str:
    """Say in how many series some of the steps [R] lie, where there are several."""
    found = np.logical_or.reduceat(steps, panel.offsets).sum()
    return f", in {found} of {panel.num_series} series" if panel.num_series > 1 else ""


def _ordinals(rows: Rows, data: DataConfig, format: str | None) -> tuple[TimeAxis, IntArray]:
    if rows.times is None:
        order = np.argsort(rows.codes, kind="stable")
        counts = np.bincount(rows.codes)
        ordinals = np.empty(len(rows.codes), dtype=np.int64)
        ordinals[order] = ranges(np.ones_like(counts), counts)
        return TimeAxis(), ordinals
    axis = frequency.grid(rows.times, str(data.freq), str(data.time), format, rows.zone)
    return axis, frequency.to_ordinals(rows.times, axis)


def sampled_times(rows: Rows) -> list[StampArray | IntArray]:
    """Return the times of the longest series, each sorted and unique: what tells the frequency."""
    assert rows.times is not None
    longest = np.argsort(-np.bincount(rows.codes), kind="stable")[:_SAMPLED_SERIES]
    sampled = np.flatnonzero(np.isin(rows.codes, longest))
    order = sampled[np.argsort(rows.codes[sampled], kind="stable")]
    cuts = np.flatnonzero(np.diff(rows.codes[order])) + 1
    return [np.unique(times) for times in np.split(rows.times[order], cuts)]  # type: ignore[misc]


def _extent(rows: Rows, grid: Grid, seen: BoolArray) -> tuple[IntArray, IntArray]:
    """Return each series' first step with a value in a target, and the one after its last, by `seen` [T, C]."""
    if seen.all():
        return grid.offsets, grid.offsets + grid.lengths
    is_seen = np.asarray(seen.any(axis=1))
    last = grid.last(is_seen)
    if (last < 0).any():
        name = series_name(rows.ids, int((last < 0).argmax()))
        raise DataError(f"{name} has no value in its targets.", "Leave the series out.")
    return grid.first(is_seen, grid.offsets), last + 1


def _steps(grid: Grid, first: IntArray, end: IntArray) -> IntArray | slice:
    """Return the steps of the grid from `first` [N] to before `end` [N]; where those are all, no copy is made."""
    return slice(None) if (end - first).sum() == grid.size else ranges(first, end - first)


def _ahead(grid: Grid, future: FloatArray, end: IntArray) -> Ahead | None:
    """Return which of the future covariates [T, Kf] are known from the steps `end` [N] on."""
    lengths = grid.offsets + grid.lengths - end
    return Ahead(~np.isnan(future[ranges(end, lengths)]), _offsets(lengths), lengths) if future.shape[1] else None


def _known_until(grid: Grid, future: FloatArray, end: IntArray) -> IntArray:
    """Return the step after the last one from `end` on for which all future covariates are known."""
    if future.shape[1] == 0:
        return end
    is_ahead = np.arange(grid.size) >= np.repeat(end, grid.lengths)
    return grid.first(is_ahead & np.isnan(future).any(axis=1), grid.offsets + grid.lengths)


def static_covariates(rows: Rows, data: DataConfig) -> FloatArray:
    """Return the static covariates of each series, [N, S].

    Raises:
        DataError: a series has no value, or several.
    """
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
