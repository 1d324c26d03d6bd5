"""Gated recurrent unit: Cho et al. 2014, arXiv 1406.1078."""

from functools import partial

from torch import nn

from rnncast.models.base import Recurrent, RecurrentStack, Size


class GRU(Recurrent):
    """Keeps one state and gates how much of it each step replaces.

    r_t = sigmoid(W_r x_t + U_r h_{t-1} + b_r)        reset
    z_t = sigmoid(W_z x_t + U_z h_{t-1} + b_z)        keep
    n_t = tanh(W_n x_t + b_n + r_t * (U_n h_{t-1} + c_n))
    h_t = (1 - z_t) * n_t + z_t * h_{t-1}

    As torch and cuDNN have it, the reset gate acts after the product U_n h_{t-1}, not before it as in
    the paper's eq. 8.
    """

    def __init__(self, size: Size) -> None:
        super().__init__()
        self.stack = RecurrentStack(partial(nn.GRU, batch_first=True), size)
