"""Ornstein-Uhlenbeck processes: pulled back to a mean that stands, jumps or follows a season.

Observed at whole steps, exactly (Uhlenbeck and Ornstein 1930; Vasicek 1977), with speed k and stationary spread 1:

    (1)  x_t = m_t + exp(-k) (x_{t-1} - m_t) + sqrt(1 - exp(-2 k)) u_t
    (2)  y_t = x_t, or exp(x_t), or with a random walk of its own added (two factors, Schwartz and Smith 2000)
"""

import torch
from torch import Tensor

from rnncast.synthetic.base import Dice, Sample, place, recur
from rnncast.synthetic.noise import white
from rnncast.synthetic.seasons import season
from rnncast.synthetic.trends import trending


def draw(sample: Sample, random: torch.Generator) -> Tensor:
    """Return processes [B, T] that forget within one step, or hardly within the series."""
    dice = Dice(sample, random)
    speed = dice.log_uniform(0.005, 2.0)
    jumps = dice.maybe(0.3, dice.log_uniform(1.0, 10.0)) * dice.happens(3 / sample.length, (sample.length,))
    mean = dice.maybe(0.5, dice.log_uniform(0.3, 6.0)) * season(dice, 0.2) + (jumps * dice.steps()).cumsum(dim=1)
    pulled = process(speed, mean, dice.steps())
    walk = dice.maybe(0.3, dice.log_uniform(0.02, 0.5)) * dice.steps().cumsum(dim=1)
    error = dice.maybe(0.4, dice.log_uniform(0.03, 1.0)) * white(dice)
    return place(dice, trending(dice, pulled + walk + error, 0.4))  # (2)


def process(speed: Tensor, mean: Tensor, shocks: Tensor) -> Tensor:
    """Return x_t of equation 1 [B, T], stationary about the mean of its first step."""
    pole = (-speed).exp()
    drive = (1 - pole) * mean + (1 - pole.square()).sqrt() * shocks
    return recur(pole, torch.cat([mean[:, :1] + shocks[:, :1], drive[:, 1:]], dim=1))
