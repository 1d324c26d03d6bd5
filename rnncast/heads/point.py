"""Points: one value a step and no distribution, by squared, absolute or Huber's loss."""

import torch
from torch import Tensor

from rnncast.heads.base import Frame, Head


class PointHead(Head):
    """Learns one value a step and no distribution."""

    num_parameters = 1

    def __init__(self, levels: tuple[float, ...]) -> None:
        del levels
        self.levels = ()

    def initial(self, residual: Tensor, frame: Frame) -> Tensor:
        """Return zeros: a point has no spread."""
        return torch.zeros_like(residual[0, ..., None])

    def point(self, params: Tensor, frame: Frame) -> Tensor:
        """Return the value."""
        return params[..., 0]

    def quantiles(self, params: Tensor, frame: Frame) -> Tensor:
        """Return no quantiles: [B, O, H, C, 0]."""
        return params[..., :0]


class SquaredHead(PointHead):
    """Learns the mean: squared error."""

    def loss(self, params: Tensor, target: Tensor, frame: Frame) -> Tensor:
        """Return the squared error of each step."""
        return (params[..., 0] - target).square()


class AbsoluteHead(PointHead):
    """Learns the median: absolute error."""

    def loss(self, params: Tensor, target: Tensor, frame: Frame) -> Tensor:
        """Return the absolute error of each step."""
        return (params[..., 0] - target).abs()


class HuberHead(PointHead):
    """Learns a value between mean and median: Huber's loss with its bend at one scale (Huber 1964)."""

    def loss(self, params: Tensor, target: Tensor, frame: Frame) -> Tensor:
        """Return Huber's loss of each step."""
        return torch.nn.functional.huber_loss(params[..., 0], target, reduction="none")
