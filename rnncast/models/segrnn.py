"""SegRNN, which reads and forecasts by segments: Lin et al. 2023, arXiv 2308.11200."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from rnncast.decoders import Decoder, DecoderSize, SegmentDecoder
from rnncast.errors import UsageError
from rnncast.models.base import Recurrent, RecurrentStack, Size
from rnncast.unrolling import State, run


@dataclass(frozen=True, slots=True)
class Options:
    """Says how `segrnn` decodes.

    Attributes:
        decode_segment: w, steps of a segment that is forecast; 0 takes as many as are read at once.
    """

    decode_segment: int = 0

    def __post_init__(self) -> None:
        if self.decode_segment < 0:
            raise UsageError(f"decode_segment is {self.decode_segment}, expected a whole number of at least 0.")


class SegRNN(Recurrent):
    """Reads a segment at each step of a GRU, and takes one step more for each segment ahead, all in parallel.

    x_o = relu(P [past_o; static] + p)                                    (1)
    h_o = GRU(x_o, h_(o-1))                                               (2)
    s_(o,j) = GRU(p_j, h_o)                   segment j = 1 .. M          (3)
    [y_(j,1) .. y_(j,w)] = W drop(s_(o,j))    see `SegmentDecoder`        (4)

    The GRU of eq. 3 is that of eq. 2, p_j a learned position. Of the paper's two halves of p_j we have the
    position, not the channel: one network forecasts series that it never saw. Segments are read as the
    network shows them, as lags relative to the level, where the paper subtracts the last value.

    The paper has one layer; of more, each is eq. 1 and 2 of the one below, and the last one's GRU decodes.
    """

    options_type = Options

    def __init__(self, size: Size, options: Options = Options()) -> None:
        super().__init__()
        self.stack = RecurrentStack(ProjectedGRU, size)
        self.options, self.dropout = options, size.dropout

    def decoder(self, size: DecoderSize) -> Decoder:
        """Return a decoder by segments."""
        segment = min(self.options.decode_segment or size.segment_length, size.horizon)
        return SegmentDecoder(size, segment, self.step, self.dropout)

    def step(self, positions: Tensor, states: Tensor) -> Tensor:
        """Return where a step from states [B, O, D] at each of positions [M, D] leads, [B, O, M, D]  (3)."""
        weight = self.stack.layers[-1].get_submodule("gru").get_parameter
        read = functional.linear(positions, weight("weight_ih_l0"), weight("bias_ih_l0"))  # [M, 3 D], for all states
        kept = functional.linear(states, weight("weight_hh_l0"), weight("bias_hh_l0"))[:, :, None]  # [B, O, 1, 3 D]
        r_x, z_x, n_x = read.chunk(3, dim=-1)
        r_h, z_h, n_h = kept.chunk(3, dim=-1)
        candidate = torch.tanh(n_x + torch.sigmoid(r_x + r_h) * n_h)
        return candidate + torch.sigmoid(z_x + z_h) * (states[:, :, None] - candidate)


class ProjectedGRU(nn.Module):
    """A GRU that reads its inputs through a linear map and a rectifier."""

    def __init__(self, inputs: int, hidden: int) -> None:
        super().__init__()
        self.read = nn.Linear(inputs, hidden)
        self.gru = nn.GRU(hidden, hidden, batch_first=True)

    def forward(self, inputs: Tensor, state: State | None = None) -> tuple[Tensor, State]:
        """Return the outputs [B, O, D] of inputs [B, O, F] after `state`, and the last state."""
        return run(self.gru, functional.relu(self.read(inputs)), state)  # (1), (2)
