"""Waves: sines, sawteeth, triangles, squares of one period or two, exact or with noise.

With the phase p = t / period + shift:

    (1)  sine        sin(2 pi p)
    (2)  sawtooth    2 (p - floor(p)) - 1
    (3)  triangle    2 |sawtooth| - 1
    (4)  square      sign(sine)
"""

import math

import torch
from torch import Tensor

from rnncast.synthetic.base import Dice, Sample, place
from rnncast.synthetic.noise import white
from rnncast.synthetic.trends import trending


def draw(sample: Sample, random: torch.Generator) -> Tensor:
    """Return waves [B, T] whose size or middle may drift; a third are exact."""
    dice = Dice(sample, random)
    waves = wave(dice) + dice.maybe(0.4, dice.uniform(0.1, 1.0)) * wave(dice)
    u = sample.time / sample.length
    size = (dice.maybe(0.4, dice.uniform(-2.0, 2.0)) * u).exp()
    noise = dice.maybe(0.6, dice.log_uniform(0.003, 2.0)) * white(dice)
    return place(dice, trending(dice, size * waves, 0.4) + noise, multiplicative=0.25)


def wave(dice: Dice) -> Tensor:
    """Return a wave of size 1, of a season's period or of one of its own, [B, T]."""
    length = dice.sample.length
    period = dice.log_uniform(3.0, max(length / 1.5, 4.0))
    for season in dice.sample.seasons:
        if season > 1:
            period = torch.where(dice.happens(0.5), float(season), period)
    phase = dice.sample.time / period + dice.uniform()
    sine = torch.sin(2 * math.pi * phase)  # (1)
    saw = 2 * (phase - phase.floor()) - 1  # (2)
    kind = dice.one_of((0.5, 0.2, 0.15, 0.15))
    others = torch.where(kind == 2, 2 * saw.abs() - 1, sine.sign())  # (3), (4)
    return torch.where(kind == 0, sine, torch.where(kind == 1, saw * torch.where(dice.happens(0.5), 1.0, -1.0), others))
