"""The past at the phases of the steps ahead: `rnncast.folds` in numpy, which says what the parts are."""

from typing import NamedTuple

import numpy as np

from rnncast.packing import Array
from rnncast.panel import IntArray
from rnncast.shapes import FOLDS, LARGEST, LONG_FOLDS, REGULAR, TRENDS, Shape


class History(NamedTuple):
    """Holds what windows of one target show of their past, each [B, L], as `rnncast.folds.History`."""

    values: Array
    known: Array
    level: Array
    scale: Array
    regular: Array


class Folds(NamedTuple):
    """Holds what the past says about the steps ahead, [B, O, H, ...], as `rnncast.folds.Folds`."""

    raw: Array
    adjusted: Array
    long: Array
    known: Array
    long_known: Array
    trends: Array
    last: Array
    place: Array


def inputs(history: History, at: IntArray, shape: Shape) -> Array:
    """Return what is shown at the origins `at` [O], [B, O, NUM_INPUTS]."""
    season = shape.season_length
    step = folds(history, at, 1, shape)
    shown = np.concatenate([step.adjusted, step.long, step.trends], axis=-1)[:, :, 0]
    reached = _known(history, at[:, None] - _distances(season))
    known = np.concatenate([step.known[:, :, 0], step.long_known[:, :, 0], reached], axis=-1)
    before = at - season
    turn = _units(
        history.values[:, at] - _take(history.values, before), _known(history, before), history.scale[:, at]
    )  # [B, O]
    newest = np.stack([np.arcsinh(turn), history.regular[:, at]], axis=-1)  # [B, O, 2]
    kind = np.array([np.log(season) / 5, season > 1], dtype=np.float32)
    kinds = np.broadcast_to(kind, (*newest.shape[:2], 2))
    return np.concatenate([np.arcsinh(shown), known, newest, kinds], axis=-1, dtype=np.float32)


def seasonal_scale(values: Array, seen: Array, scale: Array, season: int) -> Array:
    """Return the spread around the value one season before at every step, [B, L, C], as far as values were seen."""
    season = min(season, values.shape[1])
    wide = values.astype(np.float64)
    both = np.zeros_like(wide)
    both[:, season:] = seen[:, season:] & seen[:, : values.shape[1] - season]
    changes = np.zeros_like(wide)
    changes[:, season:] = np.abs(values[:, season:] - values[:, : values.shape[1] - season])
    count = both.cumsum(axis=1)
    mean = ((changes * both).cumsum(axis=1) / np.maximum(count, 1)).astype(scale.dtype)
    return np.where(count > 0, np.maximum(mean, np.float32(REGULAR) * scale), scale)


def folds(history: History, at: IntArray, horizon: int, shape: Shape) -> Folds:
    """Return what the past says about `horizon` steps ahead of the origins `at` [O]."""
    season, long = shape.season_length, shape.long_season
    ahead = np.arange(1, horizon + 1)  # [H]
    level, scale = (part[:, at][:, :, None, None] for part in (history.level, history.scale))  # [B, O, 1, 1]
    back = _back(ahead, season, FOLDS)
    steps = at[:, None, None] + ahead[:, None] - back  # [O, H, K]
    values, known = _take(history.values, steps), _known(history, steps)
    own = _take(history.level, at[:, None, None] + season - back)  # at the end of each value's row
    reach = at[:, None, None] - _back(ahead, max(long, 1), LONG_FOLDS)  # [O, H, K2]
    long_known = _known(history, reach) & (long > 0)
    later = _take(history.values, reach + ahead[:, None]) - _take(history.level, reach)
    distances = _distances(season)  # [J]
    before = at[:, None] - distances  # [O, J]
    slopes = (history.level[:, at][..., None] - _take(history.level, before)) / distances.astype(np.float32)
    trends = slopes[:, :, None] * ahead.astype(np.float32)[:, None]  # [B, O, H, J]
    last = np.clip((history.values[:, at][:, :, None, None] - level) / scale, -LARGEST, LARGEST)
    return Folds(
        raw=_units(values - level, known, scale),
        adjusted=_units(values - own, known, scale),
        long=_units(later, long_known, scale),
        known=known.astype(np.float32),
        long_known=long_known.astype(np.float32),
        trends=_units(trends, _known(history, before)[:, :, None], scale),
        last=np.repeat(last, horizon, axis=2),
        place=np.broadcast_to(_place(ahead, season), (*values.shape[:3], 4)),
    )


def _units(values: Array, known: Array, scale: Array) -> Array:
    """Return what is known in units of the spread, and 0 elsewhere."""
    return np.clip(np.where(known, values / scale, np.float32(0)), -LARGEST, LARGEST)


def _back(ahead: IntArray, season: int, count: int) -> IntArray:
    """Return how many steps the folds of each step ahead lie before it, [H, count]."""
    back: IntArray = ((ahead[:, None] - 1) // season + np.arange(1, count + 1)) * season
    return back


def _distances(season: int) -> IntArray:
    return np.array([season * 2**power for power in range(TRENDS)])


def _take(values: Array, steps: IntArray) -> Array:
    """Return `values` [B, L] at `steps` [...], [B, ...]; those before the window's first are its first."""
    return values[:, np.maximum(steps, 0)]


def _known(history: History, steps: IntArray) -> Array:
    return _take(history.known, steps) & (steps >= 0)


def _place(ahead: IntArray, season: int) -> Array:
    """Return where each step lies, [H, 4]."""
    rows = (ahead - 1) // season + 1
    seasonal = np.full(len(ahead), season > 1)
    parts = [np.log1p(ahead) / 4, np.minimum(ahead / season, 8) / 4, np.minimum(rows, 16) / 8, seasonal]
    return np.stack(parts, axis=-1).astype(np.float32)
