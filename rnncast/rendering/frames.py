"""Tables as data frames, of the library that the data were."""

from typing import Any, TypeAlias

import pandas as pd
import pyarrow as pa

from rnncast.rendering.base import Table

Frame: TypeAlias = Any
"""A data frame of the library that the data were: pandas', polars', pyarrow's ..."""


def frame(table: Table, kind: str = "pandas") -> Frame:
    """Return a table as a data frame of a library."""
    return of_kind(pd.DataFrame({column.name: column.values for column in table.columns}), kind)


def of_kind(found: pd.DataFrame, kind: str) -> Frame:
    """Return a data frame of pandas as one of a library; what is missing is null there."""
    if kind == "pandas":
        return found
    import narwhals.stable.v2 as nw  # who gave such a frame has it loaded

    backend: Any = kind
    return nw.from_arrow(pa.Table.from_pandas(found, preserve_index=False), backend=backend).to_native()
