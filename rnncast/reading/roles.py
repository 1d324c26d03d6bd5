"""Roles: which column is the time, which name the series, which are to be forecast.

What is named by an option wins. Else the time is the first column of dates, one with a name such as
`ds` or `date` first, or whole numbers under such a name. Ids are looked for where a time stands more
than once: columns with a name such as `unique_id` first, then text; of those as few as tell the rows
apart. The target is `y`, `value`, `target`, `cnt` or `count` alone where there is one, since data made
for forecasting call it so and the columns beside it explain it; of a table of prices it is `close`; else
every numeric column that has no other role and says something new with time: it neither counts the rows,
nor says the same for all of a series, nor merely switches between two values. Where all are such, they are
forecast nevertheless; but where none does more than count or stand still, a lone column of a few words is
forecast, as classes.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from rnncast.config import DataConfig
from rnncast.errors import DataError, nearest
from rnncast.reading.base import FILE, Column, Table
from rnncast.reading.columns import numbers

TIME_NAMES = ("ds", "date", "datetime", "timestamp", "time", "month", "quarter", "week", "day", "year", "period",
              "step", "t", "dteday", "index")  # fmt: skip
COUNT_NAMES = ("ds", "date", "datetime", "timestamp", "time", "year", "period", "step", "t")
TIME_WORDS = frozenset({
    "time", "timestamp", "ts", "date", "datetime", "ds", "dt", "day", "month", "period", "epoch", "unix", "unixtime",
    "posix", "utc", "yyyymm", "yyyymmdd", "yearmonth",
})  # fmt: skip
ID_NAMES = ("unique_id", "id", "series_id", "item_id", "ts_id", "series", "item", "store", "product", "sku", "shop",
            "station", "sensor", "region", "country", "city")  # fmt: skip
_HEAD = 1 << 17  # rows
_LARGEST = 1 << 62
_MOST_MARKS = 16  # a row
TARGET_NAMES = ("y", "value", "target", "cnt", "count")
PRICES = frozenset({"open", "high", "low", "close"})
FEW_WORDS = 20

_WORD = re.compile("[A-Z]?[a-z]+|[A-Z]+")


@dataclass(frozen=True, slots=True)
class Roles:
    """Holds the settings with every column named, how the time is written, and sentences on what was left out."""

    data: DataConfig
    format: str | None = None
    left_out: tuple[str, ...] = ()


def tell(table: Table, columns: Sequence[Column], data: DataConfig) -> Roles:
    """Return which column plays which role in a table with one row per step.

    Raises:
        DataError: a named column that does not exist or does not fit, or nothing to forecast.
    """
    known = {column.name: column for column in columns}
    check_names(data, list(known))
    covariates = (*data.past_covariates, *data.future_covariates, *data.static_covariates)
    named = {*data.target, *covariates}
    free = [column for column in columns if column.name not in named]
    time = known[data.time] if data.time else _time(table, [c for c in free if c.name not in data.id], data)
    if time and time.kind in ("text", "empty"):
        raise _no_date(table, time)
    ids = data.id or _ids(table, [c for c in free if time is None or c.name != time.name], time)
    taken = {*named, *ids, *([time.name] if time else [])}
    free = [column for column in free if column.name not in taken]
    aside = _set_aside(table, free, ids)
    targets = data.target or _targets(table, free, {name for names in aside.values() for name in names})
    left_out = _left_out([c for c in free if c.name not in targets], aside)
    categories = _categories([known[name] for name in (*targets, *covariates)], data)
    _check_numeric(table, [known[n] for n in (*targets, *named) if n not in categories])
    _check_alone(targets, categories)
    found = replace(data, time=time.name if time else None, id=tuple(ids), target=tuple(targets), category=categories)
    return Roles(found, left_out=left_out)


def named(data: DataConfig) -> tuple[str, ...]:
    """Return the columns that settings name."""
    time = (data.time,) if data.time else ()
    return (*data.id, *time, *data.target, *data.past_covariates, *data.future_covariates, *data.static_covariates)


def check_names(data: DataConfig, known: list[str]) -> None:
    """Check that every column named in the settings exists, and has one role."""
    roles = {
        "--target": data.target,
        "--time": (data.time,) if data.time else (),
        "--id": data.id,
        "--past": data.past_covariates,
        "--future": data.future_covariates,
        "--static": data.static_covariates,
    }
    owner: dict[str, str] = {}
    for option, names in (*roles.items(), ("--category", data.category)):
        for name in names:
            if name not in known:
                raise DataError(f"{option}: there is no column '{name}'.", nearest(name, known))
    for option, names in roles.items():
        for name in names:
            if name in owner:
                raise DataError(f"column '{name}' is given twice: {owner[name]} and {option}.", "Give it one role.")
            owner[name] = option


def _rank(column: Column, names: Sequence[str]) -> int:
    lower = column.name.lower()
    return names.index(lower) if lower in names else len(names)


def _time(table: Table, free: Sequence[Column], data: DataConfig) -> Column | None:
    dates = sorted((c for c in free if c.kind == "time"), key=lambda c: _rank(c, TIME_NAMES))
    if dates:
        return dates[0]
    unread = [c for c in free if c.kind == "text" and c.name.lower() in TIME_NAMES and c.is_unique]
    has_ids = bool(data.id) or any(_may_be_id(table, c) for c in free)
    counts = [c for c in free if c.is_unique or has_ids]
    counts = [c for c in counts if _counts_time(table, c)]
    counts = sorted(counts, key=lambda c: (not _is_dated(c), _rank(c, COUNT_NAMES)))
    if counts and len(free) + len(data.target) > 1:
        return counts[0]
    if unread:
        raise _no_date(table, unread[0])
    return None


def _counts_time(table: Table, column: Column) -> bool:
    """Tell whether a name says that numbers are times; without names, whether the first ones rise in even steps."""
    if not table.has_header:
        return column.format is not None and column.name == table.names[0] and _rises_evenly(table, column.name)
    if column.is_whole and column.name.lower() in COUNT_NAMES:
        return True
    return _is_dated(column) and not TIME_WORDS.isdisjoint(word.lower() for word in _WORD.findall(column.name))


def _rises_evenly(table: Table, name: str) -> bool:
    """Tell whether a column's numbers rise, most of them by the same step."""
    steps = np.diff(numbers(table, name))
    return bool((steps > 0).all() and len(steps) > 1 and (steps == np.median(steps)).mean() > 0.5)


