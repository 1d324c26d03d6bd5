"""Scores as neutral tables and sentences: overall, by series, step or origin, and how the model stands."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal

import numpy as np

from rnncast import registry
from rnncast.assessment import Standing, leading
from rnncast.evaluation import MANY, Scores
from rnncast.frequency import format_stamps
from rnncast.panel import FloatArray, Panel
from rnncast.rendering.base import Column, Table, Value
from rnncast.rendering.columns import column, id_columns, steps
from rnncast.scoring import Plain
from rnncast.significance import SIGNIFICANT
from rnncast.spread import DRAWS, Interval

About = Mapping[str, Any]

SPARE = frozenset({"rmsse", "owa"})
"""Metrics that a screen may be too narrow for."""


def scores_table(scores: Scores, about: About | None = None, metrics: Sequence[str] | None = None) -> Table:
    """Return a row for the model and each baseline, a column for each of `metrics`, the usual ones by default."""
    return metrics_table(scores.plain(metrics), about, SPARE if metrics is None else frozenset())


def metrics_table(scores: Plain, about: About | None = None, spare: frozenset[str] = SPARE) -> Table:
    """Return the table of scores that are plain values, as `Scores.plain` gives them."""
    names = list(dict.fromkeys(name for row in scores.values() for name in row))
    columns = [Column("model", list(scores))]
    columns += [Column(name, [row.get(name) for row in scores.values()]) for name in names]
    return Table("metrics", tuple(columns), about=about or {}, best={name: _aim(name) for name in names}, spare=spare)


def _aim(metric: str) -> Literal["lowest", "highest"] | float:
    """Return which of a metric's values is the best."""
    family, _, number = metric.rpartition("-")
    if family == "coverage":
        return float(number) / 100
    return "highest" if metric == "accuracy" else "lowest"


def with_spread(table: Table, spread: Mapping[str, Interval]) -> Table:
    """Return a table of metrics with two rows below the model's: from where to where each would move."""
    if not spread:
        return table
    ends: list[tuple[str, Mapping[str, Value]]] = [
        ("  from", {name: interval.low for name, interval in spread.items()}),
        ("  to", {name: interval.high for name, interval in spread.items()}),
    ]
    first, *others = table.columns
    columns = [Column(first.name, [first.values[0], *(name for name, _ in ends), *first.values[1:]])]
    for one in others:
        columns.append(replace(one, values=[one.values[0], *(row.get(one.name) for _, row in ends), *one.values[1:]]))
    note = f"from, to: 95% of {DRAWS:,} resamples of origins and series"
    return replace(table, columns=tuple(columns), note=note, unranked=frozenset({1, 2}))


def series_table(scores: Scores, about: About | None = None, metrics: Sequence[str] | None = None) -> Table:
    """Return a row for each series and forecaster, a column for each metric but the relative ones, which have none."""
    names = [name for name in _names(scores, metrics) if name not in registry.RELATIVE_METRICS]
    keys = [*id_columns(scores.panel, len(scores.outcomes)), _models(scores, scores.panel.num_series)]
    found = [[scores.value(model, name, lambda score: score.per_series) for model in scores.outcomes] for name in names]
    return _table(keys, dict(zip(names, found, strict=True)), about, metrics)


def origin_table(scores: Scores, about: About | None = None, metrics: Sequence[str] | None = None) -> Table:
    """Return a row for each origin and forecaster: its number, and its stamp where all series have the same."""
    plan, panel, count = scores.plan, scores.panel, len(scores.outcomes)
    keys = [Column("origin", np.repeat(np.arange(1, plan.windows + 1), count).tolist())]
    origins = panel.start[:, None] + plan.ends(panel)  # [N, W]
    if panel.time.name is not None and (origins == origins[0]).all():
        stamps = [stamp for stamp in format_stamps(origins[0], panel.time) for _ in range(count)]
        keys.append(Column("cutoff", stamps))
    keys.append(_models(scores, plan.windows))
    names = _names(scores, metrics)
    found = [[scores.value(model, name, lambda score: score.per_origin) for model in scores.outcomes] for name in names]
    return _table(keys, dict(zip(names, found, strict=True)), about, metrics)


def step_table(scores: Scores, about: About | None = None, metrics: Sequence[str] | None = None) -> Table:
    """Return a row for each step of the horizon and forecaster, a column for each metric."""
    horizon, models, names = scores.plan.horizon, list(scores.outcomes), _names(scores, metrics)
    keys = [Column("step", np.repeat(np.arange(1, horizon + 1), len(models)).tolist()), _models(scores, horizon)]
    each = [scores.at_step(step).plain(metrics) for step in range(horizon)]
    found: dict[str, list[FloatArray | None]] = {
        name: [np.array([step[model].get(name) for step in each], dtype=np.float64) for model in models]
        for name in names
        if any(name in row for row in each[0].values())
    }
    return _table(keys, found, about, metrics)


def _names(scores: Scores, metrics: Sequence[str] | None) -> Sequence[str]:
    return scores.usual if metrics is None else metrics


def _models(scores: Scores, repeats: int) -> Column:
    return Column("model", [*scores.outcomes] * repeats)


