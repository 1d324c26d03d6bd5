"""A panel's windows in arrays of numpy: `rnncast.windows` as a forecast needs them, with the axes that it names."""

from typing import NamedTuple

import numpy as np

from rnncast.columns import calendar_seasons
from rnncast.packing import Array
from rnncast.panel import IntArray, Panel
from rnncast.scaling import MOST_READ, Units
from rnncast.shapes import Shape


class Batch(NamedTuple):
    """Holds B windows of L past and H future steps, fields as those of `rnncast.windows.Batch`."""

    target: Array
    observed: Array
    past: Array
    future: Array
    static: Array
    phase: Array
    ordinal: Array
    loc: Array
    scale: Array


class Windows:
    """Keeps a panel in single precision and gathers windows of it."""

    def __init__(self, panel: Panel, units: Units) -> None:
        rows, series = panel.row_mask(), np.repeat(np.arange(panel.num_series), panel.lengths)
        self._panel = panel
        self._first = np.cumsum(panel.lengths) - panel.lengths  # [N], rows without what was cut off
        self._values = single(units.apply(panel.values[rows], series))  # [R, C]
        self._observed, self._past = panel.observed[rows], single(panel.past_covariates[rows])
        self._future, self._static = single(panel.future_covariates), single(panel.static_covariates)
        self._loc, self._scale = (single(part) for part in (units.loc, units.scale))  # [N, C]
        self._seasons = np.array(calendar_seasons(panel), dtype=np.int64)  # [M]

    def batch(self, shape: Shape, series: IntArray, ends: IntArray) -> Batch:
        """Return the windows of the series [B] whose last past step is `ends` [B], as a network of a shape reads them.

        Independent channels are rows, and what a network with folds does not read is left out.
        """
        panel, length = self._panel, shape.context_length
        steps = ends[:, None] + np.arange(1 - length, shape.horizon + 1)  # [B, L + H]
        known = panel.lengths[series, None]
        inside = ((steps >= 0) & (steps < known))[..., None]
        rows = self._first[series, None] + np.clip(steps, 0, known - 1)
        observed = self._observed[rows] & inside
        target = np.where(inside, self._values[rows], np.float32(0))
        ahead = panel.future_offsets[series, None] + np.clip(steps, 0, panel.future_lengths[series, None] - 1)
        ordinals = panel.start[series, None] + steps  # [B, L + H]
        whole = Batch(
            target=_held(target, observed, inside, length),
            observed=observed,
            past=self._past[rows[:, :length]],
            future=self._future[ahead] if self._future.shape[1] else np.zeros((*ahead.shape, 0), np.float32),
            static=self._static[series],
            phase=single(ordinals[..., None] % self._seasons) / single(self._seasons),  # [B, L + H, M]
            ordinal=ordinals[:, 0],
            loc=self._loc[series],
            scale=self._scale[series],
        )
        if shape.folds:
            unread = ("past", "future", "static", "phase")
            whole = whole._replace(**{name: getattr(whole, name)[..., :0] for name in unread})
        return _separate(whole) if shape.targets == 1 else whole


def single(values: Array) -> Array:
    """Return values in single precision."""
    return values.clip(-MOST_READ, MOST_READ).astype(np.float32)


def advanced(batch: Batch, later: Batch, point: Array) -> Batch:
    """Return the batch one block later, with the block's point forecast [B, H, C] as its newest past.

    Past covariates stay at their last value: a backtest has rows after the origin, which must not be read.
    """
    length = batch.past.shape[1]
    held = np.repeat(batch.past[:, -1:], point.shape[1], axis=1)  # [B, H, Kp]
    target, observed = later.target.copy(), later.observed.copy()
    target[:, :length] = _newest(batch.target[:, :length], point)
    observed[:, :length] = _newest(batch.observed[:, :length], np.ones(point.shape, dtype=np.bool_))
    return later._replace(target=target, observed=observed, past=_newest(batch.past, held))


def _newest(past: Array, later: Array) -> Array:
    """Return as many of the last steps as the past has."""
    return np.concatenate([past, later], axis=1)[:, -past.shape[1] :]


def _held(target: Array, observed: Array, inside: Array, length: int) -> Array:
    """Let a gap that reaches the origin repeat the last value seen, or zero: its fill knew of later rows."""
    steps = np.arange(length)[:, None]
    last = np.where(observed[:, :length], steps, -1).max(axis=1, keepdims=True)  # [B, 1, C]
    held = np.take_along_axis(target, np.maximum(last, 0), axis=1)
    trailing = (steps > last) & inside[:, :length]
    target[:, :length] = np.where(trailing, np.where(last >= 0, held, np.float32(0)), target[:, :length])
    return target


def _separate(batch: Batch) -> Batch:
    """Return a batch of B x C windows of one target each: channels become rows, each with all covariates."""
    count = batch.target.shape[2]
    repeated = {name: np.repeat(values, count, axis=0) for name, values in batch._asdict().items()}
    for name in ("target", "observed"):
        values = getattr(batch, name)
        repeated[name] = values.swapaxes(1, 2).reshape(-1, values.shape[1], 1)
    return Batch(**repeated | {name: getattr(batch, name).reshape(-1, 1) for name in ("loc", "scale")})
