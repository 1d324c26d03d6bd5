"""A canvas of dots: lines and shades of a chart on a grid, before anyone knows by which characters.

Axes: T steps of a chart, H of a forecast; Y rows and X columns of dots, the first above and on the left.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from rnncast.panel import BoolArray, FloatArray, IntArray
from rnncast.rendering.charts.base import Chart, Fan, outline


@dataclass(frozen=True, slots=True, eq=False)
class Canvas:
    """Says where on a grid of dots the steps and the values of a chart stand.

    Attributes:
        chart: what is drawn.
        height: Y.
        width: X.
    """

    chart: Chart
    height: int
    width: int

    @property
    def extent(self) -> tuple[float, float]:
        """Return the values at the lowest and the uppermost row; a constant stands in the middle."""
        low, high = self.chart.extent
        room = 0.0 if high > low else abs(low) or 1.0
        return low - room, high + room

    def columns(self, places: IntArray | FloatArray) -> FloatArray:
        """Return at which column steps stand, counted from 0, not rounded."""
        columns: FloatArray = np.asarray(places, dtype=np.float64) * (
            (self.width - 1) / max(len(self.chart.values) - 1, 1)
        )
        return columns

    def rows(self, values: FloatArray) -> FloatArray:
        """Return at which row values stand, not rounded."""
        low, high = self.extent
        rows: FloatArray = (high / 2 - values / 2) / (high / 2 - low / 2) * (self.height - 1)
        return rows

    def line(self, first: int, values: FloatArray) -> BoolArray:
        """Return the dots [Y, X] of a line through values from step `first` on, broken where one is NaN."""
        kept = outline(values, 2 * self.width)
        values, found = values[kept], np.zeros((self.height, self.width), dtype=bool)
        ends = np.column_stack([self.rows(values), self.columns(first + kept)])  # [T, 2]
        for begin, end in pairwise(np.concatenate([ends, ends[-1:]])):
            if np.isfinite(begin).all():
                end = end if np.isfinite(end).all() else begin  # before a gap
                count = int(np.abs(end - begin).max()) + 2
                dots = np.linspace(begin, end, count).round().astype(np.int64)
                found[dots[:, 0], dots[:, 1]] = True
        return found

    def shades(self, fan: Fan) -> IntArray:
        """Return how many of a forecast's intervals each dot lies in, [Y, X]."""
        places = np.arange(fan.first, fan.end)
        at = self.columns(places)  # [H]
        columns = np.arange(int(np.round(at[0])), int(np.round(at[-1])) + 1)
        found = np.zeros((self.height, self.width), dtype=np.int64)
        for band in fan.bands:
            upper, lower = (np.interp(columns, at, self.rows(side)).round() for side in (band.upper, band.lower))
            row = np.arange(self.height)[:, None]
            found[:, columns] += (row >= upper) & (row <= lower)
        return found
