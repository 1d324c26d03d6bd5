"""Grids: where the rows of all series lie among the regular steps of a panel, each once."""

from dataclasses import dataclass, replace

import numpy as np

from rnncast import zones
from rnncast.errors import DataError
from rnncast.panel import BoolArray, FloatArray, IntArray, series_name
from rnncast.reading.base import Rows

_MOST_STEPS_PER_ROW = 100
_FREE_STEPS = 100_000


@dataclass(frozen=True, slots=True, eq=False)
class Grid:
    """Holds the regular grid: N series one after the other, from each one's first row to its last.

    Attributes:
        offsets: [N], first step of each series.
        lengths: [N], steps of each series.
        start: [N], ordinal of the first step.
        position: [R], step of each row.
        is_laid: true where the rows stand on the grid as they are: every step has one, in order.
    """

    offsets: IntArray
    lengths: IntArray
    start: IntArray
    position: IntArray
    is_laid: bool

    @property
    def size(self) -> int:
        """Return T, how many steps all series have together."""
        return int(self.lengths.sum())

    def lay(self, values: FloatArray) -> FloatArray:
        """Return the rows' values [R, C] on the grid, NaN where there is no row."""
        if self.is_laid:
            return values
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


def laid(rows: Rows, ordinals: IntArray) -> Grid:
    """Return the grid on which rows lie, by the ordinal of each [R].

    Raises:
        DataError: so many steps would have no row that the frequency cannot be meant.
    """
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
    offsets = np.cumsum(lengths) - lengths
    position = (offsets - first)[rows.codes] + ordinals
    return Grid(offsets, lengths, first, position, _counts_up(position, int(lengths.sum())))


def _counts_up(position: IntArray, size: int) -> bool:
    """Tell whether the positions [R] are 0, 1, 2 ... up to `size`."""
    return len(position) == size and bool((position == np.arange(size)).all())


def is_sorted(rows: Rows, grid: Grid) -> bool:
    """Tell whether the rows of each series stand in time order, whatever stands between them."""
    if (np.diff(grid.position) > 0).all():
        return True
    row = np.full(grid.size, -1)
    row[grid.position] = np.arange(len(grid.position))
    row = row[row >= 0]  # [R], in the order of the grid
    return not ((np.diff(row) < 0) & (np.diff(rows.codes[row]) == 0)).any()


def without_repeats(rows: Rows, grid: Grid) -> tuple[Rows, Grid, int]:
    """Return the rows and their grid without those that repeat another in all that is used, and how many did.

    Raises:
        DataError: two rows of one series and time that differ.
    """
    taken = np.zeros(grid.size, dtype=np.bool_)
    taken[grid.position] = True
    repeated = len(grid.position) - int(taken.sum())
    if not repeated:
        return rows, grid, 0
    order = np.argsort(grid.position, kind="stable")
    again = np.flatnonzero(np.diff(grid.position[order]) == 0)
    earlier, later = order[again], order[again + 1]
    used = (rows.target, rows.past, rows.future, rows.static)
    same = np.logical_and.reduce([_are_equal(values[earlier], values[later]) for values in used])
    if not same.all():
        raise _repeated(rows, earlier[~same], later[~same])
    kept = np.delete(np.arange(len(order)), later)
    position = grid.position[kept]
    return rows.only(kept), replace(grid, position=position, is_laid=_counts_up(position, grid.size)), repeated


def _are_equal(one: FloatArray, other: FloatArray) -> BoolArray:
    """Tell which rows of two tables [R, C] say the same; two missing values do."""
    return np.asarray(((one == other) | (np.isnan(one) & np.isnan(other))).all(axis=1))


def _repeated(rows: Rows, earlier: IntArray, later: IntArray) -> DataError:
    """Return the error of rows that say different things about one time of a series."""
    assert rows.times is not None
    row, before = int(later.min()), int(earlier[later.argmin()])
    stamps = rows.times.astype("datetime64[us]")
    local = stamps if rows.zone is None else zones.to_wall(stamps, rows.zone)
    stamp = (
        str((local if rows.times.dtype.kind == "M" else rows.times)[row])
        .removesuffix(".000000")
        .removesuffix("T00:00:00")
    )
    whose = f" of {series_name(rows.ids, int(rows.codes[row]))}" if rows.ids.shape[1] else ""
    rest = f" and {len(later) - 1} more rows repeat a time" if len(later) > 1 else ""
    where, first = rows.place(row), rows.place(before)
    hint = zones.hint_at(stamps, later) if rows.zone is None and rows.times.dtype.kind == "M" else ""
    return DataError(
        f"{where}: time {stamp}{whose} stands a second time, with other values than {first}{rest}.",
        f"{hint}Join such rows with --aggregate mean, or name the columns that tell the series apart with --id.",
    )
