"""Columns: what one holds, told by its cells, and its cells as numbers or text."""

from typing import NamedTuple, NoReturn

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from rnncast.errors import DataError
from rnncast.panel import BoolArray, FloatArray, IntArray
from rnncast.reading import formats
from rnncast.reading.base import MISSING_WORDS, Codes, Column, Distinct, Table
from rnncast.reading.cells import PLAIN

_MISSING = pa.array(sorted(MISSING_WORDS))
_SAMPLE = 500
_SHOWN = 60
_OLDEST = 1500  # no smaller number is a year or a date
FAR = 1e300  # beyond, not even differences of numbers are numbers
_LARGEST = 2.0**63  # nor is one that no longer fits into 64 bits
_FEW = 10  # rows of which two values may be chance


class _Said(NamedTuple):
    """Holds those of a column's different cells that say something: their places [S] and their texts without blanks."""

    places: IntArray
    texts: pa.Array


def describe(table: Table, name: str) -> Column:
    """Tell what a column holds. Most cells decide: one that does not fit is an error when it is read."""
    cells = table.frame[name]
    if pd.api.types.is_datetime64_any_dtype(cells):
        return Column(name, "time", is_unique=bool(cells.is_unique), sample=str(cells.iloc[0]))
    if not table.is_text(name):
        return _described(name, _floats(cells))
    texts, codes = table.distinct(name)
    (places, said), rows = _said(texts), np.bincount(codes, minlength=len(texts))
    if not len(said):
        return Column(name, "empty")
    is_number = _are_numbers(said)
    if rows[places[is_number]].sum() * 2 > rows[places].sum():
        return _described_text(name, said.filter(is_number), codes, rows[places[is_number]])
    picked = said.take(np.linspace(0, len(said) - 1, min(len(said), _SAMPLE)).astype(np.int64)).to_pylist()
    is_date = formats.are_dates(picked)
    return Column(
        name,
        "time" if is_date else "text",
        format=formats.candidates(picked)[0] if is_date else None,
        is_constant=len(said) == 1,
        is_unique=len(texts) == len(codes),
        sample=picked[0],
    )


def _floats(cells: "pd.Series[float]") -> FloatArray:
    # A value for what is missing costs a copy.
    has_missing_value = pd.api.types.is_extension_array_dtype(cells.dtype)
    found = cells.to_numpy(np.float64, na_value=np.nan) if has_missing_value else cells.to_numpy(np.float64)
    return np.asarray(found, dtype=np.float64)


def _said(texts: "pd.Series[str]") -> _Said:
    cells = pc.utf8_trim_whitespace(pa.array(texts, pa.string()))
    is_said = np.invert(pc.is_in(pc.utf8_lower(cells), _MISSING).to_numpy(zero_copy_only=False))
    return _Said(np.flatnonzero(is_said), cells.filter(is_said))


def _are_numbers(said: pa.Array) -> BoolArray:
    found: BoolArray = pc.match_substring_regex(said, f"^(?:{PLAIN})$").to_numpy(zero_copy_only=False)
    return found


def _values(numbers: pa.Array) -> FloatArray:
    found: FloatArray = pc.utf8_ltrim(numbers, "+").cast(pa.float64()).to_numpy()
    return found


def _described_text(name: str, said: pa.Array, codes: Codes, rows: IntArray) -> Column:
    """Describe a column by its different cells that are numbers, and in how many rows each of these stands."""
    values = _values(said)
    number, unique = int(rows.sum()), len(np.unique(values))
    is_whole = bool((values == np.round(values)).all() and np.isfinite(values).all())
    is_unique = unique == number == len(codes)
    return Column(
        name,
        "number",
        format=_number_format(values, said, is_whole),
        is_whole=is_whole,
        is_constant=number > 1 == unique,
        is_switch=number >= _FEW and unique <= 2,
        is_counter=is_unique and _counts_up(values[codes]),
        is_unique=is_unique,
        sample=str(said[0]),
    )


