"""Dropout whose chance is its own, so that networks that learn side by side do not draw from one another's."""

import torch
from torch import Tensor, nn


class Dropout(nn.Module):
    """Drops each number with some probability while training, and enlarges those that are left to make up for it.

    Srivastava et al. 2014, section 10, where the weights are scaled; scaling what is kept gives the same mean.
    Without a `generator`, torch's own of the device draws.
    """

    def __init__(self, probability: float) -> None:
        super().__init__()
        self.probability = probability
        self.generator: torch.Generator | None = None

    def forward(self, values: Tensor) -> Tensor:
        """Return the values, or what is left of them while training."""
        if self.generator is None:
            return nn.functional.dropout(values, self.probability, self.training)
        if not self.training or not self.probability:
            return values
        keep = torch.empty_like(values).bernoulli_(1 - self.probability, generator=self.generator)
        return values * keep.div_(1 - self.probability)


def draw_from(network: nn.Module, generator: torch.Generator) -> None:
    """Let all dropout of a network draw from `generator`."""
    for module in network.modules():
        if isinstance(module, Dropout):
            module.generator = generator
