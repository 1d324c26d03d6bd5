"""Chaotic maps: without any chance, and yet unpredictable but for a few steps.

All are quadratic maps of the last two values,

    (1)  x_{t+1} = c + e x_t + a x_t^2 + b x_{t-1} + d x_t x_{t-1}

    logistic          e = r, a = -r                r from 3 to 4                      (May 1976)
    Henon             c = 1, a = -a, b = 0.3       a from 1 to 1.4                    (Henon 1976)
    delayed logistic  e = r, d = -r                r from 2 to 2.27                   (Maynard Smith 1968)
"""

import torch
from torch import Tensor

from rnncast.synthetic.base import Dice, Sample, place, recur, standardised
from rnncast.synthetic.noise import white
from rnncast.synthetic.trends import trending

BOUND = 10.0


def draw(sample: Sample, random: torch.Generator) -> Tensor:
    """Return orbits [B, T], as they are, smoothed, or summed up, some with noise."""
    dice = Dice(sample, random)
    orbit = standardised(orbits(dice))
    smoothed = recur(dice.maybe(0.5, dice.uniform(0.3, 0.98)), orbit)
    summed = torch.where(dice.happens(0.15), orbit.cumsum(dim=1), smoothed)
    noise = dice.maybe(0.5, dice.log_uniform(0.01, 0.5)) * white(dice)
    return place(dice, trending(dice, summed) + noise, multiplicative=0.4)


def orbits(dice: Dice) -> Tensor:
    """Return the orbits of one map for each series, equation 1, [B, T]."""
    kind, place_in_range = dice.one_of((0.4, 0.3, 0.3))[:, 0], dice.uniform()[:, 0]
    low, high = (
        torch.tensor(ends, dtype=torch.float64, device=kind.device)[kind]
        for ends in ((3.0, 1.0, 2.0), (4.0, 1.4, 2.27))
    )
    rate = low + (high - low) * place_in_range
    henon, delayed = kind == 1, kind == 2
    c, e, a = henon.double(), torch.where(henon, 0.0, rate), torch.where(delayed, 0.0, -rate)
    b, d = 0.3 * c, torch.where(delayed, -rate, 0.0)
    before = now = 0.1 + 0.4 * dice.uniform()[:, 0]
    found = []
    for _ in range(dice.sample.length):
        growth = torch.addcmul(torch.addcmul(e, a, now), d, before)
        before, now = now, torch.addcmul(torch.addcmul(c, b, before), now, growth)
        found.append(now)
    return torch.stack(found, dim=1).clamp(-BOUND, BOUND)
