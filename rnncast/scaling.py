"""Units: from the data's to those the network computes in, and back.

Two steps. `Units` maps each series by a fixed, invertible function (a logarithm where asked, then
an affine map, in float64), so that float32 loses nothing at a level of 1e15 or a variation of 1e-12.
`causal` then finds the level and the spread at each origin from what was seen up to it. The
network's output does not depend on the affine map, since the causal one absorbs it.
"""

import math
from dataclasses import dataclass, fields

import numpy as np

from rnncast.panel import BoolArray, FloatArray, IntArray, Panel

TINY = 1e-6
"""Smallest spread, in units of a series' own, that counts as variation."""

ROUNDING = 1e-15
"""Mean deviation, as a share of the level, up to which numbers differ by their rounding alone."""

MOST_READ = 1e30
"""The largest number that a network is given; beyond 3e38 there is none in float32."""

FAR = 1e15
"""Most units that a value is away from the level; float32 holds sums of the squares of such."""

CONSTANT = 0.01
"""Spread that a series without any is given, as a share of its level."""

ROWS = 2**20
"""Rows, about, whose units are found at once; keeps memory flat for large panels."""

_LARGEST = float(np.finfo(np.float64).max)


@dataclass(frozen=True, slots=True, eq=False)
class Units:
    """Maps each series to numbers near one and back: u = (f(y) - loc) / scale.

    f is the identity, or asinh(y / bend), which is a logarithm above the bend, the identity's shape below
    it, and defined for zero and for negative values that may come later.

    Attributes:
        logarithm: [N, C], true where f is the logarithm.
        bend: [N, C], a tenth of the mean magnitude where f is the logarithm, else 1.
        loc: [N, C], mean of f(y).
        scale: [N, C], mean absolute deviation of f(y) from loc; of a constant series a hundredth of its
            level, or 1. It takes no logarithm either: a unit of its level there would be a factor of e.

    All are over the values that were seen.
    """

    logarithm: BoolArray
    bend: FloatArray
    loc: FloatArray
    scale: FloatArray

    @classmethod
    def of(cls, panel: Panel, logarithm: bool) -> "Units":
        """Find the units from the rows of `panel`; only series without a negative value take the log.

        Indicators of classes stay as they are.
        """
        if panel.classes:
            same = np.ones((panel.num_series, panel.num_targets))
            return cls(same == 0, same, np.zeros_like(same), same)
        parts = [cls._of(panel.part(series), logarithm) for series in panel.stretches(ROWS, ROWS)]
        names = [field.name for field in fields(cls)]
        return cls(**{name: np.concatenate([getattr(part, name) for part in parts]) for name in names})

    @classmethod
    def _of(cls, panel: Panel, logarithm: bool) -> "Units":
        """Find the units of numbers at once."""
        rows = np.repeat(np.arange(panel.num_series), panel.lengths)
        values, seen = panel.values, panel.observed.astype(np.float64)  # [rows, C]
        count = np.maximum(_sum_by(seen, rows, panel.num_series), 1)  # [N, C]

        def mean_of(numbers: FloatArray) -> FloatArray:
            mean: FloatArray = _sum_by(numbers * seen, rows, panel.num_series) / count
            return mean

        negative = mean_of((values < 0).astype(np.float64)) > 0
        size = mean_of(np.abs(values))
        base = values[np.cumsum(panel.lengths) - panel.lengths].astype(np.float64)  # sums of differences lose nothing
        level = base + mean_of(values - base[rows])
        varies = mean_of(np.abs(values - level[rows])) > ROUNDING * size
        use_log = ~negative & varies & logarithm
        bend = np.where(use_log, 0.1 * size, 1.0)
        values = _bent(values, use_log[rows], bend[rows])
        loc = mean_of(values)
        scale = np.where(varies, mean_of(np.abs(values - loc[rows])), CONSTANT * np.abs(loc))
        return cls(use_log, bend, loc, np.where(scale > 0, scale, 1.0))

    def only(self, series: IntArray) -> "Units":
        """Return the units of the series of these numbers."""
        return Units(self.logarithm[series], self.bend[series], self.loc[series], self.scale[series])

    def apply(self, values: FloatArray, series: IntArray) -> FloatArray:
        """Map `values` [rows, C] of the series with indices [rows]."""
        with np.errstate(over="ignore"):
            values = _bent(values, self.logarithm[series], self.bend[series])
            return ((values - self.loc[series]) / self.scale[series]).clip(-FAR, FAR)

    def invert(self, values: FloatArray, series: IntArray) -> FloatArray:
        """Map `values` [B, H, C] or [B, H, C, Q] of the series with indices [B] back to the data's units."""
        shape = (len(series), 1, self.loc.shape[1]) + (1,) * (values.ndim - 3)
        loc, scale, bend, use_log = (
            array[series].reshape(shape) for array in (self.loc, self.scale, self.bend, self.logarithm)
        )
        with np.errstate(over="ignore"):
            values = values * scale
            values += loc
            if self.logarithm.any():
                values = np.where(use_log, bend * np.sinh(np.clip(values, -700, 700)), values)
        return np.clip(values, -_LARGEST, _LARGEST, out=values)


