"""Rows known ahead: future covariates from a second table, put after the first table's rows or a panel's."""

from dataclasses import replace

import numpy as np
import pandas as pd

from rnncast import holidays
from rnncast.errors import DataError
from rnncast.frequency import format_stamps, to_ordinals
from rnncast.panel import BoolArray, FloatArray, IntArray, Panel, ranges, series_name
from rnncast.reading.base import Ahead, Rows

NAMED = 3
"""Stamps that an error names; of more it says how many."""

HOLES = 1000
"""Steps that rows of future data may leave out, about."""


def append(rows: Rows, extra: Rows) -> tuple[Rows, tuple[str, ...]]:
    """Return `rows` with those of `extra` that they lack, and notes; targets of added rows are missing.

    Rows of a series or a time that `rows` have already are left out: the first table holds.
    """
    codes = _codes(rows.ids.tolist(), extra)
    known = codes >= 0
    fresh = known.copy()
    if rows.times is not None and extra.times is not None:
        there = pd.MultiIndex.from_arrays([rows.codes, rows.times])
        fresh &= ~pd.MultiIndex.from_arrays([codes, extra.times]).isin(there)
    kept = np.flatnonzero(fresh)
    notes = (*_strangers(known), *_held(int((known & ~fresh).sum())))
    times = None
    if rows.times is not None and extra.times is not None:
        times = np.concatenate([rows.times, extra.times[kept]])
    joined = replace(
        rows,
        codes=np.concatenate([rows.codes, codes[kept]]),
        times=times,
        target=_lengthened(rows.target, len(kept)),
        past=_lengthened(rows.past, len(kept)),
        future=np.concatenate([rows.future, extra.future[kept]]),
        static=_lengthened(rows.static, len(kept)),
        place=lambda row: rows.place(row) if row < len(rows.codes) else extra.place(int(kept[row - len(rows.codes)])),
    )
    return joined, notes


def _lengthened(values: FloatArray, count: int) -> FloatArray:
    return np.concatenate([values, np.full((count, values.shape[1]), np.nan)])


def extend(panel: Panel, extra: Rows) -> tuple[Panel, Ahead, tuple[str, ...]]:
    """Return `panel` with the future covariates of `extra` after those it has, what is known then, and notes.

    What the panel knows already holds; a step that is missing ends what is known of a series.
    """
    codes = _codes(panel.ids.tolist(), extra)
    known = codes >= 0
    codes, values = codes[known], extra.future[known]
    if extra.times is None:
        position = panel.future_lengths[codes] + _numbered(codes)
    else:
        position = to_ordinals(extra.times[known], panel.time) - panel.start[codes]
    fresh = position >= panel.future_lengths[codes]
    notes = (*_strangers(known), *_held(int((~fresh).sum())))
    codes, values, position = codes[fresh], values[fresh], position[fresh]
    # Not much further than rows were given: a lone stamp far ahead must not take memory.
    inside = position < panel.future_lengths[codes] + len(codes) + HOLES
    laid, offsets, lengths = _laid(panel, codes[inside], position[inside], values[inside])
    later = lengths - panel.lengths
    ahead = Ahead(~np.isnan(laid[ranges(offsets + panel.lengths, later)]), np.cumsum(later) - later, later)
    step = ranges(np.zeros_like(lengths), lengths)
    missing = np.where(np.isnan(laid).any(axis=1), step, np.repeat(lengths, lengths))
    lengths = np.minimum.reduceat(missing, offsets)
    kept = laid[ranges(offsets, lengths)]
    cut = replace(panel, future_covariates=kept, future_offsets=np.cumsum(lengths) - lengths, future_lengths=lengths)
    return cut, ahead, notes


def _laid(
    panel: Panel, codes: IntArray, position: IntArray, values: FloatArray
) -> tuple[FloatArray, IntArray, IntArray]:
    """Return a panel's future covariates with further rows at `position` [R], NaN between, and where series lie."""
    lengths = panel.future_lengths.copy()
    np.maximum.at(lengths, codes, position + 1)
    offsets = np.cumsum(lengths) - lengths
    laid = np.full((int(lengths.sum()), values.shape[1]), np.nan)
    own = ranges(panel.future_offsets, panel.future_lengths)
    laid[ranges(offsets, panel.future_lengths)] = panel.future_covariates[own]
    laid[offsets[codes] + position] = values
    return laid, offsets, lengths


def check(panel: Panel, horizon: int, known: Ahead | None) -> None:
    """Raise a DataError that names what is missing of the future covariates of the next `horizon` steps, if anything.

    `known` says what is behind a hole, where anything is.
    """
    short = np.flatnonzero(panel.future_lengths < panel.lengths + horizon)
    if not len(short) or not panel.future_names:
        return
    series = int(short[0])
    is_known = np.zeros((horizon, len(panel.future_names)), dtype=np.bool_)
    is_known[: panel.future_lengths[series] - panel.lengths[series]] = True
    if known is not None:
        given = known.known[known.offsets[series] :][: min(horizon, int(known.lengths[series]))]
        is_known[: len(given), : given.shape[1]] = given
    is_known[:, [name.startswith(holidays.PREFIX) for name in panel.future_names]] = True
    steps = np.flatnonzero(~is_known.all(axis=1))
    names = [name for name, column in zip(panel.future_names, is_known.T, strict=True) if not column.all()]
    stamps = format_stamps(panel.start[series] + panel.lengths[series] + steps[:NAMED], panel.time)
    more = f" and {len(steps) - NAMED} more" if len(steps) > NAMED else ""
    rest = f"; {len(short) - 1} more series lack some" if len(short) > 1 else ""
    raise DataError(
        f"{series_name(panel.ids, series)} has no {', '.join(names)} at {', '.join(stamps)}{more}, "
        f"which a forecast of {horizon} steps needs{rest}.",
        "Give them with --future-data FILE, or as rows at the end of the data with an empty target.",
    )


def _codes(ids: list[list[str]], extra: Rows) -> IntArray:
    """Return which of the series called `ids` each row of `extra` belongs to, -1 for none."""
    code = {tuple(name): i for i, name in enumerate(ids)}
    return np.array([code.get(tuple(name), -1) for name in extra.ids.tolist()], dtype=np.int64)[extra.codes]


def _strangers(known: BoolArray) -> tuple[str, ...]:
    if known.all():
        return ()
    return (f"Left out {(~known).sum()} rows of future data for series that the data do not have.",)


def _held(count: int) -> tuple[str, ...]:
    return (f"Left out {count} rows of future data for times that the data have; those hold.",) if count else ()


def _numbered(codes: IntArray) -> IntArray:
    """Return how many rows of the same series stand before each."""
    order = np.argsort(codes, kind="stable")
    counts = np.bincount(codes)
    number = np.empty_like(codes)
    number[order] = np.arange(len(codes)) - np.repeat(np.cumsum(counts) - counts, counts)
    return number
