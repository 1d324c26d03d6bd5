"""Grids: which stamps a frequency has, and what comes next.

A frequency is a grid of stamps that goes on in both directions without end, and an ordinal counts its
steps since 1970: ordinal 0 is the first stamp of the grid at or after 1970-01-01, the anchor. So an
ordinal says the same whatever the data's first stamp is: modulo 24 it is the hour of the day for "h",
modulo 12 the month for "MS" (0 is January), modulo 7 or 5 the weekday for "D" or "B". The anchor also
keeps what an alias leaves open: the minute of an hourly grid, the day of a monthly one (day 31 is the
month's end), the phase of "2D". `aliases` says which kinds of grids there are.

Where the time axis has a zone, stamps are instants, in UTC. Steps that divide the day lie on a grid in
UTC, since an hour is an hour when the clock is changed; days and longer steps on one of local dates.
"""

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from rnncast import spelling, zones
from rnncast.aliases import DAY, FREQ_HINT, SECOND, WEEK, Rule, check_freq, parse
from rnncast.errors import DataError, UsageError
from rnncast.panel import IntArray, TimeAxis

StampArray = NDArray[np.datetime64]


def grid(
    stamps: StampArray | IntArray, freq: str, name: str = "time", format: str | None = None, zone: str | None = None
) -> TimeAxis:
    """Return the time axis of `freq` that the stamps lie on; the commonest day, hour or phase decides.

    Raises:
        DataError: a stamp that is not on it.
        UsageError: `freq` is no frequency, or one for the other kind of time column.
    """
    freq = check_freq(freq)
    rule = parse(freq)
    if (rule.kind == "count") != (stamps.dtype.kind != "M"):
        what = "whole numbers" if stamps.dtype.kind != "M" else "stamps"
        raise UsageError(f"freq is '{freq}', but the time column '{name}' holds {what}.", FREQ_HINT)
    if rule.kind == "count":
        anchor = str(commonest(stamps.astype(np.int64) % rule.step))
    else:
        anchor = str(_anchor(_on_wall(stamps, rule, zone), rule).astype("datetime64[us]"))
        anchor = anchor.removesuffix(".000000")
    axis = TimeAxis(name=name, freq=freq, anchor=anchor, format=format, zone=zone)
    to_ordinals(stamps, axis)
    return axis


def _on_wall(stamps: StampArray | IntArray, rule: Rule, zone: str | None) -> StampArray:
    """Return the stamps that lie on the grid: of instants the local dates, or UTC where steps divide the day."""
    exact = stamps.astype("datetime64[us]")
    return exact if zone is None or rule.is_clock else zones.to_wall(exact, zone)


def _off_wall(stamps: StampArray, rule: Rule, zone: str | None) -> StampArray:
    """Return the instants of stamps of the grid; of a midnight that the clock skips the moment after."""
    if zone is None or rule.is_clock:
        return stamps
    found = zones.to_instants(stamps, zone)
    skipped = np.isnat(found)
    if skipped.any():
        found[skipped] = zones.to_instants(stamps[skipped] + np.timedelta64(1, "h"), zone)
    return found


def commonest(numbers: IntArray) -> int:
    """Return the number that stands there most often, the smallest of several."""
    values, counts = np.unique(numbers, return_counts=True)
    return int(values[counts.argmax()])


