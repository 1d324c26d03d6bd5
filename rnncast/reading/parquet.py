"""Parquet and Arrow files, the latter called Feather too, told by their first bytes, to a data frame or in batches.

An index that pandas stored is one again.
"""

import io
from collections.abc import Iterator
from typing import BinaryIO

import pandas as pd
import pyarrow as pa

from rnncast.errors import DataError
from rnncast.reading.base import Content, from_arrow

_FORMS = {b"PAR1": "Parquet", b"ARRO": "Arrow"}
_ROWS = 2**17
_BUFFER = 2**20


def form(content: Content) -> str:
    """Return what a content is, in a word; empty where it is neither."""
    return _FORMS.get(content.head(4), "")


def read(content: Content) -> pd.DataFrame:
    """Return the table.

    Raises:
        DataError: it is damaged, or a column holds several values a row.
    """
    from pyarrow import parquet  # it loads much that no other file needs

    kind = form(content)
    try:
        with content.open() as stream:
            held = _seekable(stream)
            found = parquet.read_table(held) if kind == "Parquet" else pa.ipc.open_file(held).read_all()
            return from_arrow(found, content.name, is_spent=True)
    except (pa.ArrowException, ValueError) as error:
        raise DataError(f"{content.name} is a damaged {kind} file.", "Fetch or write it anew.") from error


def batches(content: Content) -> Iterator[pa.RecordBatch]:
    """Yield the rows, a batch at a time, none of them empty; text is numbered, each different cell once a batch.

    Raises:
        ArrowException: it is damaged.
    """
    with content.open() as stream:
        held = _seekable(stream)
        for batch in _of_parquet(held) if form(content) == "Parquet" else _of_arrow(held):
            if batch.num_rows:
                yield batch


def _of_parquet(stream: BinaryIO) -> Iterator[pa.RecordBatch]:
    from pyarrow import parquet  # as above

    texts = [field.name for field in parquet.read_schema(stream) if pa.types.is_string(field.type)]
    stream.seek(0)
    with parquet.ParquetFile(stream, read_dictionary=texts, buffer_size=_BUFFER) as file:
        for group in range(file.num_row_groups):  # in one go arrow keeps memory of each
            yield from file.iter_batches(_ROWS, row_groups=[group])


def _of_arrow(stream: BinaryIO) -> Iterator[pa.RecordBatch]:
    reader = pa.ipc.open_file(stream)
    for number in range(reader.num_record_batches):
        yield reader.get_batch(number)


def _seekable(stream: BinaryIO) -> BinaryIO:
    return stream if stream.seekable() else io.BytesIO(stream.read())
