"""Classes: cross-entropy of the softmax over the indicators of one step, whose first class has none."""

import torch
from torch import Tensor

from rnncast.heads.base import Frame, Head


class CrossEntropyHead(Head):
    """Learns the probabilities of K classes, by the logarithm of their odds against the first: C = K - 1 numbers x_k.

    p_k = exp(x_k) / (1 + sum_j exp(x_j)),  p_0 = 1 / (1 + sum_j exp(x_j))        k = 1 .. K - 1     (1)
    loss = - sum_k y_k log p_k                                                                       (2)

    This is multinomial logistic regression with a reference class (McFadden 1974). Of two classes (1) is one sigmoid
    and (2) the binary cross-entropy. The point is the probabilities; there are no quantiles.
    """

    num_parameters = 1

    def __init__(self, levels: tuple[float, ...]) -> None:
        del levels
        self.levels = ()

    def loss(self, params: Tensor, target: Tensor, frame: Frame) -> Tensor:
        """Return the cross-entropy of each step, the same for all of its indicators."""
        said = _whole(frame.guess + frame.scale * target)  # [B, O, H, K]
        cross_entropy = -(said * _logits(params).log_softmax(dim=-1)).sum(dim=-1, keepdim=True)
        return cross_entropy.expand_as(target)

    def initial(self, residual: Tensor, frame: Frame) -> Tensor:
        """Return the odds of the classes by how often each was said, and once more."""
        said = _whole(frame.guess + frame.scale * residual)  # [M, H, K]
        share = said.nansum(dim=0).clamp(min=0) + 1
        return (share[..., 1:] / share[..., :1]).log()[..., None]  # [H, C, 1]

    def point(self, params: Tensor, frame: Frame) -> Tensor:
        """Return the probabilities of all classes but the first."""
        return (_logits(params).softmax(dim=-1)[..., 1:] - frame.guess) / frame.scale

    def quantiles(self, params: Tensor, frame: Frame) -> Tensor:
        """Return no quantiles: [B, O, H, C, 0]."""
        return params[..., :0]


def _logits(params: Tensor) -> Tensor:
    """Return the logarithms of the odds of all classes [B, O, H, K]; those of the first are 0."""
    odds = params[..., 0]
    return torch.cat([torch.zeros_like(odds[..., :1]), odds], dim=-1)


def _whole(indicators: Tensor) -> Tensor:
    return torch.cat([1 - indicators.sum(dim=-1, keepdim=True), indicators], dim=-1)
