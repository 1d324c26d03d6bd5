"""JSON lines: an object for each row, and nothing else."""

import json
from collections.abc import Iterable, Iterator
from math import isfinite

from rnncast.rendering.base import Screen, Table, Value


def render(table: Table, screen: Screen) -> str:
    """Return `table` as strict JSON in ASCII, a line for each row; what is no finite number is null."""
    return "".join(stream([table]))


def stream(parts: Iterable[Table]) -> Iterator[str]:
    """Yield a table that comes in parts of the same columns as JSON lines."""
    for table in parts:
        names = [column.name for column in table.columns]
        yield "".join(json.dumps(dict(zip(names, map(_strict, row), strict=True))) + "\n" for row in table.rows())


def _strict(value: Value) -> Value:
    return None if isinstance(value, float) and not isfinite(value) else value
