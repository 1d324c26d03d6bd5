"""What every drawing takes: charts of series, each with the forecasts of it, and no word on how they look.

A drawing is one function in its own file and one line in the registry: of `registry.PICTURES`,
`draw(gallery: Gallery) -> bytes`. It knows nothing of panels, forecasts and scores, which `making` makes charts of.

Axes: T steps of one chart, H steps of one forecast.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rnncast.panel import FloatArray, IntArray

Steps = NDArray[np.datetime64] | IntArray
"""Stamps as the clock on the wall shows them, or whole numbers where there is no calendar."""


@dataclass(frozen=True, slots=True, eq=False)
class Band:
    """Holds an interval about a forecast.

    Attributes:
        percent: how much of what comes it is to hold.
        lower: [H].
        upper: [H].
    """

    percent: float
    lower: FloatArray
    upper: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class Fan:
    """Holds a forecast from one origin.

    Attributes:
        first: where in the chart its first step stands, counted from 0.
        point: [H].
        bands: the widest first; none for a model that learned no distribution.
    """

    first: int
    point: FloatArray
    bands: tuple[Band, ...] = ()

    @property
    def end(self) -> int:
        """Return where in the chart the step after its last one stands."""
        return self.first + len(self.point)


@dataclass(frozen=True, slots=True, eq=False)
class Chart:
    """Holds one target of one series as it is drawn.

    Attributes:
        name: the series' ids and the target as the data have them, which may hold any character.
        steps: [T], when each step is, for the axis.
        stamps: the same T as the data write them, for people who ask for one.
        values: [T], what came, of a categorical target the number of the word; NaN where nothing was seen.
        fans: forecasts, the earliest first; none where only the data are shown.
        words: of a categorical target, by their numbers.
    """

    name: str
    steps: Steps
    stamps: tuple[str, ...]
    values: FloatArray
    fans: tuple[Fan, ...] = ()
    words: tuple[str, ...] = ()

    @property
    def known(self) -> int:
        """Return how many steps the first forecast knows; all T where there is none."""
        return self.fans[0].first if self.fans else len(self.values)

    @property
    def is_tested(self) -> bool:
        """Tell whether something came after the first origin."""
        return bool(np.isfinite(self.values[self.known :]).any())

    @property
    def extent(self) -> tuple[float, float]:
        """Return the least and the largest number that is drawn; 0 and 0 where there is none."""
        ends = [side for fan in self.fans for band in fan.bands for side in (band.lower, band.upper)]
        drawn = np.concatenate([self.values, *(fan.point for fan in self.fans), *ends])
        finite = drawn[np.isfinite(drawn)]
        return (float(finite.min()), float(finite.max())) if finite.size else (0.0, 0.0)


@dataclass(frozen=True, slots=True, eq=False)
class Gallery:
    """Holds the charts of a result, and how many more there would have been."""

    charts: tuple[Chart, ...]
    left_out: int = 0


def outline(values: FloatArray, most: int) -> IntArray:
    """Return the numbers of at most about `most` of the values, so that they look like all of them.

    Of every stretch the least and the largest stay, and of a stretch where nothing was seen its first, which is a gap.
    """
    count = len(values)
    width = -(-2 * count // max(most, 2))
    if width <= 2:
        return np.arange(count)
    padded = np.append(values, np.full(-count % width, np.nan)).reshape(-1, width)
    least = np.where(np.isnan(padded), np.inf, padded).argmin(axis=1)
    largest = np.where(np.isnan(padded), -np.inf, padded).argmax(axis=1)
    places = np.arange(len(padded)) * width
    kept: IntArray = np.unique(np.concatenate([places + least, places + largest, [count - 1]]))
    return kept
