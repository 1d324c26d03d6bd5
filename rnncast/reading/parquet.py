"""Parquet to a data frame, told by its first bytes; an index that pandas stored is one again."""

import io

import pandas as pd
import pyarrow as pa
from pyarrow import parquet

from rnncast.errors import DataError
from rnncast.reading.base import Content

_MARK = b"PAR1"


def holds(content: Content) -> bool:
    """Tell whether a content is Parquet."""
    return content.head(len(_MARK)) == _MARK


def read(content: Content) -> pd.DataFrame:
    """Return the table.

    Raises:
        DataError: it is damaged, or a column holds several values a row.
    """
    try:
        with content.open() as stream:
            found = parquet.read_table(stream if stream.seekable() else io.BytesIO(stream.read()))
            nested = [field.name for field in found.schema if pa.types.is_nested(field.type)]
            if nested:
                hint = "Give a table of numbers, stamps and text."
                raise DataError(f"{content.name}: column '{nested[0]}' holds several values a row.", hint)
            frame: pd.DataFrame = found.to_pandas(date_as_object=False, split_blocks=True, self_destruct=True)
            return frame
    except (pa.ArrowException, ValueError) as error:
        raise DataError(f"{content.name} is a damaged Parquet file.", "Fetch or write it anew.") from error