def _table(
    keys: list[Column],
    found: Mapping[str, Sequence[FloatArray | None]],
    about: About | None,
    metrics: Sequence[str] | None,
) -> Table:
    """Return a table with each metric's values for each forecaster, [rows / forecasters], beside each other."""
    columns, size = list(keys), len(keys[0].values)
    for name, values in found.items():
        if any(value is not None for value in values):
            gaps = np.full(size // len(values), np.nan)
            columns.append(column(name, np.stack([gaps if value is None else value for value in values], axis=1)))
    return Table("metrics", tuple(columns), about=about or {}, spare=SPARE if metrics is None else frozenset())


def plan(scores: Scores, standardised: bool = False) -> dict[str, Any]:
    """Return from where the forecasts that were scored were made, and in what units, for machines."""
    where = {"windows": scores.plan.windows, "stride": scores.plan.stride, "steps": scores.plan.horizon}
    return where | {"standardised": standardised}


def trust(spread: Mapping[str, Interval], standing: Standing | None) -> dict[str, Any]:
    """Return how far the model's scores can be trusted, for machines."""
    intervals = {name: list(interval) for name, interval in spread.items()}
    return {"intervals": intervals, "comparison": None if standing is None else standing.plain()}


def origins(scores: Scores) -> str:
    """Say in a sentence from where the forecasts that were scored were made."""
    plan, panel = scores.plan, scores.panel
    times = "1 origin" if plan.windows == 1 else f"{plan.windows} origins, {steps(plan.stride)} apart"
    series = "1 series" if panel.num_series == 1 else f"{panel.num_series:,} series"
    return f"{series}, {times}, {steps(plan.horizon)} from each."


def remarks(scores: Scores, standardised: bool, is_chosen: bool) -> list[str]:
    """Return sentences on what the numbers are of; `is_chosen` tells whether the baselines were asked for by name."""
    found = []
    if standardised:
        found.append("values are less their mean, over their standard deviation, in the training part.")
    else:
        found += mixed_units(scores.panel)
    if scores.plan.windows > MANY and not is_chosen and not scores.panel.classes:
        found.append(f"from more than {MANY} origins baselines that fit nothing stand alone; --baseline names others.")
    return found


def mixed_units(panel: Panel) -> list[str]:
    """Return a sentence on what the scores of several targets say, none for one target."""
    if len(panel.target_names) == 1:
        return []
    return ["MSE, RMSE and MAE are means over targets, whatever their units; sMAPE and MASE have none."]


def verdict(scores: Plain, comparison: Mapping[str, Any] | None = None) -> str:
    """Say in a sentence how the model, the first of the scores, stands against the best baseline.

    `comparison` is a test of the two, as `Standing.plain` gives it: whether chance may have made the difference.
    """
    model, (metric, best) = next(iter(scores)), leading(scores)
    unit = "log loss" if metric == "log-loss" else metric.upper()
    mine, its = scores[model][metric], scores[best][metric]
    if mine is None or its is None:
        return f"Nothing can be said of {model}: no value was observed where it was measured."
    if mine == its == 0:
        return f"{model} and the baseline {best} made no error where they were measured."
    mine_said, its_said = _told_apart(mine, its)
    if mine == its:
        return f"Warning: {model} is no better than the baseline {best}: {unit} {mine_said} for both."
    p_value = (comparison or {}).get("p_value")
    chance = "" if p_value is None else f", {_said(p_value)}"
    if comparison and p_value is not None and not _is_told(p_value, comparison["difference"], mine - its):
        warning, doubt = ("", ", as far as can be told") if mine < its else ("Warning: ", "")
        told = f"{unit} {mine_said} against {its_said}{chance}"
        return f"{warning}{model} is no better than the best baseline, {best}{doubt}: {told}."
    if mine < its:
        return f"{model} is better than the best baseline, {best}: {unit} {mine_said} against {its_said}{chance}."
    return f"Warning: the baseline {best} is better than {model}: {unit} {its_said} against {mine_said}{chance}."


def _is_told(p_value: float, tested: float, overall: float) -> bool:
    """Tell whether a difference is no chance, and that of all series together on the same side."""
    return p_value < SIGNIFICANT and (tested < 0) == (overall < 0)


def untold(scores: Scores, standing: Standing | None) -> list[str]:
    """Return a sentence on why nothing is said of chance, none where something is."""
    if standing is None or standing.is_told:
        return []
    if scores.plan.windows > 1 or scores.panel.num_series > 1:
        return ["whether that is chance cannot be told: the forecasts overlap too much, or never differ."]
    return ["whether that is chance cannot be told from one origin of one series; --windows asks for more."]


def _said(p_value: float) -> str:
    return "p < 0.001" if p_value < 0.001 else f"p = {p_value:.{3 if p_value < 0.1 else 2}f}"


def _told_apart(one: float, other: float) -> tuple[str, str]:
    """Return two numbers as text, with as many digits as it takes to see that they differ."""
    for digits in range(4, 17):
        said = f"{one:.{digits}g}", f"{other:.{digits}g}"
        if said[0] != said[1]:
            return said
    return f"{one:.4g}", f"{other:.4g}"
