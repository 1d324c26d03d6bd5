"""Reporting: one page of HTML on data, backtest, forecast and training, which needs nothing beside it.

A section is one function in its own file, `told(material: Material) -> Html`, and one line in `SECTIONS`. The page asks
no network for anything and forbids itself to: its policy names the hashes of its own style and script and nothing else.
"""

import hashlib
from base64 import b64encode
from collections.abc import Callable
from string import Template

from rnncast import __version__
from rnncast.markup.base import Html, element, markup, part_of
from rnncast.markup.drawing import chart_style
from rnncast.reporting.backtest import backtest
from rnncast.reporting.data import data
from rnncast.reporting.forecast import forecast
from rnncast.reporting.making import making
from rnncast.reporting.material import Asked, Material, gather
from rnncast.reporting.overview import controls, overview
from rnncast.reporting.seasons import seasons
from rnncast.reporting.training import training

__all__ = ["Asked", "Material", "gather", "page"]

SECTIONS: tuple[Callable[[Material], Html], ...] = (forecast, backtest, data, seasons, training, making)
NAMES = {"forecast": "Forecast", "backtest": "Backtest", "data": "Data", "seasons": "Seasons", "training": "Training",
         "making": "How it was made"}  # fmt: skip
PACKAGE, SCRIPTS = "rnncast.reporting", ("charts.js", "tables.js", "page.js")


def page(material: Material) -> str:
    """Return the report as a page; of the same material always the same."""
    sections = [told(material) for told in SECTIONS]
    names = [told.__name__ for told, found in zip(SECTIONS, sections, strict=True) if found]
    links = [element("li", element("a", NAMES[name], href=f"#{name}")) for name in names]
    style = chart_style() + part_of(PACKAGE, "page.css") + "".join(map(_hidden, material.levels))
    script = "\n".join(part_of(PACKAGE, name) for name in SCRIPTS)
    return Template(part_of(PACKAGE, "page.html")).substitute(
        title=markup(material.title),
        version=markup(__version__),
        style_hash=_hash(style),
        script_hash=_hash(script),
        style=style,
        script=script,
        contents=element("ul", *links),
        controls=controls(material),
        overview=overview(material),
        sections="\n".join(sections),
    )


def _hidden(level: int) -> str:
    """Return the rule by which an interval goes when its box is not checked."""
    return f"\n:root:has(#show-{level}:not(:checked)) .level-{level} {{ display: none }}"


def _hash(text: str) -> str:
    return "sha256-" + b64encode(hashlib.sha256(text.encode()).digest()).decode()
