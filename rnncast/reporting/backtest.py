"""The section on the backtest: the model beside the baselines, by origin, by step, by series.

Axes: N series, W origins, H horizon.
"""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from rnncast import assessment, scoring
from rnncast.evaluation import Scores
from rnncast.frequency import format_stamps
from rnncast.markup.base import Html, element, joined, paragraph, section
from rnncast.markup.curves import backtest_plot
from rnncast.markup.drawing import figure
from rnncast.markup.plots import Layer, Plot, line, numbered
from rnncast.markup.tables import folded, table
from rnncast.panel import FloatArray
from rnncast.rendering import scores as scoreboard
from rnncast.rendering.base import Column, Table
from rnncast.rendering.charts.making import backtest_charts
from rnncast.rendering.columns import column, id_columns
from rnncast.reporting.layout import blocks, by_series, entitled, everything
from rnncast.reporting.material import Material, Shown

DRAWN = 12
"""Last forecasts of a series that are drawn."""

MANY = 20
"""Series from which on it is shown how errors are spread over them."""


def backtest(material: Material) -> Html:
    """Return the section."""
    scores = material.scores
    if scores is None:
        return section("backtest", "Backtest", paragraph(f"There is none: {material.untold}"))
    metric, _ = material.best
    spread = assessment.spread(scores, scores.usual)
    overall = scoreboard.with_spread(scoreboard.scores_table(scores), spread)
    by_step, by_origin = _by_step(scores, metric), _by_origin(scores, metric)
    plots = [_errors(by_step, "step of the horizon", material)]
    if scores.plan.windows > 1:
        plots.append(_errors(by_origin, "origin", material))
    plots += [_calibration(scores)] if scores.outcomes[scores.model].quantile_levels else []
    plots += [_over_series(scores, material)] if material.panel.num_series >= MANY else []
    tables = [folded(by_step, f"{metric.upper()} by step of the horizon", is_open=False)]
    tables.append(folded(by_origin, f"{metric.upper()} by origin", is_open=False))
    if material.panel.num_series > 1:
        tables.append(folded(_by_series(scores), "Scores of every series", is_open=False))
    return section(
        "backtest",
        "Backtest",
        paragraph(scoreboard.origins(scores)),
        table(overall, "The model and the baselines"),
        blocks(material, _forecasts(material, scores)),
        element("div", *map(figure, plots), class_="pair"),
        joined(*tables),
    )


def _forecasts(material: Material, scores: Scores) -> Callable[[Shown], Html]:
    """Return what tells of one series: its forecasts beside what came."""
    _, best = material.best
    other = replace(scores, outcomes={best: scores.outcomes[best]}, intervals=None)
    mine, its = (by_series(material, backtest_charts(of, everything(material, DRAWN)).charts) for of in (scores, other))

    def told(shown: Shown) -> Html:
        charts = zip(mine[shown.number], its[shown.number], strict=True)
        titles = [entitled("What came, and what was forecast", material, n) for n in range(len(mine[shown.number]))]
        return joined(
            *(
                figure(backtest_plot(own, beside, (scores.model, best), title))
                for title, (own, beside) in zip(titles, charts, strict=True)
                if own.fans
            )
        )

    return told


def _by_step(scores: Scores, metric: str) -> Table:
    """Return a row for each step of the horizon, a column for each forecaster."""
    horizon = scores.plan.horizon
    found = {
        name: np.array([scoring.score(outcome.at_step(step), metric).overall for step in range(horizon)])
        for name, outcome in scores.outcomes.items()
    }
    return _table(Column("step", list(range(1, horizon + 1))), found)


def _by_origin(scores: Scores, metric: str) -> Table:
    """Return a row for each origin, a column for each forecaster."""
    ordinals = scores.panel.start[:, None] + scores.plan.ends(scores.panel)  # [N, W]
    names = [str(number) for number in range(1, scores.plan.windows + 1)]
    if scores.panel.time.name is not None and (ordinals == ordinals[0]).all():
        names = format_stamps(ordinals[0], scores.panel.time)
    return _table(Column("origin", names), {name: scores.score(name, metric).per_origin for name in scores.outcomes})


