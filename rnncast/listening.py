"""Listening: what comes in on a stream becomes rows at once, line by line; a line that is no row is told.

A line is a record: a quoted cell cannot hold a line's end here. What came in together is read together, and where
that fails in halves, so that a bad line is found and its neighbours are read.
"""

import codecs
import io
from collections.abc import Iterable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import replace
from typing import NamedTuple

import pyarrow as pa

from rnncast.config import DataConfig
from rnncast.errors import DataError
from rnncast.reading import Words, dialects, encodings, headers, jsonlines, numerals, rows_of
from rnncast.reading.base import STANDARD_INPUT, Content, Rows, Source, Table, to_frame
from rnncast.reading.cells import is_comment
from rnncast.reading.records import Dialect, records
from rnncast.reading.roles import Roles, named

BEGINNING = 20
"""Lines at most that tell how the others are written."""


class Line(NamedTuple):
    """Holds a physical line and its number, from 1 on."""

    number: int
    text: str


class Heard(NamedTuple):
    """Holds rows in the order in which they came, and how their times are written."""

    rows: Rows
    roles: Roles


class Listener:
    """Reads the lines of one stream, delimited text with or without a header, or JSON lines.

    Attributes:
        notes: sentences on what was told from the beginning.
    """

    def __init__(self, data: DataConfig, words: Words, format: str | None) -> None:
        """Take the settings with every column named, the words of categorical ones, and how times may be written."""
        self._data, self._words = data, words
        self._form: Dialect | str | None = None  # how records are written: an encoding for those of JSON lines
        self._format = format
        self.notes: tuple[str, ...] = ()

    def hear(self, blocks: Iterable[bytes]) -> Iterator[Heard | DataError]:
        """Yield the rows of all lines of a stream's blocks as they come, and an error for each line that is none.

        Raises:
            DataError: the stream does not begin as a table of these columns does.
        """
        waiting: list[Line] = []
        for lines in _lines(blocks, self._data.encoding or "utf-8-sig"):
            waiting += lines
            if self._form is None and not self._begun(waiting, is_over=not lines):
                continue
            first = self._form.first_line if isinstance(self._form, Dialect) else 1
            yield from self._heard([line for line in waiting if line.number >= first])
            waiting.clear()

    def _begun(self, lines: Sequence[Line], is_over: bool) -> bool:
        """Tell by its first lines how the stream is written; false where more of them must come."""
        text = "".join(line.text for line in lines).encode()
        content = Content(STANDARD_INPUT, STANDARD_INPUT, lambda: nullcontext(io.BytesIO(text)), "utf-8")
        try:
            encodings.tell(content, None)  # what is packed is no text
            is_json = jsonlines.holds(content)
            form = "utf-8" if is_json else headers.tell(STANDARD_INPUT, dialects.tell(content, self._data.delimiter))
        except DataError:
            if is_over or len(lines) >= BEGINNING:
                raise
            return False
        if isinstance(form, Dialect) and not form.has_header:
            form = replace(form, names=_named(form, self._data))
            self.notes += (f"{STANDARD_INPUT} has no header; its columns are taken as {', '.join(form.names)}.",)
        self._form = form
        self._check()
        return True

    def _check(self) -> None:
        """Raise a DataError for columns that are not there: no later line could be read."""
        names = self._form.names if isinstance(self._form, Dialect) else ()
        missing = [name for name in named(self._data) if names and name not in names]
        if missing:
            raise DataError(f"{STANDARD_INPUT} has no column '{missing[0]}'.", f"Its columns are {', '.join(names)}.")

    def _heard(self, lines: Sequence[Line]) -> Iterator[Heard | DataError]:
        try:
            found = self._read(lines)
        except DataError as error:
            if len(lines) == 1:
                yield error
                return
            half = len(lines) // 2
            yield from self._heard(lines[:half])
            yield from self._heard(lines[half:])
            return
        if found is not None:
            yield found

    def _read(self, lines: Sequence[Line]) -> Heard | None:
        """Return the rows of some lines; None where there are none."""
        form = self._form
        table = (
            _delimited(lines, form)
            if isinstance(form, Dialect)
            else jsonlines.table_of(lines, Source(STANDARD_INPUT, form=""))
        )
        if table is None:
            return None
        sign = form.delimiter if isinstance(form, Dialect) else ""
        heard = Heard(*rows_of(numerals.plain(table, sign, self._data.decimal), self._data, self._words, self._format))
        self._format = heard.roles.format
        return heard


