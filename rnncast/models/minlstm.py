"""Minimal long short-term memory: Feng et al. 2024, 'Were RNNs all we needed?', arXiv 2410.01201."""

from torch import Tensor, nn

from rnncast.models.base import Recurrent, RecurrentStack, Size, leaky_scan


class MinLSTM(Recurrent):
    """Keeps one state whose two gates and candidate look at the input alone.

    f_t = sigmoid(W_f x_t + b_f)                         keep                     (1)
    i_t = sigmoid(W_i x_t + b_i)                         write                    (2)
    n_t = W_n x_t + b_n                                  candidate                (3)
    f'_t = f_t / (f_t + i_t),  i'_t = i_t / (f_t + i_t)                           (4)
    h_t = f'_t * h_(t-1) + i'_t * n_t                                             (5)

    Eq. 4 is computed as i' = sigmoid(log i - log f) and f' = 1 - i', which never divides by zero.
    The scan is that of `mingru`.

    Use it as `mingru`; a second gate makes it half as large again.
    """

    def __init__(self, size: Size) -> None:
        super().__init__()
        self.stack = RecurrentStack(MinLSTMLayer, size)


class MinLSTMLayer(nn.Module):
    """One layer of `MinLSTM`."""

    def __init__(self, inputs: int, hidden: int) -> None:
        super().__init__()
        self.read = nn.Linear(inputs, 3 * hidden)

    def forward(self, inputs: Tensor, state: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Return the states [B, O, D] of inputs [B, O, F] after `state` [1, B, D], and the last one."""
        keep, write, candidate = self.read(inputs).chunk(3, dim=-1)  # [B, O, D] each  (3)
        ratio = nn.functional.logsigmoid(write) - nn.functional.logsigmoid(keep)  # (1), (2)
        states = leaky_scan(ratio.sigmoid(), candidate, state)  # (4), (5)
        return states, states[:, -1][None]
