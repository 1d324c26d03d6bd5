"""Seasonal autoregressive integrated moving averages: Box and Jenkins 1970, with poles inside the unit circle.

With the back-shift B, white noise e_t and a season of M steps,

    (1)  prod_i (1 - p_i B) (1 - P B^M) w_t = prod_j (1 + q_j B) (1 + Q B^M) e_t        |p_i| < 1, |P| < 1
    (2)  (1 - B)^d (1 - B^M)^D y_t = c + w_t

The poles p_i are real or come in pairs of conjugates, which make cycles.
"""

import math

import torch
from torch import Tensor

from rnncast.synthetic.base import Dice, Sample, place, recur
from rnncast.synthetic.noise import white
from rnncast.synthetic.seasons import evolve, shapes
from rnncast.synthetic.trends import drift

WARM_UP = 100
"""Steps, besides two seasons, before the first that is kept: the process has forgotten its zeros by then."""


def draw(sample: Sample, random: torch.Generator) -> Tensor:
    """Return series [B, T] of orders that differ from one to the next."""
    dice = Dice(sample, random)
    moving = stationary(dice)
    if sample.has_season:
        moving = _integrate_seasons(dice, moving)
    order = dice.one_of((0.35, 0.55, 0.1))
    once = (dice.maybe(0.6, drift(dice, 0.01, 2.0)) + moving).cumsum(dim=1)  # (2), d = 1
    walk = torch.where(order == 0, moving, torch.where(order == 1, once, once.cumsum(dim=1)))
    return place(dice, walk)


def poles(dice: Dice) -> Tensor:
    """Return the poles p_i of equation 1, [B, 4]: two real ones and a pair, some of them 0 and so without effect."""
    real = dice.uniform(-0.6, 0.95, (2,)) * dice.happens(0.5, (2,))
    radius = dice.maybe(0.3, dice.uniform(0.5, 0.98))
    pair = torch.polar(radius, 2 * math.pi / dice.log_uniform(3.0, 40.0))
    return torch.cat([real + 0j, pair, pair.conj()], dim=1)


def stationary(dice: Dice) -> Tensor:
    """Return w_t of equation 1, [B, T]."""
    period, length = max(dice.sample.seasons), dice.sample.length
    longer = Dice(Sample(dice.sample.count, length + WARM_UP + 2 * period, device=dice.sample.device), dice.random)
    values = white(longer)
    for lag, share in ((1, 0.5), (1, 0.2), (period, 0.3)):
        values = _average(values, dice.maybe(share, dice.uniform(-0.9, 0.9)), lag)
    for pole in poles(dice).T[..., None]:
        values = recur(pole, values + 0j)
    values = recur(dice.maybe(0.4, dice.uniform(-0.3, 0.95)), values.real, period)
    return values[:, -length:]


def _average(values: Tensor, weight: Tensor, lag: int) -> Tensor:
    return torch.cat([values[:, :lag], values[:, lag:] + weight * values[:, :-lag]], dim=1)


def _integrate_seasons(dice: Dice, moving: Tensor) -> Tensor:
    """Add half of the series up over seasons, (2) with D = 1, from a season of some strength on."""
    strength = dice.log_uniform(0.3, 30.0)
    integrated = sum((evolve(strength * shape, moving) for shape in shapes(dice)), torch.zeros_like(moving))
    return torch.where(dice.happens(0.5), integrated, moving)
