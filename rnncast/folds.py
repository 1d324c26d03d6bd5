"""Folds: the past at the phases of the steps ahead, so that one set of weights fits any season and horizon.

A series of season m is laid in rows of m steps, the last of which ends at the origin. Step h ahead lies in row
r = ceil(h / m) after it, and its fold k is the value k + r - 1 rows before it, at the same phase.

Axes: B windows, L steps of the past, O origins, H steps ahead, K folds.
"""

from typing import NamedTuple

import torch
from torch import Tensor

from rnncast.shapes import FOLDS, LARGEST, LONG_FOLDS, REGULAR, SIZES, TRENDS


class History(NamedTuple):
    """Holds what windows of one target show of their past, each [B, L].

    Attributes:
        values: in units of the series.
        known: true from the first value seen on.
        level: the level at each step.
        scale: the spread at each step.
        regular: log of the spread around the level, in units of `scale`.
    """

    values: Tensor
    known: Tensor
    level: Tensor
    scale: Tensor
    regular: Tensor


class Folds(NamedTuple):
    """Holds what the past says about the steps ahead, in units of the spread at the origin.

    Attributes:
        raw: [B, O, H, K], values at the same phase, the last row first, relative to the level at the origin.
        adjusted: [B, O, H, K], the same relative to the level r - 1 rows before the end of their own row.
        long: [B, O, H, K2], what came after the same place in the long season, relative to the level there.
        known: [B, O, H, K], where `raw` and `adjusted` are; they are 0 elsewhere.
        long_known: [B, O, H, K2], where `long` is.
        trends: [B, O, H, J], slopes of the level, times the steps ahead; 0 where unknown.
        last: [B, O, H, 1], the last value, relative to the level.
        place: [B, O, H, 4], where a step lies: log of its number, in seasons, in rows, and if there is a season.
    """

    raw: Tensor
    adjusted: Tensor
    long: Tensor
    known: Tensor
    long_known: Tensor
    trends: Tensor
    last: Tensor
    place: Tensor

    @classmethod
    def of(cls, ahead: Tensor) -> "Folds":
        """Return the parts of what stands side by side, [B, O, H, sum of SIZES]."""
        return cls(*torch.split(ahead, list(SIZES), dim=-1))

    def joined(self) -> Tensor:
        """Return all parts side by side."""
        return torch.cat(self, dim=-1)


def inputs(history: History, at: Tensor, seasons: tuple[int, int]) -> Tensor:
    """Return what is shown at the origins `at` [O], [B, O, NUM_INPUTS]."""
    next_step = folds(history, at, 1, seasons)
    shown = torch.cat([next_step.adjusted, next_step.long, next_step.trends], dim=-1)[:, :, 0]
    reached = torch.stack([_known(history, at - distance) for distance in _distances(seasons[0])], dim=-1)
    known = torch.cat([next_step.known[:, :, 0], next_step.long_known[:, :, 0], reached.to(shown.dtype)], dim=-1)
    season = shown.new_tensor([float(seasons[0])]).log() / 5
    kind = torch.cat([season, (season > 0).to(season.dtype)]).expand(*shown.shape[:2], -1)
    before = at - seasons[0]
    turn = history.values[:, at] - _take(history.values, before)  # [B, O]
    turn = _units(turn, _known(history, before), history.scale[:, at])
    newest = torch.stack([turn.asinh(), history.regular[:, at]], dim=-1)  # [B, O, 2]
    return torch.cat([shown.asinh(), known, newest, kind], dim=-1)


