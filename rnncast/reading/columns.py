"""Columns: what one holds, told by its cells, and its cells as numbers, stamps or text."""

import re
from typing import NoReturn

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from rnncast.errors import DataError
from rnncast.panel import FloatArray, IntArray
from rnncast.reading.base import MISSING_WORDS, Column, StampArray, Table

NUMBER = r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?"

_DATE = re.compile(
    r"\d{4}(?P<sep>[-/])\d{1,2}(?:(?P=sep)\d{1,2}"
    r"(?:(?P<gap>[ T])\d{1,2}:\d{2}(?P<seconds>:\d{2}(?:\.(?P<fraction>\d{1,6}))?)?(?P<zone>Z|[+-]\d{2}:?\d{2})?)?)?"
)
_SAMPLE = 500
_FEW = 10  # rows of which two values may be chance


def describe(table: Table, name: str) -> Column:
    """Tell what a column holds. Most cells decide: one that does not fit is an error when it is read."""
    cells = table.frame[name]
    if pd.api.types.is_datetime64_any_dtype(cells):
        return Column(name, "time", is_unique=bool(cells.is_unique), sample=str(cells.iloc[0]))
    if pd.api.types.is_numeric_dtype(cells) and not pd.api.types.is_bool_dtype(cells):
        return _described(name, cells.astype("float64").dropna(), len(cells))
    said = _said(cells)
    if not len(said):
        return Column(name, "empty")
    picked = said.iloc[np.linspace(0, len(said) - 1, min(len(said), _SAMPLE)).astype(np.int64)]
    if picked.str.fullmatch(NUMBER).mean() > 0.5:
        numbers = said[said.str.fullmatch(NUMBER)]
        return _described(name, numbers.astype("float64"), len(cells), numbers)
    is_date = picked.map(lambda cell: _DATE.fullmatch(cell) is not None).mean() > 0.5
    return Column(
        name,
        "time" if is_date else "text",
        format=_date_format(str(said.iloc[0]), said) if is_date else None,
        is_constant=said.nunique() == 1,
        is_unique=bool(cells.is_unique),
        sample=str(said.iloc[0]),
    )


def _said(cells: "pd.Series[str]") -> "pd.Series[str]":
    cells = cells.astype("str").str.strip()
    return cells[~cells.str.lower().isin(MISSING_WORDS)]


def _described(name: str, numbers: "pd.Series[float]", count: int, texts: "pd.Series[str] | None" = None) -> Column:
    if not len(numbers):
        return Column(name, "empty")
    values = np.asarray(numbers, dtype=np.float64)
    is_whole = bool((values == np.round(values)).all() and np.isfinite(values).all())
    counted = values[0] + np.arange(len(values))
    return Column(
        name,
        "number",
        format=_number_format(values, texts) if is_whole else None,
        is_whole=is_whole,
        is_constant=bool(len(values) > 1 and (values == values[0]).all()),
        is_switch=bool(len(values) >= _FEW and np.isin(values, (values.min(), values.max())).all()),
        is_counter=bool(2 < len(values) == count and values[0] in (0, 1) and (values == counted).all()),
        is_unique=len(values) == count and bool(numbers.is_unique),
        sample=str(numbers.iloc[0] if texts is None else texts.iloc[0]),
    )


def _number_format(values: FloatArray, texts: "pd.Series[str] | None") -> str | None:
    """Return how whole numbers are written if they are years or dates without a separator."""
    if 1500 <= values.min() and values.max() <= 2200:
        return "%Y"
    if texts is not None and 15000101 <= values.min() and values.max() <= 22001231:
        days = pd.to_datetime(texts.iloc[:_SAMPLE], format="%Y%m%d", errors="coerce")
        return "%Y%m%d" if days.notna().all() else None
    return None


