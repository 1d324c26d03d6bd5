"""Charts as pictures: PNG, SVG and PDF by matplotlib, an optional extra.

The same charts give the same bytes. Of the user's own settings of matplotlib none is read, and nothing is written
beside the picture.
"""

import io
import os
import sys
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from math import ceil
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

import numpy as np

from rnncast.panel import BoolArray, FloatArray
from rnncast.rendering.base import visible
from rnncast.rendering.charts.base import Chart, Fan, Gallery, outline
from rnncast.rendering.charts.ticks import Tick, number_ticks, time_ticks

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

CAME, FORECAST, QUIET = "#000000", "#0072B2", "#666666"
"""Black and blue of the palette of Okabe and Ito (2008), which all eyes tell apart; grey for axes."""

MOST_POINTS = 4000
LONGEST_NAME = 60
_WHOLE, _SMALL = (9.0, 4.5), (4.5, 2.6)
"""Width and height in inches of one chart alone, and of each of several."""

_SETTINGS = {
    "font.size": 9.0, "axes.spines.top": False, "axes.spines.right": False, "axes.edgecolor": QUIET,
    "xtick.color": QUIET, "ytick.color": QUIET, "axes.grid": True, "grid.color": "#DDDDDD", "grid.linewidth": 0.6,
    "axes.axisbelow": True, "svg.hashsalt": "rnncast", "svg.fonttype": "none", "savefig.dpi": 150.0,
}  # fmt: skip
_NO_DATES = {
    "png": {"Software": None},
    "svg": {"Date": None},
    "pdf": {"CreationDate": None, "ModDate": None},
}


def png(gallery: Gallery) -> bytes:
    """Return charts as PNG."""
    return _encoded(gallery, "png")


def svg(gallery: Gallery) -> bytes:
    """Return charts as SVG, whose text is text."""
    return _encoded(gallery, "svg")


def pdf(gallery: Gallery) -> bytes:
    """Return charts as PDF."""
    return _encoded(gallery, "pdf")


def _encoded(gallery: Gallery, form: str) -> bytes:
    library, buffer = _matplotlib(), io.BytesIO()
    with library.rc_context(), warnings.catch_warnings(), np.errstate(over="ignore", invalid="ignore"):
        # A letter that no font here has becomes a box.
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        library.rcdefaults()
        library.rcParams.update(_SETTINGS)
        _figure(gallery).savefig(buffer, format=form, metadata=_NO_DATES[form])
    return buffer.getvalue()


def _matplotlib() -> ModuleType:
    """Return matplotlib with all that is used here."""
    with _no_folder_made():
        import matplotlib
        import matplotlib.figure
    return matplotlib


@contextmanager
def _no_folder_made() -> Iterator[None]:
    """Keep matplotlib from making folders in the home while it is imported; a list of fonts that it has is read."""
    if "matplotlib" in sys.modules or "MPLCONFIGDIR" in os.environ:
        yield
        return
    usual = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "matplotlib"
    with tempfile.TemporaryDirectory() as folder:
        os.environ["MPLCONFIGDIR"] = str(usual) if any(usual.glob("fontlist-*.json")) else folder
        try:
            yield
        finally:
            del os.environ["MPLCONFIGDIR"]


def _figure(gallery: Gallery) -> "Figure":
    from matplotlib.figure import Figure

    count = len(gallery.charts)
    across = 1 if count < 2 else 2 if count < 5 else 3
    down = max(ceil(count / across), 1)
    width, height = _WHOLE if count == 1 else (_SMALL[0] * across, _SMALL[1] * down)
    figure = Figure(figsize=(width, height), layout="constrained")
    grid = figure.subplots(down, across, squeeze=False).ravel()
    for axes, chart in zip(grid, gallery.charts, strict=False):
        _draw(axes, chart, width / across)
    for axes in grid[count:]:
        axes.set_axis_off()
    handles, labels = (parts[::-1] for parts in grid[0].get_legend_handles_labels())
    if gallery.left_out:
        handles.append(grid[0].plot([], [], " ")[0])
        labels.append(f"{gallery.left_out:,} more not drawn")
    if len(handles) > 1:
        figure.legend(handles, labels, loc="outside lower left", ncols=len(handles), frameon=False)
    return figure


def _draw(axes: "Axes", chart: Chart, inches: float) -> None:
    """Draw one chart: intervals, what came, forecasts, axes."""
    for number, fan in enumerate(chart.fans):
        _fan(axes, fan, is_named=not number)
    places = outline(chart.values, MOST_POINTS)
    values = chart.values[places]
    axes.plot(places, values, color=CAME, linewidth=1.2, label="what came")
    alone = _alone(values)
    axes.plot(places[alone], values[alone], ".", color=CAME, markersize=3)
    low, high = chart.extent
    up = [Tick(n, word) for n, word in enumerate(chart.words)] or number_ticks(low, high, 5)
    along = time_ticks(chart.steps, max(int(inches * 1.2), 2))
    axes.set_yticks([tick.place for tick in up], [_readable(tick.label) for tick in up], parse_math=False)
    axes.set_xticks([tick.place for tick in along], [tick.label for tick in along], parse_math=False)
    axes.set_xlim(-0.5, len(chart.values) - 0.5)
    axes.set_title(_readable(chart.name), loc="left", parse_math=False)


def _fan(axes: "Axes", fan: Fan, is_named: bool) -> None:
    """Draw a forecast with its intervals, the inner ones darker; only the first stands in the legend."""
    places = np.arange(fan.first, fan.end, dtype=np.float64)
    if len(places) == 1:  # a line of its own
        places = places[0] + np.array([-0.4, 0.4])
    tints = iter(_tints(len(fan.bands)))
    for band in fan.bands:
        lower, upper = (np.resize(side, len(places)) for side in (band.lower, band.upper))
        label = f"{band.percent:g}% interval" if is_named else ""
        axes.fill_between(places, lower, upper, color=next(tints), linewidth=0, label=label)
    if fan.first:
        axes.axvline(fan.first - 0.5, color=QUIET, linewidth=0.8, linestyle=":")
    label = "forecast" if is_named else ""
    axes.plot(places, np.resize(fan.point, len(places)), color=FORECAST, linewidth=1.6, linestyle="--", label=label)


def _tints(count: int) -> list[tuple[float, ...]]:
    """Return so many tints of the forecast's colour, the lightest first; opaque, so that the legend shows them too."""
    colour = np.array([int(FORECAST[at : at + 2], 16) / 255 for at in (1, 3, 5)])
    shares = np.linspace(0.15, 0.45, count) if count > 1 else [0.25]
    return [tuple((1 - share * (1 - colour)).tolist()) for share in shares]


def _alone(values: FloatArray) -> BoolArray:
    """Tell which values stand between two gaps, where no line shows them."""
    gap = np.isnan(np.concatenate([[np.nan], values, [np.nan]]))
    alone: BoolArray = ~gap[1:-1] & gap[:-2] & gap[2:]
    return alone


def _readable(name: str) -> str:
    """Return a name without characters that do not print, and no longer than there is room."""
    name = visible(name)
    return name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME // 2]}...{name[3 - LONGEST_NAME // 2 :]}"
