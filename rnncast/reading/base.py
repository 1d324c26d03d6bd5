"""What the steps of reading hand to each other: contents, a table of cells, what its columns hold, rows of numbers."""

from collections.abc import Callable, Collection, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from typing import Any, BinaryIO, Literal, NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from rnncast.config import DataConfig
from rnncast.errors import DataError
from rnncast.panel import BoolArray, FloatArray, IntArray, Panel, TextArray

StampArray = NDArray[np.datetime64]
Codes = NDArray[np.integer[Any]]
"""Numbers of different cells, in as few bytes as hold them: make them larger before calculating."""

# Said in any case and with blanks around.
_SIGNS = {"?", ".", "..", ":", "-", "--", "\u2013", "\u2014"}
MISSING_WORDS = frozenset({"", "na", "nan", "null", "none", "n/a", "#n/a", "<na>", "nat", "\\n"} | _SIGNS)

FILE = "file"
"""The column that says from which of several files a row comes."""

STANDARD_INPUT = "standard input"
"""What it is called in messages, which is typed as -."""


@dataclass(frozen=True, slots=True)
class Content:
    """Holds a source before it is a table.

    Attributes:
        name: as typed; a file of a folder with the folder before it.
        stem: its file's name without endings.
        open: gives its bytes from the beginning, unpacked; what cannot be unpacked is a DataError.
        encoding: of its text; empty before it is told.
        notes: sentences on what was told about it.
    """

    name: str
    stem: str
    open: Callable[[], AbstractContextManager[BinaryIO]]
    encoding: str = ""
    notes: tuple[str, ...] = ()

    def head(self, size: int) -> bytes:
        """Return its first bytes."""
        with self.open() as stream:
            return stream.read(size)


class Distinct(NamedTuple):
    """Holds a column of text: the different cells [U], and which of them each row says [R]."""

    texts: "pd.Series[str]"
    codes: Codes


class Ahead(NamedTuple):
    """Says which future covariates are known after each series' end, also behind a hole.

    Attributes:
        known: [A, Kf]; the step after series n's end is row `offsets[n]`.
        offsets: [N].
        lengths: [N], steps up to the last row that was given.
    """

    known: BoolArray
    offsets: IntArray
    lengths: IntArray


@dataclass(frozen=True, slots=True)
class Reading:
    """Holds what was read and how.

    Attributes:
        panel: the series.
        roles: the settings with every column named; the same settings read the same layout the same way.
        layout: "wide", "long", "rows" or "bare".
        notes: sentences on what was mended or lies outside.
        left_out: sentences on columns that have no role.
        sources: the files as typed.
        gaps: steps between a series' first and last that have no row.
        missing: empty target cells in rows that are there.
        repeated: rows that said the same as another and were left out.
        form: how the sources are written, in words; empty for a data frame.
        kind: the library whose data frames results are to be.
        ahead: which future covariates are known of later steps; None where there are none.
    """

    panel: Panel
    roles: DataConfig
    layout: str
    notes: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    gaps: int = 0
    missing: int = 0
    repeated: int = 0
    form: str = ""
    kind: str = "pandas"
    ahead: Ahead | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """Holds where rows of a table came from.

    Attributes:
        name: the source's, as typed.
        num_rows: how many rows it gave.
        stem: its file's name without endings; empty for a data frame.
        has_header: whether the columns' names are the data's own.
        line: finds the physical line on which a row begins; None where there are no lines.
        form: how it is written, in words.
    """

    name: str
    num_rows: int = 0
    stem: str = ""
    has_header: bool = True
    line: Callable[[int], int] | None = None
    form: str = ""

    def place(self, row: int) -> str:
        """Say where a row stands: the source and the line on which it begins."""
        return f"{self.name}, row {row + 1}" if self.line is None else f"{self.name}, line {self.line(row)}"


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """Holds cells as text, or as numbers and stamps where the source had them, and where they came from.

    Attributes:
        frame: the cells; columns of text are categorical, so that each different cell stands there once.
        sources: where the rows came from, one after the other.
        notes: sentences on how it was written and what was left out.
        ragged: tells of the first row that ends before the header does, as only a series in a row may.
        point: the sign before the decimals, in the source; empty where none is known.
    """

    frame: pd.DataFrame
    sources: tuple[Source, ...]
    notes: tuple[str, ...] = ()
    ragged: DataError | None = None
    point: str = ""

    @property
    def names(self) -> list[str]:
        """Return the columns' names."""
        return [str(name) for name in self.frame.columns]

    @property
    def has_header(self) -> bool:
        """Tell whether the columns' names are the data's own."""
        return self.sources[0].has_header

    @property
    def form(self) -> str:
        """Return how the sources are written, in words."""
        comma = ", decimal comma" if self.point == "," else ""
        return " and ".join(dict.fromkeys(source.form for source in self.sources)) + comma

    def is_text(self, name: str) -> bool:
        """Tell whether a column holds text rather than numbers or stamps."""
        return isinstance(self.frame[name].dtype, pd.CategoricalDtype)

    def distinct(self, name: str) -> Distinct:
        """Return a column of text with each different cell once."""
        cells = self.frame[name].cat
        return Distinct(pd.Series(cells.categories.astype("str")), cells.codes.to_numpy())

    def codes(self, name: str) -> tuple[Codes, int]:
        """Return a number for each row [R] that tells the column's different cells apart, and how many there are."""
        cells = self.frame[name]
        if self.is_text(name):
            return cells.cat.codes.to_numpy(), len(cells.cat.categories)
        codes, values = pd.factorize(cells, use_na_sentinel=False)
        return codes, len(values)

    def without_empty(self, names: Collection[str]) -> "Table":
        """Return the table without those of some columns that hold nothing."""
        empty = [name for name in names if self.is_text(name) and not self.distinct(name).texts.str.strip().any()]
        return replace(self, frame=self.frame.drop(columns=empty)) if empty else self

    def place(self, row: int) -> str:
        """Say where a row of the table stands: its file and line."""
        for source in self.sources:
            if row < source.num_rows:
                return source.place(row)
            row -= source.num_rows
        return self.sources[-1].name


