"""Where an axis has its ticks, and what people read there: round numbers, and the years, months, days and hours."""

from math import ceil, floor, isfinite, log10
from typing import NamedTuple

import numpy as np

from rnncast.panel import IntArray
from rnncast.rendering.charts.base import Steps
from rnncast.spelling import MONTHS

_SECONDS = {"Y": 31_556_952.0, "M": 2_629_746.0, "D": 86_400.0, "h": 3_600.0, "m": 60.0, "s": 1.0}
_UNITS = [
    *(("s", count) for count in (1, 5, 15, 30)),
    *(("m", count) for count in (1, 5, 15, 30)),
    *(("h", count) for count in (1, 3, 6, 12)),
    *(("D", count) for count in (1, 2, 7, 14)),
    *(("M", count) for count in (1, 3, 6)),
    *(("Y", count * power) for power in (1, 10, 100, 1000) for count in (1, 2, 5)),
]
"""Units of the calendar, the finest first."""

_SINCE = {("Y", False): 1970, ("D", True): 3}
"""What is added to numpy's count from 1970-01-01, by the unit and whether it is of weeks: that day was a Thursday."""

_SUFFIXES = {1e12: "T", 1e9: "B", 1e6: "M"}


class Tick(NamedTuple):
    """Says where on an axis something is written: at the step of this number, or at this value."""

    place: float
    label: str


def time_ticks(steps: Steps, most: int) -> list[Tick]:
    """Return at most `most` ticks where a year, month, day, hour ... or a round number begins."""
    if steps.dtype.kind != "M":
        return _counted(steps.astype(np.int64), most)
    seconds = steps.astype("datetime64[s]").astype(np.int64)
    usual = float(np.median(np.diff(seconds))) if len(steps) > 1 else 0.0
    for unit, count in _UNITS:
        places = _begins(steps, unit, count)
        if len(places) <= most and 1.1 * _SECONDS[unit] * count >= usual:
            break
    texts = [str(step) for step in steps[places].astype("datetime64[s]")]
    labels = [_dated(text, before, unit) for text, before in zip(texts, ["", *texts], strict=False)]
    return [Tick(*tick) for tick in zip(places, labels, strict=True)]


def number_ticks(low: float, high: float, most: int) -> list[Tick]:
    """Return at most about `most` ticks at round numbers from `low` to `high`."""
    width = _round_width(high / max(most, 1) - low / max(most, 1))
    if not width or not isfinite(width):
        return [Tick(low, number_labels([low])[0])]
    numbers = range(ceil(low / width - 1e-9), floor(high / width + 1e-9) + 1)
    values = [width * number for number in numbers]
    return [Tick(*tick) for tick in zip(values, number_labels(values), strict=True)]


def number_labels(values: list[float]) -> list[str]:
    """Return how people write these numbers on one axis: 1,500 or 1.5M, all with as many decimals."""
    largest = max(map(abs, values), default=0.0)
    if largest >= 1e15 or 0 < largest < 1e-4:
        return [f"{value:.3g}" for value in values]
    unit = next((unit for unit in _SUFFIXES if largest >= unit), 1.0)
    scaled = [value / unit for value in values]
    exact = (n for n in range(8) if all(abs(round(v, n) - v) <= 1e-6 * largest / unit for v in scaled))
    decimals = next(exact, 8)
    return [f"{value:,.{decimals}f}{_SUFFIXES.get(unit, '')}" for value in scaled]


def _round_width(least: float) -> float:
    """Return the least of 1, 2, 5, 10 ... times a power of ten that is not below `least`."""
    if not least > 0 or not isfinite(least):
        return 0.0
    power = 10.0 ** floor(log10(least))
    return next(power * share for share in (1, 2, 5, 10, 20) if power * share >= least * (1 - 1e-9))


def _counted(numbers: IntArray, most: int) -> list[Tick]:
    width = max(1, round(_round_width((int(numbers[-1]) - int(numbers[0])) / max(most, 1))))
    places = np.flatnonzero(np.diff(numbers // width, prepend=(numbers[0] - 1) // width))
    return [Tick(int(place), f"{int(numbers[place]):,}" if width >= 1000 else str(numbers[place])) for place in places]


def _begins(steps: Steps, unit: str, count: int) -> list[int]:
    """Return the numbers of the steps that are the first of so many units of the calendar."""
    number = steps.astype(f"datetime64[{unit}]").astype(np.int64) + _SINCE.get((unit, count % 7 == 0), 0)
    changes = np.flatnonzero(np.diff(number // count)) + 1
    is_begin = number[0] % count == 0 and steps[0].astype(f"datetime64[{unit}]") == steps[0]
    return [*([0] if is_begin else []), *changes.tolist()]


def _dated(text: str, before: str, unit: str) -> str:
    """Return an ISO stamp in words no finer than its unit, with what has changed since the one before."""
    date, clock = text.split("T")
    year, month, day = date.rsplit("-", 2)
    name = MONTHS[int(month) - 1][:3]
    this_year = "" if before.startswith(f"{year}-") else f" {year}"
    match unit:
        case "Y":
            return year
        case "M":
            return name + this_year
        case "D":
            return f"{int(day)} {name}{this_year}"
    shown = clock if unit == "s" else clock[:5]
    if before.startswith(date):
        return shown
    return f"{int(day)} {name}" + ("" if clock == "00:00:00" else f" {shown}")
