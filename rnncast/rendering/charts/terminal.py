"""Charts of characters, for a terminal: lines of braille dots or of plain ASCII, over shaded intervals.

A cell shows the uppermost of: what came, a line; the forecast, a broken line; the intervals, a shade each; an origin.
Where both lines meet, the dots of both stand in one cell. They differ without any colour. A cell of braille has two
dots in width and four in height, one of ASCII is one dot.

Axes: R rows and K columns of cells; Y rows and X columns of dots.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from rich.cells import cell_len, set_cell_size
from rich.color import ColorSystem
from rich.segment import Segment
from rich.style import Style

from rnncast.panel import BoolArray, IntArray
from rnncast.rendering.base import Screen, visible
from rnncast.rendering.charts.base import Chart, Fan, Gallery
from rnncast.rendering.charts.canvas import Canvas
from rnncast.rendering.charts.ticks import Tick, number_ticks, time_ticks

HEIGHT, SMALL_HEIGHT = 15, 8
"""Rows of the plot of one chart, and of each of several."""

NARROWEST, GAP = 48, 3
"""Columns that a chart has at least where it stands beside another, and those between them."""

TICK_ROWS, TICK_COLUMNS = 3, 12
"""How far ticks stand apart on average, at least."""

# Blue of the palette of Okabe and Ito, nearly: it can be read on black and on white.
_BLUE = "color(32)"
_PLAIN, _TITLE, _QUIET = Style(), Style(bold=True), Style(dim=True)
_FORECAST, _SHADE = Style(bold=True, color=_BLUE), Style(color=_BLUE)
_BRAILLE = np.array([[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]])
"""What each dot of a cell adds to the empty pattern, as Unicode numbers them."""

Line = list[Segment]


class Signs(NamedTuple):
    """Says what is drawn with.

    Attributes:
        dots: of a cell, in height and in width.
        came: how the legend shows the line of what came.
        forecast: how it shows a forecast's.
        shades: of intervals, the widest first.
        origin: a piece of the line between the last known step and the first forecast.
        axes: pieces of the vertical axis, with a tick, of the corner, of the horizontal axis, with a tick.
    """

    dots: tuple[int, int]
    came: str
    forecast: str
    shades: str
    origin: str
    axes: str


UNICODE = Signs((4, 2), "⠤⠤⠤", "⠤ ⠤", "░▒", "┊", "│┤└─┬")
ASCII = Signs((1, 1), "***", "ooo", ".:", "|", "|++-+")


def render(gallery: Gallery, screen: Screen, is_small: bool = False) -> str:
    """Return charts as text within the screen's width, two beside each other where there is room; several are small."""
    charts, signs = [_readable(chart, screen) for chart in gallery.charts], UNICODE if screen.unicode else ASCII
    beside = 2 if len(charts) > 1 and screen.width >= 2 * NARROWEST + GAP else 1
    width = (screen.width + GAP) // beside - GAP
    height = SMALL_HEIGHT if is_small or len(charts) > 1 else HEIGHT
    lines: list[Line] = []
    for at in range(0, len(charts), beside):
        drawn = [_chart(chart, width, height, signs) for chart in charts[at : at + beside]]
        lines += [*map(_side_by_side, zip(*drawn, strict=True)), []]
    lines += [_legend(charts, signs)] if any(chart.fans for chart in charts) else []
    if gallery.left_out:
        lines.append([Segment(f"... {gallery.left_out:,} more not drawn", _QUIET)])
    return "".join(_text(line, screen) + "\n" for line in lines)


def _readable(chart: Chart, screen: Screen) -> Chart:
    """Return a chart whose names are harmless on the screen."""

    def safe(text: str) -> str:
        return visible(text if screen.unicode else text.encode("ascii", "backslashreplace").decode())

    return replace(
        chart, name=safe(chart.name), stamps=tuple(map(safe, chart.stamps)), words=tuple(map(safe, chart.words))
    )


def _text(line: Line, screen: Screen) -> str:
    system = ColorSystem.EIGHT_BIT if screen.colour else None
    pieces = Segment.simplify(line)
    return "".join((piece.style or _PLAIN).render(piece.text, color_system=system) for piece in pieces).rstrip()


def _side_by_side(lines: Sequence[Line]) -> Line:
    first, *others = lines
    return [*first, *(piece for line in others for piece in (Segment(" " * GAP), *line))]


def _chart(chart: Chart, width: int, height: int, signs: Signs) -> list[Line]:
    """Return the lines of one chart, all of one width: its title, the plot and the axes."""
    tall, wide = signs.dots
    ticks = _value_ticks(chart, height)
    margin = max((cell_len(tick.label) for tick in ticks), default=0)
    canvas = Canvas(chart, height * tall, (width - margin - 1) * wide)
    rows = canvas.rows(np.array([tick.place for tick in ticks])).round().astype(np.int64) // tall
    labels = dict(zip(rows.tolist(), (tick.label for tick in ticks), strict=True))
    plot = [
        [Segment(_upright(labels.get(row), margin, signs), _QUIET), *cells]
        for row, cells in enumerate(_cells(canvas, signs))
    ]
    lines = [_title(chart, width), *plot, *_time_axis(canvas, margin, signs)]
    return [Segment.adjust_line_length(line, width) for line in lines]


