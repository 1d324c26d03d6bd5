"""Material: all that a report tells of, gathered before a word of it is written.

Axes: N series, W origins, H horizon, C targets.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from rnncast.api import Forecaster
from rnncast.assessment import leading
from rnncast.errors import RnncastError, UsageError, nearest
from rnncast.evaluation import Scores
from rnncast.measuring import Measured
from rnncast.panel import FloatArray, Forecast, Panel
from rnncast.reading import Reading
from rnncast.rendering.base import visible

FEW = 8
"""Series up to which each is shown."""

EACH = 3
"""Series of more that are shown for being the best, and for being the worst."""

MOST = 24
"""Series that may be asked for by name: each is drawn in full."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Says what a report is to tell of.

    Attributes:
        title: what it is about; empty for the target.
        command: the line that makes it again.
        series: ids of series to draw besides those that are drawn anyway.
        levels: intervals in percent, the narrowest first.
        horizon: steps ahead; None as trained.
        windows: origins of the backtest, at `stride` steps from each other; None as many as fit, a horizon apart.
        stride: see `windows`.
        baselines: names of those beside the model; None the usual ones.
    """

    title: str
    command: str
    series: tuple[str, ...] = ()
    levels: tuple[int, ...] = (50, 80, 95)
    horizon: int | None = None
    windows: int | None = None
    stride: int | None = None
    baselines: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Shown:
    """Names a series that is drawn, by its number, and says why it is."""

    number: int
    name: str
    why: str


@dataclass(frozen=True, slots=True, eq=False)
class Material:
    """Holds what a report tells of.

    Attributes:
        title: what stands above it.
        forecaster: what forecasts.
        reading: the data.
        forecast: from their end.
        scores: of the backtest; None where there can be none.
        untold: why there is none.
        levels: intervals in percent, the narrowest first.
        shown: the series that are drawn.
        command: the line that makes the report again.
    """

    title: str
    forecaster: Forecaster
    reading: Reading
    forecast: Forecast
    scores: Scores | None
    untold: str
    levels: tuple[int, ...]
    shown: tuple[Shown, ...]
    command: str

    @property
    def panel(self) -> Panel:
        """Return the series."""
        return self.reading.panel

    @property
    def best(self) -> tuple[str, str]:
        """Return the metric that decides, and the best baseline by it; no names without a backtest."""
        return leading(self.scores.plain()) if self.scores else ("", "")

    def of_series(self, series: int) -> Forecast:
        """Return the forecast of one series alone."""
        whole, only = self.forecast, np.array([series])
        return replace(
            whole,
            point=whole.point[only],
            quantiles=whole.quantiles[only],
            first=whole.first[only],
            panel=whole.panel.only(only),
        )


def gather(forecaster: Forecaster, tested: Callable[[], Forecaster], reading: Reading, asked: Asked) -> Material:
    """Forecast, measure, and choose what is drawn.

    Args:
        forecaster: what forecasts.
        tested: makes what is measured.
        reading: the data.
        asked: what is to be told.

    Raises:
        RnncastError: there can be no such forecast, or no backtest as it was asked for.
    """
    forecast = forecaster.forecast(reading, asked.horizon)
    levels = asked.levels if forecast.quantile_levels and not reading.panel.classes else ()
    scores, untold = _measured(tested, reading, asked, levels)
    return Material(
        title=asked.title or ", ".join(reading.panel.target_names),
        forecaster=forecaster,
        reading=reading,
        forecast=forecast,
        scores=scores,
        untold=untold,
        levels=levels,
        shown=choose(reading.panel, scores, asked.series),
        command=asked.command,
    )


def _measured(
    tested: Callable[[], Forecaster], reading: Reading, asked: Asked, levels: tuple[int, ...]
) -> tuple[Scores | None, str]:
    """Return the scores of a backtest; where the data allow none, and none was asked for, why."""
    beside: Measured = {"levels": levels}
    if asked.baselines is not None:
        beside["baselines"] = asked.baselines
    try:
        measured = tested()
        # Its own rows may be the last ones alone, which it knows to refuse.
        rows = None if reading.panel.values is measured.checkpoint.panel.values else reading
        return measured.backtest(rows, asked.horizon, asked.windows, asked.stride, **beside), ""
    except RnncastError as error:
        if asked.windows or asked.stride:
            raise
        return None, " ".join(filter(None, (error.message, error.hint)))


def choose(panel: Panel, scores: Scores | None, asked: Sequence[str]) -> tuple[Shown, ...]:
    """Return which series are drawn: those asked for, and of many the best and the worst.

    Raises:
        UsageError: no such series, or too many.
    """
    names = [visible(" ".join(ids)) for ids in panel.ids.tolist()]
    if len(asked) > MOST:
        raise UsageError(f"--series names {len(asked)} series, and a report draws at most {MOST}.", "Leave some out.")
    found = {number: "asked for" for number in (_number(panel, name) for name in asked)}
    if panel.num_series <= FEW:
        found |= {number: "" for number in range(panel.num_series) if number not in found}
    else:
        for number, why in _extremes(scores, panel.num_series).items():
            found.setdefault(number, why)
    return tuple(Shown(number, names[number], why) for number, why in found.items())


def errors(scores: Scores) -> FloatArray:
    """Return the error of the model in each series [N] by the metric that decides."""
    return scores.score(scores.model, leading(scores.plain())[0]).per_series


def _extremes(scores: Scores | None, count: int) -> dict[int, str]:
    """Return the series that the model forecast best and worst; without scores the first ones."""
    if scores is None:
        return dict.fromkeys(range(min(count, FEW)), "of the first")
    values = errors(scores)
    order = [number for number in np.argsort(values, kind="stable").tolist() if np.isfinite(values[number])]
    worst = dict.fromkeys(order[::-1][:EACH], "of the worst")
    return dict.fromkeys(order[:EACH], "of the best") | worst or dict.fromkeys(range(EACH), "of the first")


def _number(panel: Panel, name: str) -> int:
    """Return the number of the series with an id; parts of one may be joined by a blank or a slash."""
    for sign in (" ", "/"):
        found = [number for number, ids in enumerate(panel.ids.tolist()) if sign.join(ids) == name]
        if found:
            return int(found[0])
    few = [" ".join(ids) for ids in panel.ids[:1000].tolist()]
    raise UsageError(f"there is no series '{name}'.", nearest(name, few[:20]) if any(few) else "There is only one.")
