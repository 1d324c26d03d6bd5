"""Horizons: how far is forecast where nothing is asked for, and what is too short for it."""

import numpy as np

from rnncast import frequency
from rnncast.errors import DataError
from rnncast.panel import Panel, series_name


def default_horizon(panel: Panel) -> int:
    """Return the usual horizon, or half of the shortest series where most are long enough and some are not."""
    usual, shortest = usual_horizon(panel), int(panel.lengths.min())
    return usual if shortest >= usual or np.median(panel.lengths) < usual else max(1, shortest // 2)


def usual_horizon(panel: Panel) -> int:
    """Return the usual horizon of the panel's frequency, or of its season where rows are only numbered."""
    if panel.time.freq is not None and not panel.time.freq.isdigit():
        return frequency.default_horizon(panel.time.freq)
    return {24: 48, 7: 14, 4: 8}.get(panel.season_length, frequency.default_horizon(None))


def check_lengths(panel: Panel, horizon: int) -> None:
    """Raise a DataError that names the first series shorter than the horizon, if there is one."""
    short = np.flatnonzero(panel.lengths < max(horizon, 4))
    if len(short):
        name, rows = series_name(panel.ids, short[0]), panel.lengths[short[0]]
        more = f" ({len(short) - 1} more are too short)" if len(short) > 1 else ""
        raise DataError(
            f"{name} has {rows} rows, fewer than the horizon of {horizon} steps{more}.",
            "Give a shorter --horizon, or leave such series out.",
        )
