"""Horizons: how far is forecast where nothing is asked for, and what is too short for it."""

import numpy as np

from rnncast import aliases
from rnncast.errors import DataError
from rnncast.panel import Panel, series_name

LEAST = 4
"""Rows below which nothing is forecast."""


def default_horizon(panel: Panel) -> int:
    """Return the usual horizon, or half of the shortest series where most are long enough and some are not."""
    usual, shortest = usual_horizon(panel), int(panel.lengths.min())
    return usual if shortest >= usual or np.median(panel.lengths) < usual else max(1, shortest // 2)


def usual_horizon(panel: Panel) -> int:
    """Return the usual horizon of the panel's frequency, or of its season where rows are only numbered."""
    if panel.time.freq is not None and not panel.time.freq.isdigit():
        return aliases.default_horizon(panel.time.freq)
    return {24: 48, 7: 14, 4: 8}.get(panel.season_length, aliases.default_horizon(None))


def check_lengths(panel: Panel, horizon: int) -> None:
    """Raise a DataError that names the first series too short to learn the horizon from, if there is one."""
    _check(panel, horizon, f"fewer than the horizon of {horizon} steps", "Give a shorter --horizon, or leave")


def check_rows(panel: Panel) -> None:
    """Raise a DataError that names the first series too short to forecast without learning, if there is one."""
    _check(panel, LEAST, f"and a forecast needs {LEAST}", "Give more rows, or leave")


def _check(panel: Panel, least: int, why: str, hint: str) -> None:
    short = np.flatnonzero(panel.lengths < max(least, LEAST))
    if len(short):
        name, rows = series_name(panel.ids, short[0]), panel.lengths[short[0]]
        more = f" ({len(short) - 1} more are too short)" if len(short) > 1 else ""
        raise DataError(f"{name} has {rows} rows, {why}{more}.", f"{hint} such series out.")
