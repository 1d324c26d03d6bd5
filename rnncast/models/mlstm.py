"""Matrix LSTM of the xLSTM: Beck et al. 2024, arXiv 2405.04517, section 2.3 and its parallel form."""

import torch
from torch import Tensor, nn

from rnncast.models.base import Model, RecurrentStack, Size, at_least_float32, num_heads


class MLSTM(Model):
    """Keeps a matrix in which each step stores a value under a key, and reads it by a query.

    q_t = W_q x_t + b_q,  k_t = (W_k x_t + b_k) / sqrt(w),  v_t = W_v x_t + b_v   (1)
    i_t = exp(w_i . x_t + b_i)                           write, any size          (2)
    f_t = sigmoid(w_f . x_t + b_f)                       keep                     (3)
    o_t = sigmoid(W_o x_t + b_o)                         read                     (4)
    C_t = f_t C_(t-1) + i_t v_t k_t^T                    memory                   (5)
    n_t = f_t n_(t-1) + i_t k_t                          normaliser               (6)
    h_t = o_t * norm(C_t q_t / max(|n_t . q_t|, 1))                               (7)

    for each of 4 heads (or the 2 or 1 that divide D), of width w. As no gate sees h_(t-1), all steps
    are computed at once:

    D_ts = exp(sum of log f_u over s < u <= t, + log i_s - m_t) for s <= t, else 0   (8)
    S_ts = (q_t . k_s) D_ts                                                          (9)
    C_t q_t = e^(m_t) sum_s S_ts v_s,  n_t . q_t = e^(m_t) sum_s S_ts                (10)

    with m_t the largest exponent of row t, but at least 0, so that nothing overflows; it cancels in
    eq. 7 and takes no gradient. The norm is one root mean square over D (the paper's is of each head);
    its convolution, projections and skips are left out.

    Use it where a step should recall a particular earlier one; the memory it takes grows with the
    square of the origins.
    """

    def __init__(self, size: Size) -> None:
        super().__init__()
        self.stack = RecurrentStack(MLSTMLayer, size)

    def forward(self, past: Tensor, static: Tensor) -> Tensor:
        """Return the states [B, O, D]."""
        states: Tensor = self.stack(past, static)
        return states


class MLSTMLayer(nn.Module):
    """One layer of `MLSTM`, of A heads of width w."""

    def __init__(self, inputs: int, hidden: int) -> None:
        super().__init__()
        self.heads = num_heads(hidden)
        self.read = nn.Linear(inputs, 4 * hidden)
        self.gates = nn.Linear(inputs, 2 * self.heads)
        self.norm = nn.RMSNorm(hidden, eps=1e-6)

    def forward(self, inputs: Tensor) -> tuple[Tensor, None]:
        """Return the states [B, O, D] of inputs [B, O, F]."""
        *parts, read = self.read(inputs).chunk(4, dim=-1)  # [B, O, D] each
        q, k, v = (part.unflatten(-1, (self.heads, -1)).transpose(1, 2) for part in parts)  # [B, A, O, w]
        log_i, f = at_least_float32(self.gates(inputs)).transpose(1, 2).chunk(2, dim=1)  # [B, A, O]  (2)
        decay, least = decays(log_i, nn.functional.logsigmoid(f))  # (3)
        weights = q @ (k / k.shape[-1] ** 0.5).transpose(-1, -2) * decay  # [B, A, O, O]  (1), (9)
        sums = at_least_float32(weights @ nn.functional.pad(v, (0, 1), value=1.0))  # [B, A, O, w + 1]  (10)
        recalled = sums[..., :-1] / torch.maximum(sums[..., -1:].abs(), least)  # [B, A, O, w]
        states: Tensor = read.sigmoid() * self.norm(recalled.transpose(1, 2).flatten(2))  # (4), (7)
        return states, None


def decays(log_i: Tensor, log_f: Tensor) -> tuple[Tensor, Tensor]:
    """Return eq. 8's D [B, A, O, O] for log gates [B, A, O], and e^(-m) [B, A, O, 1], which is eq. 7's 1."""
    total = log_f.cumsum(dim=-1)
    source = log_i - total
    m = (total + source.cummax(dim=-1).values).clamp(min=0).detach()  # [B, A, O]
    exponents = (total - m)[..., :, None] + source[..., None, :]  # [B, A, O, O]
    later = torch.ones(exponents.shape[-2:], dtype=torch.bool, device=exponents.device).triu(1)
    return exponents.masked_fill(later, -torch.inf).exp(), (-m).exp().clamp(min=1e-12)[..., None]
