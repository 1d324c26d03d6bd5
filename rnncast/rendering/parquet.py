"""Parquet: a column of one type each, how the result was made beside them."""

import io
import json

import pyarrow as pa
from pyarrow import parquet

from rnncast.rendering.base import Column, Table


def render(table: Table) -> bytes:
    """Return `table` as a Parquet file; a column that holds more than one type is text."""
    arrays = {column.name: _array(column) for column in table.columns}
    about = {b"rnncast": json.dumps({"schema": f"rnncast.{table.kind}/1", **table.about}, default=list).encode("ascii")}
    buffer = io.BytesIO()
    parquet.write_table(pa.table(arrays).replace_schema_metadata(about), buffer)
    return buffer.getvalue()


def _array(column: Column) -> pa.Array:
    kinds = {type(value) for value in column.values if value is not None}
    if kinds <= {int, float} and float in kinds:
        return pa.array(column.values, pa.float64())
    if len(kinds) == 1:
        return pa.array(column.values)
    return pa.array([None if value is None else str(value) for value in column.values], pa.string())