def _bent(values: FloatArray, use_log: BoolArray, bend: FloatArray) -> FloatArray:
    """Return asinh(values / bend) where `use_log`."""
    return np.arcsinh(values / bend, out=values.copy(), where=use_log)


def _sum_by(values: FloatArray, series: IntArray, num_series: int) -> FloatArray:
    """Return the sums of `values` [rows, C] by series, [N, C]."""
    columns = [np.bincount(series, weights=column, minlength=num_series) for column in values.T]
    return np.stack(columns, axis=1)


def prefers_logarithm(panel: Panel) -> bool:
    """Tell whether spread grows with level: whether the typical series wants a logarithm.

    Blocks of a season (at least 4 steps) give a level (mean) and a spread (mean absolute deviation)
    each; the slope of log spread on log level is 1 - lambda of the Box-Cox power (Guerrero 1993), and
    a slope above one half lies nearer the logarithm than the identity. The median over the positive
    series with four blocks or more decides, where it stands two standard errors above zero.
    """
    block = max(panel.season_length, 4)
    enough = np.flatnonzero(panel.lengths >= 4 * block)[:1000]
    slopes = np.array([slope for n in enough for slope in _spread_slopes(panel, int(n), block)])  # [series, 2]
    if not len(slopes):
        return False
    slope, error = np.median(slopes, axis=0)
    error *= math.sqrt(math.pi / 2 / len(slopes)) if len(slopes) > 2 else 1.0  # that of a median
    return bool(slope > 0.5 and slope > 2 * error)


def _spread_slopes(panel: Panel, series: int, block: int) -> list[tuple[float, float]]:
    """Return the slope and its standard error of each target that has one."""
    first = panel.offsets[series]
    seen = np.flatnonzero(panel.observed[first : first + panel.lengths[series]].all(axis=1))
    end = first + (seen[-1] + 1 if len(seen) else 0)  # what a gap at the end was filled with knows of later rows
    length = (end - first) // block * block
    if length < 4 * block:
        return []
    values = panel.values[first:end].astype(np.float64)
    blocks = values[-length:].reshape(-1, block, panel.num_targets)
    level = blocks.mean(axis=1)  # [blocks, C]
    spread = np.abs(blocks - level[:, None]).mean(axis=1)
    usable = (values.min(axis=0) > 0) & (spread.min(axis=0) > 0)  # [C]
    return [_slope(np.log(level[:, c]), np.log(spread[:, c])) for c in np.flatnonzero(usable)]


def _slope(x: FloatArray, y: FloatArray) -> tuple[float, float]:
    """Return the slope of y on x by least squares, and its standard error; 0 where x hardly varies."""
    centred = x - x.mean()
    variation = float(centred @ centred)
    if variation <= 1e-4 * len(x):
        return 0.0, 0.0
    slope = float(centred @ y) / variation
    rest = y - y.mean() - slope * centred
    return slope, math.sqrt(float(rest @ rest) / (len(x) - 2) / variation)
