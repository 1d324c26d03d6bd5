"""Noise of many kinds: normal or heavy-tailed, white or coloured, of constant or changing spread."""

import math

import torch
from torch import Tensor

from rnncast.synthetic.base import Dice, recur

SMALLEST = 1e-12
"""Least uniform number that a logarithm is taken of."""


def bailey(freedom: Tensor, u: Tensor, v: Tensor) -> Tensor:
    """Return numbers of Student's t from uniform u and v, by the polar method of Bailey 1994.

    t = sqrt(freedom (u^(-2 / freedom) - 1)) cos(2 pi v)
    """
    radius = torch.expm1(-2 / freedom * u.clamp(min=SMALLEST).log())
    return (freedom * radius).sqrt() * torch.cos(2 * math.pi * v)


def white(dice: Dice) -> Tensor:
    """Return independent numbers [B, T] of mean 0 and about variance 1: normal, heavy-tailed or of changing spread.

    The logarithm of a spread that changes is an AR(1) process, as in stochastic volatility (Taylor 1986).
    """
    freedom = dice.log_uniform(2.5, 20.0)
    steps = (dice.sample.length,)
    heavy = bailey(freedom, dice.uniform(shape=steps), dice.uniform(shape=steps)) * ((freedom - 2) / freedom).sqrt()
    drawn = torch.where(dice.happens(0.5), heavy, dice.steps())
    pole = dice.uniform(0.8, 0.99)
    volatility = recur(pole, dice.steps() * (1 - pole.square()).sqrt())
    return drawn * dice.maybe(0.3, dice.uniform(0.2, 1.0) * volatility).exp()


def coloured(dice: Dice, share: float = 0.3) -> Tensor:
    """Return numbers [B, T] of about variance 1, a share of the series as an AR(1) process, most of them persistent."""
    pole = dice.maybe(share, dice.uniform(-0.5, 0.95))
    return recur(pole, white(dice) * (1 - pole.square()).sqrt())
