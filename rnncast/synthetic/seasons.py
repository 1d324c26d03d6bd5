"""Shapes of a season: smooth harmonics, peaks, open and closed hours, one value a phase; and how they evolve.

Axes besides those of the base: N shapes at once, M steps of a season, J harmonics.
"""

import math

import torch
from torch import Tensor

from rnncast.synthetic.base import Dice, recur, standardised

MOST_HARMONICS = 6
NUM_PEAKS = 3


def season(dice: Dice, evolving: float = 0.5) -> Tensor:
    """Return all seasons of the sample together [B, T], of about variance 1; zeros where there is none.

    Args:
        dice: chance, and the sample.
        evolving: share of the series whose season changes from one to the next, a little or beyond recognition.
    """
    total = torch.zeros_like(dice.sample.time).expand(dice.sample.count, -1)
    for shape in shapes(dice):
        change = dice.maybe(evolving, dice.log_uniform(0.005, 0.3)) * dice.steps()
        total = total + evolve(shape, change)
    return total


def shapes(dice: Dice) -> list[Tensor]:
    """Return a shape [B, M] for each season; their variances add up to 1."""
    periods = [period for period in dice.sample.seasons if period > 1]
    weights = dice.uniform(0.05, 1.0, (max(len(periods), 1),))
    weights = (weights / weights.sum(dim=1, keepdim=True)).sqrt()  # [B, number of seasons]
    found = []
    for number, period in enumerate(periods):
        shape = profiles(dice, period)[:, 0]
        inner = periods[number - 1] if number else period
        if inner < period and period % inner == 0:
            shape = torch.where(dice.happens(0.7), nested(dice, inner, period), shape)
        found.append(weights[:, number, None] * shape)
    return found


def evolve(shape: Tensor, change: Tensor) -> Tensor:
    """Return s_t = s_{t-M} + change_t [B, T], from the shape [B, M] on."""
    known = min(shape.shape[1], change.shape[1])
    start = torch.cat([shape[:, :known], change[:, known:]], dim=1)
    return recur(torch.ones_like(start[:, :1]), start, shape.shape[1])


def profiles(dice: Dice, period: int, number: int = 1) -> Tensor:
    """Return shapes of a season [B, N, M], mean 0 and variance 1: of one kind each as a rule, or of several mixed."""
    away = _distances(dice, period, (number, NUM_PEAKS + 1))  # [B, N, 4, M]
    kinds = (
        _harmonics(dice, period, number),
        _peaks(dice, away[:, :, 1:]),
        _plateau(dice, away[:, :, 0]),
        dice.normal((number, period)),  # a value for each phase that owes nothing to its neighbours
    )
    weights = dice.uniform(shape=(number, len(kinds), 1)) ** 4  # so that one outweighs the others
    return standardised((standardised(torch.stack(kinds, dim=2)) * weights).sum(dim=2))


def nested(dice: Dice, inner: int, outer: int) -> Tensor:
    """Return a shape [B, M] of `outer` steps: `inner` of them make a day, and days differ in level, size and shape."""
    days = outer // inner
    workday, weekend = profiles(dice, inner, 2)[:, :, None].unbind(dim=1)  # [B, 1, inner]
    free = (_distances(dice, days, (1,))[:, 0] < 1).double()[..., None]  # [B, days, 1], two days as a rule
    other = free * dice.uniform(shape=(1, 1))
    level = free * dice.normal((1, 1)) + 0.2 * dice.normal((days, 1))
    size = 1 + 0.1 * dice.normal((days, 1))
    shape = size * (workday + other * (weekend - workday)) + dice.log_uniform(0.05, 2.0, (1, 1)) * level
    return standardised(shape.flatten(1))


def cycle(dice: Dice) -> Tensor:
    """Return the stochastic cycle of Harvey 1989 [B, T], about variance 1: a period that is kept roughly.

    psi_t is the real part of c_t = rho exp(2 pi i / period) c_{t-1} + kappa_t, with complex noise kappa.
    """
    length = dice.sample.length
    damping = 1 - dice.log_uniform(0.001, 0.1)
    period = dice.log_uniform(5.0, max(length / 2, 6.0))
    shocks = torch.complex(dice.steps(), dice.steps()) * (1 - damping.square()).sqrt()
    shocks = torch.cat([shocks[:, :1] / (1 - damping.square()).sqrt(), shocks[:, 1:]], dim=1)  # stationary at once
    return recur(torch.polar(damping, 2 * math.pi / period), shocks).real


def _harmonics(dice: Dice, period: int, number: int) -> Tensor:
    """Return sums of sines and cosines whose sizes fall with a power of their frequency."""
    most = max(min(period // 2, MOST_HARMONICS), 1)
    order = torch.arange(1, most + 1, dtype=torch.float64, device=dice.sample.device)
    phase = 2 * math.pi / period * order[:, None] * torch.arange(period, device=dice.sample.device)  # [J, M]
    waves = torch.cat([phase.sin(), phase.cos()])  # [2J, M]
    sizes = order ** -dice.uniform(0.3, 3.0, (number, 1))  # [B, N, J]
    return (dice.normal((number, 2 * most)) * torch.cat([sizes, sizes], dim=-1)) @ waves


def _peaks(dice: Dice, away: Tensor) -> Tensor:
    """Return one to three peaks that fall off on both sides, upwards as a rule: a December, a rush hour."""
    number, period = away.shape[1], away.shape[-1]
    height = dice.uniform(-0.2, 1.0, (number, NUM_PEAKS))
    height[..., 1:] *= dice.happens(0.4, (number, NUM_PEAKS - 1))
    width = dice.log_uniform(0.2, max(0.15 * period, 0.3), (number, NUM_PEAKS))
    return torch.einsum("bnk,bnkm->bnm", height, (-away / width[..., None]).exp())


def _plateau(dice: Dice, away: Tensor) -> Tensor:
    """Return two levels, one of them for a run of phases: opening hours, a weekend, half a year."""
    return (away <= dice.uniform(0.05, 0.3, (away.shape[1], 1)) * away.shape[-1]).double()


def _distances(dice: Dice, period: int, number: tuple[int, ...]) -> Tensor:
    """Return how many phases each phase lies from random ones, around the season: [B, *number, M]."""
    centre = dice.uniform(0.0, period, (*number, 1))
    away = (torch.arange(period, device=dice.sample.device) - centre).abs()
    return torch.minimum(away, period - away)
