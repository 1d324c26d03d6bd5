"""Results as neutral tables: forecasts, scores, inspections, before any format."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from rnncast import registry
from rnncast.errors import UsageError
from rnncast.evaluation import Scores
from rnncast.forecasting import interval
from rnncast.frequency import format_stamps
from rnncast.panel import Forecast, Panel
from rnncast.rendering.base import Column, Table, Value


def forecast_table(forecast: Forecast, levels: Sequence[int], about: Mapping[str, Any] | None = None) -> Table:
    """Return a row for each series and step: ids, time, the forecast of each target, its intervals."""
    panel, horizon = forecast.panel, forecast.horizon
    columns = [*_id_columns(panel, horizon), Column(panel.time.name or "step", _stamps(forecast))]
    intervals = {level: interval(forecast, level) for level in levels} if forecast.quantile_levels else {}
    several = panel.num_targets > 1
    for number, target in enumerate(panel.target_names):
        columns.append(_column(target if several else "forecast", forecast.point[:, :, number]))
        for level, bounds in intervals.items():
            prefix = f"{target}-" if several else ""
            for side, bound in zip(("lo", "hi"), bounds, strict=True):
                columns.append(_column(f"{prefix}{side}-{level}", bound[:, :, number]))
    return Table("forecast", tuple(columns), about=about or {})


def scores_table(scores: Scores, about: Mapping[str, Any] | None = None) -> Table:
    """Return a row for the model and each baseline, a column for each metric."""
    return metrics_table(plain(scores), about)


def metrics_table(scores: Mapping[str, Mapping[str, float | None]], about: Mapping[str, Any] | None = None) -> Table:
    """Return the table of scores that are plain values, as `plain` gives them."""
    metrics = [name for name in (*registry.METRICS, *registry.INTERVAL_METRICS) if any(name in s for s in scores.values())]
    columns = [Column("model", list(scores))]
    columns += [Column(metric, [row.get(metric) for row in scores.values()]) for metric in metrics]
    best: dict[str, Any] = {metric: "lowest" for metric in metrics if metric in registry.METRICS}
    return Table("metrics", tuple(columns), about=about or {}, best=best)


def series_table(scores: Scores, about: Mapping[str, Any] | None = None) -> Table:
    """Return a row for each series and forecaster, a column for each metric."""
    panel, names = scores.panel, list(scores.by_name)
    metrics = list(dict.fromkeys(metric for row in scores.by_name.values() for metric in row))
    columns = [*_id_columns(panel, len(names)), Column("model", names * panel.num_series)]
    for metric in metrics:
        rows = [scores.by_name[name].get(metric) for name in names]
        values = np.stack([np.full(panel.num_series, np.nan) if row is None else row.per_series for row in rows], axis=1)
        columns.append(_column(metric, values))
    return Table("metrics", tuple(columns), about=about or {})


def plain(scores: Scores) -> dict[str, dict[str, float | None]]:
    """Return every metric of every forecaster as plain values; what is undefined is None."""
    return {
        name: {metric: _finite(score.overall) for metric, score in row.items()} for name, row in scores.by_name.items()
    }


def frame(table: Table) -> pd.DataFrame:
    """Return a table as a data frame."""
    return pd.DataFrame({column.name: column.values for column in table.columns})


def _id_columns(panel: Panel, repeats: int) -> list[Column]:
    return [
        Column(name, np.repeat(panel.ids[:, number], repeats).tolist()) for number, name in enumerate(panel.id_names)
    ]


def _stamps(forecast: Forecast) -> list[Value]:
    panel, steps = forecast.panel, np.arange(forecast.horizon)
    if panel.time.name is None:
        return list((steps + 1).tolist()) * panel.num_series
    return list(format_stamps((forecast.first[:, None] + steps).ravel(), panel.time))


def _column(name: str, values: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> Column:
    return Column(name, [_finite(value) for value in values.ravel().tolist()])


def _finite(value: float) -> float | None:
    return value if np.isfinite(value) else None