def _is_dated(column: Column) -> bool:
    """Tell whether numbers are written as only dates are; four digits may be years, and much else."""
    return column.format not in (None, "%Y")


def _no_date(table: Table, column: Column) -> DataError:
    return DataError(
        f"{table.sources[0].name}: column '{column.name}' holds '{column.sample}', which is no known date.",
        "Write dates as 2024-01-31, with or without a time, or name the time column with --time.",
    )


def _may_be_id(table: Table, column: Column) -> bool:
    named = column.name.lower() in ID_NAMES and (column.kind == "text" or column.is_whole)
    return not column.is_unique and (named or column.kind == "text")


def _ids(table: Table, free: Sequence[Column], time: Column | None) -> tuple[str, ...]:
    """Return as few columns as tell apart the rows of one time; without a time column, one called an id."""
    if time is not None and time.is_unique:
        return tuple(c.name for c in free if c.is_constant and c.kind == "text" and c.name.lower() in ID_NAMES)
    candidates = sorted((c for c in free if _may_be_id(table, c)), key=lambda c: _rank(c, ID_NAMES))
    names = [c.name for c in candidates]
    if time is None:
        return tuple(name for name in names[:1] if name.lower() in ID_NAMES)
    chosen: list[str] = []
    for name in names:
        if not _tells_apart(table, time.name, chosen):
            chosen.append(name)
    if not _tells_apart(table, time.name, chosen):
        return (FILE,) if _are_files_series(table, time.name) else tuple(names[:1])
    for name in list(chosen):
        fewer = [other for other in chosen if other != name]
        if _tells_apart(table, time.name, fewer):
            chosen = fewer
    return tuple(name for name in table.names if name in chosen)


def _are_files_series(table: Table, time: str) -> bool:
    """Tell whether most times stand in several files, each once."""
    if FILE not in table.names or not _tells_apart(table, time, (FILE,)):
        return False
    codes, count = table.codes(time)
    return bool((np.bincount(codes, minlength=count)[codes] > 1).mean() > 0.5)


def _tells_apart(table: Table, time: str, ids: Sequence[str]) -> bool:
    """Tell whether no two rows have the same time and ids."""
    keys, size = np.zeros(len(table.frame), dtype=np.int64), 1
    for name in (time, *ids):
        codes, count = table.codes(name)
        if size * count >= _LARGEST:
            keys, values = pd.factorize(keys)
            size = len(values)
        keys *= count
        keys += codes
        size *= count
    if size < len(keys):
        return False
    if (keys[1:] > keys[:-1]).all():
        return True
    if size > _MOST_MARKS * len(keys):
        return bool(pd.Series(keys).is_unique)
    marks = np.zeros(size, dtype=np.bool_)
    marks[keys] = True
    return int(marks.sum()) == len(keys)


