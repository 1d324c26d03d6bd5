"""A table that comes in parts is the same table in every format."""

import io
from collections.abc import Iterator

import pytest
from pyarrow import parquet

from rnncast import registry
from rnncast.rendering import Column, Screen, Table, encode, stream

SCREEN = Screen()


def table(first: int, stop: int) -> Table:
    rows = range(first, stop)
    names, numbers = [f"a, {row}" for row in rows], [None if row % 3 == 2 else row / 3 for row in rows]
    return Table("forecast", (Column("id", names), Column("y", numbers)), about={"horizon": 2})


def taken(parts: Iterator[str | bytes]) -> bytes:
    return b"".join(part if isinstance(part, bytes) else part.encode() for part in parts)


@pytest.mark.parametrize("format_name", registry.EVERY_FORMAT)
def test_parts_make_the_whole(format_name: str) -> None:
    found = taken(stream([table(0, 4), table(4, 5), table(5, 9)], format_name, SCREEN))
    whole = encode(table(0, 9), format_name, SCREEN)
    if format_name == "parquet":
        assert parquet.read_table(io.BytesIO(found)).equals(parquet.read_table(io.BytesIO(whole)), check_metadata=True)
    else:
        assert found == whole


@pytest.mark.parametrize("format_name", registry.STREAMS)
def test_what_is_known_is_written_before_more_is_asked_for(format_name: str) -> None:
    asked = []

    def parts() -> Iterator[Table]:
        for first in (0, 2, 4):
            asked.append(first)
            yield table(first, first + 2)

    pieces = stream(parts(), format_name, SCREEN)
    assert next(pieces)
    assert asked == [0]


def test_a_column_that_begins_with_nothing_keeps_the_type_that_it_began_with() -> None:
    parts = [Table("forecast", (Column("y", values),)) for values in ([None, None], [0.5, None])]
    found = parquet.read_table(io.BytesIO(taken(stream(parts, "parquet", SCREEN))))
    assert found.to_pydict() == {"y": [None, None, "0.5", None]}
