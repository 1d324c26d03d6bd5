"""What a network puts out: how many numbers a step needs, their loss, and their quantiles.

Heads have no weights. All values are in units of the scale at the origin. Axes: B batch, O origins,
H horizon, C targets, P parameters, Q quantile levels.
"""

import math
from abc import ABC, abstractmethod
from functools import cache
from statistics import NormalDist

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import softplus

from rnncast.panel import FloatArray

NARROWEST = 1e-3
"""Smallest scale of a density: without a bound, a series that is forecast exactly has an infinite likelihood."""

FARTHEST = 1e6
"""Largest error that a density counts; its square over the narrowest scale is still a float32."""

HEAVIEST, USUAL, LIGHTEST = 2.0, 5.0, 100.0
"""Degrees of freedom of Student's t: the tails may be so heavy, begin so, and may be so light."""

DEGREE = 24
"""Of the polynomials that give the quantiles of Student's t to seven digits."""


class Head(ABC):
    """Says how `num_parameters` numbers a step become a loss, a point and quantiles."""

    num_parameters: int
    levels: tuple[float, ...]

    @abstractmethod
    def loss(self, params: Tensor, target: Tensor) -> Tensor:
        """Return the loss of each step [B, O, H, C] from params [B, O, H, C, P] and target [B, O, H, C]."""

    @abstractmethod
    def initial(self, residual: Tensor) -> Tensor:
        """Return params [H, C, P] whose point is zero and whose spread is that of the residuals [M, H, C].

        NaN is a residual that was not seen.
        """

    @abstractmethod
    def point(self, params: Tensor) -> Tensor:
        """Return the point forecast [B, O, H, C]."""

    @abstractmethod
    def quantiles(self, params: Tensor) -> Tensor:
        """Return the values at `levels`, rising, [B, O, H, C, Q]; Q is 0 where none are learned."""


class QuantileHead(Head):
    """Learns a value for each level: pinball loss (Koenker and Bassett 1978, eq. 2.2).

    rho_q(u) = u (q - 1[u < 0]) with u = target - value, doubled, so that the median's equals |u|.
    The point is the level nearest to one half; sorting keeps the quantiles from crossing
    (Chernozhukov et al. 2010).
    """

    def __init__(self, levels: tuple[float, ...]) -> None:
        self.levels = levels
        self.num_parameters = len(levels)
        self._middle = min(range(len(levels)), key=lambda index: abs(levels[index] - 0.5))

    def loss(self, params: Tensor, target: Tensor) -> Tensor:
        """Return the pinball loss, averaged over the levels."""
        levels = torch.tensor(self.levels, dtype=params.dtype, device=params.device)  # [Q]
        excess = target[..., None] - params  # [B, O, H, C, Q]
        slope = levels - (excess.detach() < 0).to(params.dtype)  # a constant to the gradient: half the passes
        total: Tensor = torch.linalg.vecdot(excess, slope)
        return total * (2 / len(self.levels))

    def initial(self, residual: Tensor) -> Tensor:
        """Return the residuals' quantiles around their middle one."""
        levels = torch.tensor(self.levels, dtype=residual.dtype, device=residual.device)
        quantiles = residual.nanquantile(levels, dim=0).movedim(0, -1)  # [H, C, Q]
        return quantiles - quantiles[..., self._middle, None]

    def point(self, params: Tensor) -> Tensor:
        """Return the middle level's value."""
        return self.quantiles(params)[..., self._middle]

    def quantiles(self, params: Tensor) -> Tensor:
        """Return the values sorted along the levels."""
        return params.sort(dim=-1).values


class PointHead(Head):
    """Learns one value a step and no distribution."""

    num_parameters = 1

    def __init__(self, levels: tuple[float, ...]) -> None:
        del levels
        self.levels = ()

    def initial(self, residual: Tensor) -> Tensor:
        """Return zeros: a point has no spread."""
        return torch.zeros_like(residual[0, ..., None])

    def point(self, params: Tensor) -> Tensor:
        """Return the value."""
        return params[..., 0]

    def quantiles(self, params: Tensor) -> Tensor:
        """Return no quantiles: [B, O, H, C, 0]."""
        return params[..., :0]


class SquaredHead(PointHead):
    """Learns the mean: squared error."""

    def loss(self, params: Tensor, target: Tensor) -> Tensor:
        """Return the squared error of each step."""
        return (params[..., 0] - target).square()


class AbsoluteHead(PointHead):
    """Learns the median: absolute error."""

    def loss(self, params: Tensor, target: Tensor) -> Tensor:
        """Return the absolute error of each step."""
        return (params[..., 0] - target).abs()


class HuberHead(PointHead):
    """Learns a value between mean and median: Huber's loss with its bend at one scale (Huber 1964)."""

    def loss(self, params: Tensor, target: Tensor) -> Tensor:
        """Return Huber's loss of each step."""
        return torch.nn.functional.huber_loss(params[..., 0], target, reduction="none")


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

    def initial(self, residual: Tensor) -> Tensor:
        """Return location 0 and the scale within which the right share of the residuals lies."""
        scale = residual.abs().nanquantile(self.within_one, dim=0)  # [H, C]
        above = (scale - NARROWEST).clamp(min=NARROWEST)
        params = torch.zeros_like(scale)[..., None].repeat(1, 1, self.num_parameters)  # [H, C, P]
        params[..., 1] = above + (-(-above).expm1()).log() - _UNIT  # softplus, inverted
        return params

    def point(self, params: Tensor) -> Tensor:
        """Return the location."""
        return params[..., 0]

    def quantiles(self, params: Tensor) -> Tensor:
        """Return the density's quantiles at the levels."""
        return params[..., :1] + _scale(params)[..., None] * self.standard(params)


_UNIT = math.log(math.expm1(1 - NARROWEST))


def _scale(params: Tensor) -> Tensor:
    return NARROWEST + softplus(params[..., 1] + _UNIT)


def _error(params: Tensor, target: Tensor, scale: Tensor) -> Tensor:
    """Return how far the target lies from the location, in units of the density's scale."""
    return (target - params[..., 0]).clamp(-FARTHEST, FARTHEST) / scale


class NormalHead(DensityHead):
    """Learns mean and standard deviation of a normal density."""

    num_parameters = 2
    within_one = 0.6827

    def loss(self, params: Tensor, target: Tensor) -> Tensor:
        """Return the negative log likelihood: log s + z^2 / 2 + log(2 pi) / 2."""
        scale = _scale(params)
        return scale.log() + _error(params, target, scale).square() / 2 + math.log(2 * math.pi) / 2

    def standard(self, params: Tensor) -> Tensor:
        """Return the standard normal quantiles [Q]."""
        normal = NormalDist()
        return torch.tensor([normal.inv_cdf(q) for q in self.levels], dtype=params.dtype, device=params.device)


class StudentHead(DensityHead):
    """Learns location, scale and degrees of freedom of Student's t: outliers widen its tails, not its middle.

    The degrees of freedom n lie between 2, where the variance ends, and 100, where it is as good as normal;
    5 for the parameter 0. Its quantiles have no closed form: they are polynomials in 1 / n, found once.
    """

    num_parameters = 3
    within_one = 0.6368

    def loss(self, params: Tensor, target: Tensor) -> Tensor:
        """Return the negative log likelihood.

        log s + (n + 1) / 2 log(1 + z^2 / n) + log(n pi) / 2 + log G(n / 2) - log G((n + 1) / 2)
        """
        scale, n = _scale(params), self.degrees(params)
        spread = torch.log1p(_error(params, target, scale).square() / n)
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
