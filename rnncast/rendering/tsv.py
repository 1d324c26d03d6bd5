"""Tab-separated values: as CSV is written, with tabs between the cells."""

from collections.abc import Iterable, Iterator

from rnncast.rendering.base import Screen, Table
from rnncast.rendering.csv import separated


def render(table: Table, screen: Screen) -> str:
    """Return `table` as TSV; a cell is quoted only where it holds a tab, a quote or a line end."""
    return "".join(stream([table]))


def stream(parts: Iterable[Table]) -> Iterator[str]:
    """Yield a table that comes in parts of the same columns as TSV."""
    yield from separated(parts, "\t")
