"""Student's t: location, scale and degrees of freedom."""

import math
from functools import cache

import numpy as np
import torch
from torch import Tensor

from rnncast.heads.base import DensityHead, Frame, standardised
from rnncast.panel import FloatArray

HEAVIEST, USUAL, LIGHTEST = 2.0, 5.0, 100.0
"""Degrees of freedom: the tails may be so heavy, begin so, and may be so light."""

DEGREE = 24
"""Of the polynomials that give the quantiles to seven digits."""


class StudentHead(DensityHead):
    """Learns location, scale and degrees of freedom of Student's t: outliers widen its tails, not its middle.

    The degrees of freedom n lie between 2, where the variance ends, and 100, where it is as good as normal;
    5 for the parameter 0. Its quantiles have no closed form: they are polynomials in 1 / n, found once.
    """

    num_parameters = 3
    within_one = 0.6368

    def loss(self, params: Tensor, target: Tensor, frame: Frame) -> Tensor:
        """Return the negative log likelihood.

        log s + (n + 1) / 2 log(1 + z^2 / n) + log(n pi) / 2 + log G(n / 2) - log G((n + 1) / 2)
        """
        (error, scale), n = standardised(params, target), self.degrees(params)
        spread = torch.log1p(error.square() / n)
        size = (n * math.pi).log() / 2 + torch.lgamma(n / 2) - torch.lgamma((n + 1) / 2)
        return scale.log() + (n + 1) / 2 * spread + size

    def degrees(self, params: Tensor) -> Tensor:
        """Return the degrees of freedom [B, O, H, C]."""
        start = math.log((USUAL - HEAVIEST) / (LIGHTEST - USUAL))
        return HEAVIEST + (LIGHTEST - HEAVIEST) * torch.sigmoid(params[..., 2] + start)

    def standard(self, params: Tensor) -> Tensor:
        """Return the quantiles of the standard t with the degrees of freedom learned: a sum of Chebyshev's cosines."""
        low, high = 1 / LIGHTEST, 1 / HEAVIEST
        place = (2 / self.degrees(params) - low - high) / (high - low)  # in [-1, 1]
        coefficients = torch.tensor(_student_polynomials(self.levels), dtype=params.dtype, device=params.device)
        order = torch.arange(len(coefficients), dtype=params.dtype, device=params.device)
        cosines = torch.cos(order * place.clamp(-1, 1).acos()[..., None])  # [B, O, H, C, DEGREE + 1]
        return (cosines @ coefficients).sort(dim=-1).values  # levels as near as rounding could cross


@cache
def _student_polynomials(levels: tuple[float, ...]) -> FloatArray:
    """Return the coefficients of the quantiles as Chebyshev polynomials in 1 / degrees, [DEGREE + 1, Q]."""
    places = np.polynomial.chebyshev.chebpts1(DEGREE + 1)
    low, high = 1 / LIGHTEST, 1 / HEAVIEST
    degrees = 2 / (low + high + places * (high - low))
    quantiles = np.stack([student_quantile(level, degrees) for level in levels], axis=1)
    return np.asarray(np.polynomial.chebyshev.chebfit(places, quantiles, DEGREE), dtype=np.float64)


def student_quantile(level: float, degrees: FloatArray) -> FloatArray:
    """Return the quantile of Student's t at `level` for each of `degrees` [n].

    With t = sqrt(n) tan(a) the probability between 0 and t is a smooth integral,
    G((n + 1) / 2) / (sqrt(pi) G(n / 2)) times that of cos(x)^(n - 1) from 0 to a: by Gauss and Legendre;
    the angle a is found by halving, which cannot run away where Newton's steps would.
    """
    nodes, weights = np.polynomial.legendre.leggauss(64)
    size = np.array([math.exp(math.lgamma((n + 1) / 2) - math.lgamma(n / 2)) for n in degrees]) / math.sqrt(math.pi)
    low, high = np.zeros_like(degrees), np.full_like(degrees, math.pi / 2)
    for _ in range(60):
        angle = (low + high) / 2
        inside = np.cos(angle[:, None] / 2 * (nodes + 1)) ** (degrees[:, None] - 1)
        is_below = size * angle / 2 * (inside @ weights) < abs(level - 0.5)
        low, high = np.where(is_below, angle, low), np.where(is_below, high, angle)
    quantile: FloatArray = math.copysign(1.0, level - 0.5) * np.sqrt(degrees) * np.tan(low)
    return quantile
