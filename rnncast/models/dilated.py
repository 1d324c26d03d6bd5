"""Dilated recurrent network: Chang et al. 2017, arXiv 1710.02224."""

from itertools import count

import torch
from torch import Tensor, nn

from rnncast.models.base import Recurrent, RecurrentStack, Size
from rnncast.unrolling import run


class Dilated(Recurrent):
    """Stacks LSTM layers each of which skips twice as many steps as the one below it.

    s_l = 2^(l-1)                             dilation of layer l = 1 .. N        (1)
    h_t^l = LSTM(x_t^l, h_(t-s)^l)            with s = s_l                        (2)
    x_t^(l+1) = x_t^l + h_t^l                 x_t^2 = h_t^1 after the first       (3)

    A layer of dilation s is one LSTM over s interleaved sequences, so it takes O / s steps of a batch
    of s B: the more it skips, the faster it is. Eq. 3 is the residual path of our stack; the paper
    hands h_t^l on alone. As its input comes from x_t and its memory from t - s, a state of the top
    layer is linked to 2^(N-1) steps back by one product of gates.

    Use it with `layers` of 3 and more for patterns over many steps; with one layer it is `lstm`.
    """

    def __init__(self, size: Size) -> None:
        super().__init__()
        depth = count()
        self.stack = RecurrentStack(lambda inputs, hidden: DilatedLSTM(inputs, hidden, 2 ** next(depth)), size)  # (1)


class DilatedLSTM(nn.Module):
    """An LSTM whose step follows the one `dilation` steps before; its forget bias starts at 1, as that of `lstm`."""

    def __init__(self, inputs: int, hidden: int, dilation: int) -> None:
        super().__init__()
        self.dilation = dilation
        self.cell = nn.LSTM(inputs, hidden, batch_first=True)
        for name, start in (("bias_ih_l0", 1.0), ("bias_hh_l0", 0.0)):
            nn.init.constant_(self.cell.get_parameter(name)[hidden : 2 * hidden], start)

    def forward(
        self, inputs: Tensor, state: tuple[Tensor, ...] | None = None
    ) -> tuple[Tensor, tuple[Tensor, ...] | None]:
        """Return the outputs [B, O, D] of inputs [B, O, F], and of a single step the states that later ones follow.

        These are the states and the cells of the last s steps, oldest first, [s, B, D] each.
        """
        steps = inputs.shape[1]
        if steps == 1:
            return self._step(inputs, state)
        padded = nn.functional.pad(inputs, (0, 0, 0, -steps % self.dilation))
        lanes = padded.reshape(padded.shape[0], -1, self.dilation, padded.shape[2]).transpose(1, 2)  # [B, s, O / s, F]
        outputs, _ = run(self.cell, lanes.flatten(0, 1))  # [B s, O / s, D]  (2)
        woven = outputs.reshape(*lanes.shape[:3], -1).transpose(1, 2).flatten(1, 2)  # [B, O, D]
        return woven[:, :steps], None

    def _step(self, inputs: Tensor, state: tuple[Tensor, ...] | None) -> tuple[Tensor, tuple[Tensor, ...]]:
        nothing = inputs.new_zeros(self.dilation, len(inputs), self.cell.hidden_size)
        state = state or (nothing, nothing)
        oldest = (state[0][:1], state[1][:1])
        outputs, newest = run(self.cell, inputs, oldest)
        return outputs, tuple(torch.cat([part[1:], new]) for part, new in zip(state, newest, strict=True))