def _set_aside(table: Table, free: Sequence[Column], ids: Sequence[str]) -> dict[str, list[str]]:
    """Return the names of columns that are no targets by themselves, by the reason in words."""
    numeric = [c for c in free if c.kind == "number"]
    constant = [c.name for c in numeric if c.is_constant]
    changing = [c for c in numeric if not (c.is_constant or c.is_counter)]
    steady = [c.name for c in changing if ids and _is_steady(table, c.name, ids)]
    return {
        "counting the rows": [c.name for c in numeric if c.is_counter],
        "always saying the same": constant,
        "the same for all of a series (use it with --static)": steady,
        "with two values only (use it with --future or --past)": [
            c.name for c in changing if c.is_switch and c.name not in steady
        ],
    }


def _is_steady(table: Table, name: str, ids: Sequence[str]) -> bool:
    """Tell whether a column says one thing for each series, and some series has several rows."""
    for count in (_HEAD, len(table.frame)):  # most columns change soon
        distinct = table.frame[[*ids, name]].iloc[:count].drop_duplicates()
        if distinct.duplicated(subset=list(ids)).any():
            return False
    return len(distinct) < len(table.frame)


def _targets(table: Table, free: Sequence[Column], aside: set[str]) -> tuple[str, ...]:
    numeric = [c for c in free if c.kind == "number"]
    worded = [c.name for c in free if c.kind == "text" and _has_few_words(table, c)]
    if len(worded) == 1 and all(c.is_constant or c.is_counter for c in numeric):
        return (worded[0],)
    if not numeric:
        what = ", ".join(f"{c.name} ({c.kind}, '{c.sample}')" for c in free) or "none"
        raise DataError(
            f"{table.sources[0].name} has no numeric column to forecast; columns without a role: {what}.",
            "Give a table with a column of numbers, or name it with --target; one of words is forecast as classes.",
        )
    usual = ("close",) if {c.name.lower() for c in numeric} >= PRICES else TARGET_NAMES
    known = sorted((c for c in numeric if c.name.lower() in usual), key=lambda c: _rank(c, usual))
    changing = [c for c in numeric if not c.is_constant] or numeric
    found = known[:1] or [c for c in numeric if c.name not in aside] or changing
    return tuple(c.name for c in found)


def _left_out(columns: Sequence[Column], aside: dict[str, list[str]]) -> tuple[str, ...]:
    names = [column.name for column in columns]
    reasons = {why: [name for name in names if name in found] for why, found in aside.items()}
    explained = {name for found in reasons.values() for name in found}
    reasons["having no role"] = [name for name in names if name not in explained]
    return tuple(f"Left out, {why}: {', '.join(found)}." for why, found in reasons.items() if found)


def _has_few_words(table: Table, column: Column) -> bool:
    """Tell whether a column of text may be forecast by itself: a few words, each of which comes again and again."""
    words = int(table.frame[column.name].nunique())
    return not column.is_constant and words <= FEW_WORDS and 4 * words <= len(table.frame)


def _categories(columns: Sequence[Column], data: DataConfig) -> tuple[str, ...]:
    """Return the targets and covariates that hold words, or numbers that are asked to be taken for words.

    Raises:
        DataError: a column asked to be taken for words that is none of them.
    """
    for name in data.category:
        if name not in [column.name for column in columns]:
            hint = "Give it with --target, --past, --future or --static as well."
            raise DataError(f"--category: column '{name}' has no role.", hint)
    return tuple(c.name for c in columns if c.kind == "text" or c.name in data.category)


def _check_alone(targets: Sequence[str], categories: Sequence[str]) -> None:
    for name in targets:
        if name in categories and len(targets) > 1:
            raise DataError(
                f"target '{name}' holds words, and these are forecast alone, not together with other targets.",
                "Name one --target; the others may be covariates, with --past or --future.",
            )


def _check_numeric(table: Table, columns: Sequence[Column]) -> None:
    for column in columns:
        if column.kind in ("text", "time"):
            raise DataError(
                f"{table.sources[0].name}: column '{column.name}' holds '{column.sample}', which is not a number.",
                "Targets and covariates hold numbers or words.",
            )
