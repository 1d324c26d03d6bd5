"""Transformer, the reference point that looks back instead of remembering: Vaswani et al. 2017, arXiv 1706.03762."""

import torch
from torch import Tensor, nn

from rnncast.dropout import Dropout
from rnncast.models.base import CausalAttention, Model, Size, num_heads, with_static


class Transformer(Model):
    """Lets each origin look at all origins up to it, layer after layer.

    x_o = E [past_o; static] + e                                                  (1)
    x_o <- x_o + W_a attend(norm(x_o))                   for each of N layers     (2)
    x_o <- x_o + V gelu(U norm(x_o) + u) + v                                      (3)
    h_o = norm(x_o)                                      after the last           (4)
    attend = softmax(q_o K^T / sqrt(w)) V                over the origins to o    (5)
    q_o = R(o) W_q x_o,  k_o = R(o) W_k x_o,  v_o = W_v x_o                       (6)
    R(o) turns channels c and c + r/2 by the angle o 10000^(-2 c / r)             (7)

    for each of 4 heads (or the 2 or 1 that divide D), of width w with r the even number not above it.
    The norm comes first (Xiong et al. 2020, arXiv 2002.04745); positions are rotary, so that only
    distances count (Su et al. 2021, arXiv 2104.09864, eq. 34); W_a and V start smaller by sqrt(2 N), so
    that depth does not enlarge x_o (Radford et al. 2019, section 2.3). `residual` off leaves out "x_o +".

    Use it to ask whether looking back beats remembering, with many series; on one short series it
    over-fits sooner than a cell.
    """

    def __init__(self, size: Size) -> None:
        super().__init__()
        self.embed = nn.Linear(size.inputs + size.static, size.hidden)
        branches = [kind(size.hidden) for _ in range(size.layers) for kind in (Attend, FeedForward)]
        for branch in branches:
            with torch.no_grad():
                branch.write.weight /= len(branches) ** 0.5
        self.branches = nn.ModuleList(branches)
        self.norms = nn.ModuleList(nn.LayerNorm(size.hidden) for _ in branches)
        self.norm = nn.LayerNorm(size.hidden)
        self.dropout = Dropout(size.dropout)
        self.residual = size.residual
        self.attention = CausalAttention(size.hidden) if size.attention else None

    def forward(self, past: Tensor, static: Tensor) -> Tensor:
        """Return the states [B, O, D]."""
        states: Tensor = self.embed(with_static(past, static))  # [B, O, D]  (1)
        for norm, branch in zip(self.norms, self.branches, strict=True):
            outputs = self.dropout(branch(norm(states)))  # [B, O, D]
            states = states + outputs if self.residual else outputs  # (2), (3)
        states = self.norm(states)  # (4)
        return states if self.attention is None else self.attention(states)


class Attend(nn.Module):
    """Causal attention of A heads with rotary positions."""

    def __init__(self, hidden: int) -> None:
        super().__init__()
        self.heads = num_heads(hidden)
        self.read = nn.Linear(hidden, 3 * hidden, bias=False)
        self.write = nn.Linear(hidden, hidden)

    def forward(self, states: Tensor) -> Tensor:
        """Return what each origin found, [B, O, D]."""
        parts = self.read(states).unflatten(-1, (3, self.heads, -1)).permute(2, 0, 3, 1, 4)
        q, k = turn(parts[:2])  # [B, A, O, w] each  (6)
        found = nn.functional.scaled_dot_product_attention(q, k, parts[2], is_causal=True)  # (5)
        mixed: Tensor = self.write(found.transpose(1, 2).flatten(2))
        return mixed


class FeedForward(nn.Module):
    """The perceptron of one hidden layer at each origin, twice as wide."""

    def __init__(self, hidden: int) -> None:
        super().__init__()
        self.read = nn.Linear(hidden, 2 * hidden)
        self.write = nn.Linear(2 * hidden, hidden)

    def forward(self, states: Tensor) -> Tensor:
        """Return the outputs [B, O, D]."""
        outputs: Tensor = self.write(nn.functional.gelu(self.read(states)))
        return outputs


def turn(values: Tensor) -> Tensor:
    """Return `values` [..., O, w] turned by their position, eq. 7; an odd last channel stays."""
    half = values.shape[-1] // 2
    kind = torch.promote_types(values.dtype, torch.float32)
    channels = torch.arange(half, device=values.device, dtype=kind)
    positions = torch.arange(values.shape[-2], device=values.device, dtype=kind)
    angles = positions[:, None] * 10_000.0 ** (-channels / max(half, 1))  # [O, r / 2]
    cos, sin = angles.cos().to(values.dtype), angles.sin().to(values.dtype)
    first, second, rest = values[..., :half], values[..., half : 2 * half], values[..., 2 * half :]
    return torch.cat([first * cos - second * sin, first * sin + second * cos, rest], dim=-1)
