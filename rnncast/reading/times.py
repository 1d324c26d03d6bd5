"""Times: the time column of a table found whole, its format told, and read."""

from collections.abc import Sequence
from dataclasses import replace

import pandas as pd

from rnncast import spelling
from rnncast.config import DataConfig
from rnncast.panel import IntArray
from rnncast.reading import clocks, columns, formats, stamps
from rnncast.reading.base import Column, Table


def joined(
    table: Table, described: Sequence[Column], data: DataConfig, format: str | None = None
) -> tuple[Table, list[Column]]:
    """Return the table with dates and times of day in one column, where they stand in two, and what its columns hold.

    Args:
        table: the table.
        described: what its columns hold.
        data: the settings.
        format: how the time is written, where that is known.
    """
    pair = clocks.tell(table, described, data, is_certain=format is not None and spelling.has(format, "HIK"))
    if pair is None:
        return table, list(described)
    table = clocks.join(table, pair)
    return table, [columns.describe(table, name) for name in table.names]


def told(table: Table, described: Sequence[Column], data: DataConfig) -> tuple[DataConfig, str | None]:
    """Return the settings with the order of day and month, and how the time column is written.

    Raises:
        DataError: the order is open, or not the same everywhere.
    """
    column = next((column for column in described if column.name == data.time), None)
    format = stamps.tell(table, column, data.date_order) if column else None
    order = formats.order(format) if format else None
    return replace(data, date_order=order or data.date_order), format


def read(table: Table, data: DataConfig, format: str | None, series: IntArray) -> stamps.Stamps | None:
    """Return what the time column says, None where there is none.

    Args:
        table: the table.
        data: the settings with the time column named.
        format: how it is written; None for stamps of a data frame and for whole numbers.
        series: [R], which series each row belongs to.

    Raises:
        DataError: a cell that does not fit.
    """
    if data.time is None:
        return None
    if format is None and not pd.api.types.is_datetime64_any_dtype(table.frame[data.time]):
        return stamps.Stamps(columns.counts(table, data.time))
    return stamps.read(table, data.time, format or "", data.time_zone, series)
