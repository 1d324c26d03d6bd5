"""Units: from the data's to those the network computes in, and back.

Two steps. `Units` maps each series by a fixed, invertible function (a logarithm where asked, then
an affine map, in float64), so that float32 loses nothing at a level of 1e15 or a variation of 1e-12.
`causal_scale` then finds the level and the spread at each origin from what was seen up to it. The
network's output does not depend on the affine map, since the causal one absorbs it.
"""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from rnncast.panel import BoolArray, FloatArray, IntArray, Panel

TINY = 1e-6
"""Smallest spread, in units of a series' own, that counts as variation."""


@dataclass(frozen=True, slots=True, eq=False)
class Units:
    """Maps each series to numbers near one and back: u = (f(y) - loc) / scale.

    f is the identity, or asinh(y / bend), which is a logarithm above the bend, the identity's shape below
    it, and defined for zero and for negative values that may come later.

    Attributes:
        logarithm: [N, C], true where f is the logarithm.
        bend: [N, C], a tenth of the mean magnitude where f is the logarithm, else 1.
        loc: [N, C], mean of f(y).
        scale: [N, C], mean absolute deviation of f(y) from loc; 1 for a constant series.
    """

    logarithm: BoolArray
    bend: FloatArray
    loc: FloatArray
    scale: FloatArray

    @classmethod
    def of(cls, panel: Panel, logarithm: bool) -> "Units":
        """Find the units from the rows of `panel`; only series without a negative value take the log."""
        rows = np.repeat(np.arange(panel.num_series), panel.lengths)
        values = panel.values[panel.row_mask()]  # [rows, C]
        negative = _sum_by((values < 0).astype(np.float64), rows, panel.num_series) > 0  # [N, C]
        mean = _mean_by(np.abs(values), rows, panel.lengths)
        use_log = ~negative & (mean > 0) & logarithm
        bend = np.where(use_log, 0.1 * mean, 1.0)
        values = _bent(values, use_log[rows], bend[rows])
        loc = _mean_by(values, rows, panel.lengths)
        scale = _mean_by(np.abs(values - loc[rows]), rows, panel.lengths)
        varies = scale > 1e-13 * np.abs(loc)  # what rounding leaves of a constant is no variation
        return cls(use_log, bend, loc, np.where(varies, scale, 1.0))

    def apply(self, values: FloatArray, series: IntArray) -> FloatArray:
        """Map `values` [rows, C] of the series with indices [rows]."""
        values = _bent(values, self.logarithm[series], self.bend[series])
        mapped: FloatArray = (values - self.loc[series]) / self.scale[series]
        return mapped

    def invert(self, values: FloatArray, series: IntArray) -> FloatArray:
        """Map `values` [B, H, C] or [B, H, C, Q] of the series with indices [B] back to the data's units."""
        shape = (len(series), 1, self.loc.shape[1]) + (1,) * (values.ndim - 3)
        loc, scale, bend, use_log = (
            array[series].reshape(shape) for array in (self.loc, self.scale, self.bend, self.logarithm)
        )
        values = values * scale + loc
        unbent = bend * np.sinh(np.clip(values, -700, 700))
        restored: FloatArray = np.where(use_log, unbent, values)
        return restored


def _bent(values: FloatArray, use_log: BoolArray, bend: FloatArray) -> FloatArray:
    """Return asinh(values / bend) where `use_log`."""
    return np.arcsinh(values / bend, out=values.copy(), where=use_log)


def _sum_by(values: FloatArray, series: IntArray, num_series: int) -> FloatArray:
    """Return the sums of `values` [rows, C] by series, [N, C]."""
    columns = [np.bincount(series, weights=column, minlength=num_series) for column in values.T]
    return np.stack(columns, axis=1)


def _mean_by(values: FloatArray, series: IntArray, lengths: IntArray) -> FloatArray:
    """Return the means of `values` [rows, C] by series, [N, C]."""
    means: FloatArray = _sum_by(values, series, len(lengths)) / np.maximum(lengths, 1)[:, None]
    return means


def prefers_logarithm(panel: Panel) -> bool:
    """Tell whether spread grows with level: whether the typical series wants a logarithm.

    Blocks of a season (at least 4 steps) give a level (mean) and a spread (mean absolute deviation)
    each; the slope of log spread on log level is 1 - lambda of the Box-Cox power (Guerrero 1993), and
    a slope above one half lies nearer the logarithm than the identity. The median over the positive
    series with four blocks or more decides.
    """
    block = max(panel.season_length, 4)
    enough = np.flatnonzero(panel.lengths >= 4 * block)[:1000]
    slopes = [slope for n in enough for slope in _spread_slopes(panel, int(n), block)]
    return bool(slopes) and float(np.median(slopes)) > 0.5


def _spread_slopes(panel: Panel, series: int, block: int) -> list[float]:
    first, length = panel.offsets[series], panel.lengths[series] // block * block
    end = panel.offsets[series] + panel.lengths[series]
    blocks = panel.values[end - length : end].reshape(-1, block, panel.num_targets)
    level = blocks.mean(axis=1)  # [blocks, C]
    spread = np.abs(blocks - level[:, None]).mean(axis=1)
    usable = (panel.values[first:end].min(axis=0) > 0) & (spread.min(axis=0) > 0)  # [C]
    return [_slope(np.log(level[:, c]), np.log(spread[:, c])) for c in np.flatnonzero(usable)]


def _slope(x: FloatArray, y: FloatArray) -> float:
    centred = x - x.mean()
    variation = float(centred @ centred)
    return float(centred @ y) / variation if variation > 1e-4 * len(x) else 0.0


def causal_scale(target: Tensor, observed: Tensor, season_length: int) -> tuple[Tensor, Tensor]:
    """Return the level and the spread at every step, from values up to it that were seen.

    level_t = mean of the seen y over the last `season_length` steps
    spread_t = mean over the steps up to t of |y_u - level_(u-1)|, 1 where that is nothing

    Args:
        target: [B, L, C]; what lies at unseen steps is not read.
        observed: [B, L, C], true where a value was seen.
        season_length: steps of a season.

    Returns:
        loc and scale, each [B, L, C], in the type of `target`.
    """
    seen = observed.double()
    values = target.double() * seen
    loc = _rolling_sum(values, season_length) / _rolling_sum(seen, season_length).clamp(min=1)
    loc = _hold(loc, _rolling_sum(seen, season_length) > 0)
    before = torch.cat([loc[:, :1], loc[:, :-1]], dim=1)
    known = torch.cat([torch.zeros_like(seen[:, :1]), (seen.cumsum(dim=1) > 0).double()[:, :-1]], dim=1) * seen
    errors = (target.double() - before).abs() * known
    scale = errors.cumsum(dim=1) / known.cumsum(dim=1).clamp(min=1)
    scale = torch.where(scale > TINY, scale, torch.ones_like(scale))
    return loc.to(target.dtype), scale.to(target.dtype)


def _rolling_sum(values: Tensor, count: int) -> Tensor:
    """Return the sum over the last `count` steps at every step of [B, L, C]."""
    total = values.cumsum(dim=1)
    earlier = torch.nn.functional.pad(total, (0, 0, count, 0))[:, : total.shape[1]]
    return total - earlier


def _hold(values: Tensor, valid: Tensor) -> Tensor:
    """Return `values` [B, L, C] with invalid steps repeating the last valid one before them."""
    steps = torch.arange(values.shape[1], device=values.device)[None, :, None]
    last = torch.where(valid, steps, 0).cummax(dim=1).values
    return values.gather(1, last)
