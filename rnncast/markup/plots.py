"""Plots: layers of lines, bands and marks over numbered places, before they are drawn."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from rnncast.panel import FloatArray, IntArray

SIZE = 1000
"""Width and height of the square that a plot is drawn in."""

MARGIN = 0.06
"""Share of what is drawn that stays free above and below it."""

MOST_TICKS = 12

OVER_ALL = frozenset({"rule", "span"})
"""Kinds of layers that have no values."""

Ticks = tuple[tuple[float, str], ...]
"""Places on an axis, and what is written there."""


class Extent(NamedTuple):
    """Holds the ends of what is seen of an axis."""

    low: float
    high: float

    def place(self, values: FloatArray | IntArray) -> FloatArray:
        """Return where values stand, from 0 to `SIZE`."""
        return (values.astype(np.float64) - self.low) / (self.high - self.low) * SIZE


@dataclass(frozen=True, slots=True, eq=False)
class Layer:
    """Holds one thing that is drawn.

    Attributes:
        name: as the legend and the pointer call it; empty where they do not tell of it.
        style: classes of the page's style sheet.
        places: [P], rising whole numbers.
        values: [P]; NaN is a gap. Of a band its lower side, of a span anything.
        upper: [P], of a band its upper side.
        kind: "line", "band", "dots", "rule" at a place, or "span" from the first place to the last, both over the whole
            height.
        strength: how much of its colour is seen.
        lead: how many of the first places are drawn, and not told of.
    """

    name: str
    style: str
    places: IntArray
    values: FloatArray
    upper: FloatArray | None = None
    kind: str = "line"
    strength: float = 1.0
    lead: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Plot:
    """Holds a drawing and its words.

    Attributes:
        title: a line above it.
        summary: what it shows, for those who do not see it.
        labels: what each place is called, from 0 on.
        ticks: what is written below the places: as much as there is room for, then closer and closer, to zoom in.
        layers: from the back to the front.
        note: a sentence below.
        from_zero: the vertical axis begins at zero.
        is_small: it takes half the width.
        words: what the values 0, 1 ... stand for; empty for numbers.
    """

    title: str
    summary: str
    labels: Sequence[str]
    ticks: tuple[Ticks, ...]
    layers: tuple[Layer, ...]
    note: str = ""
    from_zero: bool = False
    is_small: bool = False
    words: tuple[str, ...] = ()

    @property
    def across(self) -> Extent:
        """Return the ends of the horizontal axis."""
        return Extent(-0.5, max(len(self.labels), 2) - 0.5)

    @property
    def up(self) -> Extent:
        """Return the ends of the vertical axis, with some room."""
        seen = [layer for layer in self.layers if layer.kind not in OVER_ALL]
        sides = [side for layer in seen for side in (layer.values, layer.upper) if side is not None]
        drawn = np.concatenate([[0.0] if self.from_zero else [], *sides])
        drawn = drawn[np.isfinite(drawn)]
        low, high = (float(drawn.min()), float(drawn.max())) if drawn.size else (0.0, 1.0)
        room = (high - low) * MARGIN or abs(high) * MARGIN or 1.0
        return Extent(low if self.from_zero and low == 0 else low - room, high + room)


def line(name: str, style: str, first: int, values: FloatArray) -> Layer:
    """Return a line through places that follow each other."""
    return Layer(name, style, np.arange(first, first + len(values)), values)


def numbered(count: int) -> tuple[Ticks, ...]:
    """Return ticks of places that are numbered from 1."""
    apart = next((step for step in (1, 2, 3, 6, 12, 24, 48, 96) if count <= MOST_TICKS * step), 168)
    steps = dict.fromkeys((apart, 1))
    return tuple(tuple((place - 1, str(place)) for place in range(step, count + 1, step)) for step in steps)
