"""Pulses: events that come by chance or by the calendar, jump up or down and fade: promotions, storms, news.

Shot noise (Campbell 1909; transfer functions of Box and Jenkins 1970): with events of height h_t in few steps,

    (1)  p_t = d p_{t-1} + h_t                       falls off at once
    (2)  q_t = d q_{t-1} + (1 - d) p_t               rises first, then falls
    (3)  b_t = h_t + ... + h_{t-w+1}                 lasts w steps
"""

import torch
from torch import Tensor

from rnncast.synthetic.base import Dice, Sample, place, recur
from rnncast.synthetic.noise import coloured
from rnncast.synthetic.seasons import season
from rnncast.synthetic.trends import trending


def draw(sample: Sample, random: torch.Generator) -> Tensor:
    """Return series [B, T] that pulses stand out of."""
    dice = Dice(sample, random)
    pulse = responses(dice, events(dice))
    seasonal = dice.maybe(0.5, dice.log_uniform(0.3, 5.0)) * season(dice)
    noise = dice.maybe(0.9, dice.log_uniform(0.03, 3.0)) * coloured(dice)
    total = dice.log_uniform(1.0, 20.0) * pulse + seasonal + noise
    return place(dice, trending(dice, total), multiplicative=0.5)


def events(dice: Dice) -> Tensor:
    """Return the heights of the events, zero where there is none, [B, T]: by chance, or one every so many steps."""
    length = dice.sample.length
    chance = dice.happens(dice.log_uniform(1.0, max(length / 5, 2.0)) / length, (length,))
    every = torch.where(dice.happens(0.5), max(*dice.sample.seasons, 4), dice.whole(4, max(length // 3, 5)))
    regular = (dice.sample.time - dice.whole(0, length)) % every == 0
    height = 1 + dice.maybe(0.7, dice.uniform()) * dice.steps()
    return torch.where(dice.happens(0.6), chance, regular) * height * torch.where(dice.happens(0.25), -1.0, 1.0)


def responses(dice: Dice, events: Tensor) -> Tensor:
    """Return what the events leave behind, one of equations 1 to 3 for each series, [B, T]."""
    fading = (-1 / dice.log_uniform(0.2, max(dice.sample.length / 10, 1.0))).exp()
    falling = recur(fading, events)  # (1)
    rising = recur(fading, (1 - fading) * falling)  # (2)
    total = torch.cat([torch.zeros_like(events[:, :1]), events.cumsum(dim=1)], dim=1)
    steps = torch.arange(dice.sample.length, device=events.device)
    lasting = total[:, 1:] - total.gather(1, (steps + 1 - dice.whole(1, 8)).clamp(min=0))  # (3)
    kind = dice.one_of((0.5, 0.25, 0.25))
    return torch.where(kind == 0, falling, torch.where(kind == 1, rising, lasting))
