"""Rows known ahead: future covariates from a second table, put after the first table's rows or a panel's."""

from dataclasses import replace

import numpy as np
import pandas as pd

from rnncast.frequency import to_ordinals
from rnncast.panel import BoolArray, FloatArray, IntArray, Panel, ranges
from rnncast.reading.base import Rows


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
    notes = _strangers(known)
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


def extend(panel: Panel, extra: Rows) -> tuple[Panel, tuple[str, ...]]:
    """Return `panel` with the future covariates of `extra` after those it has, and notes.

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
    codes, values, position = codes[fresh], values[fresh], position[fresh]
    # No further than rows were given: a lone stamp far ahead must not take memory.
    inside = position < panel.future_lengths[codes] + len(codes)
    codes, values, position = codes[inside], values[inside], position[inside]
    lengths = panel.future_lengths.copy()
    np.maximum.at(lengths, codes, position + 1)
    offsets = np.cumsum(lengths) - lengths
    laid = np.full((int(lengths.sum()), values.shape[1]), np.nan)
    laid[ranges(offsets, panel.future_lengths)] = panel.future_covariates[
        ranges(panel.future_offsets, panel.future_lengths)
    ]
    laid[offsets[codes] + position] = values
    step = np.arange(len(laid)) - np.repeat(offsets, lengths)
    missing = np.where(np.isnan(laid).any(axis=1), step, np.repeat(lengths, lengths))
    lengths = np.minimum.reduceat(missing, offsets)
    kept = laid[ranges(offsets, lengths)]
    cut = replace(panel, future_covariates=kept, future_offsets=np.cumsum(lengths) - lengths, future_lengths=lengths)
    return cut, _strangers(known)


def _codes(ids: list[list[str]], extra: Rows) -> IntArray:
    """Return which of the series called `ids` each row of `extra` belongs to, -1 for none."""
    code = {tuple(name): i for i, name in enumerate(ids)}
    return np.array([code.get(tuple(name), -1) for name in extra.ids.tolist()], dtype=np.int64)[extra.codes]


def _strangers(known: BoolArray) -> tuple[str, ...]:
    if known.all():
        return ()
    return (f"Left out {(~known).sum()} rows of future data for series that the data do not have.",)


def _numbered(codes: IntArray) -> IntArray:
    """Return how many rows of the same series stand before each."""
    order = np.argsort(codes, kind="stable")
    counts = np.bincount(codes)
    number = np.empty_like(codes)
    number[order] = np.arange(len(codes)) - np.repeat(np.cumsum(counts) - counts, counts)
    return number
