"""Comma-separated values: a header, a line for each row, full precision, no title."""

import csv
from math import isnan

from rnncast.rendering.base import Screen, Table, Value


def render(table: Table, screen: Screen) -> str:
    """Return `table` as CSV; what is missing is an empty cell, and numbers read back as they were."""
    lines = _Lines()
    # The writer quotes the characters of its line end, so that this one protects a lone carriage return too.
    writer = csv.writer(lines, lineterminator="\r\n")
    writer.writerow([column.name for column in table.columns])
    writer.writerows([_cell(value) for value in row] for row in table.rows())
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
