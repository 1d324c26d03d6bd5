"""Baselines: forecasts that need no fit, which every model has to beat.

A baseline is a function from a panel and a horizon to point forecasts [N, H, C], for all series at once.
It reads nothing after the last step that was really seen: what a gap at the end was filled with may know of
later rows. The definitions are those of Hyndman and Athanasopoulos, Forecasting: Principles and Practice,
3rd edition, section 5.2.
"""

import numpy as np

from rnncast import registry
from rnncast.panel import FloatArray, IntArray, Panel


def forecast_baseline(name: str, panel: Panel, horizon: int) -> FloatArray:
    """Return the forecast [N, H, C] of the baseline called `name`.

    Raises:
        UsageError: no such baseline.
    """
    forecast: FloatArray = registry.find(registry.BASELINES, name, "baseline").load()(panel, horizon)
    return forecast


def naive(panel: Panel, horizon: int) -> FloatArray:
    """Forecast the last value."""
    last = _at_rows(panel, _last_seen(panel))  # [N, C]
    return np.repeat(last[:, None], horizon, axis=1)  # [N, H, C]


def seasonal_naive(panel: Panel, horizon: int) -> FloatArray:
    """Forecast the value one season before; a series shorter than a season repeats all there is of it."""
    season = np.clip(panel.lengths, 1, panel.season_length)  # [N]
    first = panel.offsets + np.maximum(panel.lengths - season, 0)
    rows = first[:, None] + np.arange(horizon) % season[:, None]  # [N, H]
    return _at_rows(panel, np.minimum(rows[..., None], _last_seen(panel)[:, None]))  # [N, H, C]


def drift(panel: Panel, horizon: int) -> FloatArray:
    """Forecast the line through the first and the last value; one value alone goes on level."""
    first, last = _first_seen(panel), _last_seen(panel)  # [N, C]
    end = _at_rows(panel, last)
    slope = (end - _at_rows(panel, first)) / np.maximum(last - first, 1)
    origin = (panel.offsets + panel.lengths - 1)[:, None]
    steps = (origin - last)[:, None] + np.arange(1, horizon + 1)[:, None]  # [N, H, C]
    forecast: FloatArray = end[:, None] + slope[:, None] * steps
    return forecast


def _at_rows(panel: Panel, rows: IntArray) -> FloatArray:
    """Return the values at `rows` [N, ..., C], each target from its own row."""
    values: FloatArray = panel.values[rows, np.arange(panel.num_targets)]
    return values


def _last_seen(panel: Panel) -> IntArray:
    """Return the row of the last observed step [N, C], the first row where none was observed."""
    end = np.maximum(panel.offsets + panel.lengths - 1, panel.offsets)
    if panel.observed[end].all():
        return np.repeat(end[:, None], panel.num_targets, axis=1)
    rows = np.where(panel.observed, np.arange(len(panel.values))[:, None], -1)  # [R, C]
    last: IntArray = np.maximum(np.maximum.accumulate(rows)[end], panel.offsets[:, None])
    return last


def _first_seen(panel: Panel) -> IntArray:
    """Return the row of the first observed step [N, C], never after `_last_seen`."""
    if panel.observed[panel.offsets].all():
        return np.repeat(panel.offsets[:, None], panel.num_targets, axis=1)
    rows = np.where(panel.observed, np.arange(len(panel.values))[:, None], len(panel.values))  # [R, C]
    first = np.minimum.accumulate(rows[::-1])[::-1][panel.offsets]
    return np.minimum(first, _last_seen(panel))
