"""The head of the page: what it is about, how the model stands, and what can be chosen."""

from itertools import groupby

import numpy as np

from rnncast import assessment
from rnncast.aliases import describe
from rnncast.evaluation import Scores
from rnncast.frequency import format_stamps
from rnncast.markup.base import Html, element, joined, number, paragraph
from rnncast.rendering import scores as scoreboard
from rnncast.rendering.columns import steps
from rnncast.reporting.material import Material


def overview(material: Material) -> Html:
    """Return the title, the main figures and what they say."""
    panel = material.panel
    ordinals = np.array([panel.start.min(), (panel.start + panel.lengths - 1).max()])
    first, last = format_stamps(ordinals, panel.time)
    freq = panel.time.freq
    facts: list[tuple[str, str, object]] = [
        ("series", f"{panel.num_series:,}", ""),
        ("values", f"{panel.num_rows:,}", joined(element("span", first), " to ", element("span", last))),
        ("step", describe(freq).split(" (")[0] if freq else "row", _season(panel.season_lengths)),
        ("ahead", steps(material.forecast.horizon), f"by {material.forecaster.checkpoint.config.model.model}"),
        *(_scored(material.scores, material.best) if material.scores else []),
    ]
    cards = [
        element("div", element("dt", name), element("dd", element("b", value), " ", element("small", more)))
        for name, value, more in facts
    ]
    return joined(element("h1", material.title), _verdict(material), element("dl", *cards, class_="facts"))


def _season(lengths: tuple[int, ...]) -> str:
    return "no season" if lengths == (1,) else f"season of {', '.join(map(str, lengths))}"


def _scored(scores: Scores, best: tuple[str, str]) -> list[tuple[str, str, object]]:
    """Return the error that decides beside the best baseline's, and how much of what came the 80% interval held."""
    metric, baseline = best
    table = scores.plain()
    mine, its = table[scores.model][metric], table[baseline][metric]
    beside = joined(f"{number(its or 0.0)} by ", element("span", baseline))
    told: list[tuple[str, str, object]] = [] if mine is None else [(metric.upper(), number(mine), beside)]
    covered = table[scores.model].get("coverage-80")
    return told if covered is None else [*told, ("held by 80%", f"{covered:.0%}", "of what came")]


def _verdict(material: Material) -> Html:
    """Return how the model stands, in sentences; without a backtest why none is told."""
    scores = material.scores
    if scores is None:
        return paragraph(material.untold)
    standing = assessment.against_best(scores)
    said = scoreboard.verdict(scores.plain(), None if standing is None else standing.plain())
    more = [*scoreboard.untold(scores, standing), *scoreboard.remarks(scores, standardised=False, is_chosen=True)]
    sentences = " ".join(sentence[0].upper() + sentence[1:] for sentence in more)
    return element("p", said, " ", element("span", sentences, class_="note"), class_="verdict")


def controls(material: Material) -> Html:
    """Return what can be chosen: the intervals, which needs no script, and the series, which does."""
    boxes = [
        element("label", element("input", type="checkbox", id=f"show-{level}", checked=True), f" {level}%")
        for level in material.levels
    ]
    intervals = element("fieldset", element("legend", "Intervals"), *boxes) if boxes else Html()
    return element("div", intervals, _chooser(material), class_="controls")


def _chooser(material: Material) -> Html:
    if len(material.shown) < 2:
        return Html()
    groups = groupby(material.shown, key=lambda shown: shown.why)
    options = [
        joined(*items) if not why else element("optgroup", *items, label=why)
        for why, found in groups
        for items in [[element("option", shown.name, value=shown.number) for shown in found]]
    ]
    select = element("select", element("option", "all that are drawn", value=""), *options, id="series")
    return element("label", "Series ", select, hidden=True, class_="chooser")
