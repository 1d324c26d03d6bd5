"""Curves: plots of series with their forecasts, from the charts that every output draws.

Axes: T steps of one chart, H steps of one forecast.
"""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from rnncast.markup.base import number
from rnncast.markup.plots import Layer, Plot, Ticks, line
from rnncast.panel import BoolArray, FloatArray, IntArray
from rnncast.rendering.charts.base import Chart, Fan, outline
from rnncast.rendering.charts.ticks import time_ticks

MOST = 2000
"""Points of a line, about: what a screen can tell apart."""

AT_ONCE = 9
"""Most dates below a plot."""


def forecast_plot(chart: Chart, title: str) -> Plot:
    """Return the plot of a forecast from the end of a series."""
    fan, last = chart.fans[-1], _last(chart)
    observed = line("observed", "observed", 0, chart.values[: fan.first])
    layers = (*_bands(fan, last), observed, _forecast(fan, "forecast", last))
    summary = f"{_range('Observed', chart, slice(0, fan.first))} {_ahead(chart, fan)}"
    return Plot(title, summary, chart.stamps, _ticks(chart), layers, words=chart.words)


def backtest_plot(chart: Chart, other: Chart | None, names: tuple[str, str], title: str) -> Plot:
    """Return the plot of what was forecast beside what came; `other` has a baseline's forecasts from the same origins.

    `names` are those of the model and of the baseline.
    """
    layers = [layer for fan in chart.fans for layer in _bands(fan, np.empty(0))]
    layers.append(line("observed", "observed", 0, chart.values))
    layers += [line(names[1], "baseline", fan.first, fan.point) for fan in (other.fans if other else ())]
    layers += [_forecast(fan, names[0], np.empty(0)) for fan in chart.fans]
    layers += [Layer("", "origin", np.array([fan.first - 1]), np.full(1, np.nan), kind="rule") for fan in chart.fans]
    begins = ", ".join(chart.stamps[fan.first] for fan in chart.fans)
    summary = f"Forecasts of {len(chart.fans[0].point) if chart.fans else 0} steps that begin at {begins or 'no step'}."
    return Plot(title, summary, chart.stamps, _ticks(chart), tuple(layers), words=chart.words)


def data_plot(chart: Chart, filled: FloatArray, outliers: BoolArray, title: str) -> Plot:
    """Return the plot of a whole series [T], with gaps and outliers marked; `filled` is what stands in the gaps."""
    kept = outline(chart.values, MOST)
    gaps = [Layer("gap", "gap", run, np.zeros(len(run)), kind="span") for run in _runs(np.isnan(chart.values))]
    around = [np.arange(max(gap.places[0] - 1, 0), min(gap.places[-1] + 2, len(filled))) for gap in gaps]
    layers = [
        *gaps,
        *(Layer("filled in", "filled", run, filled[run]) for run in around),
        Layer("observed", "observed", kept, chart.values[kept]),
        Layer("outlier", "outlier", np.flatnonzero(outliers), chart.values[outliers], kind="dots"),
    ]
    summary = f"{_range('Observed', chart, slice(None))} {int(outliers.sum())} outliers, {len(gaps)} gaps."
    every = round(2 * len(chart.values) / max(len(kept), 1))
    note = "" if len(kept) == len(chart.values) else f"Drawn by the least and the largest of every {every} values."
    return Plot(title, summary, chart.stamps, _ticks(chart), tuple(layers), note, words=chart.words)


def _bands(fan: Fan, last: FloatArray) -> Iterator[Layer]:
    """Yield the intervals about a forecast, the widest first, from the last value that is known on, if any is given."""
    for band in fan.bands:
        percent = f"{band.percent:g}"
        lower, upper = np.concatenate([last, band.lower]), np.concatenate([last, band.upper])
        layer = line(f"{percent}% interval", f"interval level-{percent}", fan.first - len(last), lower)
        yield replace(layer, upper=upper, kind="band", lead=len(last))


def _forecast(fan: Fan, name: str, last: FloatArray) -> Layer:
    """Return a forecast's line, from the last value that is known on, if any is given."""
    return replace(line(name, "forecast", fan.first - len(last), np.concatenate([last, fan.point])), lead=len(last))


def _last(chart: Chart) -> FloatArray:
    """Return the last value before the forecast, none where it was not seen."""
    last = chart.values[: chart.known][-1:]
    return last[np.isfinite(last)]


def _runs(is_gap: BoolArray) -> list[IntArray]:
    """Return the places of each stretch that is a gap."""
    places = np.flatnonzero(is_gap)
    return np.split(places, np.flatnonzero(np.diff(places) > 1) + 1) if len(places) else []


def _ticks(chart: Chart) -> tuple[Ticks, ...]:
    """Return ticks for the whole and for parts of it."""
    levels: list[Ticks] = []
    most = AT_ONCE
    while not levels or (most < 4 * len(chart.steps) and most <= 4**6):
        found = tuple((tick.place, tick.label) for tick in time_ticks(chart.steps, most))
        if not levels or len(found) > len(levels[-1]):
            levels.append(found)
        most *= 4
    return tuple(levels)


def _range(what: str, chart: Chart, part: slice) -> str:
    values = chart.values[part]
    seen = values[np.isfinite(values)]
    if not len(seen):
        return f"{what}: nothing."
    stamps = chart.stamps[part]
    return f"{what} from {stamps[0]} to {stamps[-1]}, between {number(seen.min())} and {number(seen.max())}."


def _ahead(chart: Chart, fan: Fan) -> str:
    """Return a sentence on where a forecast goes."""
    first, last = (f"{number(fan.point[end])} at {chart.stamps[fan.first + end]}" for end in (0, len(fan.point) - 1))
    sides = [f"{band.percent:g}% between {number(band.lower[-1])} and {number(band.upper[-1])}" for band in fan.bands]
    return f"Forecast from {first} to {last}{', there ' if sides else ''}{', '.join(sides)}."
