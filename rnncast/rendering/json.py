"""JSON: one object with its schema, how the result was made, and the rows."""

import json
from collections.abc import Mapping
from math import isfinite

from rnncast.rendering.base import Screen, Table


def render(table: Table, screen: Screen) -> str:
    """Return `table` as strict JSON in ASCII, a line for each row; what is no finite number is null.

    The schema's number rises when a key changes its name or meaning.
    """
    assert not {"schema", table.kind} & set(table.about), "a key of `about` would hide the rows or their schema"
    names = [column.name for column in table.columns]
    rows = [_text(dict(zip(names, row, strict=True))) for row in table.rows()]
    members = {"schema": f"rnncast.{table.kind}/1", **table.about}
    lines = [f"  {_text(key)}: {_text(value)}" for key, value in members.items()]
    lines.append(f"  {_text(table.kind)}: {_lines(rows)}")
    return "{\n" + ",\n".join(lines) + "\n}\n"


def _lines(rows: list[str]) -> str:
    return "[\n    " + ",\n    ".join(rows) + "\n  ]" if rows else "[]"


def _text(value: object) -> str:
    return json.dumps(_strict(value), allow_nan=False)


def _strict(value: object) -> object:
    """Return `value` with mappings as dicts, other collections as lists, and null for NaN and infinity."""
    match value:
        case float():
            return float(value) if isfinite(value) else None
        case None | bool() | int() | str():
            return value
        case Mapping():
            return {str(key): _strict(member) for key, member in value.items()}
        case list() | tuple():
            return [_strict(member) for member in value]
        case _:
            raise TypeError(f"{type(value).__name__} is no plain value: {value!r}")
