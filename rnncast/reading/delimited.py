"""Delimited text to a table of text: which separator, whether there is a header, one row per record."""

import csv
import io
import re
import warnings
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import pandas as pd

from rnncast.errors import DataError
from rnncast.reading.base import MISSING_WORDS, Source, Table

if TYPE_CHECKING:
    import _csv

_DELIMITERS = ",\t;|"
_DATE = re.compile(r"\d{4}[-/]\d{1,2}([-/]\d{1,2}.*)?")


def parse(source: Source) -> Table:
    """Return the source's cells as text, under its header or under `column1`, `column2` ... where it has none.

    Raises:
        DataError: a row with more cells than the header, a name that stands twice, no rows.
    """
    delimiter = _delimiter(source.text)
    first = next(cells for cells in _records(source.text, delimiter) if cells)
    has_header = not _is_data(first)
    names = _names(first, source.name) if has_header else _numbered(len(first))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", pd.errors.ParserWarning)
            frame = pd.read_csv(
                io.StringIO(source.text), sep=delimiter, dtype=str, keep_default_na=False, index_col=False,
                header=0 if has_header else None, names=names,
            )  # fmt: skip
    except (pd.errors.ParserError, pd.errors.ParserWarning, pd.errors.EmptyDataError) as error:
        raise _fault(source, delimiter, len(names)) from error
    if not len(frame):
        raise DataError(f"{source.name} has a header and no rows.", "Give a table with one row per time step.")
    part = replace(source, delimiter=delimiter, has_header=has_header, num_rows=len(frame))
    return Table(frame.fillna(""), (part,))


def join(tables: Sequence[Table]) -> Table:
    """Return the tables one after the other.

    Raises:
        DataError: a table with other columns than the first.
    """
    if len(tables) == 1:
        return tables[0]
    names = tables[0].names
    for table in tables[1:]:
        odd = sorted(set(table.names) ^ set(names))
        if odd:
            one, other = tables[0].sources[0].name, table.sources[0].name
            raise DataError(f"{one} and {other} differ in column '{odd[0]}'.", "Give files with the same columns.")
    frame = pd.concat([table.frame[names] for table in tables], ignore_index=True)
    return Table(frame, tuple(source for table in tables for source in table.sources))


def _records(text: str, delimiter: str) -> "_csv.Reader":
    return csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)


def _delimiter(text: str) -> str:
    first = re.sub(r'"[^"]*"', "", text.lstrip().partition("\n")[0])
    return max(_DELIMITERS, key=first.count)


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return cell.strip().lower() not in MISSING_WORDS


def _is_data(cells: list[str]) -> bool:
    """Tell whether a first row holds data: a number or a date, unless they are names that count on."""
    if not any(_is_number(cell) or _DATE.fullmatch(cell.strip()) for cell in cells):
        return all(cell.strip().lower() in MISSING_WORDS for cell in cells) and len(cells) == 1
    rest = [cell.strip() for cell in cells[1:]]
    if _is_number(cells[0]) or _DATE.fullmatch(cells[0].strip()) or len(rest) < 3:
        return True
    if all(cell.isdecimal() for cell in rest):
        start = int(rest[0])
        is_usual = start in (0, 1) or 1500 <= start <= 2200
        return not (is_usual and [int(cell) for cell in rest] == list(range(start, start + len(rest))))
    return not all(_DATE.fullmatch(cell) for cell in rest)


def _numbered(count: int) -> list[str]:
    return ["value"] if count == 1 else [f"column{i + 1}" for i in range(count)]


def _names(cells: list[str], name: str) -> list[str]:
    names = [cell.strip() or f"column{i + 1}" for i, cell in enumerate(cells)]
    for i, column in enumerate(names):
        if column in names[:i]:
            raise DataError(f"{name} has two columns called '{column}'.", "Give each column its own name.")
    return names


def _fault(source: Source, delimiter: str, width: int) -> DataError:
    reader, begin = _records(source.text, delimiter), 1
    for cells in reader:
        if len(cells) > width:
            message = f"{source.name}, line {begin}: {len(cells)} cells where the first row has {width}."
            return DataError(message, "Quote cells that hold the separator.")
        begin = reader.line_num + 1
    return DataError(f"{source.name} cannot be read as a table.", "Give comma-separated values with a header.")
