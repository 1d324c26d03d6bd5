"""Exponential smoothing in state space form: Hyndman, Koehler, Snyder and Grose 2002, as in Hyndman et al. 2008.

With errors e_t, level l, slope b, seasons s of M steps (two of them as in Taylor 2003):

    (1)  y_t = l_{t-1} + phi b_{t-1} + s_{t-M} + e_t
    (2)  l_t = l_{t-1} + phi b_{t-1} + alpha e_t + jump_t
    (3)  b_t = phi b_{t-1} + beta e_t
    (4)  s_t = s_{t-M} + gamma e_t

All effects add up, or all multiply (the equations hold for the logarithm), or season and error multiply a level
that adds up. Departures: errors may be heavy-tailed or coloured, and the level of some series jumps.
"""

from typing import NamedTuple

import torch
from torch import Tensor

from rnncast.synthetic.base import Dice, Sample, place, recur, relative_spread, unit
from rnncast.synthetic.noise import coloured
from rnncast.synthetic.seasons import evolve, shapes
from rnncast.synthetic.trends import drift

LOWEST = 0.02
"""Least level that effects multiply, as a share of its mean."""


class Smoothing(NamedTuple):
    """Holds the parameters of equations 2 to 4, each [B, 1]; `slope` is the first b."""

    alpha: Tensor
    beta: Tensor
    gamma: Tensor
    phi: Tensor
    slope: Tensor


def draw(sample: Sample, random: torch.Generator) -> Tensor:
    """Return series [B, T] with level, damped trend and evolving seasons, additive or multiplicative."""
    dice = Dice(sample, random)
    smoothing, errors = parameters(dice), coloured(dice)
    jumps = dice.maybe(0.2, dice.log_uniform(2.0, 30.0)) * dice.happens(2 / sample.length, (sample.length,))
    level = expected_level(smoothing, errors, jumps * dice.steps())
    strength = dice.maybe(0.8, dice.log_uniform(0.3, 30.0))
    season = sum((expected_season(strength * shape, smoothing.gamma, errors) for shape in shapes(dice)), 0 * errors)
    mixed = _multiplied(dice, level, season + errors)
    return torch.where(dice.happens(0.35), mixed, place(dice, level + season + errors))


def parameters(dice: Dice) -> Smoothing:
    """Return parameters from those of a fixed level, slope and season to those of a random walk."""
    alpha = torch.where(dice.happens(0.5), dice.uniform(), dice.maybe(0.8, dice.log_uniform(0.01, 2.0).clamp(max=1.0)))
    has_slope = dice.happens(0.75)
    return Smoothing(
        alpha=alpha,
        beta=alpha * has_slope * dice.maybe(0.6, dice.log_uniform(0.003, 0.5)),
        gamma=dice.maybe(0.7, dice.log_uniform(0.005, 0.6)),
        phi=torch.where(dice.happens(0.4), 1.0, dice.uniform(0.8, 0.998)),
        slope=has_slope * drift(dice, 0.01, 2.0),
    )


def expected_level(smoothing: Smoothing, errors: Tensor, jumps: Tensor) -> Tensor:
    """Return l_{t-1} + phi b_{t-1} of equation 1, [B, T], from l = 0 on."""
    start = torch.zeros_like(errors)
    start[:, :1] = smoothing.phi * smoothing.slope
    slope = recur(smoothing.phi, smoothing.beta * errors + start)  # (3)
    damped = torch.cat([start[:, :1], smoothing.phi * slope[:, :-1]], dim=1)  # phi b_{t-1}
    shock = smoothing.alpha * errors + jumps
    return (damped + shock).cumsum(dim=1) - shock  # (2)


def expected_season(shape: Tensor, gamma: Tensor, errors: Tensor) -> Tensor:
    """Return s_{t-M} of equation 1, [B, T], from the shape [B, M] on."""
    late = torch.cat([torch.zeros_like(shape), gamma * errors], dim=1)  # (4), one season later
    return evolve(shape, late[:, : errors.shape[1]])


def _multiplied(dice: Dice, level: Tensor, effects: Tensor) -> Tensor:
    """Return a level that adds up times the exponential of the other effects."""
    centred = level - level.mean(dim=1, keepdim=True)
    spread = (centred.square().mean(dim=1, keepdim=True) + effects.square().mean(dim=1, keepdim=True)).sqrt()
    relative = relative_spread(dice) / spread
    return unit(dice) * (1 + relative * centred).clamp(min=LOWEST) * (relative * effects).exp()
