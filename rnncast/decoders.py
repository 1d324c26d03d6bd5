"""From the state at an origin to the H steps after it, all in one pass."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from rnncast.dropout import Dropout


@dataclass(frozen=True, slots=True)
class DecoderSize:
    """Says what a decoder reads and puts out.

    Attributes:
        state: D, numbers in a model's state.
        lags: numbers that it reads beside the state, after it.
        future: Kf, what is known ahead of a step.
        horizon: H, steps put out.
        outputs: numbers put out for each step.
        segment_length: steps from one origin to the next.
    """

    state: int
    lags: int
    future: int
    horizon: int
    outputs: int
    segment_length: int = 1

    @property
    def read(self) -> int:
        """Return how many numbers are read at an origin."""
        return self.state + self.lags


class Decoder(nn.Module, ABC):
    """From the state at an origin, and the lags beside it, to the H steps after it.

    An untrained one puts out the same for every state: zero, or what `start_from` says.
    """

    @abstractmethod
    def start_from(self, outputs: Tensor) -> None:
        """Put out `outputs` [H, outputs] for every state until training changes it."""

    @abstractmethod
    def forward(self, states: Tensor, future: Tensor) -> Tensor:
        """Return the outputs [B, O, H, outputs] for states [B, O, D + lags] and future [B, O, H, Kf]."""


class DirectDecoder(Decoder):
    """Maps a state to every step at once; what is known ahead of a step enters through a small network.

    y_h = A_h s + V silu(B s + W k_h)        h = 1 .. H

    with s the state and the lags, k_h what is known about step h; the second part only where anything is.
    This is the direct strategy of MQ-RNN (Wen et al. 2017, arXiv 1711.11053) with its local network reduced
    to one hidden layer. A and V start at zero, so an untrained network forecasts its guess.
    """

    def __init__(self, size: DecoderSize) -> None:
        super().__init__()
        self.shape = (size.horizon, size.outputs)
        self.steps = nn.Linear(size.read, size.horizon * size.outputs)
        nn.init.zeros_(self.steps.weight)
        nn.init.zeros_(self.steps.bias)
        self.local = Local(size.read, size.future, size.outputs) if size.future else None

    @torch.no_grad()
    def start_from(self, outputs: Tensor) -> None:
        """Put out `outputs` [H, outputs] for every state until training changes it."""
        self.steps.bias.copy_(outputs.flatten())

    def forward(self, states: Tensor, future: Tensor) -> Tensor:
        """Return the outputs [B, O, H, outputs] for states [B, O, D + lags] and future [B, O, H, Kf]."""
        outputs: Tensor = self.steps(states).unflatten(-1, self.shape)  # [B, O, H, outputs]
        return outputs if self.local is None else outputs + self.local(states, future)


class SegmentDecoder(Decoder):
    """Maps a state to the segments after it by one step of the model's cell each, in parallel.

    s_j = step(p_j, s)                                        segment j = 1 .. M, M = ceil(H / w)
    [y_(j,1) .. y_(j,w)] = W drop(s_j) + [a_(j,1) .. a_(j,w)]

    with s the state, p_j the learned position of segment j in place of a segment that was read: the parallel
    multi-step forecasting of SegRNN (Lin et al. 2023, arXiv 2308.11200). What lies beyond H is
    cut off. The bias a is one for each step, the paper's for each place in a segment; what the lags and the
    things known ahead add is as in `DirectDecoder`: A_h l + V silu(B [s; l] + W k_h). W, A and V start at zero.
    """

    def __init__(
        self, size: DecoderSize, segment: int, step: Callable[[Tensor, Tensor], Tensor], dropout: float
    ) -> None:
        """Build it on a model's `step`, from positions [M, D] and states [B, O, D] to states [B, O, M, D]."""
        super().__init__()
        self.size, self.step = size, step
        self.positions = nn.Parameter(torch.randn(-(-size.horizon // segment), size.state))
        self.dropout = Dropout(dropout)
        self.segment = nn.Linear(size.state, segment * size.outputs, bias=False)
        nn.init.zeros_(self.segment.weight)
        self.start = nn.Parameter(torch.zeros(size.horizon, size.outputs))
        self.lags = nn.Linear(size.lags, size.horizon * size.outputs, bias=False) if size.lags else None
        if self.lags is not None:
            nn.init.zeros_(self.lags.weight)
        self.local = Local(size.read, size.future, size.outputs) if size.future else None

    @torch.no_grad()
    def start_from(self, outputs: Tensor) -> None:
        """Put out `outputs` [H, outputs] for every state until training changes it."""
        self.start.copy_(outputs)

    def forward(self, states: Tensor, future: Tensor) -> Tensor:
        """Return the outputs [B, O, H, outputs] for states [B, O, D + lags] and future [B, O, H, Kf]."""
        state, lags = states[..., : self.size.state], states[..., self.size.state :]
        segments = self.segment(self.dropout(self.step(self.positions, state)))  # [B, O, M, w x outputs]
        steps = segments.unflatten(-1, (-1, self.size.outputs)).flatten(2, 3)  # [B, O, M x w, outputs]
        outputs: Tensor = steps[:, :, : self.size.horizon] + self.start  # [B, O, H, outputs]
        if self.lags is not None:
            outputs = outputs + self.lags(lags).unflatten(-1, self.start.shape)
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
        """Return the outputs [B, O, H, outputs] for states [B, O, D + lags] and future [B, O, H, Kf]."""
        hidden = self.state(states)[:, :, None] + self.future(future)  # [B, O, H, 32]
        outputs: Tensor = self.output(nn.functional.silu(hidden))
        return outputs
