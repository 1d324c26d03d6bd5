"""Parquet: a column of one type each, how the result was made beside them."""

import io
import json
from collections.abc import Iterable, Iterator

import pyarrow as pa
from pyarrow import parquet

from rnncast.rendering.base import Column, Table


def render(table: Table) -> bytes:
    """Return `table` as a Parquet file; a column that holds more than one type is text."""
    return b"".join(stream([table]))


def stream(parts: Iterable[Table]) -> Iterator[bytes]:
    """Yield a table that comes in parts of the same columns as a Parquet file, a row group for each.

    Types are those of the first part.
    """
    written, known = io.BytesIO(), dict[str, pa.DataType]()
    writer: parquet.ParquetWriter | None = None
    for table in parts:
        rows = pa.table({column.name: _array(column, known.get(column.name)) for column in table.columns})
        if writer is None:
            known = dict(zip(rows.schema.names, rows.schema.types, strict=True))
            made = {"schema": f"rnncast.{table.kind}/1", **table.about}
            about = {b"rnncast": json.dumps(made, default=list).encode("ascii")}
            writer = parquet.ParquetWriter(written, rows.schema.with_metadata(about))
        writer.write_table(rows.replace_schema_metadata(writer.schema.metadata))
        yield _taken(written)
    if writer is not None:
        writer.close()
        yield _taken(written)


def _taken(written: io.BytesIO) -> bytes:
    """Return what was written since the last time; arrow counts by itself how much that is."""
    data = written.getvalue()
    written.seek(0)
    written.truncate()
    return data


def _array(column: Column, known: pa.DataType | None) -> pa.Array:
    kinds = {type(value) for value in column.values if value is not None}
    if known is None:
        known = pa.float64() if kinds <= {int, float} and float in kinds else None
    if known is not None and not pa.types.is_string(known):
        return pa.array(column.values, known)
    if len(kinds) == 1 and known is None:
        return pa.array(column.values)
    return pa.array([None if value is None else str(value) for value in column.values], pa.string())
