"""Records: lines of text to cells, and what is known of how they are written."""

import csv
import io
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple

from rnncast.errors import DataError
from rnncast.reading.base import Content
from rnncast.reading.cells import Kind

BLANKS = " "
"""The separator that is any run of blanks and tabs."""
WHOLE = "\x1f"
"""The separator that no text holds: each line is one cell."""

_WORDS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars", BLANKS: "blanks", WHOLE: "one cell a line"}
_RUN = re.compile(r'("[^"]*")|[ \t]+')


@dataclass(frozen=True, slots=True)
class Dialect:
    """Says how a delimited text is written.

    Attributes:
        delimiter: what stands between cells; " " is a run of blanks.
        names: the columns' names.
        first_line: the physical line on which the data begin.
        kinds: what most cells of each column look like, in the beginning of the text.
        has_header: whether the names are the text's own.
        trims: whether a blank follows each separator.
        unnamed: the columns that have no name of their own; they are dropped if they are empty.
        notes: sentences on what was left out above the data.
    """

    delimiter: str
    names: tuple[str, ...] = ()
    first_line: int = 1
    kinds: tuple[Kind, ...] = ()
    has_header: bool = False
    trims: bool = False
    unnamed: frozenset[str] = frozenset()
    notes: tuple[str, ...] = ()

    @property
    def dates(self) -> list[int]:
        """Return which columns hold dates."""
        return [i for i, what in enumerate(self.kinds) if what == "date"]

    def form(self, content: Content) -> str:
        """Return in words how a content of this dialect is written."""
        return f"text, {_WORDS.get(self.delimiter, self.delimiter)}, {content.encoding}"


class Record(NamedTuple):
    """Holds the cells of one record, and the physical line on which it begins."""

    line: int
    cells: list[str]


class Split(NamedTuple):
    """Holds the first records of a text as one separator splits them.

    Attributes:
        dialect: the separator.
        found: the records that say something, without comments.
        comments: those that begin with "#".
        width: how many cells a row has.
        kinds: what most cells of each column look like.
    """

    dialect: Dialect
    found: list[Record]
    comments: list[Record]
    width: int
    kinds: tuple[Kind, ...]


@contextmanager
def lines(content: Content) -> Iterator[Iterable[str]]:
    """Give the physical lines of a text."""
    with content.open() as stream:
        text = io.TextIOWrapper(stream, encoding=content.encoding, newline="")
        yield text
        text.detach()


def records(text: Iterable[str], dialect: Dialect, name: str, strict: bool = True) -> Iterator[Record]:
    """Yield the records from the first line of the data on; empty lines are none.

    Raises:
        DataError: a quote that is never closed, or text behind one that is, unless not `strict`.
    """
    before = dialect.first_line - 1
    text = islice(text, before, None)
    delimiter = dialect.delimiter
    if delimiter == BLANKS:
        text, delimiter = (_RUN.sub(lambda match: match[1] or "\t", line.strip()) for line in text), "\t"
    reader = csv.reader(text, delimiter=delimiter, skipinitialspace=dialect.trims, strict=strict)
    begin = 1
    try:
        for cells in reader:
            if cells:
                yield Record(before + begin, cells)
            begin = reader.line_num + 1
    except csv.Error as error:
        message = f"{name}, line {before + begin}: a quote is not closed, or text follows a quoted cell."
        raise DataError(message, "Put quotes around a whole cell, and double those inside it.") from error
