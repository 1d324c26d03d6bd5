"""Scalar LSTM of the xLSTM: Beck et al. 2024, arXiv 2405.04517, section 2.2."""

import torch
from torch import Tensor, nn

from rnncast.models.base import Recurrent, RecurrentStack, Size, at_least_float32, num_heads


class SLSTM(Recurrent):
    """Keeps a memory that an exponential gate writes to, and a count of what was written.

    z_t = tanh(W_z x_t + R_z h_(t-1) + b_z)              candidate                (1)
    i_t = exp(W_i x_t + R_i h_(t-1) + b_i)               write, any size          (2)
    f_t = sigmoid(W_f x_t + R_f h_(t-1) + b_f)           keep                     (3)
    o_t = sigmoid(W_o x_t + R_o h_(t-1) + b_o)           read                     (4)
    m_t = max(log f_t + m_(t-1), log i_t)                stabiliser               (5)
    i'_t = exp(log i_t - m_t),  f'_t = exp(log f_t + m_(t-1) - m_t)               (6)
    c_t = f'_t * c_(t-1) + i'_t * z_t                    memory                   (7)
    n_t = f'_t * n_(t-1) + i'_t                          normaliser               (8)
    h_t = o_t * c_t / n_t                                                         (9)

    An exponential gate can outweigh all that was written before, so that a memory is revised at once.
    R is block diagonal: each of 4 heads (or the 2 or 1 that divide D) sees its own state alone. Of i'_t
    and f'_t one is 1, so n_t >= 1; c_t / n_t is free of m_t, which therefore takes no gradient. We use
    the layer in our residual stack without the paper's convolution, norms and projections; of its two
    forget gates we take the sigmoid.

    Use it where the level or the regime jumps and `lstm` is slow to follow.
    """

    def __init__(self, size: Size) -> None:
        super().__init__()
        self.stack = RecurrentStack(SLSTMLayer, size)


class SLSTMLayer(nn.Module):
    """One layer of `SLSTM`, of A heads of width w; a head's gates lie side by side in the order z, i, f, o."""

    def __init__(self, inputs: int, hidden: int) -> None:
        super().__init__()
        heads = num_heads(hidden)
        width = hidden // heads
        self.read = nn.Linear(inputs, 4 * hidden)
        self.recurrent = nn.Parameter(torch.empty(heads, width, 4 * width).uniform_(-1, 1) / hidden**0.5)

    def forward(self, inputs: Tensor, state: tuple[Tensor, ...] | None = None) -> tuple[Tensor, tuple[Tensor, ...]]:
        """Return the states [B, O, D] of inputs [B, O, F] after `state`, and the last h, c, n and m, [A, B, w] each."""
        heads, width, _ = self.recurrent.shape
        read = at_least_float32(self.read(inputs)).reshape(*inputs.shape[:2], heads, 4 * width)  # [B, O, A, 4 w]
        nothing = read.new_zeros(heads, inputs.shape[0], width)  # [A, B, w]
        h, c, n, m = state or (nothing, nothing, nothing, torch.full_like(nothing, -torch.inf))
        states = []
        for step in read.permute(1, 2, 0, 3).unbind():  # [A, B, 4 w]
            mixed = step + torch.bmm(h, self.recurrent)
            z, log_i, f, o = mixed.chunk(4, dim=-1)  # [A, B, w] each
            kept = nn.functional.logsigmoid(f) + m  # (3)
            m = torch.maximum(kept, log_i).detach()  # (2), (5)
            write, keep = (log_i - m).exp(), (kept - m).exp()  # (6)
            c = keep * c + write * z.tanh()  # (1), (7)
            n = keep * n + write  # (8)
            h = o.sigmoid() * c / n  # (4), (9)
            states.append(h)
        return torch.stack(states).permute(2, 0, 1, 3).flatten(2), (h, c, n, m)
