"""Stamps: a time column read, its format told by all of its cells, its zone by their offsets or by the settings.

Local times of a zone become instants, which are stamps in UTC: of an hour that comes twice in autumn the first
row of a series is the earlier one, as far as its rows rise. Stamps with one offset keep it; where the offset
changes it is that of the last stamp, unless a zone is named.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from rnncast import spelling, zones
from rnncast.errors import DataError
from rnncast.panel import IntArray
from rnncast.reading import formats
from rnncast.reading.base import Column, StampArray, Table
from rnncast.reading.distinct import Cells, cells_of
from rnncast.reading.parsing import Parsed, parse, style

_MINUTE = 60_000_000
_ONE_WAY = "Write all dates in one way, best as 2024-01-31."
_MEND = "Mend the cell, or leave the row out."
_PLAIN = ("step", "t", "period", "index")  # names of columns that count rather than date


@dataclass(frozen=True, slots=True)
class Stamps:
    """Holds what a time column says.

    Attributes:
        times: [R], stamps, which are UTC where there is a zone, or whole numbers.
        zone: their time zone.
        notes: sentences on what is not written as it was.
    """

    times: StampArray | IntArray
    zone: str | None = None
    notes: tuple[str, ...] = ()


def tell(table: Table, column: Column, asked: str | None) -> str | None:
    """Return how a time column's cells are written, told by all of them; None where they are no texts or only count.

    Args:
        table: the table.
        column: what is known of the column.
        asked: the order of day, month and year, where the settings say it.

    Raises:
        DataError: the order of day and month is open, or not the same everywhere.
    """
    if pd.api.types.is_datetime64_any_dtype(table.frame[column.name]):
        return None
    cells = cells_of(table.frame[column.name])
    rivals = _rivals(column, cells)
    if not rivals:
        return None
    fitting = [format for format in rivals if asked in (None, formats.order(format)) or formats.order(format) is None]
    if not fitting:
        where = f"{table.place(int(cells.first[0]))}, column '{column.name}'"
        message = f"{where}: '{cells.texts[0]}' is no date that is written {asked}."
        raise DataError(message, "Leave --date-order out, or give the order that the dates have.")
    whole = _whole(cells, fitting)
    if not whole:
        _check_agreement(table, column.name, cells, fitting)
    elif _is_open(cells, whole):
        raise _open(table, column.name, cells, whole)
    return style(cells.texts, (whole or fitting)[0])


def _rivals(column: Column, cells: Cells) -> list[str]:
    """Return the formats in question; none for numbers that count, as four digits do where the name says so."""
    if column.kind != "number":
        return formats.candidates(cells.texts)
    counts = column.format is None or (column.format == "%Y" and column.name.lower() in _PLAIN)
    return [] if counts else [str(column.format)]


def _whole(cells: Cells, rivals: Sequence[str]) -> list[str]:
    """Return the formats that all cells fit: the first, and where that has an order the first of each other one."""
    whole: list[str] = []
    orders: list[formats.Order | None] = []
    for format in rivals:
        order = formats.order(format)
        if (not whole or (order and orders[0] and order not in orders)) and parse(cells.texts, format).fits.all():
            whole.append(format)
            orders.append(order)
    return whole


def _is_open(cells: Cells, whole: Sequence[str]) -> bool:
    """Tell whether the cells say different things in the first two formats.

    Two digits of a year are rarely the first, so that they are is only in question where it gives steadier steps.
    """
    if len(whole) < 2:
        return False
    one, other = (parse(cells.texts, format).stamps for format in whole[:2])
    is_rare = formats.order(whole[1]) == "year-first"
    return bool((one != other).any()) and not (is_rare and _steadiness(other) <= _steadiness(one))


def _steadiness(stamps: StampArray) -> float:
    """Return the share of the commonest step."""
    steps = np.diff(np.unique(stamps).astype(np.int64))
    return float(np.unique(steps, return_counts=True)[1].max(initial=0)) / max(len(steps), 1)


def _open(table: Table, name: str, cells: Cells, whole: Sequence[str]) -> DataError:
    one, other = (parse(cells.texts, format).stamps for format in whole[:2])
    index = int((one != other).argmax())
    said = [str(np.datetime_as_string(stamps[index], unit="D")) for stamps in (one, other)]
    orders = [str(formats.order(format)) for format in whole[:2]]
    return DataError(
        f"{table.place(int(cells.first[index]))}, column '{name}': '{cells.texts[index]}' may be {said[0]} "
        f"or {said[1]}, and no other cell tells which.",
        f"Say it with --date-order {orders[0]} or --date-order {orders[1]}.",
    )


def _check_agreement(table: Table, name: str, cells: Cells, rivals: Sequence[str]) -> None:
    """Check that no cell fits only one order of day and month, and another cell only another."""
    ordered = [format for format in rivals if formats.order(format)][:2]
    if len(ordered) < 2:
        return
    one, other = (parse(cells.texts, format).fits for format in ordered)
    if (one & ~other).any() and (other & ~one).any():
        picked = [int(only.argmax()) for only in (one & ~other, other & ~one)]
        parts = [str(formats.order(format)).removesuffix("-first") for format in ordered]
        said = [
            f"'{cells.texts[index]}' ({table.place(int(cells.first[index]))}) has the {part} first"
            for index, part in zip(picked, parts, strict=True)
        ]
        raise DataError(f"column '{name}' is at odds with itself: {', but '.join(said)}.", _ONE_WAY)


def read(table: Table, name: str, format: str, zone: str | None, series: IntArray) -> Stamps:
    """Return what a time column says.

    Args:
        table: the table.
        name: the column.
        format: how it is written; stamps of a data frame need none.
        zone: the zone that the settings name.
        series: [R], which series each row belongs to.

    Raises:
        DataError: a cell that is missing, not written in the format, or at a time that the zone skips.
    """
    if zone is not None:
        zones.check(zone)
    if pd.api.types.is_datetime64_any_dtype(table.frame[name]):
        return _typed(table, name, zone, series)
    cells = cells_of(table.frame[name])
    parsed = parse(cells.texts, format)
    _check(table, name, format, cells, parsed)
    found = _with_offsets(parsed, name, zone) if spelling.has_offset(format) else Stamps(parsed.stamps)
    stamps = found.times[cells.codes]
    if found.zone is None and zone is not None and spelling.has(format, "HIK"):
        stamps = _localised(table, name, parsed.stamps, cells.codes, zone, series)
        found = replace(found, zone=zone)
    cut = (f"Stamps in '{name}' are finer than a microsecond, and were cut.",) if parsed.is_cut else ()
    return replace(found, times=stamps, notes=(*cut, *found.notes))


def _with_offsets(parsed: Parsed, name: str, zone: str | None) -> Stamps:
    """Return the instants [U] of stamps with offsets; where these change and no zone is named, at the last of them.

    Where the stamps are steadier without their offsets, such as midnights, they are taken as they stand.
    """
    instants = parsed.stamps - (parsed.offsets * _MINUTE).astype("timedelta64[us]")
    if zone is not None:
        return Stamps(instants, zone)
    last = int(parsed.offsets[instants.argmax()])
    if (parsed.offsets == last).all():
        return Stamps(instants, zones.fixed(last))
    if _steadiness(parsed.stamps) > _steadiness(instants):
        instants = parsed.stamps - np.timedelta64(last * _MINUTE, "us")
    note = f"Offsets from UTC change in '{name}'; forecasts are written with the last, {zones.fixed(last)}."
    return Stamps(instants, zones.fixed(last), (f"{note} Name a zone with --time-zone to follow its daylight saving.",))


def _typed(table: Table, name: str, zone: str | None, series: IntArray) -> Stamps:
    """Return the stamps of a data frame."""
    cells = table.frame[name]
    if cells.isna().any():
        raise _refused(table, name, int(cells.isna().to_numpy().argmax()), "is no time")
    if isinstance(cells.dtype, pd.DatetimeTZDtype):
        own = str(cells.dtype.tz)
        instants = cells.dt.tz_convert(None).to_numpy().astype("datetime64[us]")
        if zone is None and not zones.is_known(own):
            ahead = cells.iloc[[-1]].dt.tz_localize(None).to_numpy() - cells.iloc[[-1]].dt.tz_convert(None).to_numpy()
            own = zones.fixed(int(ahead.astype("timedelta64[m]").astype(np.int64)[0]))
        return Stamps(instants, zone or own)
    if zone is None:
        return Stamps(cells.to_numpy().astype("datetime64[us]"))
    codes, found = pd.factorize(cells.to_numpy().astype("datetime64[us]"))
    return Stamps(_localised(table, name, found, codes.astype(np.int64), zone, series), zone)


def _localised(table: Table, name: str, wall: StampArray, codes: IntArray, zone: str, series: IntArray) -> StampArray:
    """Return the instants [R] of local times [U]; of equal ones in a series the later rows are the second.

    Raises:
        DataError: a time that the clocks of the zone skip.
    """
    first = zones.to_instants(wall, zone)
    skipped = np.isnat(first)[codes]
    if skipped.any():
        hint = f"Name the zone that the data are in, or leave --time-zone out. {zone} skips an hour in spring."
        raise _refused(table, name, int(skipped.argmax()), f"does not exist in {zone}", hint)
    second = zones.to_instants(wall, zone, np.ones(len(wall), dtype=np.bool_))
    instants = first[codes]
    rows = np.flatnonzero((first != second)[codes])
    steps = np.diff(wall[codes].astype(np.int64))[np.diff(series) == 0]
    ordered = rows if np.sign(steps).sum() >= 0 else rows[::-1]
    pairs = pd.Series(codes[ordered] * (int(series.max(initial=0)) + 1) + series[ordered])
    again = ordered[pairs.duplicated().to_numpy()]
    instants[again] = second[codes[again]]
    return instants


def _check(table: Table, name: str, format: str, cells: Cells, parsed: Parsed) -> None:
    """Check that each row has a time that fits."""
    wrong = np.append(~parsed.fits, True)[cells.codes]
    if wrong.any():
        rest = f", nor are {int(wrong.sum()) - 1} more" if wrong.sum() > 1 else ""
        raise _refused(table, name, int(wrong.argmax()), f"is no time written as {spelling.say(format)}{rest}")


def _refused(table: Table, name: str, row: int, why: str, hint: str = _MEND) -> DataError:
    cell = table.frame[name].iloc[row]
    text = "an empty cell" if pd.isna(cell) or not str(cell).strip() else f"'{cell}'"
    return DataError(f"{table.place(row)}, column '{name}': {text} {why}.", hint)
