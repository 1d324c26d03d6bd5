"""Gaussian processes of composed kernels (as KernelSynth, Ansari et al. 2024), by random Fourier features.

A stationary kernel is the Fourier transform of a density of frequencies (Bochner); with frequencies w_i drawn from
it, phases v_i and sizes a_i (Rahimi and Recht 2007),

    (1)  f(t) = sqrt(2 / F) sum_i a_i cos(w_i t + v_i)          a_i^2 / 2 exponential: exactly normal at each t
    (2)  radial basis function of length l: w ~ Normal / l;  Matern of order nu: w ~ Student(2 nu) / l
    (3)  periodic of period m: w = 2 pi k / m, k distributed as the cosine series of exp((cos x - 1) / l^2)
    (4)  a product of kernels: the sum of a frequency of each;  a sum of kernels: the sum of processes

Each process has up to three kernels that are added, each smooth, periodic or a product of both, and noise.

Axes: K kernels that are added, F features of a kernel.
"""

import math

import torch
from torch import Tensor

from rnncast.synthetic.base import Dice, Sample, place
from rnncast.synthetic.noise import bailey
from rnncast.synthetic.trends import trending

NUM_KERNELS = 3
NUM_FEATURES = 16
NUM_PHASES = 64


def draw(sample: Sample, random: torch.Generator) -> Tensor:
    """Return processes [B, T], half of them as a logarithm."""
    dice = Dice(sample, random)
    drawn = frequencies(dice)  # [B, K, F]
    weights = dice.happens(0.6, (NUM_KERNELS, 1)) * dice.log_uniform(0.2, 3.0, (NUM_KERNELS, 1))
    sizes = weights * (-2 * dice.uniform(1e-12, 1.0, (NUM_KERNELS, NUM_FEATURES)).log() / NUM_FEATURES).sqrt()
    phases = dice.uniform(0.0, 2 * math.pi, (NUM_KERNELS * NUM_FEATURES, 1))
    waves = (drawn.flatten(1)[..., None] * sample.time + phases).cos()  # [B, K F, T]
    process = torch.einsum("bf,bft->bt", sizes.flatten(1), waves)  # (1), (4)
    noise = dice.maybe(0.8, dice.log_uniform(0.01, 1.0)) * dice.steps()
    return place(dice, trending(dice, process) + noise, multiplicative=0.5)


def frequencies(dice: Dice) -> Tensor:
    """Return the features' frequencies w [B, K, F], in radians a step."""
    smooth, periodic = _smooth(dice), _periodic(dice)
    kind = dice.uniform(shape=(NUM_KERNELS, 1))
    smooth = torch.where(kind < 0.7, smooth, 0.0)
    return smooth + torch.where(kind > 0.4, periodic, 0.0) if dice.sample.has_season else smooth


def _smooth(dice: Dice) -> Tensor:
    """Return frequencies of a radial basis function or a Matern kernel, (2)."""
    shape = (NUM_KERNELS, NUM_FEATURES)
    length = dice.log_uniform(1.0, 2.0 * dice.sample.length, (NUM_KERNELS, 1))
    freedom = dice.whole(1, 5, (NUM_KERNELS, 1))  # nu = 1/2 .. 5/2
    student = bailey(freedom, dice.uniform(shape=shape), dice.uniform(shape=shape))
    return torch.where(dice.happens(0.6, (NUM_KERNELS, 1)), student, dice.normal(shape)) / length


def _periodic(dice: Dice) -> Tensor:
    """Return frequencies of periodic kernels, (3); which season each is of, is drawn."""
    smoothness = dice.log_uniform(0.2, 2.0, (NUM_KERNELS, 1))
    angle = torch.arange(NUM_PHASES, device=dice.sample.device) * (2 * math.pi / NUM_PHASES)
    spectrum = torch.fft.rfft(((angle.cos() - 1) / smoothness.square()).exp()).real.clamp(min=0.0)  # [B, K, k]
    spectrum[..., 1:-1] *= 2
    spectrum[..., 0] = 0.0  # a constant has no part in a season
    bounds = spectrum.cumsum(dim=-1)
    order = torch.searchsorted(bounds, dice.uniform(shape=(NUM_KERNELS, NUM_FEATURES)) * bounds[..., -1:], right=True)
    seasons = torch.tensor(dice.sample.seasons, device=dice.sample.device)
    period = seasons[dice.whole(0, len(seasons) - 1, (NUM_KERNELS, 1))]
    return 2 * math.pi * order / period
