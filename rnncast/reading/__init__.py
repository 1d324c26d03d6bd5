"""Reading: from files, standard input or a data frame to a `Panel`, with a record of what was chosen.

    sources -> encodings -> dialects -> headers -> columnar, else delimited -> numerals -> joining
            -> columns -> roles -> times -> inferring -> tables -> seasons -> mending

Each file is one step and knows only `base` and what the steps beside it share, as `cells` and `records` for text;
here they are joined. `jsonlines`, `parquet` and `frames` stand in for delimited text, `unrolling` takes tables whose
rows are series, `ahead` adds rows of a second table that are known ahead; of columnar files whose rows are in order
`ordered` makes a panel without a table.
"""

from collections.abc import Sequence
from dataclasses import replace
from itertools import chain

import numpy as np
import pandas as pd
import pyarrow as pa

from rnncast import holidays
from rnncast.config import DataConfig
from rnncast.errors import DataError, UsageError
from rnncast.panel import FloatArray, Panel
from rnncast.reading import (
    aggregating,
    ahead,
    categories,
    columnar,
    columns,
    delimited,
    dialects,
    encodings,
    frames,
    headers,
    inferring,
    joining,
    jsonlines,
    mending,
    numerals,
    ordered,
    parquet,
    roles,
    seasons,
    sources,
    tables,
    times,
    unrolling,
)
from rnncast.reading.base import FILE, STANDARD_INPUT, Ahead, Content, Reading, Rows, Table
from rnncast.reading.categories import Words, as_classes
from rnncast.reading.frames import to_pandas

__all__ = [
    "STANDARD_INPUT",
    "Ahead",
    "Reading",
    "Words",
    "as_classes",
    "check_ahead",
    "panel_from_frame",
    "panel_from_rows",
    "read_panel",
    "rows_of",
    "seasons_of",
    "to_pandas",
    "with_future",
]


def read_panel(
    paths: Sequence[str], data: DataConfig, extra_future: str | None = None, words: Words | None = None
) -> Reading:
    """Return the panel in one file or several of the same columns, one after the other.

    Args:
        paths: files, globs and folders; "-" is standard input.
        data: which column plays which role; what is not named is told from the data.
        extra_future: a file with the id and time columns and the future covariates of later steps.
        words: those of each categorical column, where they are known already; others count as none of them.

    Raises:
        DataError: a file or a table that cannot be used.
        UsageError: settings that do not fit.
    """
    if not paths:
        raise UsageError("there is no data to read.", "Give a file, or - for standard input.")
    contents = sources.expand(paths)
    found = None if extra_future or words else _in_order(contents, data)
    if found is not None:
        return replace(found, sources=tuple(paths))
    table = joining.join([_table(content, data) for content in contents])
    extra = None if extra_future is None else _extra(extra_future, data)
    return replace(_read(table, data, extra, words), sources=tuple(paths), form=table.form)


def panel_from_frame(
    frame: pd.DataFrame,
    data: DataConfig,
    source: str = "the data frame",
    extra_future: pd.DataFrame | None = None,
    words: Words | None = None,
) -> Reading:
    """Return the panel in a data frame; an index other than plain row numbers is a column.

    Raises:
        DataError: a table that cannot be used.
        UsageError: settings that do not fit.
    """
    extra = None if extra_future is None else _extra(extra_future, data)
    return replace(_read(_framed(frame, data, source), data, extra, words), sources=(source,))


def with_future(reading: Reading, future: pd.DataFrame | str) -> Reading:
    """Return what was read before with the future covariates of a file or a data frame, and notes on these alone.

    Raises:
        DataError: a table that cannot be used.
        UsageError: the panel has no future covariates.
    """
    panel, data = reading.panel, reading.roles
    _check_wanted(data)
    extra = _extra(future, data)
    rows = _rows_ahead(extra, roles.Roles(data, panel.time.format), panel.words)
    panel, known, notes = ahead.extend(holidays.without(panel), rows)
    panel = holidays.added(panel, data.holidays)
    notes = (*notes, *_strangers(extra, data.future_covariates, panel.words))
    return replace(reading, panel=panel, ahead=known, notes=notes)


def check_ahead(panel: Panel, horizon: int, known: Ahead | None = None) -> None:
    """Raise a DataError that names the future covariates of the next steps that are missing, if any.

    Args:
        panel: what is forecast.
        horizon: how many steps need them.
        known: which are known behind a hole, where anything is.
    """
    ahead.check(panel, horizon, known)


def _in_order(contents: Sequence[Content], data: DataConfig) -> Reading | None:
    """Return what columnar files hold, the roles told from the first rows; None where a table has to tell."""
    forms = [parquet.form(content) for content in contents]
    if not all(forms) or not ordered.suits(data):
        return None
    batches = chain.from_iterable(map(parquet.batches, contents))
    try:
        head = next(batches, None)
        told = None if head is None else _told_by(head, data)
        panel = None if told is None else ordered.read(chain([head], batches), told)
    except (pa.ArrowException, DataError, UsageError):
        return None  # whatever it is, the table says where
    if told is None or panel is None:
        return None
    reading = tables.noted(panel, told, np.broadcast_to(np.True_, panel.num_rows), panel.num_rows)
    return _finished(replace(reading, form=" and ".join(dict.fromkeys(forms))), "long")


