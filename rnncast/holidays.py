"""Holidays: days off of countries as covariates that are known ahead, for as many steps as a forecast needs.

The days come from the library `holidays`, an optional extra, and from no file, so that a table needs no column of them.
For each country, or part of one, there is a column: 1 where the day of a step is a holiday, else 0, and for steps of
more than a day the share of its days that are. Steps of a day or less have two more, for the day before a holiday and
the day after.

Axes: R rows, N series, K columns.
"""

from collections.abc import Sequence
from dataclasses import replace
from difflib import get_close_matches
from types import ModuleType

import numpy as np

from rnncast import frequency
from rnncast.errors import DeviceError, UsageError, nearest
from rnncast.panel import FloatArray, IntArray, Panel, TimeAxis, ranges

PREFIX = "holidays:"
"""What the names of all columns begin with."""

BESIDE = {"": 0, ":before": 1, ":after": -1}
"""What is added to the name of a column of days, and how many days later the holiday is."""


def added(panel: Panel, codes: Sequence[str]) -> Panel:
    """Return a panel with the holidays of some countries after its other future covariates.

    Args:
        panel: the series.
        codes: of countries, such as "US", or of parts of one, such as "DE-BY".

    Raises:
        UsageError: an unknown code, or steps that are no days of a calendar.
        DeviceError: the library is not installed.
    """
    if not codes:
        return panel
    known = ranges(panel.future_offsets, panel.future_lengths)
    ordinals = ranges(panel.start, panel.future_lengths)
    names, columns = _columns(ordinals, panel.time, codes)
    return replace(
        panel,
        future_covariates=np.column_stack([panel.future_covariates[known], columns]),
        future_offsets=np.cumsum(panel.future_lengths) - panel.future_lengths,
        future_names=(*panel.future_names, *names),
    )


def without(panel: Panel) -> Panel:
    """Return a panel without the columns that `added` put there."""
    kept = [number for number, name in enumerate(panel.future_names) if not name.startswith(PREFIX)]
    names = tuple(panel.future_names[number] for number in kept)
    return replace(panel, future_covariates=panel.future_covariates[:, kept], future_names=names)


def reaching(panel: Panel, codes: Sequence[str], horizon: int) -> Panel:
    """Return a panel whose holidays are known for `horizon` steps; other future covariates end where they end."""
    plain = without(panel)
    if plain.future_names or not codes:
        return panel
    lengths = np.maximum(panel.future_lengths, panel.lengths + horizon)
    offsets = np.cumsum(lengths) - lengths
    none = np.zeros((int(lengths.sum()), 0))
    return added(replace(plain, future_covariates=none, future_offsets=offsets, future_lengths=lengths), codes)


def _columns(ordinals: IntArray, time: TimeAxis, codes: Sequence[str]) -> tuple[list[str], FloatArray]:
    """Return the names of all columns and what they say about the steps [R], [R, K]."""
    if time.freq is None or time.freq.isdigit():
        raise UsageError("--holidays needs dates, and the steps are only numbered.", "Leave --holidays out.")
    steps, inverse = np.unique(ordinals, return_inverse=True)
    first, after = frequency.days(steps, time)
    begin, end = int(first.min()) - 1, int(after.max()) + 1  # a day more on either side
    names, columns = [], []
    for code in codes:
        off = _days_off(code, begin, end)  # [days]
        total = np.concatenate([[0], off.cumsum()])
        for name, later in BESIDE.items() if (after - first == 1).all() else [("", 0)]:
            count = total[after + later - begin] - total[first + later - begin]
            names.append(f"{PREFIX}{code}{name}")
            columns.append((count / (after - first))[inverse])
    return names, np.column_stack(columns)


def _days_off(code: str, begin: int, end: int) -> IntArray:
    """Return 1 for each day from `begin` to before `end`, counted from 1970, that is a holiday, else 0."""
    library = _library()
    country, _, part = code.upper().partition("-")
    countries = library.list_supported_countries(include_aliases=True)
    if country not in countries:
        raise UsageError(f"there is no calendar of holidays for '{code}'.", _offer(country, library))
    parts = {name.upper(): name for name in countries[country]}
    if part and part not in parts:
        hint = nearest(part, parts) if parts else f"Take {country} as a whole."
        raise UsageError(f"there is no part '{part}' of {country} with holidays of its own.", hint)
    years = np.array([begin, end]).astype("datetime64[D]").astype("datetime64[Y]").astype(int) + 1970
    calendar = library.country_holidays(country, subdiv=parts.get(part), years=range(years[0], years[1] + 1))
    days = np.array(sorted(calendar), dtype="datetime64[D]").astype(np.int64)
    off = np.zeros(end - begin, dtype=np.int64)
    off[days[(days >= begin) & (days < end)] - begin] = 1
    return off


def _offer(country: str, library: ModuleType) -> str:
    """Return a hint that offers the code of the country that was most likely meant, by its code or its name."""
    codes = {spelled.upper(): entry[1] for entry in library.registry.COUNTRIES.values() for spelled in entry}
    close = get_close_matches(country, codes, n=1)
    offer = f"Did you mean '{codes[close[0]]}'? " if close else ""
    return f"{offer}Countries have two letters, such as US, DE or GB, and parts of them follow a hyphen: DE-BY."


def _library() -> ModuleType:
    try:
        import holidays
    except ImportError as error:
        raise DeviceError(
            "--holidays needs the library 'holidays', which is not installed.", "Run: pip install 'rnncast[holidays]'"
        ) from error
    return holidays
