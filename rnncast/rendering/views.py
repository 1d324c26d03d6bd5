"""Results as neutral tables: forecasts, scores, inspections, before any format."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
import pandas as pd

from rnncast import registry
from rnncast.bounds import Bounds
from rnncast.checkpoint import Checkpoint
from rnncast.config import Config
from rnncast.evaluation import Scores
from rnncast.forecasting import interval
from rnncast.frequency import describe, format_stamps
from rnncast.horizons import default_horizon, usual_horizon
from rnncast.panel import FloatArray, Forecast, Panel
from rnncast.reading import Reading
from rnncast.rendering.base import Column, Table, Value
from rnncast.selection import holdout


def forecast_table(forecast: Forecast, levels: Sequence[int], about: Mapping[str, Any] | None = None) -> Table:
    """Return a row for each series and step: ids, time, the forecast of each target, its intervals."""
    panel, horizon = forecast.panel, forecast.horizon
    columns = [*_id_columns(panel, horizon), Column(panel.time.name or "step", _stamps(forecast))]
    intervals = {level: interval(forecast, level) for level in levels} if forecast.quantile_levels else {}
    several, whole = panel.num_targets > 1, bool(forecast.bounds.integer)
    for number, target in enumerate(panel.target_names):
        columns.append(_column(target if several else "forecast", forecast.point[:, :, number], whole))
        for level, bounds in intervals.items():
            prefix = f"{target}-" if several else ""
            for side, bound in zip(("lo", "hi"), bounds, strict=True):
                columns.append(_column(f"{prefix}{side}-{level}", bound[:, :, number], whole))
    return Table("forecast", tuple(columns), about=about or {})


def scores_table(scores: Scores, about: Mapping[str, Any] | None = None) -> Table:
    """Return a row for the model and each baseline, a column for each metric."""
    return metrics_table(scores.plain(), about)


def metrics_table(scores: Mapping[str, Mapping[str, float | None]], about: Mapping[str, Any] | None = None) -> Table:
    """Return the table of scores that are plain values, as `Scores.plain` gives them."""
    metrics = [
        name for name in (*registry.METRICS, *registry.INTERVAL_METRICS) if any(name in s for s in scores.values())
    ]
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
        values = np.stack(
            [np.full(panel.num_series, np.nan) if row is None else row.per_series for row in rows], axis=1
        )
        columns.append(_column(metric, values))
    return Table("metrics", tuple(columns), about=about or {})


def verdict(scores: Mapping[str, Mapping[str, float | None]]) -> str:
    """Say in a sentence how the model, the first of the scores, stands against the best baseline."""
    model, *baselines = scores
    metric = "mae" if any(row["mase"] is None for row in scores.values()) else "mase"
    mine, best = scores[model][metric], min(baselines, key=lambda name: _order(scores[name][metric]))
    its = scores[best][metric]
    if mine is None or its is None:
        return f"Nothing can be said of {model}: no value was observed where it was measured."
    (mine_said, its_said), unit = _told_apart(mine, its), metric.upper()
    if mine < its:
        return f"{model} is better than the best baseline, {best}: {unit} {mine_said} against {its_said}."
    if mine == its:
        return f"Warning: {model} is no better than the baseline {best}: {unit} {mine_said} for both."
    return f"Warning: the baseline {best} is better than {model}: {unit} {its_said} against {mine_said}."


def _told_apart(one: float, other: float) -> tuple[str, str]:
    """Return two numbers as text, with as many digits as it takes to see that they differ."""
    for digits in range(4, 17):
        said = f"{one:.{digits}g}", f"{other:.{digits}g}"
        if said[0] != said[1]:
            return said
    return f"{one:.4g}", f"{other:.4g}"


def _order(value: float | None) -> float:
    return np.inf if value is None else value


def summary(reading: Reading) -> str:
    """Say in a sentence what was read."""
    panel, roles = reading.panel, reading.roles
    series = "1 series" if panel.num_series == 1 else f"{panel.num_series:,} series"
    every = f", every {describe(roles.freq)}" if roles.freq and panel.time.freq else ""
    season = ", ".join(map(str, panel.season_lengths))
    seasonal = f", season {season}" if panel.season_lengths != (1,) else ", no season"
    sources = ", ".join("standard input" if source == "-" else source for source in reading.sources)
    return f"{sources}: {series}, {panel.num_rows:,} rows{every}{seasonal}; target {', '.join(panel.target_names)}"


def choices(config: Config) -> list[str]:
    """Return a line for each section of settings, as they were given or told from the data."""
    sections = config.to_dict()
    return [
        f"{name}: " + ", ".join(f"{key} {_plain(value)}" for key, value in section.items() if value not in (None, ()))
        for name, section in sections.items()
    ]


def shortfalls(panel: Panel, asked: Config) -> list[str]:
    """Return sentences on what was asked for, or is usual, and the data are too short for."""
    usual, horizon = usual_horizon(panel), asked.window.horizon or default_horizon(panel)
    wanted, held = asked.training.test or 0, int(holdout(panel.lengths, asked.training.test, horizon).max())
    found = []
    if asked.window.horizon is None and horizon < usual:
        found.append(f"the horizon is {_steps(horizon)}, half of the shortest series, instead of the usual {usual}.")
    if held < wanted:
        found.append(f"{held} rows are held out, not {wanted}: no more than half of a series.")
    return found


def broken_bounds(panel: Panel, bounds: Bounds) -> list[str]:
    """Return a sentence on how many values of the history do not keep the bounds of its forecasts, if any."""
    rows = panel.row_mask()
    seen = panel.values[rows][panel.observed[rows]]
    count = bounds.broken_by(seen)
    return [f"{count:,} of {len(seen):,} values are not {bounds}, as every forecast is."] if count else []


def mixed_units(panel: Panel) -> list[str]:
    """Return a sentence on what the scores of several targets say, none for one target."""
    if panel.num_targets == 1:
        return []
    return ["MSE, RMSE and MAE are means over targets, whatever their units; sMAPE and MASE have none."]


def plan(scores: Scores) -> dict[str, Any]:
    """Return from where the forecasts that were scored were made, for machines."""
    return {"windows": scores.plan.windows, "stride": scores.plan.stride, "steps": scores.plan.horizon}


def origins(scores: Scores) -> str:
    """Say in a sentence from where the forecasts that were scored were made."""
    plan, panel = scores.plan, scores.panel
    times = "1 origin" if plan.windows == 1 else f"{plan.windows} origins, {_steps(plan.stride)} apart"
    series = "1 series" if panel.num_series == 1 else f"{panel.num_series:,} series"
    return f"{series}, {times}, {_steps(plan.horizon)} from each."


def _steps(count: int) -> str:
    return "1 step" if count == 1 else f"{count} steps"


def reading_table(reading: Reading, about: Mapping[str, Any]) -> Table:
    """Return what a data file holds: layout, columns and their roles, frequency, season, gaps."""
    panel, roles = reading.panel, reading.roles
    first, last = panel.start.min(), (panel.start + panel.lengths - 1).max()
    stamps = format_stamps(np.array([first, last]), panel.time)
    entries: dict[str, Value] = {
        "layout": reading.layout,
        "series": panel.num_series,
        "rows": panel.num_rows,
        "shortest series": int(panel.lengths.min()),
        "longest series": int(panel.lengths.max()),
        "target": ", ".join(panel.target_names),
        "id": ", ".join(panel.id_names) or None,
        "time": panel.time.name,
        "frequency": roles.freq,
        "first": stamps[0],
        "last": stamps[1],
        "season": ", ".join(map(str, panel.season_lengths)) if panel.season_lengths != (1,) else None,
        "past covariates": ", ".join(panel.past_names) or None,
        "future covariates": ", ".join(panel.future_names) or None,
        "static covariates": ", ".join(panel.static_names) or None,
        "missing rows": reading.gaps,
        "missing values": reading.missing,
    }
    return _entries(entries, about, "\n".join((*reading.left_out, *reading.notes)))


def checkpoint_table(checkpoint: Checkpoint, about: Mapping[str, Any]) -> Table:
    """Return what a checkpoint holds: its settings, its scores and the versions that made it."""
    config, panel = checkpoint.config, checkpoint.panel
    entries: dict[str, Value] = {
        "model": config.model.model,
        "members": len(checkpoint.final),
        "weights": sum(weight.numel() for weight in checkpoint.final[0].values()),
        "series": panel.num_series,
        "target": ", ".join(panel.target_names),
        "frequency": config.data.freq,
        "steps trained": ", ".join(str(step) for step in checkpoint.report.get("steps", [])),
    }
    for section in (config.window, config.model, config.training, config.bounds):
        entries |= {name: _plain(value) for name, value in asdict(section).items() if name != "model"}
    for name, row in checkpoint.report.get("scores", {}).items():
        entries |= {f"held out, {name}, {metric}": value for metric, value in row.items()}
    entries |= {f"version of {name}": version for name, version in checkpoint.versions.items()}
    return _entries(entries, about)


def _entries(entries: Mapping[str, Value], about: Mapping[str, Any], note: str = "") -> Table:
    columns = Column("property", list(entries)), Column("value", list(entries.values()))
    return Table("inspection", columns, note=note, about=about)


def _plain(value: object) -> Value:
    if isinstance(value, tuple):
        return ", ".join(map(str, value))
    return value if isinstance(value, str | int | float | bool) else None


def frame(table: Table) -> pd.DataFrame:
    """Return a table as a data frame."""
    return pd.DataFrame({column.name: column.values for column in table.columns})


def _id_columns(panel: Panel, repeats: int) -> list[Column]:
    return [
        Column(name, np.repeat(panel.ids[:, number], repeats).tolist()) for number, name in enumerate(panel.id_names)
    ]


def _stamps(forecast: Forecast) -> list[Value]:
    panel = forecast.panel
    if panel.time.name is None:
        return [*range(1, forecast.horizon + 1)] * panel.num_series
    ordinals = forecast.first[:, None] + np.arange(forecast.horizon)
    return list(format_stamps(ordinals.ravel(), panel.time))


def _column(name: str, values: FloatArray, whole: bool = False) -> Column:
    flat = values.ravel()
    cells: list[Value] = [int(value) if whole and math.isfinite(value) else value for value in flat.tolist()]
    for index in np.flatnonzero(~np.isfinite(flat)):
        cells[index] = None
    return Column(name, cells)
