"""What every output format takes: a neutral table, and the screen it is for.

A format is one function `render(table: Table, screen: Screen) -> str` in its own file and one line in the
registry. It knows the screen's width and colour, if it cares for them, and nothing of where the text goes. A format
that is no text is a function `render(table: Table) -> bytes`. One whose rows can be written before the last is known
has a function `stream(parts: Iterable[Table])` beside it, which yields the same in pieces.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import Literal

from rnncast.errors import DataError

Value = str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class Column:
    """Holds one column's name and values; `digits` is how many significant ones people are shown."""

    name: str
    values: Sequence[Value]
    digits: int = 5


@dataclass(frozen=True, slots=True)
class Table:
    """Holds a result before anyone knows how it will look.

    Attributes:
        kind: what the rows are: "forecast", "metrics", "inspection"; their key in JSON.
        columns: equally long, each with its own name.
        title: one line above the table, for people.
        note: lines below the table, for people.
        about: how the result was made, for machines: plain values, mappings and lists of them.
        best: by a column's name, which of its values is the best: the lowest, the highest, or the nearest
            to a number.
        unranked: rows that no best value is looked for in.
        spare: names of columns that people are shown only where the screen has room for them.
        bars: name of the column that people are shown a bar of in every row; empty for none.
    """

    kind: str
    columns: tuple[Column, ...]
    title: str = ""
    note: str = ""
    about: Mapping[str, object] = field(default_factory=dict)
    best: Mapping[str, Literal["lowest", "highest"] | float] = field(default_factory=dict)
    unranked: frozenset[int] = frozenset()
    spare: frozenset[str] = frozenset()
    bars: str = ""

    def __post_init__(self) -> None:
        assert len({len(column.values) for column in self.columns}) <= 1, "columns of different lengths"
        names = [column.name for column in self.columns]
        for name in names:
            if names.count(name) > 1:
                raise DataError(f"the result would have two columns called {name!r}.", "Rename the column in the data.")

    @property
    def num_rows(self) -> int:
        """Return how many rows there are."""
        return len(self.columns[0].values) if self.columns else 0

    def rows(self) -> Iterator[tuple[Value, ...]]:
        """Yield the rows, first to last."""
        return zip(*(column.values for column in self.columns), strict=True)


def joined(parts: Iterable[Table]) -> Table:
    """Return tables of the same columns as one, their rows one after the other."""
    tables = list(parts)
    if len(tables) == 1:
        return tables[0]
    columns = zip(*(table.columns for table in tables), strict=True)
    whole = [replace(same[0], values=[*chain.from_iterable(part.values for part in same)]) for same in columns]
    return replace(tables[0], columns=tuple(whole))


@dataclass(frozen=True, slots=True)
class Screen:
    """Says what the text will be seen on.

    Attributes:
        width: how many cells a line has.
        colour: true where escape codes are welcome.
        max_rows: how many rows of a long table are shown; None shows all, as a file or a pipe should.
        unicode: true where more than ASCII can be shown.
    """

    width: int = 80
    colour: bool = False
    max_rows: int | None = None
    unicode: bool = False


def visible(text: str) -> str:
    r"""Return `text` with every character that does not print spelled out, an escape as `\x1b`."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)