def _told_by(head: pa.RecordBatch, data: DataConfig) -> DataConfig | None:
    """Return the settings with every column and the frequency named; None of more than an id, a time and a target."""
    if head.num_columns != 3:
        return None
    cells = frames.to_table(head.to_pandas(date_as_object=False), "")
    table = numerals.plain(cells, "", data.decimal)
    described = [columns.describe(table, name) for name in table.names]
    found, format = times.told(table, described, roles.tell(table, described, data).data)
    is_plain = found.time is not None and len(found.id) == len(found.target) == 1 and not found.category
    if not is_plain or format is not None or table.frame is not cells.frame:
        return None
    rows = _rows(table, roles.Roles(found), {})
    freq = data.freq or inferring.infer_freq(tables.sampled_times(rows))
    return None if rows.zone is not None else replace(found, freq=freq)


def _table(content: Content, data: DataConfig) -> Table:
    if form := parquet.form(content):
        return _framed(parquet.read(content), data, content.name, content.stem, form)
    content = encodings.tell(content, data.encoding)
    if jsonlines.holds(content):
        return numerals.plain(jsonlines.read(encodings.checked(content)), "", data.decimal)
    dialect = headers.tell(content.name, dialects.tell(content, data.delimiter))
    table = columnar.read(content, dialect, {*data.id, *data.category})
    if table is None:
        table = delimited.read(encodings.checked(content), dialect)
    return numerals.plain(table.without_empty(dialect.unnamed), dialect.delimiter, data.decimal)


def _framed(frame: pd.DataFrame, data: DataConfig, name: str, stem: str = "", form: str = "") -> Table:
    return numerals.plain(frames.to_table(frame, name, stem, form), "", data.decimal)


def _extra(future: pd.DataFrame | str, data: DataConfig) -> Table:
    if isinstance(future, pd.DataFrame):
        return _framed(future, data, "the future data")
    return joining.join([_table(content, data) for content in sources.expand([future])])


def _check_wanted(data: DataConfig) -> None:
    if not data.future_covariates:
        raise UsageError("there is future data, but no future covariate.", "Name the columns with --future in train.")


def _read(table: Table, data: DataConfig, extra: Table | None, words: Words | None) -> Reading:
    if extra is not None:
        _check_wanted(data)
    first = columns.describe(table, table.names[0])
    if unrolling.has_series_in_rows(table, first, data):
        return _finished(_unrolled(table, data), "rows")
    if table.ragged:
        raise table.ragged
    described = [first, *(columns.describe(table, name) for name in table.names[1:])]
    if FILE in data.id or len(table.sources) > 1:
        table = joining.with_files(table)
        described += [columns.describe(table, FILE)] if FILE in data.id else []
    table, described = times.joined(table, described, data)
    found = roles.tell(table, described, data)
    settings, format = times.told(table, described, found.data)
    found = replace(found, data=settings, format=format)
    notes = () if words is None else _strangers(table, tuple(words), words)
    if words is None:
        words, notes = _told(table, found.data)
    found = replace(found, data=categories.settled(found.data))
    rows = _rows(table, found, words)
    notes = (*table.notes, *notes, *joining.notes(found.data, data), *rows.notes)
    if extra is not None:
        rows, more = ahead.append(rows, _rows_ahead(extra, found, words))
        notes = (*notes, *more, *_strangers(extra, found.data.future_covariates, words))
    rows, joined = _joined(rows, found.data)
    notes = (*notes, *joined)
    layout = "long" if found.data.id else "bare" if len(described) == 1 else "wide"
    freq = data.freq or (inferring.infer_freq(tables.sampled_times(rows), rows.zone) if found.data.time else None)
    reading = _built(rows, replace(found, data=replace(found.data, freq=freq)), words)
    return _finished(replace(reading, notes=notes + reading.notes, left_out=found.left_out), layout)


def rows_of(table: Table, data: DataConfig, words: Words, format: str | None = None) -> tuple[Rows, roles.Roles]:
    """Return the rows of a table whose columns' roles are known, and how its times are written.

    Args:
        table: its cells, as the source has them.
        data: the settings with every column named.
        words: those of each categorical column.
        format: how the times of other rows of the source are written.

    Raises:
        DataError: a column that is not there, or a cell that is not what its column holds.
    """
    described = [columns.describe(table, name) for name in table.names]
    table, described = times.joined(table, described, data, format)
    missing = [name for name in roles.named(data) if name not in table.names]
    if missing:
        raise DataError(f"{table.place(0)}: there is no column '{missing[0]}'.", f"Known: {', '.join(table.names)}.")
    settings, told = times.told(table, described, data)
    found = roles.Roles(settings, told or format)
    return _rows(table, found, words), found


