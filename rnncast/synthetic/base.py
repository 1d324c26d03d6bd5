"""What all families of made-up series share: what is asked for, chance, linear recursions, a place on the axis.

A family is one function `draw(sample, random) -> values [B, T]`, finite everywhere: float64 inside, no loop over
series. How strong each effect is, is drawn anew for every series.

Axes: B series of a batch, T steps.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

LARGEST_EXPONENT = 12.0
"""What a logarithm may lie away from its level, so that no series has steps that drown all others."""


@dataclass(frozen=True, slots=True)
class Sample:
    """Says what is asked for: B series of T steps, their seasons (shortest first, (1,) for none), and where.

    Attributes:
        count: B.
        length: T.
        seasons: steps in a season.
        device: where the values lie; the generator of the chance lies there too.
    """

    count: int
    length: int
    seasons: tuple[int, ...] = (1,)
    device: str | torch.device = "cpu"

    @property
    def has_season(self) -> bool:
        """Return whether any season is longer than a step."""
        return max(self.seasons) > 1

    @property
    def time(self) -> Tensor:
        """Return the numbers of the steps from 0, [T]."""
        return torch.arange(self.length, dtype=torch.float64, device=self.device)


@dataclass(frozen=True, slots=True)
class Dice:
    """Draws numbers for a sample: one a series [B, 1] unless `shape` says how many, [B, *shape]."""

    sample: Sample
    random: torch.Generator

    def uniform(self, low: float = 0.0, high: float = 1.0, shape: tuple[int, ...] = (1,)) -> Tensor:
        """Return numbers from `low` to `high`."""
        drawn = torch.rand(
            (self.sample.count, *shape), generator=self.random, dtype=torch.float64, device=self.sample.device
        )
        return drawn if (low, high) == (0.0, 1.0) else low + (high - low) * drawn

    def log_uniform(self, low: float, high: float, shape: tuple[int, ...] = (1,)) -> Tensor:
        """Return numbers from `low` to `high` whose logarithms are uniform."""
        return low * (math.log(high / low) * self.uniform(shape=shape)).exp()

    def normal(self, shape: tuple[int, ...] = (1,)) -> Tensor:
        """Return standard normal numbers; drawn in single precision, which is several times as fast."""
        return torch.randn((self.sample.count, *shape), generator=self.random, device=self.sample.device).double()

    def steps(self) -> Tensor:
        """Return a standard normal number for every step, [B, T]."""
        return self.normal((self.sample.length,))

    def whole(self, low: int, high: int, shape: tuple[int, ...] = (1,)) -> Tensor:
        """Return whole numbers from `low` to `high`, both included."""
        return torch.randint(
            low, high + 1, (self.sample.count, *shape), generator=self.random, device=self.sample.device
        )

    def happens(self, probability: float | Tensor, shape: tuple[int, ...] = (1,)) -> Tensor:
        """Return true with a probability."""
        return self.uniform(shape=shape) < probability

    def maybe(self, probability: float, values: Tensor) -> Tensor:
        """Return the values [B, ...] of a share of the series, and zero for the others."""
        return values * self.happens(probability, (1,) * (values.ndim - 1))

    def one_of(self, weights: Sequence[float]) -> Tensor:
        """Return the number of one choice, the likelier the larger its weight."""
        bounds = torch.tensor(weights, dtype=torch.float64, device=self.sample.device).cumsum(0)
        return torch.searchsorted(bounds, self.uniform() * bounds[-1], right=True)


def recur(pole: Tensor, shock: Tensor, lag: int = 1) -> Tensor:
    """Return x_t = pole x_{t-lag} + shock_t along the last axis, from zeros before the first step.

    In log2(T) rounds: once a state holds the shocks of the last `reach` steps, that of `reach` steps before, times
    pole^(reach / lag), adds as many again.
    """
    state, reach = shock.clone(), lag
    while reach < shock.shape[-1]:
        state[..., reach:] += pole * state[..., :-reach]
        pole, reach = pole * pole, 2 * reach
    return state


def standardised(values: Tensor) -> Tensor:
    """Return each series with mean 0 and standard deviation 1; a constant becomes zeros."""
    centred = values - values.mean(dim=-1, keepdim=True)
    spread = centred.square().mean(dim=-1, keepdim=True).sqrt()
    tiny = 1e-9 * values.abs().amax(dim=-1, keepdim=True)
    return torch.where(spread > tiny, centred / spread.clamp(min=1e-300), 0.0)


def place(dice: Dice, shape: Tensor, multiplicative: float = 0.6) -> Tensor:
    """Return a series [B, T] of a given shape at a level of its own, most of them positive.

    With z the standardised shape, level L and relative spread r of many sizes,

        y = L exp(r z)        for the share `multiplicative`
        y = L (1 + r z)       for the others, which fall below zero where r is large
    """
    relative = relative_spread(dice) * standardised(shape)
    growing = relative.clamp(-LARGEST_EXPONENT, LARGEST_EXPONENT).exp()
    return unit(dice) * torch.where(dice.happens(multiplicative), growing, 1 + relative)


def relative_spread(dice: Dice) -> Tensor:
    """Return standard deviations as a share of the level: about a fifth, some of them much less or more."""
    return 0.2 * (0.9 * dice.normal()).exp().clamp(0.02, 5.0)


def unit(dice: Dice) -> Tensor:
    """Return the unit that a series is measured in, over six powers of ten."""
    return dice.log_uniform(0.1, 1e5)
