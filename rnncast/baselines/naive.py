"""Forecasts that fit nothing: Hyndman and Athanasopoulos, Forecasting: Principles and Practice, 3rd edition, 5.2."""

import numpy as np

from rnncast.baselines.base import first_seen, last_seen
from rnncast.panel import FloatArray, IntArray, Panel


def naive(panel: Panel, horizon: int) -> FloatArray:
    """Forecast the last value."""
    last = _at_rows(panel, last_seen(panel))  # [N, C]
    return np.repeat(last[:, None], horizon, axis=1)  # [N, H, C]


def seasonal_naive(panel: Panel, horizon: int) -> FloatArray:
    """Forecast the value one season before; a series shorter than a season repeats all there is of it."""
    season = np.clip(panel.lengths, 1, panel.season_length)  # [N]
    first = panel.offsets + np.maximum(panel.lengths - season, 0)
    rows = first[:, None] + np.arange(horizon) % season[:, None]  # [N, H]
    return _at_rows(panel, np.minimum(rows[..., None], last_seen(panel)[:, None]))  # [N, H, C]


def drift(panel: Panel, horizon: int) -> FloatArray:
    """Forecast the line through the first and the last value; one value alone goes on level."""
    first, last = first_seen(panel), last_seen(panel)  # [N, C]
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