def _table(key: Column, found: dict[str, FloatArray]) -> Table:
    return Table("metrics", (key, *(column(name, values) for name, values in found.items())))


def _by_series(scores: Scores) -> Table:
    """Return a row for each series, the worst first: the model's scores, and the best baseline's where it decides."""
    metric, best = assessment.leading(scores.plain())
    mine, its = (scores.score(name, metric).per_series for name in (scores.model, best))
    order = np.argsort(-np.nan_to_num(mine, nan=-np.inf), kind="stable")
    names = [name for name in scores.by_name[scores.model] if name not in (metric, "mse", "rmsse")]
    columns = [replace(one, values=[one.values[row] for row in order]) for one in id_columns(scores.panel, 1)]
    columns += [column(metric, mine[order]), column(f"{metric} of {best}", its[order])]
    columns += [column(name, scores.score(scores.model, name).per_series[order]) for name in names]
    return Table("metrics", (*columns, Column("rows", scores.panel.lengths[order].tolist())))


def _errors(found: Table, of: str, material: Material) -> Plot:
    """Return the plot of a table of errors: a line for each forecaster, the model's and the best baseline's marked."""
    metric, best = material.best
    key, model, *others = found.columns
    layers = [
        line(one.name, "baseline" if one.name == best else "other", 0, np.array(one.values, dtype=np.float64))
        for one in sorted(others, key=lambda one: one.name == best)
    ]
    layers.append(line(model.name, "forecast", 0, np.array(model.values, dtype=np.float64)))
    labels = [f"{of} {value}" if isinstance(value, int) else f"from {value}" for value in key.values]
    summary = f"The {metric} of {model.name} beside the baselines, by {of}; the numbers stand in the table below."
    return Plot(
        f"{metric.upper()} by {of}",
        summary,
        labels,
        numbered(len(labels)),
        tuple(layers),
        from_zero=True,
        is_small=True,
    )


def _calibration(scores: Scores) -> Plot:
    """Return the plot of how much of what came lay below each quantile."""
    own = scores.outcomes[scores.model]
    levels = np.array(own.quantile_levels)
    below = (own.actual[..., None] <= own.quantiles)[own.observed].mean(axis=0) if own.observed.any() else levels
    places = np.arange(len(levels))
    layers = (Layer("as it should be", "other", places, 100 * levels), Layer("found", "forecast", places, 100 * below))
    ticks = tuple((float(place), f"{100 * level:g}%") for place, level in enumerate(levels))
    return Plot(
        title="Share of values below each quantile, %",
        summary="; ".join(f"{share:.0%} below {level:.0%}" for share, level in zip(below, levels, strict=True)) + ".",
        labels=[f"quantile {level:g}" for level in levels],
        ticks=(ticks,),
        layers=layers,
        from_zero=True,
        is_small=True,
    )


def _over_series(scores: Scores, material: Material) -> Plot:
    """Return the plot of how errors are spread over the series: what so many percent of them have at most."""
    metric, best = material.best
    shares = np.arange(1, 100)
    layers = []
    for name, style in ((best, "baseline"), (scores.model, "forecast")):
        values = scores.score(name, metric).per_series
        known = values[np.isfinite(values)]
        if len(known):
            layers.append(Layer(name, style, shares, np.percentile(known, shares)))
    ticks = tuple((float(share), f"{share}%") for share in range(10, 100, 10))
    return Plot(
        title=f"{metric.upper()} over the series",
        summary=f"How large the {metric} is at most, in so many percent of the {scores.panel.num_series:,} series.",
        labels=[f"{share}% of series have at most" for share in range(101)],
        ticks=(ticks,),
        layers=tuple(layers),
        from_zero=True,
        is_small=True,
    )
