"""Comma-separated values: a header, a line for each row, full precision, no title."""

import csv
from collections.abc import Iterable, Iterator, Sequence
from math import isnan

from rnncast.rendering.base import Screen, Table, Value


def render(table: Table, screen: Screen) -> str:
    """Return `table` as CSV; what is missing is an empty cell, and numbers read back as they were."""
    return "".join(stream([table]))


def stream(parts: Iterable[Table]) -> Iterator[str]:
    """Yield a table that comes in parts of the same columns as CSV."""
    yield from separated(parts, ",")


def separated(parts: Iterable[Table], sign: str) -> Iterator[str]:
    """Yield a table that comes in parts of the same columns, its cells separated by a sign."""
    for number, table in enumerate(parts):
        header = [] if number else [[column.name for column in table.columns]]
        yield _lines([*header, *zip(*(map(_cell, column.values) for column in table.columns), strict=True)], sign)


def _lines(rows: Iterable[Sequence[str]], sign: str) -> str:
    lines = _Lines()
    # The writer quotes the characters of its line end, so that this one protects a lone carriage return too.
    csv.writer(lines, delimiter=sign, lineterminator="\r\n").writerows(rows)
    return "".join(line.removesuffix("\r\n") + "\n" for line in lines)


class _Lines(list[str]):
    """Collects what a csv writer writes, one line at a time."""

    write = list.append


def _cell(value: Value) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case float():
            return "" if isnan(value) else float.__repr__(value)
        case _:
            return str(value)
