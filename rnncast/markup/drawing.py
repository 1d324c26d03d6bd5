"""Drawing: plots as SVG that a page shows without a script, and their numbers as JSON, for the script to read.

A drawing lies in a square that is stretched to whatever room there is; its strokes and letters are not. So the same
page is for a telephone and for paper, and the script zooms by moving the square's window alone.
"""

from collections.abc import Iterator
from itertools import groupby, pairwise
from math import isfinite

from rnncast.markup.base import Html, data, element, part_of
from rnncast.markup.plots import OVER_ALL, SIZE, Extent, Layer, Plot, Ticks
from rnncast.panel import FloatArray, IntArray
from rnncast.rendering.charts.ticks import number_ticks

MARKS = 5
"""Most numbers beside the vertical axis, about."""

SAMPLES = {"line": "M1 6h20", "dots": "M11 6h0", "band": "M0 1h22v10h-22z", "span": "M5 0h12v12h-12z"}
"""What the legend shows of a layer, in 22 by 12."""


def chart_style() -> str:
    """Return how figures look, in colours that are told where they stand."""
    return part_of("rnncast.markup", "chart.css")


def figure(plot: Plot, is_read: bool = True) -> Html:
    """Return a plot as a figure: title, legend, drawing with its axes, and the numbers if a script is to read them."""
    up = plot.up
    marks: Ticks = tuple(enumerate(plot.words)) or tuple(number_ticks(*up, MARKS))
    rules = [element("path", class_="rule", d=f"M0 {_at(up, value)}H{SIZE}") for value, _ in marks]
    drawn = element(
        "svg",
        *rules,
        *(_path(layer, _outline(layer, plot.across, up)) for layer in plot.layers),
        role="img",
        aria_label=f"{plot.title}. {plot.summary}",
        viewBox=f"0 0 {SIZE} {SIZE}",
        preserveAspectRatio="none",
    )
    beside = [element("text", label, x="100%", y=_percent(up, up.low + up.high - value)) for value, label in marks]
    below = [element("text", label, x=_percent(plot.across, place)) for place, label in plot.ticks[0]]
    frame = element(
        "div",
        element("svg", *beside, class_="beside", aria_hidden="true"),
        element("div", drawn, class_="plot"),
        element("svg", *below, class_="below", aria_hidden="true"),
        class_="frame",
    )
    caption = element("figcaption", element("strong", plot.title), _legend(plot))
    note = element("p", plot.note, class_="note") if plot.note else ""
    kind = "chart small" if plot.is_small else "chart"
    return element("figure", caption, frame, note, data(_numbers(plot)) if is_read else "", class_=kind)


def _percent(extent: Extent, value: float) -> str:
    return f"{(value - extent.low) / (extent.high - extent.low):.2%}"


def _at(up: Extent, value: float) -> str:
    return _short(SIZE - (value - up.low) / (up.high - up.low) * SIZE)


def _path(layer: Layer, outline: str) -> Html:
    """Return a path in a layer's style, none where there is nothing to draw."""
    if not outline:
        return Html()
    strength = None if layer.strength == 1 else f"{layer.strength:.2g}"
    return element("path", class_=layer.style, d=outline, opacity=strength)


def _outline(layer: Layer, across: Extent, up: Extent) -> str:
    """Return where a layer's strokes go."""
    if not len(layer.places):
        return ""
    x = across.place(layer.places)
    if layer.kind == "rule":
        return "".join(f"M{_short(place)} 0V{SIZE}" for place in x)
    if layer.kind == "span":
        half = SIZE / (across.high - across.low) / 2
        return f"M{_short(x[0] - half)} 0H{_short(x[-1] + half)}V{SIZE}H{_short(x[0] - half)}Z"
    low = SIZE - up.place(layer.values)
    if layer.upper is not None:
        high = SIZE - up.place(layer.upper)
        around = ([*_points(x[run], low[run]), *_points(x[run], high[run])[::-1]] for run in _runs(low))
        return "".join(f"{_line(points)}Z" for points in around)
    if layer.kind == "dots":
        return "".join(_line([point]) for run in _runs(low) for point in _points(x[run], low[run]))
    return "".join(_line(_points(x[run], low[run])) for run in _runs(low))


def _runs(values: FloatArray) -> Iterator[slice]:
    """Yield the stretches of values that are there."""
    for is_there, run in groupby(range(len(values)), key=lambda place: isfinite(values[place])):
        if is_there:
            places = list(run)
            yield slice(places[0], places[-1] + 1)


def _points(x: FloatArray, y: FloatArray) -> list[tuple[float, float]]:
    """Return points in hundredths, so that steps between them do not add up what is rounded."""
    return [(round(a, 2), round(b, 2)) for a, b in zip(x.tolist(), y.tolist(), strict=True)]


def _line(points: list[tuple[float, float]]) -> str:
    """Return a line through points; one alone is a dot."""
    steps = "".join(f"l{_short(c - a)} {_short(d - b)}" for (a, b), (c, d) in pairwise(points))
    return f"M{_short(points[0][0])} {_short(points[0][1])}{steps or 'h0'}"


def _short(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")


def _legend(plot: Plot) -> Html:
    """Return what the layers are, each name once, with a sample."""
    named = {layer.name: layer for layer in reversed(plot.layers) if layer.name and len(layer.places)}
    items = [
        element("li", _sample(layer), layer.name, class_=next(filter(_is_level, layer.style.split()), None))
        for layer in reversed(named.values())
    ]
    return element("ul", *items, class_="legend")


def _is_level(word: str) -> bool:
    """Tell whether a class is that of an interval, which the page shows or not."""
    return word.startswith("level-")


def _sample(layer: Layer) -> Html:
    return element("svg", _path(layer, SAMPLES[layer.kind]), viewBox="0 0 22 12", class_="sample", aria_hidden="true")


def _numbers(plot: Plot) -> dict[str, object]:
    """Return what the script reads: what each place is called, and each layer's values there."""
    told = [layer for layer in plot.layers if layer.name and layer.kind not in OVER_ALL and len(layer.places)]
    places = sorted({place for layer in told for place in layer.places[layer.lead :].tolist()})
    return {
        "across": [*plot.across],
        "up": [*plot.up],
        "places": places,
        "labels": [plot.labels[place] for place in places],
        "ticks": plot.ticks,
        "words": plot.words,
        "layers": [
            {
                "name": layer.name,
                "style": layer.style,
                "places": _following(layer.places[layer.lead :]),
                "values": _rounded(layer.values[layer.lead :]),
                "upper": None if layer.upper is None else _rounded(layer.upper[layer.lead :]),
            }
            for layer in told
        ],
    }


def _following(places: IntArray) -> int | list[int]:
    """Return places, of those that follow each other the first alone."""
    listed: list[int] = places.tolist()
    return listed[0] if listed == list(range(listed[0], listed[0] + len(listed))) else listed


def _rounded(values: FloatArray) -> list[float | None]:
    return [float(f"{value:.6g}") if isfinite(value) else None for value in values.tolist()]