def _anchor(stamps: StampArray, rule: Rule) -> np.datetime64:
    micros = stamps.astype(np.int64)
    if rule.kind == "tick":
        phase = commonest(micros % rule.step)
        if rule.phase is not None:
            # 1970-01-01 was a Thursday, weekday 3.
            phase += ((rule.phase - 3) * DAY - phase // DAY * DAY) % WEEK
            phase %= rule.step
        return np.datetime64(phase, "us")
    time_of_day = np.timedelta64(commonest(micros % DAY), "us")
    if rule.kind == "business":
        weekdays = stamps[np.is_busday(stamps.astype("datetime64[D]"))].astype("datetime64[D]")
        counts = np.busday_count(np.datetime64("1970-01-01"), weekdays) if len(weekdays) else np.zeros(1, np.int64)
        phase = commonest(counts.astype(np.int64) % rule.step)
        weekday: np.datetime64 = np.busday_offset(np.datetime64("1970-01-01"), phase) + time_of_day
        return weekday
    months = stamps.astype("datetime64[M]")
    phase = commonest(months.astype(np.int64) % rule.step)
    if rule.phase is not None and (phase - rule.phase) % rule.cycle:
        phase = rule.phase
    days = (stamps.astype("datetime64[D]") - months.astype("datetime64[D]")).astype(np.int64) + 1
    day = int(days.max()) if days.min() >= 28 else commonest(days)
    first: np.datetime64 = _in_month(np.array([phase]), day, rule)[0] + time_of_day
    return first


def floor(stamps: StampArray | IntArray, freq: str, zone: str | None = None) -> StampArray | IntArray:
    """Return the stamp of the step of `freq` that holds each stamp.

    Steps begin where the clock and the calendar do: hours at the full hour, days at midnight, weeks on Monday or the
    day that is named. A step of "ME", "QE" or "YE" is called by its last day. Saturday and Sunday belong to the Friday
    before for "B". Several of a unit are counted from 1970.

    Raises:
        UsageError: no such frequency, or one that has no grid here.
    """
    rule = parse(check_freq(freq))
    if rule.kind == "count":
        return stamps.astype(np.int64) // rule.step * rule.step
    return _off_wall(_floor(_on_wall(stamps, rule, zone), rule), rule, zone)


def _floor(stamps: StampArray, rule: Rule) -> StampArray:
    if rule.kind == "tick":
        begin = ((rule.phase or 0) - 3) * DAY if rule.step % WEEK == 0 else 0  # 1970-01-05 was a Monday
        micros = stamps.astype(np.int64) - begin
        return np.asarray((micros // rule.step * rule.step + begin).astype("datetime64[us]"))
    if rule.kind == "business":
        monday = np.datetime64("1970-01-05")
        days = np.busday_count(monday, np.busday_offset(stamps.astype("datetime64[D]"), 0, roll="preceding"))
        return np.asarray(np.busday_offset(monday, days // rule.step * rule.step).astype("datetime64[us]"))
    months, phase = stamps.astype("datetime64[M]").astype(np.int64), rule.phase or 0
    number = -((phase - months) // rule.step) if rule.at_end else (months - phase) // rule.step
    return _in_month(phase + number * rule.step, 31 if rule.at_end else 1, rule).astype("datetime64[us]")


def days(ordinals: IntArray, time: TimeAxis) -> tuple[IntArray, IntArray]:
    """Return the first day of each step and the day after its last, counted from 1970.

    A step of less than a day, and a business day, is the day that it lies on; one of "ME", "QE" or "YE" ends with its
    stamp, any other begins with it.
    """
    rule = parse(str(time.freq))
    day, following = (_dates(ordinals + more, time) for more in (0, 1))
    if rule.kind == "business" or (rule.kind == "tick" and rule.step <= DAY):
        return day, day + 1
    if rule.at_end:
        return _dates(ordinals - 1, time) + 1, day + 1
    return day, following


def _dates(ordinals: IntArray, time: TimeAxis) -> IntArray:
    """Return the local dates of the ordinals, counted from 1970."""
    stamps = to_stamps(ordinals, time)
    local = stamps if time.zone is None else zones.to_wall(stamps, time.zone)
    return local.astype("datetime64[D]").astype(np.int64)


def in_month(months: IntArray, day: int) -> StampArray:
    """Return the dates with that day in the months since 1970-01, the last of the month where it is shorter."""
    first = months.astype("datetime64[M]")
    last = (first + 1).astype("datetime64[D]") - 1
    dates: StampArray = np.minimum(first.astype("datetime64[D]") + (day - 1), last)
    return dates


def _in_month(months: IntArray, day: int, rule: Rule) -> StampArray:
    """Return the dates of a monthly rule in these months; `day` holds where it is neither the last nor a weekday."""
    if not rule.on_business_days:
        return in_month(months, 31 if rule.at_end else day)
    roll: Literal["backward", "forward"] = "backward" if rule.at_end else "forward"
    return np.asarray(np.busday_offset(in_month(months, 31 if rule.at_end else 1), 0, roll=roll))


def to_ordinals(stamps: StampArray | IntArray, time: TimeAxis) -> IntArray:
    """Return how many steps each stamp lies after the anchor.

    Raises:
        DataError: a stamp that is not on the grid.
    """
    if time.freq is None or time.anchor is None:
        return stamps.astype(np.int64)
    rule = parse(time.freq)
    if rule.kind == "count":
        plain = stamps.astype(np.int64)
        ordinals = (plain - int(time.anchor)) // rule.step
        wrong = ordinals * rule.step + int(time.anchor) != plain
    else:
        exact = _on_wall(stamps, rule, time.zone)
        ordinals = _nearest_ordinals(exact, rule, np.datetime64(time.anchor, "us"))
        wrong = _stamps(ordinals, time) != exact
    if wrong.any():
        odd = _said(stamps[[wrong.argmax()]], time)
        count = int(wrong.sum())
        rest = f" and {count - 1} more" if count > 1 else ""
        raise DataError(
            f"'{time.name}' holds {odd}{rest}, off the grid of frequency {time.freq}.",
            "Give another --freq, or join the rows of each step, for example --aggregate mean.",
        )
    return ordinals


def _nearest_ordinals(stamps: StampArray, rule: Rule, anchor: np.datetime64) -> IntArray:
    if rule.kind == "tick":
        steps: IntArray = (stamps - anchor).astype(np.int64)
    elif rule.kind == "business":
        steps = np.busday_count(anchor.astype("datetime64[D]"), stamps.astype("datetime64[D]")).astype(np.int64)
    else:
        steps = (stamps.astype("datetime64[M]") - anchor.astype("datetime64[M]")).astype(np.int64)
    return steps // rule.step


def to_stamps(ordinals: IntArray, time: TimeAxis) -> StampArray:
    """Return the stamps [us] of the ordinals on a time axis that has stamps; instants where it has a zone."""
    return _off_wall(_stamps(ordinals, time), parse(str(time.freq)), time.zone)


def _stamps(ordinals: IntArray, time: TimeAxis) -> StampArray:
    rule = parse(str(time.freq))
    anchor = np.datetime64(time.anchor, "us")
    date = anchor.astype("datetime64[D]")
    if rule.kind == "tick":
        return np.asarray(anchor + (ordinals * rule.step).astype("timedelta64[us]"))
    if rule.kind == "business":
        return np.asarray(np.busday_offset(date, ordinals * rule.step) + (anchor - date))
    month = anchor.astype("datetime64[M]")
    day = int((date - month.astype("datetime64[D]")).astype(np.int64)) + 1
    dates = _in_month(int(month.astype(np.int64)) + ordinals * rule.step, day, rule)
    return np.asarray(dates + (anchor - date))


def format_stamps(ordinals: IntArray, time: TimeAxis) -> list[str]:
    """Return the stamps as text, written as the data had them; plain numbers where there are none."""
    if time.freq is None or time.anchor is None:
        return [str(number) for number in ordinals.tolist()]
    rule = parse(time.freq)
    if rule.kind == "count":
        return [str(number) for number in (ordinals * rule.step + int(time.anchor)).tolist()]
    unique, inverse = np.unique(ordinals, return_inverse=True)
    stamps = to_stamps(unique, time)
    texts = _written(stamps, time, time.format or _iso(stamps, time))
    return [texts[i] for i in inverse.ravel().tolist()]


def _iso(stamps: StampArray, time: TimeAxis) -> str:
    midnight = np.datetime64(time.anchor, "us").astype(np.int64) % DAY == 0
    if midnight and not parse(str(time.freq)).is_clock:
        return "%Y-%m-%d"
    fraction = "" if (stamps.astype(np.int64) % SECOND == 0).all() else ".%6f"
    return f"%Y-%m-%dT%H:%M:%S{fraction}{'%:z' if time.zone else ''}"


def _written(stamps: StampArray, time: TimeAxis, format: str) -> list[str]:
    if time.zone is None or spelling.is_utc(format):
        return spelling.write(stamps, format)
    return spelling.write(zones.to_wall(stamps, time.zone), format, zones.offsets(stamps, time.zone))


def _said(stamps: StampArray | IntArray, time: TimeAxis) -> str:
    """Return the first of some stamps for a message, as the data have it."""
    if stamps.dtype.kind != "M":
        return str(stamps[0])
    exact = stamps.astype("datetime64[us]")
    return _written(exact, time, time.format or "%Y-%m-%dT%H:%M:%S")[0]
