"""What the steps of reading hand to each other: a table of text, what its columns hold, rows of numbers."""

import csv
import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from rnncast.config import DataConfig
from rnncast.panel import FloatArray, IntArray, Panel, TextArray

StampArray = NDArray[np.datetime64]

# Said in any case and with blanks around.
MISSING_WORDS = frozenset({"", "na", "nan", "null", "none", "-", "?"})


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
    """

    panel: Panel
    roles: DataConfig
    layout: str
    notes: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    gaps: int = 0
    missing: int = 0


@dataclass(frozen=True, slots=True)
class Source:
    """Holds one source's name, as typed, and its text; a data frame has no text."""

    name: str
    text: str = ""
    delimiter: str = ","
    has_header: bool = True
    num_rows: int = 0

    def place(self, row: int) -> str:
        """Say where a data row stands: the file and the line on which it begins."""
        if not self.text:
            return f"{self.name}, row {row + 1}"
        wanted, begin = row + self.has_header, 1
        reader = csv.reader(io.StringIO(self.text, newline=""), delimiter=self.delimiter)
        for cells in reader:
            if cells and wanted == 0:
                break
            wanted -= bool(cells)
            begin = reader.line_num + 1
        return f"{self.name}, line {begin}"


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """Holds cells as text, or as numbers and stamps where a data frame had them, and where they came from."""

    frame: pd.DataFrame
    sources: tuple[Source, ...]

    @property
    def names(self) -> list[str]:
        """Return the columns' names."""
        return [str(name) for name in self.frame.columns]

    @property
    def has_header(self) -> bool:
        """Tell whether the columns' names are the data's own."""
        return self.sources[0].has_header

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
