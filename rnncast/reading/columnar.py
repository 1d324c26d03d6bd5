"""Columnar reading: large delimited text by arrow's engine, where the beginning tells what the whole keeps to.

Arrow reads fast and is strict or lenient in its own way. So the types come from a sample, all that could be read in
another way is checked once for each different cell, and where anything does not fit there is no table: `delimited`
then reads the text record by record, to the same cells or to an error that names the line.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from functools import partial
from itertools import islice

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

from rnncast.reading.base import MISSING_WORDS, Content, Source, Table, to_frame
from rnncast.reading.cells import PLAIN, Kind, is_missing, kind
from rnncast.reading.records import BLANKS, Dialect, lines, records

SMALL = 1 << 18
"""Bytes up to which nothing is gained."""

_ROWS = 1000
_HEAD = 1 << 18
_TEXT = pa.dictionary(pa.int32(), pa.string())
# A point and no three digits behind it, or a zero before it: what no thousands could be.
_CERTAIN = {point: re.compile(rf"-?(?:[0-9]*\{point}(?:[0-9]{{1,2}}|[0-9]{{4,}})|0\{point}[0-9]+)") for point in ".,"}
_NUMERIC = {point: re.compile(PLAIN.replace(r"\.", rf"\{point}").replace("[+-]?", "-?", 1)) for point in ".,"}
_MISSING = sorted({written for word in MISSING_WORDS for written in (word, word.upper(), word.title(), "NaN", "NaT")})


def read(content: Content, dialect: Dialect, as_text: Collection[str]) -> Table | None:
    """Return the cells as numbers or text, or None where the careful way is needed.

    Args:
        content: what to read.
        dialect: how it is written.
        as_text: columns whose numbers are names.
    """
    if dialect.trims or dialect.delimiter == BLANKS or len(content.head(SMALL)) < SMALL:
        return None
    try:
        point, numeric = _numeric(content, dialect)
    except UnicodeError:
        return None
    typed = {name: pa.float64() for name in numeric if name not in as_text}
    for types in (typed, {}):
        frame = _frame(_parsed(content, dialect, types, point), dialect)
        if frame is not None:
            # What arrow keeps for its next table would lie beside the arrays that are to come.
            pa.default_memory_pool().release_unused()
            line = partial(_line, content, dialect)
            source = Source(content.name, len(frame), content.stem, dialect.has_header, line, dialect.form(content))
            return Table(frame, (source,), (*content.notes, *dialect.notes), point=point if types else "")
    return None


def _numeric(content: Content, dialect: Dialect) -> tuple[str, list[str]]:
    """Return a decimal sign, and the columns whose first cells are numbers that are surely written with it."""
    with lines(content) as text:
        rows = [record.cells for record in islice(records(text, dialect, content.name), _ROWS)]
    columns = {name: [row[i].strip() for row in rows if i < len(row)] for i, name in enumerate(dialect.names)}
    said = {name: [cell for cell in cells if not is_missing(cell)] for name, cells in columns.items()}
    found = {point: [name for name, cells in said.items() if _is_numeric(cells, point)] for point in ".,"}
    point = "," if len(found[","]) > len(found["."]) else "."
    return point, found[point]


def _is_numeric(cells: Sequence[str], point: str) -> bool:
    numbers = all(_NUMERIC[point].fullmatch(cell) for cell in cells)
    return numbers and any(_CERTAIN[point].fullmatch(cell) for cell in cells)


def _parsed(content: Content, dialect: Dialect, types: Mapping[str, pa.DataType], point: str) -> pa.Table | None:
    encoding = "utf8" if content.encoding in ("utf-8", "utf-8-sig") else content.encoding
    has_quotes = b'"' in content.head(_HEAD).replace(b"\0", b"")
    try:
        with content.open() as stream:
            return csv.read_csv(
                stream,
                csv.ReadOptions(column_names=dialect.names, skip_rows=dialect.first_line - 1, encoding=encoding),
                csv.ParseOptions(delimiter=dialect.delimiter, newlines_in_values=has_quotes),
                csv.ConvertOptions(
                    column_types={name: types.get(name, _TEXT) for name in dialect.names},
                    null_values=_MISSING,
                    decimal_point=point,
                ),
            ).unify_dictionaries()
    except (pa.ArrowInvalid, UnicodeError):
        return None


def _frame(table: pa.Table | None, dialect: Dialect) -> pd.DataFrame | None:
    if table is None or not _fits(table, dialect):
        return None
    return to_frame(dict(zip(table.column_names, table.columns, strict=True)))


def _fits(table: pa.Table, dialect: Dialect) -> bool:
    """Tell whether no row may be a comment, a note or a sum, no quote may be open, and no number is infinite."""
    for i, (column, what) in enumerate(zip(table.columns, dialect.kinds, strict=True)):
        if column.type != _TEXT:
            if pc.any(pc.is_inf(column)).as_py():
                return False
        elif _is_doubtful(column.chunk(0).dictionary, what, is_first=i == 0):
            return False
    return True


def _is_doubtful(texts: pa.Array, what: Kind, is_first: bool) -> bool:
    """Tell whether some of a column's different cells may be no cells of it."""
    # A quote that is not closed goes on to the next one, and that stays in the cell.
    if pc.any(pc.match_substring(texts, '"')).as_py():
        return True
    if is_first and pc.any(pc.starts_with(texts, "#")).as_py():
        return True
    if what not in ("number", "date"):
        return False
    odd = texts.filter(pc.invert(pc.match_substring_regex(texts, r"^\s*[0-9.-]"))).to_pylist()
    return any(kind(cell) not in (("date",) if what == "date" else ("number", "missing")) for cell in odd)


def _line(content: Content, dialect: Dialect, row: int) -> int:
    with lines(content) as text:
        return next(islice(records(text, dialect, content.name), row, None)).line