def panel_from_rows(rows: Rows, found: roles.Roles, words: Words) -> Reading:
    """Return the panel of rows as `rows_of` gives them, with the frequency and the seasons that the settings name.

    Raises:
        DataError: rows that make no panel.
    """
    return _finished(_built(rows, found, words), "long" if found.data.id else "wide")


def _built(rows: Rows, found: roles.Roles, words: Words) -> Reading:
    reading = tables.build(rows, found.data, found.format)
    return replace(reading, panel=replace(reading.panel, words=words))


def seasons_of(panel: Panel, data: DataConfig) -> tuple[int, ...]:
    """Return the season lengths of a panel that was cut: anew where neither `data` nor a calendar says them."""
    if data.season_length or (data.freq and not data.freq.isdecimal()):
        return panel.season_lengths
    return seasons.detect(panel.values, panel.offsets, panel.lengths)


def _finished(reading: Reading, layout: str) -> Reading:
    season_lengths = seasons.tell(categories.spelled_out(reading.panel), reading.roles)
    panel, notes = mending.mend(replace(reading.panel, season_lengths=season_lengths), reading.roles.outliers)
    panel = mending.fill(panel if reading.roles.missing == "error" else categories.filled(panel), reading.roles.missing)
    found = replace(reading.roles, season_length=season_lengths)
    panel = holidays.added(categories.spelled_out(panel), found.holidays)
    return replace(reading, panel=panel, roles=found, layout=layout, notes=reading.notes + notes)


def _unrolled(table: Table, data: DataConfig) -> Reading:
    names = table.names
    values = np.column_stack([columns.numbers(table, name) for name in names[1:]])  # [N, T]
    rows, _ = _joined(unrolling.unroll(table, columns.texts(table, names[0]), values), data)
    reading = tables.build(rows, replace(data, id=(names[0],), target=(unrolling.TARGET,)), None)
    return replace(reading, notes=table.notes + reading.notes)


def _rows(table: Table, found: roles.Roles, words: Words) -> Rows:
    data = found.data
    target = _matrix(table, data.target, words)
    codes, ids = tables.group([columns.distinct(table, name) for name in data.id], len(table.frame))
    time = times.read(table, data, found.format, codes)
    return Rows(
        codes=codes,
        ids=ids,
        times=time.times if time else None,
        target=categories.class_numbers(target) if data.target and data.target[0] in words else target,
        past=_matrix(table, data.past_covariates, words),
        future=_matrix(table, data.future_covariates, words),
        static=_matrix(table, data.static_covariates, words),
        place=table.place,
        zone=time.zone if time else None,
        notes=time.notes if time else (),
    )


def _rows_ahead(extra: Table, found: roles.Roles, words: Words) -> Rows:
    data = replace(found.data, target=(), past_covariates=(), static_covariates=())
    wanted = [*([data.time] if data.time else []), *data.id, *data.future_covariates]
    missing = [name for name in wanted if name not in extra.names]
    if missing:
        hint = f"Future data need the columns {', '.join(wanted)}."
        raise DataError(f"{extra.sources[0].name} has no column '{missing[0]}'.", hint)
    described = [columns.describe(extra, name) for name in extra.names]
    extra, described = times.joined(extra, described, data, found.format)
    format = found.format or times.told(extra, described, data)[1]
    return _joined(_rows(extra, replace(found, data=data, format=format), words), data)[0]


def _joined(rows: Rows, data: DataConfig) -> tuple[Rows, tuple[str, ...]]:
    """Return the rows joined as asked for, and notes."""
    if data.aggregate is None:
        return rows, ()
    tables.static_covariates(rows, data)  # refuses several values of a series before they are joined
    return aggregating.join(rows, data)


def _told(table: Table, data: DataConfig) -> tuple[Words, tuple[str, ...]]:
    """Return the words of every categorical column, and a note where they are to be forecast."""
    words, notes = {}, []
    for name in data.category:
        cells = columns.texts(table, name)
        is_target = name in data.target
        words[name] = categories.told_classes(name, cells) if is_target else categories.told(name, cells)
        notes += [categories.sentence(name, words[name])] if is_target else []
    return words, tuple(notes)


def _strangers(table: Table, names: Sequence[str], words: Words) -> tuple[str, ...]:
    said = [categories.strangers(name, columns.texts(table, name), words[name]) for name in names if name in words]
    return tuple(sentence for sentence in said if sentence)


def _matrix(table: Table, names: Sequence[str], words: Words) -> FloatArray:
    found = [
        categories.codes(columns.texts(table, name), words[name]) if name in words else columns.numbers(table, name)
        for name in names
    ]
    if len(found) == 1:
        return found[0][:, None]  # no copy of what may be large
    return np.column_stack(found) if found else np.empty((len(table.frame), 0))