def _lines(blocks: Iterable[bytes], encoding: str) -> Iterator[list[Line]]:
    """Yield the whole lines that came with each block, and at the end what is left; then nothing, as a sign of it."""
    decoder, rest, number = codecs.getincrementaldecoder(encoding)("replace"), "", 0
    for block in blocks:
        *whole, rest = (rest + decoder.decode(block)).split("\n")
        if whole:
            yield [Line(number + place, f"{text}\n") for place, text in enumerate(whole, start=1)]
            number += len(whole)
    rest += decoder.decode(b"", final=True)
    if rest.strip():
        yield [Line(number + 1, rest)]
    yield []


def _delimited(lines: Sequence[Line], dialect: Dialect) -> Table | None:
    """Return the cells of delimited lines; None where all are empty or comments.

    Raises:
        DataError: a line that has not as many cells as the first one, or a quote that is not closed.
    """
    rows = [(line.number, found) for line in lines if (found := _cells(line, dialect))]
    if not rows:
        return None
    numbers, cells = [number for number, _ in rows], [row for _, row in rows]
    columns = {name: [row[place] for row in cells] for place, name in enumerate(dialect.names)}
    texts = {
        name: pa.chunked_array([pa.array(said, pa.string()).dictionary_encode()]) for name, said in columns.items()
    }
    source = Source(STANDARD_INPUT, len(rows), has_header=dialect.has_header, line=numbers.__getitem__)
    return Table(to_frame(texts), (source,)).without_empty(dialect.unnamed)


def _cells(line: Line, dialect: Dialect) -> list[str]:
    try:
        found = next(records([line.text], replace(dialect, first_line=1), STANDARD_INPUT), None)
    except DataError as error:
        raise DataError(
            f"{STANDARD_INPUT}, line {line.number}: a quote is not closed, or text follows a quoted cell."
        ) from error
    if found is None or not any(map(str.strip, found.cells)) or is_comment(found.cells, dialect.kinds):
        return []
    width = len(dialect.names)
    if len(found.cells) < width or any(map(str.strip, found.cells[width:])):
        count = f"{len(found.cells)} cell{'s' * (len(found.cells) != 1)}"
        raise DataError(f"{STANDARD_INPUT}, line {line.number}: {count} where the first row has {width}.")
    return found.cells


def _named(dialect: Dialect, data: DataConfig) -> tuple[str, ...]:
    """Return the names of columns without a header, as `tail -f` leaves it out: told by what their cells look like.

    The time is the first column of dates, ids are words; others follow each other as id, time, target and covariates.

    Raises:
        DataError: there are more columns or fewer than the settings name.
    """
    names = named(data)
    if len(names) != len(dialect.names):
        hint = "Begin the stream with the header: tail -n +1 -f FILE."
        raise DataError(
            f"{STANDARD_INPUT} has no header, and {len(dialect.names)} columns where {len(names)} are needed.", hint
        )
    found: dict[int, str] = {}
    for kind, wanted in (("date", [data.time] if data.time else []), ("text", list(data.id))):
        places = [place for place, what in enumerate(dialect.kinds) if what == kind]
        found |= dict(zip(places, wanted, strict=False))
    rest = iter(name for name in names if name not in found.values())
    return tuple(found[place] if place in found else next(rest) for place in range(len(names)))
