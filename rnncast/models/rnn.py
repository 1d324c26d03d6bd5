"""Vanilla recurrent network: Elman, 'Finding structure in time', Cognitive Science 14, 1990."""

from functools import partial

from torch import nn

from rnncast.models.base import Recurrent, RecurrentStack, Size


class RNN(Recurrent):
    """Keeps one state that every step overwrites.

    h_t = f(W x_t + b + U h_{t-1} + c)        with f = tanh or relu

    What it saw k steps ago reaches the loss through k factors U^T diag(f'), so gradients vanish or
    explode with k (Bengio et al. 1994): use it for short memories, and `lstm` or `gru` beyond.
    """

    def __init__(self, size: Size) -> None:
        super().__init__()
        self.stack = RecurrentStack(partial(nn.RNN, batch_first=True, nonlinearity=size.activation), size)
