"""Columns that several tables share: ids, stamps, numbers."""

import math

import numpy as np

from rnncast.frequency import format_stamps
from rnncast.panel import FloatArray, Forecast, Panel
from rnncast.rendering.base import Column, Value


def id_columns(panel: Panel, repeats: int) -> list[Column]:
    """Return the series' ids, each so many times."""
    return [
        Column(name, np.repeat(panel.ids[:, number], repeats).tolist()) for number, name in enumerate(panel.id_names)
    ]


def stamps(forecast: Forecast) -> list[Value]:
    """Return when each step of a forecast is; where rows are only numbered, which step it is."""
    panel = forecast.panel
    if panel.time.name is None:
        return [*range(1, forecast.horizon + 1)] * panel.num_series
    ordinals = forecast.first[:, None] + np.arange(forecast.horizon)
    return list(format_stamps(ordinals.ravel(), panel.time))


def column(name: str, values: FloatArray, whole: bool = False) -> Column:
    """Return a column of all values, as whole numbers where they are; what is not finite is missing."""
    flat = values.ravel()
    cells: list[Value] = [int(value) if whole and math.isfinite(value) else value for value in flat.tolist()]
    for index in np.flatnonzero(~np.isfinite(flat)):
        cells[index] = None
    return Column(name, cells)


def steps(count: int) -> str:
    """Return how a sentence says so many steps."""
    return "1 step" if count == 1 else f"{count} steps"
