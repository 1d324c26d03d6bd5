"""What a frequency means: which stamps lie on its grid, what comes next, how long a season is.

A frequency is a grid of stamps that goes on in both directions without end, and an ordinal counts its
steps since 1970: ordinal 0 is the first stamp of the grid at or after 1970-01-01, the anchor. So an
ordinal says the same whatever the data's first stamp is: modulo 24 it is the hour of the day for "h",
modulo 12 the month for "MS" (0 is January), modulo 7 or 5 the weekday for "D" or "B". The anchor also
keeps what an alias leaves open: the minute of an hourly grid, the day of a monthly one (day 31 is the
month's end), the phase of "2D". A grid is one of four kinds:

    tick      a fixed length of time: 15min, h, D, W-MON (seven days from a Monday)
    month     a number of months: MS, ME, QS, QE, YS, YE; a day past the month's end is its last
    business  days from Monday to Friday: B; a holiday is a gap
    count     plain whole numbers instead of stamps: the frequency is the step as digits

MS, QS, YS and W without an anchor (`-FEB`, `-MON`) take day, month or weekday from the data; so do
the old spellings M, Q, A and Y, which become MS, QS and YS. H, T and S become h, min and s.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pandas.tseries.frequencies import to_offset

from rnncast.errors import DataError, UsageError
from rnncast.panel import IntArray, TimeAxis

StampArray = NDArray[np.datetime64]

SECOND = 1_000_000  # microseconds, the resolution of all stamps
MINUTE, HOUR, DAY, WEEK = 60 * SECOND, 3600 * SECOND, 86_400 * SECOND, 604_800 * SECOND

_OLD = {"H": "h", "T": "min", "S": "s", "L": "ms", "U": "us", "M": "MS", "Q": "QS", "A": "YS", "Y": "YS"}
_OLD_ANCHORED = {"Q": "QE", "A": "YE", "Y": "YE"}
WEEKDAYS = ("MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN")
MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_MONTHS_OF = {"MS": 1, "ME": 1, "QS": 3, "QE": 3, "YS": 12, "YE": 12}
_WORDS = {
    "ms": "millisecond", "s": "second", "min": "minute", "h": "hour", "D": "day", "B": "business day", "W": "week",
    "MS": "month", "ME": "month", "QS": "quarter", "QE": "quarter", "YS": "year", "YE": "year",
}  # fmt: skip
_KNOWN = "Known: s, min, h, D, B, W-MON, MS, ME, QS, QE, YS, YE and multiples such as 15min."
FREQ_HINT = "Give the frequency with --freq, for example --freq D."
_FRACTION = re.compile(r"%([1-6])f$")


@dataclass(frozen=True, slots=True)
class _Grid:
    """Describes a frequency: `step` in microseconds, months, business days or units; `phase` where fixed.

    The phase is modulo `cycle`, the months of one of its units: any month can begin a "2ME", three a "2QE-DEC".
    """

    kind: Literal["tick", "month", "business", "count"]
    step: int
    phase: int | None = None
    at_end: bool = False
    cycle: int = 1


def check_freq(alias: str) -> str:
    """Return the frequency in today's spelling, "H" as "h" and "0.5s" as "500ms".

    Raises:
        UsageError: no such frequency, or one that has no grid here.
    """
    text = alias.strip()
    if text.isdecimal() and int(text) > 0:
        return str(int(text))
    match = re.fullmatch(r"([\d.]*)([A-Za-z]+)(-[A-Za-z]{3})?", text)
    if match:
        text = _modern(*match.groups(default=""))
    try:
        offset = to_offset(text)
    except (ValueError, AttributeError) as error:
        raise UsageError(f"freq is '{alias}', which is no frequency.", _KNOWN) from error
    spelled = offset.freqstr if "-" in text else offset.freqstr.split("-")[0]
    _parse(spelled)
    return spelled


def describe(freq: str) -> str:
    """Return a frequency in words: "month (MS)", "15 minutes (15min)", "10" for counts."""
    match = re.fullmatch(r"(\d*)([A-Za-z]+)(-[A-Z]{3})?", freq)
    if match is None or match[2] not in _WORDS:
        return freq
    words = f"{match[1]} {_WORDS[match[2]]}s" if match[1] else _WORDS[match[2]]
    return f"{words} ({freq})"


def _modern(count: str, unit: str, anchor: str) -> str:
    if anchor:
        unit, anchor = unit.upper(), anchor.upper()
        return count + _OLD_ANCHORED.get(unit, unit) + anchor
    return count + _OLD.get(unit, unit.upper() if len(unit) == 1 and unit in "dwbmqay" else unit)


@lru_cache(maxsize=64)
def _parse(freq: str) -> _Grid:
    if freq.isdecimal():
        return _Grid("count", int(freq))
    offset = to_offset(freq)
    unit, _, anchor = offset.rule_code.partition("-")
    grid = None
    if isinstance(offset, pd.offsets.Tick) and offset.nanos % 1000 == 0:
        grid = _Grid("tick", offset.nanos // 1000)
    elif unit == "D":
        grid = _Grid("tick", offset.n * DAY)
    elif unit == "B":
        grid = _Grid("business", offset.n)
    elif unit == "W":
        grid = _Grid("tick", offset.n * WEEK, WEEKDAYS.index(anchor) if "-" in freq else None)
    elif unit in _MONTHS_OF:
        every = _MONTHS_OF[unit]
        phase = MONTHS.index(anchor) % every if "-" in freq else every - 1 if unit[1] == "E" else None
        grid = _Grid("month", offset.n * every, phase, unit[1] == "E", every)
    if grid is None or grid.step < 1:
        raise UsageError(f"freq is '{freq}', which has no grid that a forecast could follow.", _KNOWN)
    return grid


def grid(stamps: StampArray | IntArray, freq: str, name: str = "time", format: str | None = None) -> TimeAxis:
    """Return the time axis of `freq` that the stamps lie on; the commonest day, hour or phase decides.

    Raises:
        DataError: a stamp that is not on it.
        UsageError: `freq` is no frequency, or one for the other kind of time column.
    """
    freq = check_freq(freq)
    rule = _parse(freq)
    if (rule.kind == "count") != (stamps.dtype.kind != "M"):
        what = "whole numbers" if stamps.dtype.kind != "M" else "stamps"
        raise UsageError(f"freq is '{freq}', but the time column '{name}' holds {what}.", FREQ_HINT)
    if rule.kind == "count":
        anchor = str(commonest(stamps.astype(np.int64) % rule.step))
    else:
        anchor = str(_anchor(_micros(stamps), rule).astype("datetime64[us]"))
        anchor = anchor.removesuffix(".000000")
    axis = TimeAxis(name=name, freq=freq, anchor=anchor, format=format)
    to_ordinals(stamps, axis)
    return axis


def _micros(stamps: StampArray | IntArray) -> StampArray:
    return stamps.astype("datetime64[us]")


def commonest(numbers: IntArray) -> int:
    """Return the number that stands there most often, the smallest of several."""
    values, counts = np.unique(numbers, return_counts=True)
    return int(values[counts.argmax()])


def _anchor(stamps: StampArray, rule: _Grid) -> np.datetime64:
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
    day = 31 if rule.at_end else int(days.max()) if days.min() >= 28 else commonest(days)
    first: np.datetime64 = in_month(np.array([phase]), day)[0] + time_of_day
    return first


def in_month(months: IntArray, day: int) -> StampArray:
    """Return the dates with that day in the months since 1970-01, the last of the month where it is shorter."""
    first = months.astype("datetime64[M]")
    last = (first + 1).astype("datetime64[D]") - 1
    dates: StampArray = np.minimum(first.astype("datetime64[D]") + (day - 1), last)
    return dates


def to_ordinals(stamps: StampArray | IntArray, time: TimeAxis) -> IntArray:
    """Return how many steps each stamp lies after the anchor.

    Raises:
        DataError: a stamp that is not on the grid.
    """
    if time.freq is None or time.anchor is None:
        return stamps.astype(np.int64)
    rule = _parse(time.freq)
    if rule.kind == "count":
        plain = stamps.astype(np.int64)
        ordinals = (plain - int(time.anchor)) // rule.step
        wrong = ordinals * rule.step + int(time.anchor) != plain
    else:
        exact = _micros(stamps)
        ordinals = _nearest_ordinals(exact, rule, np.datetime64(time.anchor, "us"))
        wrong = to_stamps(ordinals, time) != exact
    if wrong.any():
        odd = str(stamps[wrong.argmax()]).removesuffix(".000000")
        count = int(wrong.sum())
        rest = f" and {count - 1} more" if count > 1 else ""
        raise DataError(f"'{time.name}' holds {odd}{rest}, off the grid of frequency {time.freq}.", FREQ_HINT)
    return ordinals


def _nearest_ordinals(stamps: StampArray, rule: _Grid, anchor: np.datetime64) -> IntArray:
    if rule.kind == "tick":
        steps: IntArray = (stamps - anchor).astype(np.int64)
    elif rule.kind == "business":
        steps = np.busday_count(anchor.astype("datetime64[D]"), stamps.astype("datetime64[D]")).astype(np.int64)
    else:
        steps = (stamps.astype("datetime64[M]") - anchor.astype("datetime64[M]")).astype(np.int64)
    return steps // rule.step


def to_stamps(ordinals: IntArray, time: TimeAxis) -> StampArray:
    """Return the stamps [us] of the ordinals on a time axis that has stamps."""
    assert time.freq is not None
    rule = _parse(time.freq)
    anchor = np.datetime64(time.anchor, "us")
    date = anchor.astype("datetime64[D]")
    if rule.kind == "tick":
        return np.asarray(anchor + (ordinals * rule.step).astype("timedelta64[us]"))
    if rule.kind == "business":
        return np.asarray(np.busday_offset(date, ordinals * rule.step) + (anchor - date))
    month = anchor.astype("datetime64[M]")
    day = 31 if rule.at_end else int((date - month.astype("datetime64[D]")).astype(np.int64)) + 1
    return np.asarray(in_month(int(month.astype(np.int64)) + ordinals * rule.step, day) + (anchor - date))


def format_stamps(ordinals: IntArray, time: TimeAxis) -> list[str]:
    """Return the stamps as text, written as the data had them; plain numbers where there are none.

    Beyond strftime, a format may end in "%1f" to "%5f": so many digits of the second's fraction.
    """
    if time.freq is None or time.anchor is None:
        return [str(number) for number in ordinals.tolist()]
    rule = _parse(time.freq)
    if rule.kind == "count":
        return [str(number) for number in (ordinals * rule.step + int(time.anchor)).tolist()]
    unique, inverse = np.unique(ordinals, return_inverse=True)
    stamps = to_stamps(unique, time)
    texts = _iso(stamps, time) if time.format is None else _written(stamps, time.format)
    return [texts[i] for i in inverse.ravel().tolist()]


def _iso(stamps: StampArray, time: TimeAxis) -> list[str]:
    rule = _parse(str(time.freq))
    midnight = np.datetime64(time.anchor, "us").astype(np.int64) % DAY == 0
    if midnight and (rule.kind != "tick" or rule.step % DAY == 0):
        return [str(text) for text in np.datetime_as_string(stamps, unit="D")]
    unit: Literal["s", "us"] = "s" if (stamps.astype(np.int64) % SECOND == 0).all() else "us"
    return [str(text) for text in np.datetime_as_string(stamps, unit=unit)]


def _written(stamps: StampArray, format: str) -> list[str]:
    fraction = _FRACTION.search(format)
    whole = _FRACTION.sub("%f", format)
    texts = [str(text) for text in pd.DatetimeIndex(stamps).strftime(whole)]
    surplus = 6 - int(fraction[1]) if fraction else 0
    return [text[: len(text) - surplus] for text in texts]


def season_lengths(freq: str | None) -> tuple[int, ...]:
    """Return how many steps make a season, shortest first: (24, 168) for "h", (12,) for "MS", (1,) if unknown."""
    rule = _parse(check_freq(freq)) if freq else _Grid("count", 1)
    if rule.kind == "count":
        return (1,)
    if rule.kind == "business":
        return (max(5 // rule.step, 1),)
    if rule.kind == "month":
        return (max(12 // rule.step, 1),)
    if rule.step % WEEK == 0:
        return (max(52 * WEEK // rule.step, 1),)
    return _tick_seasons(rule.step)


def _tick_seasons(step: int) -> tuple[int, ...]:
    cycles = (MINUTE,) if step < MINUTE else (HOUR, DAY) if step < 5 * MINUTE else (DAY, WEEK)
    found = tuple(cycle // step for cycle in cycles if cycle % step == 0 and cycle > step)
    return found if found and step >= SECOND else (1,)


def default_horizon(freq: str | None) -> int:
    """Return how many steps are forecast when nobody says: two days of hours, two weeks of days, a year of months."""
    rule = _parse(check_freq(freq)) if freq else _Grid("count", 1)
    if rule.kind == "count":
        return 12
    if rule.kind == "business":
        return 14
    if rule.kind == "month":
        return 12 if rule.step < 3 else 8 if rule.step < 12 else 6
    if rule.step >= DAY:
        return 13 if rule.step % WEEK == 0 else 14
    if rule.step >= HOUR:
        return max(2 * DAY // rule.step, 1)
    return DAY // rule.step if DAY // rule.step <= 96 else 60
