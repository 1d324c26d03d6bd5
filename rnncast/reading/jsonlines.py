"""JSON lines to a table: one object a line, its keys the columns' names."""

import json
from collections.abc import Iterable
from dataclasses import replace
from typing import Any, NoReturn

import numpy as np
import pyarrow as pa

from rnncast.errors import DataError
from rnncast.reading.base import Content, Source, Table, to_frame
from rnncast.reading.records import lines

_HEAD = 1 << 12
_HINT = "Write one object of plain values a line, with the columns' names as keys."


def holds(content: Content) -> bool:
    """Tell whether a text is JSON rather than delimited."""
    begin = content.head(_HEAD).decode(content.encoding, errors="ignore").lstrip()
    return begin[:1] == "{" or begin[:2].rstrip() == "[" or begin[:2] == "[{"


def read(content: Content) -> Table:
    """Return the values, whole numbers as text and others as numbers; null and a missing key say nothing.

    Raises:
        DataError: a line that is no object, or one within another.
    """
    with lines(content) as text:
        table = table_of(enumerate(text, start=1), Source(content.name, stem=content.stem, form=content.encoding))
    if table is None:
        raise DataError(f"{content.name} is empty.", "Give a table with one row per time step.")
    return replace(table, notes=content.notes)


def table_of(numbered: Iterable[tuple[int, str]], source: Source) -> Table | None:
    """Return the values of some lines, by their numbers in a source, whose form is its encoding; None where none is.

    Raises:
        DataError: a line that is no object, or one within another.
    """
    columns: dict[str, list[Any]] = {}
    places: list[int] = []
    for number, line in numbered:
        if line.strip():
            for name, value in _values(source.name, number, line).items():
                columns.setdefault(name, [None] * len(places)).append(value)
            places.append(number)
            for cells in columns.values():
                if len(cells) < len(places):
                    cells.append(None)
    if not columns:
        return None
    frame = to_frame({name: _column(cells) for name, cells in columns.items()})
    form = f"JSON lines, {source.form}"
    return Table(frame, (replace(source, num_rows=len(frame), line=places.__getitem__, form=form),))


def _values(name: str, number: int, line: str) -> dict[str, Any]:
    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) < len(pairs):
            _refuse(name, number, "a key stands twice")
        return found

    try:
        values = json.loads(line, object_pairs_hook=once)
    except (ValueError, RecursionError):
        _refuse(name, number, "no JSON object")
    if not isinstance(values, dict):
        _refuse(name, number, "no JSON object")
    nested = next((key for key, value in values.items() if isinstance(value, dict | list)), None)
    if nested is not None:
        _refuse(name, number, f"'{nested}' holds several values")
    return values


def _column(cells: list[Any]) -> pa.ChunkedArray:
    said = {type(cell) for cell in cells if cell is not None}
    if said == {bool} or (said <= {int, float} and float in said):
        numbers = np.array([np.nan if cell is None else float(cell) for cell in cells])
        return pa.chunked_array([numbers])
    texts = ["" if cell is None else cell if isinstance(cell, str) else repr(cell) for cell in cells]
    return pa.chunked_array([pa.array(texts, pa.string()).dictionary_encode()])


def _refuse(name: str, number: int, what: str) -> NoReturn:
    raise DataError(f"{name}, line {number}: {what}.", _HINT)
