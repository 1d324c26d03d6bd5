"""Inferring the frequency of stamps: the commonest step, tolerant of gaps."""

from collections.abc import Sequence
from typing import Literal

import numpy as np

from rnncast.aliases import DAY, FREQ_HINT, HOUR, MINUTE, MONTHS, SECOND, WEEK, WEEKDAYS
from rnncast.errors import DataError
from rnncast.frequency import commonest, in_month
from rnncast.panel import IntArray
from rnncast.reading.base import StampArray
from rnncast.zones import to_wall

_USUAL = ((SECOND, "s"), (MINUTE, "min"), (HOUR, "h"), (DAY, "D"), (WEEK, "W"), (31 * DAY, "MS"), (366 * DAY, "YS"))


def infer_freq(series: Sequence[StampArray | IntArray], zone: str | None = None) -> str:
    """Return the frequency of some series' stamps, each sorted and unique; gaps do no harm.

    The commonest step decides. Where fewer than nine steps in ten are multiples of it, it is the
    greatest common divisor, provided that it leaves at most three steps in four without a row.

    Raises:
        DataError: no two rows, or no regular step.
    """
    exact = [_exact(times, zone) for times in series]
    steps = np.concatenate([np.diff(times.astype(np.int64)) for times in exact])
    if not len(steps):
        raise DataError("the frequency cannot be told from a single row.", FREQ_HINT)
    if exact[0].dtype.kind != "M":
        return str(_regular(steps, "10"))
    stamps = np.concatenate(exact).astype("datetime64[us]")
    if _at_one_hour(stamps):
        found = _calendar_freq(stamps, exact, commonest(steps))
        if found:
            return found
    median = int(np.median(steps))
    usual = next((alias for length, alias in _USUAL if length >= median), "YS")
    return _tick_freq(_regular(steps, usual), stamps)


def _exact(times: StampArray | IntArray, zone: str | None) -> StampArray | IntArray:
    """Return stamps in microseconds; of instants the local ones where these are always at one time of day."""
    if times.dtype.kind != "M":
        return times
    stamps: StampArray = times.astype("datetime64[us]")
    wall = stamps if zone is None else to_wall(stamps, zone)
    return wall if _at_one_hour(wall) else stamps


def _at_one_hour(stamps: StampArray) -> bool:
    return bool((stamps.astype(np.int64) % DAY == stamps[:1].astype(np.int64) % DAY).all())


def _regular(steps: IntArray, usual: str) -> int:
    step = commonest(steps)
    if (steps % step == 0).mean() >= 0.9:
        return step
    divisor = int(np.gcd.reduce(steps))
    if divisor * 4 >= steps.mean():
        return divisor
    raise DataError(
        "the stamps have no regular step, so the frequency cannot be told.",
        f"Give a step and how the rows in it are joined: --freq {usual} --aggregate mean, or sum, or last.",
    )


def _calendar_freq(stamps: StampArray, series: Sequence[StampArray | IntArray], step: int) -> str | None:
    dates = stamps.astype("datetime64[D]")
    if step == DAY:
        # Five days from Monday to Friday may be chance; a weekend that was skipped is not.
        return "B" if np.is_busday(dates).all() and any(_skips_weekend(times) for times in series) else None
    if step < 28 * DAY:
        return None
    months = dates.astype("datetime64[M]")
    days = (dates - months.astype("datetime64[D]")).astype(np.int64) + 1
    number = months.astype(np.int64)
    last = in_month(number, 31)
    begins, ends = _is_weekday(dates, in_month(number, 1), "forward"), _is_weekday(dates, last, "backward")
    is_end = bool((last == dates).all())
    is_fixed = bool((in_month(number, int(days.max())) == dates).all())
    if not (is_end or is_fixed or begins or ends):
        return None
    every = _regular(np.concatenate([np.diff(s.astype("datetime64[M]").astype(np.int64)) for s in series]), "MS")
    at_end = (is_end and days.max() > 28) or (ends and not is_fixed)
    return _month_freq(every, int(number[0]), at_end, "" if is_end or is_fixed else "B")


def _is_weekday(dates: StampArray, wanted: StampArray, roll: Literal["forward", "backward"]) -> bool:
    """Tell whether dates are the wanted ones, or where these are no weekdays the next ones in a direction."""
    return bool((np.busday_offset(wanted, 0, roll=roll) == dates).all())


def _skips_weekend(stamps: StampArray | IntArray) -> bool:
    if not len(stamps):
        return False
    first, last = stamps[0].astype("datetime64[D]"), stamps[-1].astype("datetime64[D]")
    return int(np.busday_count(first, last)) < int((last - first).astype(np.int64))


def _month_freq(every: int, month: int, at_end: bool, business: str) -> str:
    unit, length = ("Y", 12) if every % 12 == 0 else ("Q", 3) if every == 3 else ("M", 1)
    count = str(every // length) if every > length else ""
    usual = length - 1 if at_end else 0
    freq = f"{count}{business}{unit}{'E' if at_end else 'S'}"
    if month % length == usual:
        return freq
    # Pandas names quarters ending in March, June ... by the last of them, QE-DEC.
    first = month % length if not (at_end and length == 3) else month % 3 + 9
    return f"{freq}-{MONTHS[first]}"


def _tick_freq(step: int, stamps: StampArray) -> str:
    if step % WEEK == 0:
        weekday = int(stamps[0].astype("datetime64[D]").astype(np.int64) + 3) % 7
        return f"{step // WEEK if step > WEEK else ''}W-{WEEKDAYS[weekday]}"
    for length, unit in ((DAY, "D"), (HOUR, "h"), (MINUTE, "min"), (SECOND, "s"), (1000, "ms")):
        if step % length == 0:
            return f"{step // length if step > length else ''}{unit}"
    return f"{step}us"
