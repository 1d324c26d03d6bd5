"""Basic structural models: Harvey 1989. Level, slope, cycle and season each move by a chance of their own.

    (1)  y_t = level_t + psi_t + season_t + e_t
    (2)  level_t = level_{t-1} + slope_{t-1} + n_t,   slope_t = slope_{t-1} + z_t
    (3)  psi_t: a cycle whose period is kept roughly
    (4)  season_t = Re sum_j c_{j,t} exp(2 pi i j t / M),   c_{j,t} = c_{j,t-1} + w_{j,t}, complex

Axes: J harmonics of a season of M steps.
"""

import math

import torch
from torch import Tensor

from rnncast.synthetic.base import Dice, Sample, place
from rnncast.synthetic.noise import white
from rnncast.synthetic.seasons import cycle
from rnncast.synthetic.trends import drift

MOST_HARMONICS = 4


def draw(sample: Sample, random: torch.Generator) -> Tensor:
    """Return series [B, T], half of them as a logarithm, some without some of their parts."""
    dice = Dice(sample, random)
    psi = dice.maybe(0.4, dice.log_uniform(0.3, 10.0)) * cycle(dice)
    size = dice.maybe(0.7, dice.log_uniform(0.3, 15.0))
    total = level(dice) + psi + sum((size * season(dice, period) for period in sample.seasons if period > 1), 0 * psi)
    return place(dice, total + dice.maybe(0.85, torch.ones_like(size)) * white(dice))  # (1)


def level(dice: Dice) -> Tensor:
    """Return equation 2 [B, T], from 0 on."""
    own = dice.maybe(0.6, dice.log_uniform(0.01, 3.0)) * dice.steps()
    turning = dice.maybe(0.5, dice.log_uniform(0.001, 0.3)) * dice.steps()
    slope = dice.maybe(0.7, drift(dice, 0.01, 2.0)) + turning.cumsum(dim=1)
    return (slope + own).cumsum(dim=1)


def season(dice: Dice, period: int) -> Tensor:
    """Return equation 4 [B, T], of about variance 1 at its beginning."""
    most = max(min(period // 2, MOST_HARMONICS), 1)
    order = torch.arange(1, most + 1, dtype=torch.float64, device=dice.sample.device)
    sizes = order ** -dice.uniform(0.3, 2.0)  # [B, J]
    sizes = sizes / sizes.square().sum(dim=1, keepdim=True).sqrt()
    moving = dice.maybe(0.6, dice.log_uniform(0.003, 0.1))[..., None]
    shape = (most, dice.sample.length)
    drift = (moving * dice.normal(shape)).cumsum(dim=-1), (moving * dice.normal(shape)).cumsum(dim=-1)
    phase = 2 * math.pi / period * order[:, None] * dice.sample.time  # [J, T]
    real, imaginary = (dice.normal((most, 1)) + part for part in drift)
    return (sizes[..., None] * (real * phase.cos() - imaginary * phase.sin())).sum(dim=1)
