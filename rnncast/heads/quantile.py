"""Quantiles: pinball loss over the levels."""

import torch
from torch import Tensor

from rnncast.heads.base import Frame, Head


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

    def loss(self, params: Tensor, target: Tensor, frame: Frame) -> Tensor:
        """Return the pinball loss, averaged over the levels."""
        levels = torch.tensor(self.levels, dtype=params.dtype, device=params.device)  # [Q]
        excess = target[..., None] - params  # [B, O, H, C, Q]
        slope = levels - (excess.detach() < 0).to(params.dtype)  # a constant to the gradient: half the passes
        total: Tensor = torch.linalg.vecdot(excess, slope)
        return total * (2 / len(self.levels))

    def initial(self, residual: Tensor, frame: Frame) -> Tensor:
        """Return the residuals' quantiles around their middle one."""
        levels = torch.tensor(self.levels, dtype=residual.dtype, device=residual.device)
        quantiles = residual.nanquantile(levels, dim=0).movedim(0, -1)  # [H, C, Q]
        return quantiles - quantiles[..., self._middle, None]

    def point(self, params: Tensor, frame: Frame) -> Tensor:
        """Return the middle level's value."""
        return self.quantiles(params, frame)[..., self._middle]

    def quantiles(self, params: Tensor, frame: Frame) -> Tensor:
        """Return the values sorted along the levels."""
        return params.sort(dim=-1).values