def _title(chart: Chart, width: int) -> Line:
    """Return the name and, where there is room, from when to when the chart reaches."""
    reach = f"{chart.stamps[0]} to {chart.stamps[-1]}"
    room = width - cell_len(reach) - GAP
    if cell_len(chart.name) > room:
        return [Segment(set_cell_size(chart.name, min(width, cell_len(chart.name))), _TITLE)]
    return [Segment(set_cell_size(chart.name, room + GAP), _TITLE), Segment(reach, _QUIET)]


def _value_ticks(chart: Chart, height: int) -> list[Tick]:
    if chart.words:
        return [Tick(number, set_cell_size(word, min(cell_len(word), 12))) for number, word in enumerate(chart.words)]
    return number_ticks(*Canvas(chart, 1, 1).extent, -(-height // TICK_ROWS))


def _upright(label: str | None, margin: int, signs: Signs) -> str:
    """Return a row's piece of the vertical axis, with its label."""
    text = label or ""
    return " " * (margin - cell_len(text)) + text + signs.axes[label is not None]


def _cells(canvas: Canvas, signs: Signs) -> list[Line]:
    """Return the plot, row by row."""
    chart, fans = canvas.chart, [_fewer(fan) for fan in canvas.chart.fans]
    came = _patterns([canvas.line(0, chart.values)], canvas, signs)  # [R, K]
    forecast = _patterns([canvas.line(fan.first, fan.point) for fan in fans], canvas, signs)
    if signs is UNICODE:
        forecast[:, 1::2] = 0  # a broken line
    shades = _shades([canvas.shades(fan) for fan in fans], canvas, signs)
    origins = {int(canvas.columns(np.array(fan.first - 0.5))) // signs.dots[1] for fan in fans if fan.first}
    return [
        [_cell(signs, *numbers, column in origins) for column, numbers in enumerate(zip(*rows, strict=True))]
        for rows in zip(came.tolist(), forecast.tolist(), shades.tolist(), strict=True)
    ]


def _cell(signs: Signs, came: int, forecast: int, shade: int, is_origin: bool) -> Segment:
    if signs is UNICODE and (came or forecast):
        return Segment(chr(0x2800 + (came | forecast)), _FORECAST if forecast else _PLAIN)
    if came or forecast:
        return Segment((signs.came if came else signs.forecast)[0], _PLAIN if came else _FORECAST)
    if shade:
        return Segment(signs.shades[shade - 1], _SHADE)
    return Segment(signs.origin, _QUIET) if is_origin else Segment(" ")


def _fewer(fan: Fan) -> Fan:
    """Return a forecast with at most as many intervals as there are shades."""
    kept = fan.bands[:: -(-len(fan.bands) // len(UNICODE.shades)) or 1]
    return replace(fan, bands=kept)


def _patterns(lines: Sequence[BoolArray], canvas: Canvas, signs: Signs) -> IntArray:
    """Return for each cell [R, K] the number of its pattern of dots, 0 where there is none."""
    tall, wide = signs.dots
    drawn = np.any([np.zeros((canvas.height, canvas.width), dtype=bool), *lines], axis=0)
    cells = drawn.reshape(canvas.height // tall, tall, canvas.width // wide, wide)
    patterns: IntArray = (cells * _BRAILLE[:tall, None, :wide]).sum(axis=(1, 3))
    return patterns


def _shades(shades: Sequence[IntArray], canvas: Canvas, signs: Signs) -> IntArray:
    """Return for each cell [R, K] in how many intervals most of its dots lie."""
    tall, wide = signs.dots
    drawn = np.max([np.zeros((canvas.height, canvas.width), dtype=np.int64), *shades], axis=0)
    cells = drawn.reshape(canvas.height // tall, tall, canvas.width // wide, wide)
    found: IntArray = np.median(cells, axis=(1, 3)).round().astype(np.int64)
    return found


def _time_axis(canvas: Canvas, margin: int, signs: Signs) -> list[Line]:
    """Return the horizontal axis and, below it, the labels of its ticks, as many as stand apart."""
    width = canvas.width // signs.dots[1]
    corner, flat, ticked = (signs.axes[piece] for piece in (2, 3, 4))
    axis, labels, free = [flat] * width, "", 0
    for tick in time_ticks(canvas.chart.steps, max(width // TICK_COLUMNS, 1)):
        column = int(canvas.columns(np.array(tick.place)).round()) // signs.dots[1]
        begin = min(max(column - len(tick.label) // 2, 0), width - len(tick.label))
        axis[column] = ticked
        if begin >= free:
            labels += " " * (begin - len(labels)) + tick.label
            free = len(labels) + 1
    return [
        [Segment(" " * margin + corner + "".join(axis), _QUIET)],
        [Segment(" " * (margin + 1) + labels, _QUIET)],
    ]


def _legend(charts: Sequence[Chart], signs: Signs) -> Line:
    """Return what the signs mean."""
    bands = next((_fewer(fan).bands for chart in charts for fan in chart.fans), ())
    line = [Segment(f"{signs.came} what came   "), Segment(signs.forecast, _FORECAST), Segment(" forecast")]
    for sign, band in zip(signs.shades, bands, strict=False):
        line += [Segment("   "), Segment(sign * 3, _SHADE), Segment(f" {band.percent:g}%")]
    return [*line, Segment(" interval" if bands else "")]
