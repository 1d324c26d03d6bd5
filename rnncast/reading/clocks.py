"""Clocks: a column of times of day beside one of dates becomes one column with it, "2024-01-31" and "17:00"."""

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import pandas as pd

from rnncast.config import DataConfig
from rnncast.reading import formats
from rnncast.reading.base import Column, Table
from rnncast.reading.distinct import Cells, cells_of
from rnncast.spelling import has

CLOCK_NAMES = ("time", "hour", "hr", "h", "hh", "clock", "time of day", "time_of_day", "timeofday", "hour of day",
               "hour_of_day", "hourofday", "hour ending", "hour_ending", "hourending", "he")  # fmt: skip


class Pair(NamedTuple):
    """Names the column of dates, which the joined one is called too, and that of times of day."""

    date: str
    clock: str

    @property
    def note(self) -> str:
        """Say that they were joined."""
        return f"Took '{self.date}' and '{self.clock}' together as the time."


def tell(table: Table, columns: Sequence[Column], data: DataConfig, is_certain: bool = False) -> Pair | None:
    """Return a column of dates that come again and one of times of day that tells them apart, if there are such.

    Args:
        table: the table.
        columns: what its columns hold.
        data: the settings; a column that has a role there is no time of day.
        is_certain: whether the times are known to have both, so that dates need not come again.
    """
    named = {*data.target, *data.id, *data.past_covariates, *data.future_covariates, *data.static_covariates}
    free = [column for column in columns if column.name not in named]
    dates = [c for c in free if data.time in (None, c.name) and _has_date_alone(table, c)]
    for date in [c for c in dates if is_certain or not c.is_unique][:1]:
        for clock in free:
            if clock.name in (date.name, data.time) or clock.name.strip().lower() not in CLOCK_NAMES:
                continue
            texts = cells_of(table.frame[clock.name])
            if len(texts.texts) and formats.are_clocks(texts.texts) and (is_certain or _differs(table, date, texts)):
                return Pair(date.name, clock.name)
    return None


def _has_date_alone(table: Table, column: Column) -> bool:
    cells = table.frame[column.name]
    if pd.api.types.is_datetime64_any_dtype(cells):
        return bool((cells.dropna() == cells.dropna().dt.normalize()).all())
    is_date = column.kind == "time" or column.format == "%Y%m%d"
    return is_date and column.format is not None and has(column.format, "du") and not has(column.format, "HIKs")


def _differs(table: Table, date: Column, clock: Cells) -> bool:
    """Tell whether there are more pairs of date and time of day than dates."""
    codes, dates = pd.factorize(table.frame[date.name])
    return len(np.unique(codes * (len(clock.texts) + 1) + clock.codes)) > len(dates)


def join(table: Table, pair: Pair) -> Table:
    """Return the table with both columns as one; a row that lacks one of them has no time."""
    cells = table.frame[pair.date]
    if pd.api.types.is_datetime64_any_dtype(cells):
        cells = cells.dt.strftime("%Y-%m-%d")
    date, clock = cells_of(cells), cells_of(table.frame[pair.clock])
    both = np.where((date.codes < 0) | (clock.codes < 0), -1, date.codes * len(clock.texts) + clock.codes)
    codes, found = pd.factorize(both)
    parts = [divmod(number, len(clock.texts)) if number >= 0 else None for number in found.tolist()]
    texts = [f"{date.texts[part[0]]} {clock.texts[part[1]]}" if part else "" for part in parts]
    frame = table.frame.assign(**{pair.date: pd.Categorical.from_codes(codes, pd.Index(texts, dtype="str"))})
    return replace(table, frame=frame.drop(columns=pair.clock), notes=(*table.notes, pair.note))
