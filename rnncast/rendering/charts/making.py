"""Charts of results: of forecasts, of backtests and of the data alone.

Axes: N series, W origins, H horizon, C targets, Q quantile levels, T steps of one chart.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import isclose

import numpy as np

from rnncast import classes, zones
from rnncast.evaluation import Scores
from rnncast.frequency import format_stamps, to_stamps
from rnncast.intervals import interval
from rnncast.metrics import Outcome
from rnncast.panel import FloatArray, Forecast, IntArray, Panel
from rnncast.rendering.charts.base import Band, Chart, Fan, Gallery, Steps

SEASONS, HORIZONS, FEWEST = 3, 3, 40
"""History that is drawn before a forecast: so many seasons, horizons or steps, whichever is the longest."""


@dataclass(frozen=True, slots=True)
class Excerpt:
    """Says what is drawn of a result.

    Attributes:
        most: charts, the first ones.
        series: numbers of the series to draw; None is all.
        history: steps before the first forecast; None is some seasons and horizons.
        origins: of a backtest, the last that do not overlap.
        total: series that there are, where the result has only the first; None is those that it has.
    """

    most: int = 4
    series: Sequence[int] | None = None
    history: int | None = None
    origins: int = 4
    total: int | None = None


USUAL = Excerpt()


def forecast_charts(forecast: Forecast, levels: Sequence[int], excerpt: Excerpt = USUAL) -> Gallery:
    """Return charts of what comes after the end of the data, with an interval for each of `levels` in percent."""
    panel, point = forecast.panel, _numbers(forecast.point, forecast.panel)  # [N, H, C]
    learned = forecast.quantile_levels and not panel.classes
    ends = [(level, *interval(forecast, level)) for level in sorted(levels, reverse=True)] if learned else []
    places, left_out = _places(panel, excerpt)
    charts = []
    for series, target in places:
        bands = tuple(Band(level, low[series, :, target], high[series, :, target]) for level, low, high in ends)
        fan = Fan(int(panel.lengths[series]), point[series, :, target], bands)
        charts.append(_chart(panel, (series, target), (fan,), excerpt))
    return Gallery(tuple(charts), left_out)


def backtest_charts(scores: Scores, excerpt: Excerpt = USUAL) -> Gallery:
    """Return charts of the model's last forecasts in a backtest over what came, in the units of the data.

    Their intervals are those that were asked for, else all central ones that the model learned.
    """
    own, ends = scores.intervals or scores.outcomes[scores.model], scores.plan.ends(scores.panel)  # [N, W]
    places, left_out = _places(scores.panel, excerpt)
    charts = []
    for series, target in places:
        windows = _apart(ends[series], own, series, excerpt.origins)
        fans = tuple(
            _fan(own, (series, window, target), int(ends[series, window]) + 1, scores.panel) for window in windows
        )
        charts.append(_chart(scores.panel, (series, target), fans, excerpt))
    return Gallery(tuple(charts), left_out)


def data_charts(panel: Panel, excerpt: Excerpt = USUAL) -> Gallery:
    """Return charts of whole series, as they came."""
    places, left_out = _places(panel, excerpt)
    return Gallery(tuple(_chart(panel, place, (), excerpt) for place in places), left_out)


def _places(panel: Panel, excerpt: Excerpt) -> tuple[list[tuple[int, int]], int]:
    """Return which series and targets are drawn, and how many are left out."""
    series = range(panel.num_series) if excerpt.series is None else excerpt.series
    targets = 1 if panel.classes else panel.num_targets  # the indicators of classes are one target
    kept = range(min(len(series) * targets, excerpt.most))
    count = (excerpt.total or len(series)) * targets
    return [(series[number // targets], number % targets) for number in kept], count - len(kept)


def _numbers(values: FloatArray, panel: Panel) -> FloatArray:
    """Return values [..., C] to draw: of a categorical target the number of the likeliest word, [..., 1]."""
    if not panel.classes:
        return values
    likeliest: FloatArray = classes.whole(values).argmax(axis=-1)[..., None].astype(np.float64)
    return likeliest


def _chart(panel: Panel, place: tuple[int, int], fans: tuple[Fan, ...], excerpt: Excerpt) -> Chart:
    """Return the chart of one target of one series, whose fans still count from the series' first step."""
    series, target = place
    came, length = panel.scored, int(panel.lengths[series])
    end = max([length, *(fan.end for fan in fans)])
    begin = max(0, fans[0].first - _history(panel, len(fans[0].point), excerpt)) if fans else 0
    rows = np.s_[panel.offsets[series] + begin : panel.offsets[series] + length]
    values = np.full(end - begin, np.nan)
    seen = _numbers(came.values[rows], panel)[:, target]
    values[: length - begin] = np.where(came.observed[rows, target], seen, np.nan)
    ordinals = panel.start[series] + np.arange(begin, end)
    return Chart(
        name=_name(panel, series, target),
        steps=_steps(ordinals, panel),
        stamps=tuple(format_stamps(ordinals, panel.time)),
        values=values,
        fans=tuple(Fan(fan.first - begin, fan.point, fan.bands) for fan in fans),
        words=panel.classes,
    )


def _history(panel: Panel, horizon: int, excerpt: Excerpt) -> int:
    """Return how many steps are drawn before the first forecast."""
    if excerpt.history is not None:
        return excerpt.history
    return max(SEASONS * panel.season_length, HORIZONS * horizon, FEWEST)


def _name(panel: Panel, series: int, target: int) -> str:
    """Return what a chart is called: by its ids, and by its target where there are several or no ids."""
    ids = panel.ids[series].tolist()
    is_told = ids and (panel.num_targets == 1 or panel.classes)
    return " ".join(ids if is_told else [*ids, panel.target_names[target]])


def _steps(ordinals: IntArray, panel: Panel) -> Steps:
    """Return when steps are, [T]: by the clock on the wall, or counted."""
    time = panel.time
    if time.freq is None or time.freq.isdigit():
        return np.array([int(number) for number in format_stamps(ordinals, time)], dtype=np.int64)
    stamps = to_stamps(ordinals, time)
    return stamps if time.zone is None else zones.to_wall(stamps, time.zone)


def _apart(ends: IntArray, outcome: Outcome, series: int, most: int) -> list[int]:
    """Return the last windows of a series, the earliest first, that do not overlap and after which something came."""
    horizon, kept = outcome.point.shape[2], list[int]()
    for window in np.flatnonzero(outcome.observed[series].any(axis=(1, 2)))[::-1].tolist():
        if len(kept) < most and (not kept or ends[kept[-1]] - ends[window] >= horizon):
            kept.append(window)
    return kept[::-1]


def _fan(outcome: Outcome, place: tuple[int, int, int], first: int, panel: Panel) -> Fan:
    """Return the forecast of a series from one of its windows, of one target."""
    series, window, target = place
    point = _numbers(outcome.point[series, window], panel)[:, target]  # [H]
    if panel.classes:
        return Fan(first, point)
    quantiles = outcome.quantiles[series, window, :, target]  # [H, Q]
    return Fan(first, point, tuple(Band(p, quantiles[:, a], quantiles[:, b]) for p, a, b in _central(outcome)))


def _central(outcome: Outcome) -> Iterator[tuple[float, int, int]]:
    """Yield the percent of every central interval and where its lower and upper ends are, the widest first."""
    levels = outcome.quantile_levels
    for upper in reversed(range(len(levels))):
        lower = next((n for n, level in enumerate(levels) if isclose(level, 1 - levels[upper])), None)
        if levels[upper] > 0.5 and lower is not None:
            yield round(200 * levels[upper] - 100, 6), lower, upper
