"""What a network puts out: how many numbers a step needs, their loss, and their quantiles.

Heads have no weights. All values are in units of the scale at the origin. Axes: B batch, O origins,
H horizon, C targets, P parameters, Q quantile levels.
"""

from abc import ABC, abstractmethod

import torch
from torch import Tensor


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
