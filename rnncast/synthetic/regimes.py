"""Regimes: level, slope, noise and season switch at random steps (Hamilton 1989), with a trend under them or not.

A switch happens with a probability q at each step; regime k is one of K that come again, so that

    (1)  r_t = r_{t-1} but with probability q, when it is drawn anew from 1 .. K
    (2)  y_t = level[r_t] + sum_{i <= t} slope[r_i] + size[r_t] season_t + noise[r_t] e_t
"""

import torch
from torch import Tensor

from rnncast.synthetic.base import Dice, Sample, place
from rnncast.synthetic.noise import coloured
from rnncast.synthetic.seasons import season
from rnncast.synthetic.trends import trending

NUM_REGIMES = 12
"""K at most; where few come again, the number of a regime is taken modulo 2 to 4."""


def draw(sample: Sample, random: torch.Generator) -> Tensor:
    """Return series [B, T] that differ before and after some steps; a few are pure steps."""
    dice = Dice(sample, random)
    regime = regimes(dice)
    level = _by_regime(dice, regime, dice.maybe(0.8, dice.log_uniform(0.5, 20.0)))
    slope = _by_regime(dice, regime, dice.maybe(0.4, dice.log_uniform(0.01, 0.5)))
    size, noise = (_by_regime(dice, regime, dice.maybe(0.4, dice.uniform(0.2, 1.2))).exp() for _ in range(2))
    size = size * dice.maybe(0.6, dice.log_uniform(0.3, 10.0))
    noise = noise * dice.maybe(0.9, dice.uniform() ** 2)
    total = level + slope.cumsum(dim=1) + size * season(dice, 0.3) + noise * coloured(dice)  # (2)
    return place(dice, trending(dice, total, 0.4))


def regimes(dice: Dice) -> Tensor:
    """Return the number of each step's regime, (1), [B, T]."""
    length = dice.sample.length
    switch = dice.happens(dice.log_uniform(1.0, 20.0) / length, (length,))
    drawn = dice.whole(0, NUM_REGIMES - 1, (length,)) % torch.where(dice.happens(0.5), dice.whole(2, 4), NUM_REGIMES)
    switch[:, 0] = True
    steps = torch.arange(length, device=drawn.device).expand_as(drawn)
    last = torch.where(switch, steps, 0).cummax(dim=1).values
    return drawn.gather(1, last)


def _by_regime(dice: Dice, regime: Tensor, size: Tensor) -> Tensor:
    """Return a number for each regime, in the steps where it holds, [B, T]."""
    return (size * dice.normal((NUM_REGIMES,))).gather(1, regime)
