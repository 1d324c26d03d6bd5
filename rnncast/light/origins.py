"""What a window shows: `rnncast.origins` and `rnncast.causal` in numpy, at all origins what a model reads of them.

The rest is of the last origin alone, since no other is forecast from.
"""

from typing import NamedTuple

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from rnncast.light import folds
from rnncast.light.folds import Folds, History
from rnncast.light.windows import Batch, single
from rnncast.packing import Array
from rnncast.scaling import TINY
from rnncast.shapes import AGE, FAR_OFF, Shape


class View(NamedTuple):
    """Holds what windows show, in units of the series.

    Attributes:
        level: [B, C], at the last origin, and so are all but the inputs and `begun`.
        scale: [B, C].
        guess: [B, H, C].
        lags: [B, C x K], the last values relative to the level, in units of the scale.
        ahead: what the folded past says about the steps ahead, [B, 1, H, ...]; None where nothing is folded.
        inputs: [B, O, F], what the model reads.
        begun: [B, O], whether anything was seen up to each origin.
    """

    level: Array
    scale: Array
    guess: Array
    lags: Array
    ahead: Folds | None
    inputs: Array
    begun: Array


def view(shape: Shape, batch: Batch, at: slice) -> View:
    """Return what windows show at the origins `at`."""
    length = shape.context_length
    past, seen = batch.target[:, :length], batch.observed[:, :length]
    levels, around = _scaling(shape, past, seen)  # [B, L, C]
    scales = folds.seasonal_scale(past, seen, around, shape.season_length) if shape.folds else around
    count = seen.cumsum(axis=1)  # [B, L, C]
    known = np.asarray(count > 0)
    window = (past, known, levels[:, at], scales[:, at])
    lags = _lags(*window, at, shape.num_lags)  # [B, O, C x K]
    inputs, ahead = _inputs(shape, batch, lags, count[:, at], at), None
    if shape.folds:
        parts = (past, known, levels, scales, np.log(around / scales))
        history = History(*(part[..., 0] for part in parts))
        steps = np.arange(length)[at]  # [O]
        inputs = np.concatenate([inputs, folds.inputs(history, steps, shape)], axis=-1)
        ahead = folds.folds(history, steps[-1:], shape.horizon, shape)
    guess = _guess(shape, past, known, levels[:, -1])
    begun = np.asarray(known[:, at].any(axis=2))
    return View(levels[:, -1], scales[:, -1], guess, lags[:, -1], ahead, inputs, begun)


def in_year(batch: Batch, year: float) -> Array:
    """Return where in a year of so many steps each step of the windows lies, sine and cosine [B, L + H, 2]."""
    ordinals = batch.ordinal[:, None] + np.arange(batch.future.shape[1])
    angle = np.float32(2 * np.pi) * (single(ordinals) % np.float32(year)) / np.float32(year)
    return np.stack([np.sin(angle), np.cos(angle)], axis=-1)


def _scaling(shape: Shape, past: Array, seen: Array) -> tuple[Array, Array]:
    """Return level and spread at each step, [B, L, C]; 0 and 1 are those of the whole series."""
    if shape.scaling == "series":
        return np.zeros_like(past), np.ones_like(past)
    level, spread = causal_scale(past, seen, shape.season_length)
    return level, np.ones_like(spread) if shape.scaling == "level" else spread


def causal_scale(target: Array, observed: Array, season: int) -> tuple[Array, Array]:
    """Return the level and the spread at every step [B, L, C], from values up to it that were seen."""
    values, seen = np.where(observed, target, 0).astype(np.float64), observed.astype(np.float64)
    count = _rolling_sum(seen, season)
    level = _hold(_rolling_sum(values, season) / np.maximum(count, 1), count > 0)
    before = np.concatenate([level[:, :1], level[:, :-1]], axis=1)
    known = seen * (seen.cumsum(axis=1) > 1)  # all that were seen but the first
    errors = np.abs(values - before) * known
    spread = errors.cumsum(axis=1) / np.maximum(known.cumsum(axis=1), 1)
    return single(level), single(np.where(spread > TINY, spread, 1.0))


def _rolling_sum(values: Array, count: int) -> Array:
    """Return the sum over the last `count` steps at every step of [B, L, C]."""
    total = values.cumsum(axis=1)
    rolling = total.copy()
    rolling[:, count:] -= total[:, :-count]
    return rolling


def _hold(values: Array, valid: Array) -> Array:
    """Return `values` [B, L, C] with invalid steps repeating the last valid one before them."""
    steps = np.arange(values.shape[1])[:, None]
    return np.take_along_axis(values, np.maximum.accumulate(np.where(valid, steps, 0), axis=1), axis=1)


def _lags(past: Array, known: Array, level: Array, scale: Array, at: slice, count: int) -> Array:
    """Return the last values before each origin, relative to it, [B, O, C x K]; 0 where unknown."""
    values, known = (_before(steps, at, count) for steps in (past, known))  # [B, O, C, K]
    relative = (values - level[..., None]) / scale[..., None]
    return np.clip(np.where(known, relative, np.float32(0)), -FAR_OFF, FAR_OFF).reshape(*level.shape[:2], -1)


def _before(values: Array, at: slice, size: int) -> Array:
    """Return the last `size` steps up to each origin, [B, O, C, size], of [B, L, C]."""
    lead = size - 1 - at.start
    padded = np.pad(values, ((0, 0), (lead, 0), (0, 0))) if lead > 0 else values[:, -lead:]
    return sliding_window_view(padded, size, axis=1)[:, :: at.step]


def _inputs(shape: Shape, batch: Batch, lags: Array, count: Array, at: slice) -> Array:
    """Return what the model reads at each origin but for the folds, [B, O, F]."""
    length = shape.context_length
    angle = np.float32(2 * np.pi) * batch.phase[:, at]  # [B, O, M]
    age = np.log1p(single(count)) / np.float32(AGE)  # [B, O, C]
    parts = [np.arcsinh(lags), single(batch.observed[:, at]), age, np.sin(angle), np.cos(angle)]
    for covariates in (batch.past, batch.future[:, :length]):
        whole = covariates[:, at.start + 1 - shape.segment_length :]
        parts.append(whole.reshape(*lags.shape[:2], -1) if whole.shape[2] else angle[..., :0])
    return np.concatenate(parts, axis=-1)


def _guess(shape: Shape, past: Array, known: Array, level: Array) -> Array:
    """Return the seasonal naive from the last origin, [B, H, C]; the level where it is not known."""
    season, horizon = shape.guess_season, shape.horizon
    if season == 0:
        return np.repeat(level[:, None], horizon, axis=1)
    lead = ((0, 0), (max(season - past.shape[1], 0), 0), (0, 0))
    last, known = (np.pad(part, lead)[:, -season:] for part in (past, known))  # [B, m, C]
    return np.tile(np.where(known, last, level[:, None]), (1, -(-horizon // season), 1))[:, :horizon]
