"""From the state at an origin to the H steps after it, all in one pass."""

import torch
from torch import Tensor, nn


class DirectDecoder(nn.Module):
    """Maps a state to every step at once; what is known ahead of a step enters through a small network.

    y_h = A_h s + V silu(B s + W k_h)        h = 1 .. H

    with s the state and k_h what is known about step h; the second part only where anything is. This
    is the direct strategy of MQ-RNN (Wen et al. 2017, arXiv 1711.11053) with its local network reduced
    to one hidden layer. A and V start at zero, so an untrained network forecasts its guess.
    """

    def __init__(self, state_size: int, future_size: int, horizon: int, outputs: int) -> None:
        super().__init__()
        self.shape = (horizon, outputs)
        self.steps = nn.Linear(state_size, horizon * outputs)
        nn.init.zeros_(self.steps.weight)
        nn.init.zeros_(self.steps.bias)
        self.local = Local(state_size, future_size, outputs) if future_size else None

    @torch.no_grad()
    def start_from(self, outputs: Tensor) -> None:
        """Put out `outputs` [H, outputs] for every state until training changes it."""
        self.steps.bias.copy_(outputs.flatten())

    def forward(self, states: Tensor, future: Tensor) -> Tensor:
        """Return the outputs [B, O, H, outputs] for states [B, O, D] and future [B, O, H, K]."""
        outputs: Tensor = self.steps(states).unflatten(-1, self.shape)  # [B, O, H, outputs]
        return outputs if self.local is None else outputs + self.local(states, future)


class Local(nn.Module):
    """Says what the things known ahead of a step change at it: V silu(B s + W k_h)."""

    WIDTH = 32

    def __init__(self, state_size: int, future_size: int, outputs: int) -> None:
        super().__init__()
        self.state = nn.Linear(state_size, self.WIDTH)
        self.future = nn.Linear(future_size, self.WIDTH, bias=False)
        self.output = nn.Linear(self.WIDTH, outputs, bias=False)
        nn.init.zeros_(self.output.weight)

    def forward(self, states: Tensor, future: Tensor) -> Tensor:
        """Return the outputs [B, O, H, outputs] for states [B, O, D] and future [B, O, H, K]."""
        hidden = self.state(states)[:, :, None] + self.future(future)  # [B, O, H, 32]
        outputs: Tensor = self.output(nn.functional.silu(hidden))
        return outputs
