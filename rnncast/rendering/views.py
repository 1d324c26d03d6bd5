"""Results as neutral tables: forecasts and inspections, before any format."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

import numpy as np

from rnncast.aliases import describe
from rnncast.bounds import UNBOUNDED, Bounds
from rnncast.checkpoint import Checkpoint
from rnncast.config import Config
from rnncast.frequency import format_stamps
from rnncast.horizons import default_horizon, usual_horizon
from rnncast.intervals import interval
from rnncast.panel import Forecast, Panel
from rnncast.reading import STANDARD_INPUT, Reading
from rnncast.rendering.base import Column, Table, Value
from rnncast.rendering.columns import column, id_columns, stamps, steps
from rnncast.scoring import only_usual
from rnncast.selection import holdout
from rnncast.spelling import say
from rnncast.survey import Survey

ROWS = 2**16
"""Rows of a forecast, about, that become a table at once."""


def followed(forecast: Forecast, levels: Sequence[int]) -> Table:
    """Return `forecast_table` with the row that it was forecast from, in a column before the times."""
    table, panel = forecast_table(forecast, levels), forecast.panel
    last = np.repeat(forecast.first - 1, forecast.horizon)
    origin = Column("origin", list(format_stamps(last, panel.time)))
    ids = len(panel.id_names)
    return replace(table, columns=(*table.columns[:ids], origin, *table.columns[ids:]))


def forecast_tables(
    forecasts: Iterable[Forecast], levels: Sequence[int], about: Mapping[str, Any] | None = None
) -> Iterator[Table]:
    """Yield `forecast_table` of some series after the other."""
    for forecast in forecasts:
        for series in forecast.panel.stretches(ROWS, max(1, ROWS // forecast.horizon)):
            yield forecast_table(forecast.part(series), levels, about)


def forecast_table(forecast: Forecast, levels: Sequence[int], about: Mapping[str, Any] | None = None) -> Table:
    """Return a row for each series and step: ids, time, the forecast of each target, its intervals.

    Of classes it is the likeliest, and the probability of each.
    """
    panel, horizon = forecast.panel, forecast.horizon
    columns = [*id_columns(panel, horizon), Column(panel.time.name or "step", stamps(forecast))]
    intervals = {level: interval(forecast, level) for level in levels} if forecast.quantile_levels else {}
    if panel.classes:
        return Table("forecast", (*columns, *_class_columns(forecast)), about=about or {})
    several, whole = panel.num_targets > 1, bool(forecast.bounds.integer)
    for number, target in enumerate(panel.target_names):
        columns.append(column(target if several else "forecast", forecast.point[:, :, number], whole))
        for level, bounds in intervals.items():
            prefix = f"{target}-" if several else ""
            for side, bound in zip(("lo", "hi"), bounds, strict=True):
                columns.append(column(f"{prefix}{side}-{level}", bound[:, :, number], whole))
    return Table("forecast", tuple(columns), about=about or {})


def _class_columns(forecast: Forecast) -> list[Column]:
    words, chances = forecast.panel.classes, forecast.probabilities  # [N, H, K]
    likeliest = Column("forecast", [words[number] for number in chances.argmax(axis=-1).ravel()])
    return [likeliest, *(column(f"p-{word}", chances[..., number]) for number, word in enumerate(words))]


def summary(reading: Reading) -> str:
    """Say in a sentence what was read."""
    panel, roles = reading.panel, reading.roles
    series = "1 series" if panel.num_series == 1 else f"{panel.num_series:,} series"
    every = f", every {describe(roles.freq)}" if roles.freq and panel.time.freq else ""
    season = ", ".join(map(str, panel.season_lengths))
    seasonal = f", season {season}" if panel.season_lengths != (1,) else ", no season"
    sources = ", ".join(STANDARD_INPUT if source == "-" else source for source in reading.sources)
    columns = {
        "target": panel.target_names,
        "time": roles.time and (roles.time,),
        "id": roles.id,
        "past": roles.past_covariates,
        "future": roles.future_covariates,
        "static": roles.static_covariates,
    }
    told = "".join(f"; {role} {', '.join(names)}" for role, names in columns.items() if names)
    return f"{sources}: {series}, {panel.num_rows:,} rows{every}{seasonal}{told}"


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
        found.append(f"the horizon is {steps(horizon)}, half of the shortest series, instead of the usual {usual}.")
    if held < wanted:
        found.append(f"{held} rows are held out, not {wanted}: no more than half of a series.")
    return found


def broken_bounds(panel: Panel, bounds: Bounds) -> list[str]:
    """Return a sentence on how many values of the history do not keep the bounds of its forecasts, if any."""
    if bounds == UNBOUNDED:
        return []
    rows, came = panel.row_mask(), panel.scored
    seen = came.values[rows][came.observed[rows]]
    count = bounds.broken_by(seen)
    return [f"{count:,} of {len(seen):,} values are not {bounds}, as every forecast is."] if count else []


def reading_table(reading: Reading, about: Mapping[str, Any]) -> Table:
    """Return what a data file holds: layout, columns and their roles, frequency, season, gaps, outliers."""
    panel, roles, survey = reading.panel, reading.roles, Survey.of(reading.panel)
    first, last = panel.start.min(), (panel.start + panel.lengths - 1).max()
    ends = format_stamps(np.array([first, last]), panel.time)
    entries: dict[str, Value] = {
        "written as": reading.form or None,
        "layout": reading.layout,
        "series": panel.num_series,
        "rows": panel.num_rows,
        "shortest series": int(panel.lengths.min()),
        "longest series": int(panel.lengths.max()),
        "target": ", ".join(panel.target_names),
        "id": ", ".join(panel.id_names) or None,
        "time": panel.time.name,
        "time format": say(panel.time.format) if panel.time.format else None,
        "time zone": panel.time.zone,
        "frequency": roles.freq,
        "first": ends[0],
        "last": ends[1],
        "season": ", ".join(map(str, panel.season_lengths)) if panel.season_lengths != (1,) else None,
        "past covariates": _covariates(panel, panel.past_names),
        "future covariates": _covariates(panel, panel.future_names),
        "static covariates": _covariates(panel, panel.static_names),
        "missing rows": reading.gaps,
        "missing values": reading.missing,
        "share missing": survey.missing,
        "series with gaps": survey.with_gaps,
        "constant series": survey.constant,
        "intermittent series": survey.intermittent,
        "outliers": survey.outliers,
        "repeated rows": reading.repeated,
    }
    return _entries(entries, about, "\n".join((*reading.left_out, *reading.notes)))


def _covariates(panel: Panel, names: Sequence[str]) -> str | None:
    """Return covariates by their names, with how many words each has that is a category."""
    said = [f"{name} ({len(panel.words[name])} words)" if name in panel.words else name for name in names]
    return ", ".join(said) or None


def checkpoint_table(checkpoint: Checkpoint, about: Mapping[str, Any]) -> Table:
    """Return what a checkpoint holds: its settings, its scores and the versions that made it."""
    config, panel = checkpoint.config, checkpoint.panel
    entries: dict[str, Value] = {
        "model": config.model.model,
        "members": len(checkpoint.final),
        "weights": sum(weight.size for weight in checkpoint.final[0].values()),
        "series": panel.num_series,
        "target": ", ".join(panel.target_names),
        "frequency": config.data.freq,
        "steps trained": ", ".join(str(step) for step in checkpoint.report.get("steps", [])),
    }
    for section in (config.window, config.model, config.training, config.bounds):
        entries |= {name: _plain(value) for name, value in asdict(section).items() if name != "model"}
    for name, row in only_usual(checkpoint.report.get("scores", {})).items():
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
