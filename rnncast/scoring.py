"""Scoring: metrics by name of an outcome, the usual ones or all there are, and the units they may be counted in."""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from rnncast import registry
from rnncast.interval_metrics import at_levels
from rnncast.metrics import Outcome, Score
from rnncast.panel import FloatArray, Panel

Plain = Mapping[str, Mapping[str, float | None]]

SHOWN = 80
"""Percent of the interval whose coverage is shown unless others are asked for."""

CONSTANT = 1e-13
"""Deviation in units of the mean that is rounding alone."""


def score(outcome: Outcome, metric: str) -> Score:
    """Score an outcome by the metric of a name such as mase, coverage-80 or pinball-0.1.

    Raises:
        UsageError: no such metric, or one that is none of an outcome alone.
    """
    entry, number = registry.find_metric(metric)
    score: Score = entry.load()(outcome) if number is None else entry.load()(outcome, number)
    return score


def usual(is_class: bool, percents: Sequence[int] = ()) -> tuple[str, ...]:
    """Return the metrics that are shown unless others are asked for, with the coverage of intervals of `percents`."""
    if is_class:
        return tuple(registry.CLASS_METRICS)
    covered = [f"coverage-{percent}" for percent in percents or (SHOWN,)]
    return (*registry.METRICS, *registry.RELATIVE_METRICS, "wql", *covered)


def every(is_class: bool, levels: Sequence[float], percents: Sequence[int] = ()) -> tuple[str, ...]:
    """Return all metrics: the usual ones, then those of quantile `levels` and intervals of `percents`."""
    if is_class:
        return tuple(registry.CLASS_METRICS)
    more = [*registry.MORE_METRICS, *(registry.MORE_INTERVAL_METRICS if levels else ())]
    asked = [f"{family}-{percent}" for family in registry.CENTRAL_METRICS for percent in percents]
    return tuple(dict.fromkeys([*usual(is_class, percents), *more, *at_levels(levels), *asked]))


def only_usual(scores: Plain) -> Plain:
    """Return the usual metrics of scores by forecaster that hold more."""
    names = {*usual(is_class=False), *usual(is_class=True)}
    return {model: {name: value for name, value in row.items() if name in names} for model, row in scores.items()}


def intervals_of(metrics: Iterable[str]) -> tuple[int, ...]:
    """Return the intervals, in percent, that metrics such as msis-95 are of, and the usual one; none where none is."""
    split = (metric.rpartition("-") for metric in metrics)
    found = {int(number) for family, _, number in split if family in registry.CENTRAL_METRICS and number.isdecimal()}
    return tuple(sorted({SHOWN, *found})) if found - {SHOWN} else ()


def is_of_points(metric: str) -> bool:
    """Tell whether a metric needs no quantiles."""
    return metric in registry.METRICS | registry.MORE_METRICS | registry.RELATIVE_METRICS | registry.CLASS_METRICS


def standards(panel: Panel) -> tuple[FloatArray, FloatArray]:
    """Return the mean and the standard deviation of what was observed of each series, both [N, C].

    The deviation of a series that is constant, or was never observed, is 1.
    """
    loc, scale = np.zeros((2, panel.num_series, panel.num_targets))
    for series, (first, length) in enumerate(zip(panel.offsets, panel.lengths, strict=True)):
        rows = slice(first, first + length)
        for target in range(panel.num_targets):
            seen = panel.values[rows, target][panel.observed[rows, target]]
            loc[series, target], scale[series, target] = (seen.mean(), seen.std()) if len(seen) else (0.0, 1.0)
    return loc, np.where(scale > CONSTANT * np.abs(loc), scale, 1.0)
