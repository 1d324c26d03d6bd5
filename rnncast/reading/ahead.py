"""Rows known ahead: future covariates from a second table, put after the first table's rows."""

from dataclasses import replace

import numpy as np
import pandas as pd

from rnncast.panel import FloatArray
from rnncast.reading.base import Rows


def append(rows: Rows, extra: Rows) -> tuple[Rows, tuple[str, ...]]:
    """Return `rows` with those of `extra` that they lack, and notes; targets of added rows are missing.

    Rows of a series or a time that `rows` have already are left out: the first table holds.
    """
    code = {tuple(name): i for i, name in enumerate(rows.ids.tolist())}
    codes = np.array([code.get(tuple(name), -1) for name in extra.ids.tolist()], dtype=np.int64)[extra.codes]
    known = codes >= 0
    fresh = known.copy()
    if rows.times is not None and extra.times is not None:
        there = pd.MultiIndex.from_arrays([rows.codes, rows.times])
        fresh &= ~pd.MultiIndex.from_arrays([codes, extra.times]).isin(there)
    kept = np.flatnonzero(fresh)
    notes: tuple[str, ...] = ()
    if not known.all():
        notes = (f"Left out {(~known).sum()} rows of future data for series that the data do not have.",)
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