def _date_format(text: str, said: "pd.Series[str]") -> str:
    match = _DATE.fullmatch(text)
    if match is None:
        return "%Y-%m-%d"
    separator = match["sep"]
    written = f"%Y{separator}%m" + (f"{separator}%d" if text.count(separator) > 1 else "")
    if match["gap"]:
        written += f"{match['gap']}%H:%M" + (":%S" if match["seconds"] else "")
    if not match["fraction"]:
        return written
    # The longest fraction, or 0.25 after 0.5 would be written with one digit.
    digits = int(said.str.partition(".")[2].str.len().max())
    return f"{written}.%{min(digits, 6)}f"


def numbers(table: Table, name: str) -> FloatArray:
    """Return a column's numbers [R], NaN where missing.

    Raises:
        DataError: a cell that is neither a finite number nor a missing-value word.
    """
    cells = table.frame[name]
    if pd.api.types.is_datetime64_any_dtype(cells):
        raise DataError(f"{_whose(table)}: column '{name}' holds dates, not numbers.", "Choose numeric columns.")
    if pd.api.types.is_numeric_dtype(cells):
        found = cells.to_numpy(dtype=np.float64, na_value=np.nan)
    else:
        found = np.full(len(cells), np.nan)
        said = _said(cells)
        fits = said.str.fullmatch(NUMBER).to_numpy(dtype=bool)
        rows = said.index.to_numpy()
        if not fits.all():
            _refuse(table, name, int(rows[~fits][0]), "is not a number")
        found[rows] = said.astype("float64").to_numpy()
    if np.isinf(found).any():
        _refuse(table, name, int(np.isinf(found).argmax()), "is not a finite number")
    return found


def times(table: Table, name: str, format: str | None) -> StampArray | IntArray:
    """Return a time column's stamps [R], or whole numbers where it holds no dates.

    Raises:
        DataError: a cell that is missing or not written like the first.
    """
    cells = table.frame[name]
    if pd.api.types.is_datetime64_any_dtype(cells):
        if isinstance(cells.dtype, pd.DatetimeTZDtype):
            raise DataError(f"{_whose(table)}: column '{name}' has a time zone.", "Write local times without it.")
        stamps = cells.to_numpy()
    elif format is None:
        return _counts(table, name)
    else:
        texts = _said(cells.astype("str")).reindex(range(len(cells)))
        zoned = texts.str.fullmatch(r".*[0-9]:[0-9.]+(?:Z|[+-][0-9]{2}:?[0-9]{2})", na=False).to_numpy(dtype=bool)
        if zoned.any():
            _refuse(table, name, int(zoned.argmax()), "has a time zone", "Write local times without an offset.")
        strict = re.sub(r"%[1-6]f$", "%f", format)
        stamps = pd.to_datetime(texts, format=strict, errors="coerce").to_numpy()
    if np.isnat(stamps).any():
        _refuse(table, name, int(np.isnat(stamps).argmax()), f"is no time written as {format or 'a date'}")
    return stamps.astype("datetime64[us]")


def _counts(table: Table, name: str) -> IntArray:
    found = numbers(table, name)
    wrong = ~np.isfinite(found) | (found != np.round(found)) | (np.abs(found) > 2**53)
    if wrong.any():
        _refuse(table, name, int(wrong.argmax()), "is neither a date nor a whole number")
    return found.astype(np.int64)


def texts(table: Table, name: str) -> NDArray[np.object_]:
    """Return a column's cells as text [R], unchanged."""
    cells = table.frame[name]
    if pd.api.types.is_float_dtype(cells) and (cells == cells.round()).all():
        cells = cells.astype(np.int64)
    return cells.astype("str").fillna("").to_numpy(dtype=object)


def _whose(table: Table) -> str:
    return table.sources[0].name


def _refuse(table: Table, name: str, row: int, why: str, hint: str = "") -> NoReturn:
    cell = table.frame[name].iloc[row]
    text = "an empty cell" if pd.isna(cell) or not str(cell).strip() else f"'{cell}'"
    known = "Mend the cell, or leave it empty where a number is missing."
    raise DataError(f"{table.place(row)}, column '{name}': {text} {why}.", hint or known)
