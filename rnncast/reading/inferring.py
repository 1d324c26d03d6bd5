"""Inferring the frequency of stamps: the commonest step, tolerant of gaps."""

from collections.abc import Sequence

import numpy as np

from rnncast.errors import DataError
from rnncast.frequency import (
    DAY,
    FREQ_HINT,
    HOUR,
    MINUTE,
    MONTHS,
    SECOND,
    WEEK,
    WEEKDAYS,
    StampArray,
    commonest,
    in_month,
)
from rnncast.panel import IntArray


def infer_freq(series: Sequence[StampArray | IntArray]) -> str:
    """Return the frequency of some series' stamps, each sorted and unique; gaps do no harm.

    The commonest step decides. Where fewer than nine steps in ten are multiples of it, it is the
    greatest common divisor, provided that it leaves at most three steps in four without a row.

    Raises:
        DataError: no two rows, or no regular step.
    """
    exact = [times.astype("datetime64[us]") if times.dtype.kind == "M" else times for times in series]
    steps = np.concatenate([np.diff(times.astype(np.int64)) for times in exact])
    if not len(steps):
        raise DataError("the frequency cannot be told from a single row.", FREQ_HINT)
    if series[0].dtype.kind != "M":
        return str(_regular(steps))
    stamps = np.concatenate(exact)
    if (stamps.astype(np.int64) % DAY == stamps[0].astype(np.int64) % DAY).all():
        found = _calendar_freq(stamps, series, commonest(steps))
        if found:
            return found
    step = _regular(steps)
    return _tick_freq(step, stamps)


def _regular(steps: IntArray) -> int:
    step = commonest(steps)
    if (steps % step == 0).mean() >= 0.9:
        return step
    divisor = int(np.gcd.reduce(steps))
    if divisor * 4 >= steps.mean():
        return divisor
    raise DataError("the stamps have no regular step, so the frequency cannot be told.", FREQ_HINT)


def _calendar_freq(stamps: StampArray, series: Sequence[StampArray | IntArray], step: int) -> str | None:
    dates = stamps.astype("datetime64[D]")
    if step == DAY:
        # Five days from Monday to Friday may be chance; a weekend that was skipped is not.
        return "B" if np.is_busday(dates).all() and any(_skips_weekend(times) for times in series) else None
    if step < 28 * DAY:
        return None
    months = dates.astype("datetime64[M]")
    days = (dates - months.astype("datetime64[D]")).astype(np.int64) + 1
    ends = bool((in_month(months.astype(np.int64), 31) == dates).all())
    fixed = bool((in_month(months.astype(np.int64), int(days.max())) == dates).all())
    if not (ends or fixed):
        return None
    every = _regular(np.concatenate([np.diff(s.astype("datetime64[M]").astype(np.int64)) for s in series]))
    return _month_freq(every, int(months[0].astype(np.int64)), ends and days.max() > 28)


def _skips_weekend(stamps: StampArray | IntArray) -> bool:
    if not len(stamps):
        return False
    first, last = stamps[0].astype("datetime64[D]"), stamps[-1].astype("datetime64[D]")
    return int(np.busday_count(first, last)) < int((last - first).astype(np.int64))


def _month_freq(every: int, month: int, at_end: bool) -> str:
    unit, length = ("Y", 12) if every % 12 == 0 else ("Q", 3) if every == 3 else ("M", 1)
    count = str(every // length) if every > length else ""
    usual = length - 1 if at_end else 0
    freq = f"{count}{unit}{'E' if at_end else 'S'}"
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
