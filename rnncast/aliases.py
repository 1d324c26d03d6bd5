"""Aliases: what the name of a frequency means, "15min", "W-MON" or "QE-MAR", and what is usual for it.

    tick      a fixed length of time: 15min, h, D, W-MON (seven days from a Monday)
    month     a number of months: MS, ME, QS, QE, YS, YE; a day past the month's end is its last;
              with a B before, BMS ... BYE, the first or last day from Monday to Friday
    business  days from Monday to Friday: B; a holiday is a gap
    count     plain whole numbers instead of stamps: the frequency is the step as digits

MS, QS, YS and W without an anchor (`-FEB`, `-MON`) take day, month or weekday from the data; so do
the old spellings M, Q, A and Y, which become MS, QS and YS. H, T and S become h, min and s.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import pandas as pd
from pandas.tseries.frequencies import to_offset

from rnncast.errors import UsageError

SECOND = 1_000_000  # microseconds, the resolution of all stamps
MINUTE, HOUR, DAY, WEEK = 60 * SECOND, 3600 * SECOND, 86_400 * SECOND, 604_800 * SECOND
DAYS_OF_YEAR = 365.2425
WEEKDAYS = ("MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN")
MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
FREQ_HINT = "Give the frequency with --freq, for example --freq D."

_OLD = {"H": "h", "T": "min", "S": "s", "L": "ms", "U": "us", "M": "MS", "Q": "QS", "A": "YS", "Y": "YS"}
_OLD_ANCHORED = {"Q": "QE", "A": "YE", "Y": "YE"}
_MONTHS_OF = {"M": 1, "Q": 3, "Y": 12}
_WORDS = {
    "ms": "millisecond", "s": "second", "min": "minute", "h": "hour", "D": "day", "B": "business day", "W": "week",
    "MS": "month", "ME": "month", "QS": "quarter", "QE": "quarter", "YS": "year", "YE": "year",
    "BMS": "month", "BME": "month", "BQS": "quarter", "BQE": "quarter", "BYS": "year", "BYE": "year",
}  # fmt: skip
_KNOWN = "Known: s, min, h, D, B, W-MON, MS, ME, QS, QE, YS, YE and multiples such as 15min."


@dataclass(frozen=True, slots=True)
class Rule:
    """Describes a frequency: `step` in microseconds, months, business days or units; `phase` where fixed.

    The phase is modulo `cycle`, the months of one of its units: any month can begin a "2ME", three a "2QE-DEC".
    """

    kind: Literal["tick", "month", "business", "count"]
    step: int
    phase: int | None = None
    at_end: bool = False
    on_business_days: bool = False
    cycle: int = 1

    @property
    def is_clock(self) -> bool:
        """Tell whether it divides the day: such steps are as long in every zone, also where the clock is changed."""
        return self.kind == "tick" and self.step % DAY != 0


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
    parse(spelled)
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
def parse(freq: str) -> Rule:
    """Return what a frequency in today's spelling means.

    Raises:
        UsageError: it has no grid here.
    """
    if freq.isdecimal():
        return Rule("count", int(freq))
    offset = to_offset(freq)
    unit, _, anchor = offset.rule_code.partition("-")
    rule = None
    if isinstance(offset, pd.offsets.Tick) and offset.nanos % 1000 == 0:
        rule = Rule("tick", offset.nanos // 1000)
    elif unit == "D":
        rule = Rule("tick", offset.n * DAY)
    elif unit == "B":
        rule = Rule("business", offset.n)
    elif unit == "W":
        rule = Rule("tick", offset.n * WEEK, WEEKDAYS.index(anchor) if "-" in freq else None)
    elif re.fullmatch("B?[MQY][SE]", unit):
        rule = _monthly(unit, offset.n, anchor if "-" in freq else "")
    if rule is None or rule.step < 1:
        raise UsageError(f"freq is '{freq}', which has no grid that a forecast could follow.", _KNOWN)
    return rule


def _monthly(unit: str, count: int, anchor: str) -> Rule:
    every, at_end = _MONTHS_OF[unit[-2]], unit[-1] == "E"
    phase = MONTHS.index(anchor) % every if anchor else every - 1 if at_end else None
    return Rule("month", count * every, phase, at_end, unit[0] == "B", every)


def season_lengths(freq: str | None) -> tuple[int, ...]:
    """Return how many steps make a season, shortest first: (24, 168) for "h", (12,) for "MS", (1,) if unknown."""
    rule = parse(check_freq(freq)) if freq else Rule("count", 1)
    if rule.kind == "count":
        return (1,)
    if rule.kind == "business":
        return (max(5 // rule.step, 1),)
    if rule.kind == "month":
        return (max(12 // rule.step, 1),)
    if rule.step % WEEK == 0:
        return (max(52 * WEEK // rule.step, 1),)
    return _tick_seasons(rule.step)


def year_length(freq: str | None) -> float:
    """Return how many steps make a year; 0 for steps of a week and more, whose season it is, and for counts."""
    rule = parse(check_freq(freq)) if freq else Rule("count", 1)
    if rule.kind == "business":
        return DAYS_OF_YEAR * 5 / 7 / rule.step
    return DAYS_OF_YEAR * DAY / rule.step if rule.kind == "tick" and rule.step < WEEK else 0.0


def _tick_seasons(step: int) -> tuple[int, ...]:
    cycles = (MINUTE,) if step < MINUTE else (HOUR, DAY) if step < 5 * MINUTE else (DAY, WEEK)
    found = tuple(cycle // step for cycle in cycles if cycle % step == 0 and cycle > step)
    return found if found and step >= SECOND else (1,)


def default_horizon(freq: str | None) -> int:
    """Return how many steps are forecast when nobody says: two days of hours, two weeks of days, a year of months."""
    rule = parse(check_freq(freq)) if freq else Rule("count", 1)
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
