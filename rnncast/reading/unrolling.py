"""Tables where each row is a series, as in the M4 competition: an id, then the values, empty cells at the right."""

import numpy as np
from numpy.typing import NDArray

from rnncast.config import DataConfig
from rnncast.errors import DataError
from rnncast.panel import FloatArray, TextArray, series_name
from rnncast.reading.base import Column, Rows, Table
from rnncast.reading.cells import counts_on

TARGET = "value"
_MANY = 20


def has_series_in_rows(table: Table, first: Column, data: DataConfig) -> bool:
    """Tell whether each row is a series: text in the first column, and the others only count on.

    Without a header two values or more must follow the id; names that do not count on need 20 columns or more.
    """
    names = table.names
    named = data.time or data.past_covariates or data.future_covariates or data.static_covariates
    if named or data.target not in ((), (TARGET,)) or data.id not in ((), (names[0],)):
        return False
    if first.kind != "text" or len(names) < 3:
        return False
    return not table.has_header or counts_on(names[1:]) or (first.is_unique and len(names) > _MANY)


def unroll(table: Table, ids: NDArray[np.object_], values: FloatArray) -> Rows:
    """Return the rows of all series one after the other.

    Args:
        ids: [N], the first column.
        values: [N, T], the others, NaN where empty.

    Raises:
        DataError: an id that stands twice, a series without a value.
    """
    names: TextArray = ids.astype(np.str_)[:, None]
    _check_once(table, names)
    seen = ~np.isnan(values)  # [N, T]
    if not seen.any(axis=1).all():
        row = int((~seen.any(axis=1)).argmax())
        raise DataError(f"{table.place(row)}: {series_name(names, row)} has no value.", "Leave the series out.")
    lengths = values.shape[1] - seen[:, ::-1].argmax(axis=1)  # [N]
    inside = np.arange(values.shape[1]) < lengths[:, None]  # [N, T]
    codes = np.repeat(np.arange(len(values)), lengths)
    none = np.empty((len(codes), 0))
    return Rows(
        codes=codes, ids=names, times=None, target=values[inside][:, None], past=none, future=none, static=none,
        place=lambda row: table.place(int(codes[row])),
    )  # fmt: skip


def _check_once(table: Table, ids: TextArray) -> None:
    unique, counts = np.unique(ids[:, 0], return_counts=True)
    if (counts > 1).any():
        rows = np.flatnonzero(ids[:, 0] == unique[counts.argmax()])
        name = series_name(ids, int(rows[0]))
        raise DataError(f"{table.place(int(rows[1]))}: {name} stands twice.", "Give each row its own id.")