def _described(name: str, cells: FloatArray) -> Column:
    """Describe a column of numbers that are no text."""
    values = cells[~np.isnan(cells)]
    if not len(values):
        return Column(name, "empty")
    is_whole = bool((values == np.round(values)).all() and np.isfinite(values).all())
    low, high = values.min(), values.max()
    return Column(
        name,
        "number",
        format=_number_format(values, None, is_whole),
        is_whole=is_whole,
        is_constant=bool(len(values) > 1 and low == high),
        is_switch=bool(len(values) >= _FEW and ((values == low) | (values == high)).all()),
        is_counter=len(values) == len(cells) and _counts_up(values),
        # Only whole numbers could be times or ids, and those of text stand elsewhere.
        is_unique=is_whole and len(values) == len(cells) and bool(pd.Series(values).is_unique),
        sample=str(values[0]),
    )


def _counts_up(values: FloatArray) -> bool:
    """Tell whether numbers are 0, 1, 2 ... or 1, 2, 3 ..."""
    return bool(len(values) > 2 and values[0] in (0, 1) and (values == values[0] + np.arange(len(values))).all())


def _number_format(values: FloatArray, texts: pa.Array | None, is_whole: bool) -> str | None:
    """Return how numbers are written if they are years, dates without a separator, or times since 1970."""
    if values.min() < _OLDEST or not values.max() < _LARGEST:
        return None
    if texts is None:
        texts = pa.array(values.astype(np.int64) if is_whole else values).cast(pa.string())
    return formats.of_numbers(texts.to_pylist())


def numbers(table: Table, name: str) -> FloatArray:
    """Return a column's numbers [R], NaN where missing.

    Raises:
        DataError: a cell that is neither a number of up to 1e300 nor a missing-value word.
    """
    cells = table.frame[name]
    if pd.api.types.is_datetime64_any_dtype(cells):
        raise DataError(f"{_whose(table)}: column '{name}' holds dates, not numbers.", "Choose numeric columns.")
    if table.is_text(name):
        texts, codes = table.distinct(name)
        places, said = _said(texts)
        fits = _are_numbers(said)
        if not fits.all():
            _refuse(table, name, int(np.isin(codes, places[~fits]).argmax()), "is not a number")
        values = np.full(len(texts), np.nan)  # [U]
        values[places] = _values(said)
        found = values[codes]  # [R]
    else:
        found = _floats(cells)
    for limit, why in ((np.finfo(np.float64).max, "is not a finite number"), (FAR, "is a number beyond 1e300")):
        if (np.abs(found) > limit).any():
            _refuse(table, name, int((np.abs(found) > limit).argmax()), why)
    return found


def counts(table: Table, name: str) -> IntArray:
    """Return a time column's whole numbers [R].

    Raises:
        DataError: a cell that is none.
    """
    found = numbers(table, name)
    wrong = ~np.isfinite(found) | (found != np.round(found)) | (np.abs(found) > 2**53)
    if wrong.any():
        _refuse(table, name, int(wrong.argmax()), "is neither a date nor a whole number")
    return found.astype(np.int64)


def texts(table: Table, name: str) -> NDArray[np.object_]:
    """Return a column's cells as text [R], unchanged."""
    found, codes = distinct(table, name)
    return found.to_numpy(dtype=object)[codes]


def distinct(table: Table, name: str) -> Distinct:
    """Return a column's cells as text, each different one once; whole numbers have no decimals."""
    if table.is_text(name):
        return table.distinct(name)
    codes, values = pd.factorize(table.frame[name], use_na_sentinel=False)
    cells = pd.Series(values)
    if pd.api.types.is_float_dtype(cells) and (cells == cells.round()).all() and (cells.abs() < _LARGEST).all():
        cells = cells.astype(np.int64)
    return Distinct(cells.astype("str").where(cells.notna(), ""), codes)


def _whose(table: Table) -> str:
    return table.sources[0].name


def _refuse(table: Table, name: str, row: int, why: str, hint: str = "") -> NoReturn:
    cell = table.frame[name].iloc[row]
    said = "" if pd.isna(cell) else str(cell)
    shown = f"{said[:_SHOWN]}..." if len(said) > _SHOWN else said
    text = f"'{shown}'" if said.strip() else "an empty cell"
    known = "Mend the cell, or leave it empty where a number is missing."
    raise DataError(f"{table.place(row)}, column '{name}': {text} {why}.", hint or known)
