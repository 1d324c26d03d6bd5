"""Level and spread at each origin, from what was seen up to it."""

import torch
from torch import Tensor

from rnncast.scaling import TINY


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
    wide = torch.float32 if target.device.type == "mps" else torch.float64  # differences of long sums follow
    target, kind, seen = target.to(wide), target.dtype, observed.to(wide)
    values = torch.where(observed, target, 0.0)
    count = _rolling_sum(seen, season_length)
    loc = _hold(_rolling_sum(values, season_length) / count.clamp(min=1), count > 0)
    before = torch.cat([loc[:, :1], loc[:, :-1]], dim=1)
    known = seen * (seen.cumsum(dim=1) > 1)  # all that were seen but the first
    errors = (values - before).abs() * known
    scale = errors.cumsum(dim=1) / known.cumsum(dim=1).clamp(min=1)
    scale = torch.where(scale > TINY, scale, 1.0)
    return loc.to(kind), scale.to(kind)


def _rolling_sum(values: Tensor, count: int) -> Tensor:
    """Return the sum over the last `count` steps at every step of [B, L, C]."""
    count = min(count, values.shape[1])  # no memory for steps that are not there
    total = values.cumsum(dim=1)
    earlier = torch.nn.functional.pad(total, (0, 0, count, 0))[:, : total.shape[1]]
    return total - earlier


def _hold(values: Tensor, valid: Tensor) -> Tensor:
    """Return `values` [B, L, C] with invalid steps repeating the last valid one before them."""
    steps = torch.arange(values.shape[1], device=values.device)[None, :, None]
    last = torch.where(valid, steps, 0).cummax(dim=1).values
    return values.gather(1, last)
