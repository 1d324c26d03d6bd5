"""What a notebook shows of a forecaster: what it is, how it stands, and a chart of its forecast.

It is markup without a script, in the colours of the text around it, so that it can be read on light and dark ground.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from rnncast.aliases import describe
from rnncast.checkpoint import Checkpoint
from rnncast.markup.base import Html, element, joined, paragraph, part_of
from rnncast.markup.curves import forecast_plot
from rnncast.markup.drawing import chart_style, figure
from rnncast.panel import Forecast
from rnncast.rendering.base import visible
from rnncast.rendering.charts.making import Excerpt, forecast_charts
from rnncast.rendering.columns import steps
from rnncast.rendering.scores import verdict

LEVELS = (80, 95)
"""Intervals of the chart, in percent."""

NAMED = 3
"""Most names and season lengths that are said."""


def line(checkpoint: Checkpoint) -> str:
    """Say in a line what a forecaster is and how it stands."""
    return visible(" ".join(_sentences(checkpoint)))


def card(checkpoint: Checkpoint, shown: Forecast | str) -> str:
    """Return a forecaster as markup.

    Args:
        checkpoint: what it is.
        shown: the forecast of its first series; where there can be none, why.
    """
    what, *standing = _sentences(checkpoint)
    said = [paragraph(element("strong", "Forecaster"), ": ", what), *map(paragraph, standing)]
    style = element("style", Html(f".rnncast {{ {part_of('rnncast.markup', 'notebook.css')}{chart_style()} }}"))
    return element("div", style, *said, _chart(shown, checkpoint.panel.num_series), class_="rnncast")


def _sentences(checkpoint: Checkpoint) -> Iterator[str]:
    """Yield what a forecaster is, and how it did on the rows that were held out, if any were."""
    config, panel, report = checkpoint.config, checkpoint.panel, checkpoint.report
    ahead = steps(config.window.horizon or 1)
    series = "1 series" if panel.num_series == 1 else f"{panel.num_series:,} series"
    every = f", every {describe(config.data.freq)}" if config.data.freq and panel.time.freq else ""
    season = "" if panel.season_lengths == (1,) else f", season {_few(panel.season_lengths)}"
    yield f"{config.model.model}, {ahead} ahead of {_few(panel.target_names)}; {series}{every}{season}."
    if scores := report.get("scores"):
        yield verdict(scores, report.get("comparison"))


def _few(names: Sequence[object]) -> str:
    """Return the first of some names, and how many more there are."""
    said = ", ".join(map(str, names[:NAMED]))
    return f"{said} and {len(names) - NAMED} more" if len(names) > NAMED else said


def _chart(shown: Forecast | str, num_series: int) -> Html:
    if isinstance(shown, str):
        return element("p", f"There is no chart: {shown}", class_="note")
    chart = forecast_charts(shown, LEVELS, Excerpt(most=1)).charts[0]
    plot = replace(forecast_plot(chart, chart.name), is_small=True)
    more = element("p", f"The first of {num_series:,} series.", class_="note") if num_series > 1 else ""
    return joined(figure(plot, is_read=False), more)