def seasonal_scale(values: Tensor, seen: Tensor, scale: Tensor, season: int) -> Tensor:
    """Return the spread around the value one season before at every step, [B, L, C], as far as values were seen.

    scale_t = mean over the steps u up to t of |y_u - y_(u-m)|, at least a twentieth of the spread around the level

    which stands in for it before a season and a step have passed. It is what MASE counts errors in.
    """
    wide = torch.float32 if values.device.type == "mps" else torch.float64
    lagged, before = (
        torch.nn.functional.pad(part, (0, 0, season, 0))[:, : part.shape[1]] for part in (values, seen.to(wide))
    )
    both = seen * before
    errors = ((values - lagged).abs() * both).cumsum(dim=1)
    count = both.cumsum(dim=1)
    mean = (errors / count.clamp(min=1)).to(scale.dtype)
    return torch.where(count > 0, torch.maximum(mean, REGULAR * scale), scale)


def folds(history: History, at: Tensor, horizon: int, seasons: tuple[int, int]) -> Folds:
    """Return what the past says about `horizon` steps ahead of the origins `at` [O].

    Args:
        history: what windows show; nothing after an origin is read for it.
        at: [O], steps.
        horizon: H.
        seasons: the main season's steps, 1 without one, and a long one's, 0 without one.
    """
    season, long = seasons
    ahead = torch.arange(1, horizon + 1, device=at.device)  # [H]
    level, scale = (part[:, at][:, :, None, None] for part in (history.level, history.scale))  # [B, O, 1, 1]

    back = _back(ahead, season, FOLDS)
    steps = at[:, None, None] + ahead[:, None] - back  # [O, H, K]
    values, known = _take(history.values, steps), _known(history, steps)
    own = _take(history.level, at[:, None, None] + season - back)  # at the end of each value's row
    reach = at[:, None, None] - _back(ahead, max(long, 1), LONG_FOLDS)  # [O, H, K2]
    long_known = _known(history, reach) & (long > 0)
    later = _take(history.values, reach + ahead[:, None]) - _take(history.level, reach)
    distances = at.new_tensor(_distances(season))  # [J]
    before = at[:, None] - distances  # [O, J]
    slopes = (history.level[:, at][..., None] - _take(history.level, before)) / distances  # [B, O, J]
    trends = slopes[:, :, None] * ahead[:, None]  # [B, O, H, J]
    kind = values.dtype
    return Folds(
        raw=_units(values - level, known, scale),
        adjusted=_units(values - own, known, scale),
        long=_units(later, long_known, scale),
        known=known.to(kind),
        long_known=long_known.to(kind),
        trends=_units(trends, _known(history, before)[:, :, None], scale),
        last=((history.values[:, at][:, :, None, None] - level) / scale)
        .clamp(-LARGEST, LARGEST)
        .expand(-1, -1, horizon, -1),
        place=_place(ahead, season).to(kind).expand(*values.shape[:2], -1, -1),
    )


def _units(values: Tensor, known: Tensor, scale: Tensor) -> Tensor:
    """Return what is known in units of the spread, and 0 elsewhere."""
    return torch.where(known, values / scale, 0.0).clamp(-LARGEST, LARGEST)


def _back(ahead: Tensor, season: int, count: int) -> Tensor:
    """Return how many steps the folds of each step ahead lie before it, [H, count]."""
    return ((ahead[:, None] - 1) // season + torch.arange(1, count + 1, device=ahead.device)) * season


def _distances(season: int) -> list[int]:
    return [season * 2**power for power in range(TRENDS)]


def _take(values: Tensor, steps: Tensor) -> Tensor:
    """Return `values` [B, L] at `steps` [...], [B, ...]; those before the window's first are its first."""
    return values[:, steps.clamp(min=0)]


def _known(history: History, steps: Tensor) -> Tensor:
    return _take(history.known, steps) & (steps >= 0)


def _place(ahead: Tensor, season: int) -> Tensor:
    """Return where each step lies, [H, 4]."""
    ahead = ahead.float()
    rows = (ahead - 1) // season + 1
    seasonal = torch.full_like(ahead, float(season > 1))
    return torch.stack([ahead.log1p() / 4, (ahead / season).clamp(max=8) / 4, rows.clamp(max=16) / 8, seasonal], dim=-1)
