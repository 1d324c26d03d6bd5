"""Data frames of any library to a table: the index becomes a column, categories and objects become text."""

from typing import Any

import numpy as np
import pandas as pd

from rnncast.errors import DataError, UsageError
from rnncast.reading.base import Source, Table, from_arrow


def to_pandas(data: Any) -> tuple[pd.DataFrame, str]:
    """Return a data frame or a column as one of pandas, and the name of the library that it is of.

    Raises:
        DataError: a column holds several values a row.
        UsageError: it is neither.
    """
    if isinstance(data, pd.Series):
        return data.to_frame(), "pandas"
    if isinstance(data, pd.DataFrame):
        return data, "pandas"
    import narwhals.stable.v2 as nw  # what is read most, files and pandas' frames, needs it not

    try:
        found = nw.from_native(data, eager_only=True, allow_series=True)
    except TypeError as error:
        hint = "Give paths, or a data frame of pandas, polars or pyarrow; a lazy one has to be collected."
        raise UsageError(f"data of the type {type(data).__name__} cannot be read.", hint) from error
    whole = found.to_frame() if isinstance(found, nw.Series) else found
    return from_arrow(whole.to_arrow(), "the data frame"), whole.implementation.value


def to_table(frame: pd.DataFrame, name: str, stem: str = "", form: str = "") -> Table:
    """Return a data frame's cells; the frame stays as it is.

    Raises:
        DataError: no rows, no columns, or a column name that stands twice.
    """
    whole = frame if isinstance(frame.index, pd.RangeIndex) and frame.index.name is None else frame.reset_index()
    names = [str(column) for column in whole.columns]
    if not len(whole) or not names:
        raise DataError(f"{name} is empty.", "Give a table with one row per time step.")
    for i, column in enumerate(names):
        if column in names[:i]:
            raise DataError(f"{name} has two columns called '{column}'.", "Give each column its own name.")
    cells = {column: _plain(whole.iloc[:, i].reset_index(drop=True)) for i, column in enumerate(names)}
    return Table(pd.DataFrame(cells), (Source(name, len(whole), stem, form=form),))


def _plain(cells: "pd.Series[Any]") -> "pd.Series[Any]":
    if isinstance(cells.dtype, pd.PeriodDtype):
        return pd.Series(pd.PeriodIndex(cells).to_timestamp())
    if pd.api.types.is_bool_dtype(cells):
        return cells.astype(np.float64)
    if pd.api.types.is_numeric_dtype(cells) or pd.api.types.is_datetime64_any_dtype(cells):
        return cells
    codes, texts = pd.factorize(cells.astype(object).where(cells.notna(), "").astype("str"))
    return pd.Series(pd.Categorical.from_codes(codes, texts))
