"""Minimal gated recurrent unit: Feng et al. 2024, 'Were RNNs all we needed?', arXiv 2410.01201."""

from torch import Tensor, nn

from rnncast.models.base import Recurrent, RecurrentStack, Size, leaky_scan


class MinGRU(Recurrent):
    """Keeps one state whose gate and candidate look at the input alone.

    z_t = sigmoid(W_z x_t + b_z)                         write                    (1)
    n_t = W_n x_t + b_n                                  candidate                (2)
    h_t = (1 - z_t) * h_(t-1) + z_t * n_t                                         (3)

    Without h_(t-1) in the gate, eq. 3 is linear in the state. The paper scans it in log space too, for
    which its candidates must be positive; we scan it as it stands, so they need not be (and did worse
    when they were). The convolution and the perceptron of the paper's larger blocks are left out.

    Use it where training time counts: long contexts, many series, one core.
    """

    def __init__(self, size: Size) -> None:
        super().__init__()
        self.stack = RecurrentStack(MinGRULayer, size)


class MinGRULayer(nn.Module):
    """One layer of `MinGRU`."""

    def __init__(self, inputs: int, hidden: int) -> None:
        super().__init__()
        self.read = nn.Linear(inputs, 2 * hidden)

    def forward(self, inputs: Tensor, state: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Return the states [B, O, D] of inputs [B, O, F] after `state` [1, B, D], and the last one."""
        gate, candidate = self.read(inputs).chunk(2, dim=-1)  # [B, O, D] each  (2)
        states = leaky_scan(gate.sigmoid(), candidate, state)  # (1), (3)
        return states, states[:, -1][None]
