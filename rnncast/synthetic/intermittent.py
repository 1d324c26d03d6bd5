"""Counts: intermittent demand, with most steps zero, and plain counts of a rate that moves.

Demand comes in some steps only (Croston 1972), in clusters (as in Willemain et al. 2004): with a latent AR(1)
process g_t of standard normal values and a share of zeros z,

    (1)  y_t = n_t 1[Phi(g_t) > z]        n_t - 1 ~ Poisson(rate_t)
    (2)  y_t ~ Poisson(rate_t)            for plain counts

and log rate_t is a random walk or an AR(1) process plus a season.
"""

import math

import torch
from torch import Tensor

from rnncast.synthetic.base import Dice, Sample, recur
from rnncast.synthetic.noise import coloured
from rnncast.synthetic.seasons import season

LARGEST_RATE = 1e6


def draw(sample: Sample, random: torch.Generator) -> Tensor:
    """Return counts [B, T], two thirds of the series with most of their steps zero."""
    dice = Dice(sample, random)
    rare = dice.happens(0.7)
    rate = torch.where(rare, dice.log_uniform(0.1, 30.0), dice.log_uniform(0.3, 300.0))
    counts = torch.poisson((rate * _movement(dice)).clamp(max=LARGEST_RATE), generator=random)
    values: Tensor = torch.where(rare, (1 + counts) * occurs(dice, dice.uniform(0.4, 0.98)), counts)
    return values


def occurs(dice: Dice, zeros: Tensor) -> Tensor:
    """Return whether there is demand [B, T], in a share of 1 - zeros [B, 1] of the steps, (1); for some it dies out."""
    pole = dice.maybe(0.5, dice.uniform(0.3, 0.95))
    shock = dice.steps() * (1 - pole.square()).sqrt()
    shock[:, :1] /= (1 - pole.square()).sqrt()  # stationary from the first step on
    seasonal = dice.maybe(0.5 * dice.sample.has_season, dice.uniform(0.3, 1.5))
    latent = (recur(pole, shock) + seasonal * season(dice, 0.0)) / (1 + seasonal.square()).sqrt()
    fading = dice.maybe(0.15, dice.normal()) * dice.sample.time / dice.sample.length
    demand: Tensor = torch.special.ndtr(latent + fading).gt(zeros)
    return demand


def _movement(dice: Dice) -> Tensor:
    """Return the factor [B, T] by which the rate moves."""
    walk = dice.maybe(0.4, dice.log_uniform(0.3, 2.0)) * dice.steps().cumsum(dim=1) / math.sqrt(dice.sample.length)
    wobble = dice.maybe(0.4, dice.log_uniform(0.1, 0.8)) * coloured(dice, 0.8)
    seasonal = dice.maybe(0.6, dice.log_uniform(0.1, 1.0)) * season(dice, 0.3)
    return (walk + wobble + seasonal).clamp(-8, 8).exp()
