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


def window_average(panel: Panel, horizon: int) -> FloatArray:
    """Forecast the mean of what was seen in as many of the last steps as are forecast, rounded up to whole seasons."""
    season = panel.season_length
    window = season * -(-horizon // season)
    first, last = first_seen(panel), last_seen(panel)  # [N, C]
    rows = last[:, None] - np.arange(window)[:, None]  # [N, w, C]
    inside = rows >= first[:, None]
    rows = np.maximum(rows, first[:, None])
    counted = inside & panel.observed[rows, np.arange(panel.num_targets)]
    counted[:, 0] = True  # the last is seen, but where nothing at all was
    share = np.where(counted, _at_rows(panel, rows), 0.0) / counted.sum(axis=1, keepdims=True)
    return np.repeat(share.sum(axis=1, keepdims=True), horizon, axis=1)  # [N, H, C]


def _at_rows(panel: Panel, rows: IntArray) -> FloatArray:
    """Return the values at `rows` [N, ..., C], each target from its own row."""
    values: FloatArray = panel.values[rows, np.arange(panel.num_targets)]
    return values
