"""The normal density: mean and standard deviation."""

import math
from statistics import NormalDist

import torch
from torch import Tensor

from rnncast.heads.base import DensityHead, Frame, standardised


class NormalHead(DensityHead):
    """Learns mean and standard deviation of a normal density."""

    num_parameters = 2
    within_one = 0.6827

    def loss(self, params: Tensor, target: Tensor, frame: Frame) -> Tensor:
        """Return the negative log likelihood: log s + z^2 / 2 + log(2 pi) / 2."""
        error, scale = standardised(params, target)
        return scale.log() + error.square() / 2 + math.log(2 * math.pi) / 2

    def standard(self, params: Tensor) -> Tensor:
        """Return the standard normal quantiles [Q]."""
        normal = NormalDist()
        return torch.tensor([normal.inv_cdf(q) for q in self.levels], dtype=params.dtype, device=params.device)
