"""Reading: from files, standard input or a data frame to a `Panel`, with a record of what was chosen.

    sources -> delimited -> columns -> roles -> inferring -> tables -> seasons -> mending

Each file is one step and knows only `base`; here they are joined. `frames` stands in for the first two,
`unrolling` takes tables whose rows are series, `ahead` adds rows of a second table that are known ahead.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from rnncast.config import DataConfig
from rnncast.errors import DataError, UsageError
from rnncast.panel import FloatArray, Panel
from rnncast.reading import (
    ahead,
    columns,
    delimited,
    frames,
    inferring,
    mending,
    roles,
    seasons,
    sources,
    tables,
    unrolling,
)
from rnncast.reading.base import Reading, Rows, Table

__all__ = ["Reading", "panel_from_frame", "panel_with_future", "read_panel", "seasons_of"]


def read_panel(paths: Sequence[str], data: DataConfig, extra_future: str | None = None) -> Reading:
    """Return the panel in one file or several of the same columns, one after the other.

    Args:
        paths: files, plain or gzip; "-" is standard input.
        data: which column plays which role; what is not named is told from the data.
        extra_future: a file with the id and time columns and the future covariates of later steps.

    Raises:
        DataError: a file or a table that cannot be used.
        UsageError: settings that do not fit.
    """
    if not paths:
        raise UsageError("there is no data to read.", "Give a file, or - for standard input.")
    table = delimited.join([_table(path) for path in paths])
    extra = None if extra_future is None else _table(extra_future)
    return replace(_read(table, data, extra), sources=tuple(paths))


def panel_from_frame(
    frame: pd.DataFrame, data: DataConfig, source: str = "the data frame", extra_future: pd.DataFrame | None = None
) -> Reading:
    """Return the panel in a data frame; an index other than plain row numbers is a column.

    Raises:
        DataError: a table that cannot be used.
        UsageError: settings that do not fit.
    """
    extra = frames.to_table(extra_future, "the future data") if extra_future is not None else None
    return replace(_read(frames.to_table(frame, source), data, extra), sources=(source,))


def panel_with_future(panel: Panel, data: DataConfig, future: pd.DataFrame | str) -> tuple[Panel, tuple[str, ...]]:
    """Return a panel that was read before with the future covariates of a file or a data frame, and notes.

    Raises:
        DataError: a table that cannot be used.
        UsageError: the panel has no future covariates.
    """
    _check_wanted(data)
    extra = _table(future) if isinstance(future, str) else frames.to_table(future, "the future data")
    return ahead.extend(panel, _rows_ahead(extra, roles.Roles(data, panel.time.format)))


def _table(path: str) -> Table:
    return delimited.parse(sources.read_source(path))


def _check_wanted(data: DataConfig) -> None:
    if not data.future_covariates:
        raise UsageError("there is future data, but no future covariate.", "Name the columns with --future in train.")


def _read(table: Table, data: DataConfig, extra: Table | None) -> Reading:
    if extra is not None:
        _check_wanted(data)
    first = columns.describe(table, table.names[0])
    if unrolling.has_series_in_rows(table, first, data):
        return _finished(_unrolled(table, data), "rows")
    described = [first, *(columns.describe(table, name) for name in table.names[1:])]
    found = roles.tell(table, described, data)
    rows = _rows(table, found)
    notes: tuple[str, ...] = ()
    if extra is not None:
        rows, notes = ahead.append(rows, _rows_ahead(extra, found))
    layout = "long" if found.data.id else "bare" if len(table.names) == 1 else "wide"
    freq = data.freq or (inferring.infer_freq(tables.sampled_times(rows)) if found.data.time else None)
    reading = tables.build(rows, replace(found.data, freq=freq), found.format)
    return _finished(replace(reading, notes=notes + reading.notes, left_out=found.left_out), layout)


def seasons_of(panel: Panel, data: DataConfig) -> tuple[int, ...]:
    """Return the season lengths of a panel that was cut: anew where neither `data` nor a calendar says them."""
    if data.season_length or (data.freq and not data.freq.isdecimal()):
        return panel.season_lengths
    return seasons.detect(panel.values, panel.offsets, panel.lengths)


def _finished(reading: Reading, layout: str) -> Reading:
    season_lengths = seasons.tell(reading.panel, reading.roles)
    panel = mending.fill(replace(reading.panel, season_lengths=season_lengths), reading.roles.missing)
    found = replace(reading.roles, season_length=season_lengths)
    return replace(reading, panel=panel, roles=found, layout=layout)


def _unrolled(table: Table, data: DataConfig) -> Reading:
    names = table.names
    values = np.column_stack([columns.numbers(table, name) for name in names[1:]])  # [N, T]
    rows = unrolling.unroll(table, columns.texts(table, names[0]), values)
    return tables.build(rows, replace(data, id=(names[0],), target=(unrolling.TARGET,)), None)


def _rows(table: Table, found: roles.Roles) -> Rows:
    data = found.data
    codes, ids = tables.group([columns.texts(table, name) for name in data.id], len(table.frame))
    return Rows(
        codes=codes,
        ids=ids,
        times=columns.times(table, data.time, found.format) if data.time else None,
        target=_matrix(table, data.target),
        past=_matrix(table, data.past_covariates),
        future=_matrix(table, data.future_covariates),
        static=_matrix(table, data.static_covariates),
        place=table.place,
    )


def _rows_ahead(extra: Table, found: roles.Roles) -> Rows:
    data = replace(found.data, target=(), past_covariates=(), static_covariates=())
    wanted = [*([data.time] if data.time else []), *data.id, *data.future_covariates]
    missing = [name for name in wanted if name not in extra.names]
    if missing:
        hint = f"Future data need the columns {', '.join(wanted)}."
        raise DataError(f"{extra.sources[0].name} has no column '{missing[0]}'.", hint)
    return _rows(extra, replace(found, data=data))


def _matrix(table: Table, names: Sequence[str]) -> FloatArray:
    found = [columns.numbers(table, name) for name in names]
    return np.column_stack(found) if found else np.empty((len(table.frame), 0))