@dataclass(frozen=True, slots=True)
class Column:
    """Says what a column holds, told by its cells alone.

    Attributes:
        name: its name.
        kind: "number", "time" (dates), "text" or "empty".
        format: how its dates are written, for whole numbers how they would be if they were dates.
        is_whole: all numbers are whole.
        is_constant: all cells say the same.
        is_switch: its numbers are two and no more, as of a flag that is on or off.
        is_counter: 0, 1, 2 ... or 1, 2, 3 ...
        is_unique: no cell says what another does.
        sample: its first cell that says something.
    """

    name: str
    kind: Literal["number", "time", "text", "empty"]
    format: str | None = None
    is_whole: bool = False
    is_constant: bool = False
    is_switch: bool = False
    is_counter: bool = False
    is_unique: bool = False
    sample: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """Holds R rows as numbers, in the order of the sources; NaN is missing.

    Attributes:
        codes: [R], which series a row belongs to, numbered by first appearance.
        ids: [N, I], the series' ids.
        times: [R], stamps or whole numbers; None where rows follow each other without a time column.
        zone: time zone of the stamps, which are UTC then.
        notes: sentences on the times.
        target, past, future, static: [R, C], [R, Kp], [R, Kf], [R, S].
        place: says where a row came from.
    """

    codes: IntArray
    ids: TextArray
    times: StampArray | IntArray | None
    target: FloatArray
    past: FloatArray
    future: FloatArray
    static: FloatArray
    place: Callable[[int], str]
    zone: str | None = None
    notes: tuple[str, ...] = ()

    def only(self, kept: IntArray) -> "Rows":
        """Return the rows with these numbers."""
        return Rows(
            codes=self.codes[kept],
            ids=self.ids,
            times=None if self.times is None else self.times[kept],
            target=self.target[kept],
            past=self.past[kept],
            future=self.future[kept],
            static=self.static[kept],
            place=lambda row: self.place(int(kept[row])),
            zone=self.zone,
        )


def to_frame(columns: Mapping[str, pa.ChunkedArray]) -> pd.DataFrame:
    """Return arrow's columns as a data frame; text is categorical, each different cell once."""
    table = pa.table(dict(columns)).unify_dictionaries()
    frame: pd.DataFrame = table.to_pandas(split_blocks=True, self_destruct=True)
    return frame


def from_arrow(table: pa.Table, name: str, is_spent: bool = False) -> pd.DataFrame:
    """Return a table of arrow as a data frame: dates are stamps, and flags may be missing.

    Args:
        table: the table.
        name: what a message calls it.
        is_spent: nobody needs the table after this, so that its memory is given back on the way.

    Raises:
        DataError: a column holds several values a row.
    """
    nested = [field.name for field in table.schema if pa.types.is_nested(field.type)]
    if nested:
        hint = "Give a table of numbers, stamps and text."
        raise DataError(f"{name}: column '{nested[0]}' holds several values a row.", hint)
    flags = {pa.bool_(): pd.BooleanDtype()}.get
    frame: pd.DataFrame = table.to_pandas(
        date_as_object=False, split_blocks=True, self_destruct=is_spent, types_mapper=flags
    )
    return frame
