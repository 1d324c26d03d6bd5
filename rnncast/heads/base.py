"""What every head offers: how many numbers a step needs, their loss, a point and quantiles.

Heads have no weights. Their values are relative to the guess at each step, in units of the scale at the
origin; the frame says what both are in the data. Axes: B batch, O origins, H horizon, C targets,
P parameters, Q quantile levels.
"""

import math
from abc import ABC, abstractmethod
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import softplus

NARROWEST = 1e-3
"""Smallest scale of a density: without a bound, a series that is forecast exactly has an infinite likelihood."""

FARTHEST = 1e6
"""Largest error that a density counts; its square over the narrowest scale is still a float32."""


class Frame(NamedTuple):
    """Says what a head's values mean: `guess + scale * value`, in the data's units or their logarithm's.

    Attributes:
        guess: [B, O, H, C].
        scale: [B, O, H, C].
    """

    guess: Tensor
    scale: Tensor


class Head(ABC):
    """Says how `num_parameters` numbers a step become a loss, a point and quantiles."""

    num_parameters: int
    levels: tuple[float, ...]

    @abstractmethod
    def loss(self, params: Tensor, target: Tensor, frame: Frame) -> Tensor:
        """Return the loss of each step [B, O, H, C] from params [B, O, H, C, P] and target [B, O, H, C]."""

    @abstractmethod
    def initial(self, residual: Tensor, frame: Frame) -> Tensor:
        """Return params [H, C, P] whose point is zero and whose spread is that of the residuals [M, H, C].

        NaN is a residual that was not seen; the frame is that of the residuals.
        """

    @abstractmethod
    def point(self, params: Tensor, frame: Frame) -> Tensor:
        """Return the point forecast [B, O, H, C]."""

    @abstractmethod
    def quantiles(self, params: Tensor, frame: Frame) -> Tensor:
        """Return the values at `levels`, rising, [B, O, H, C, Q]; Q is 0 where none are learned."""


class DensityHead(Head):
    """Learns location and scale of a density: its negative logarithm at what came.

    The first parameter is the location, in the middle of a symmetric density; the second becomes the scale,
    1 for the parameter 0.
    """

    within_one: float
    """Share of the density within one scale of its location."""

    def __init__(self, levels: tuple[float, ...]) -> None:
        self.levels = levels

    @abstractmethod
    def standard(self, params: Tensor) -> Tensor:
        """Return the quantiles of location 0 and scale 1, broadcast to [B, O, H, C, Q]."""

    def initial(self, residual: Tensor, frame: Frame) -> Tensor:
        """Return location 0 and the scale within which the right share of the residuals lies."""
        scale = residual.abs().nanquantile(self.within_one, dim=0)  # [H, C]
        params = torch.zeros_like(scale)[..., None].repeat(1, 1, self.num_parameters)  # [H, C, P]
        params[..., 1] = unpositive(scale)
        return params

    def point(self, params: Tensor, frame: Frame) -> Tensor:
        """Return the location."""
        return params[..., 0]

    def quantiles(self, params: Tensor, frame: Frame) -> Tensor:
        """Return the density's quantiles at the levels."""
        return params[..., :1] + positive(params[..., 1, None]) * self.standard(params)


def standardised(params: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
    """Return how far the target lies from the location in units of the density's scale, and that scale."""
    scale = positive(params[..., 1])
    return (target - params[..., 0]).clamp(-FARTHEST, FARTHEST) / scale, scale


def positive(param: Tensor, least: float = NARROWEST) -> Tensor:
    """Return a number above `least` for any parameter, 1 for the parameter 0."""
    return least + softplus(param + math.log(math.expm1(1 - least)))


def unpositive(value: Tensor, least: float = NARROWEST) -> Tensor:
    """Return the parameter that `positive` makes `value` of, or nearly its least."""
    above = (value - least).clamp(min=least)
    return above + (-(-above).expm1()).log() - math.log(math.expm1(1 - least))
