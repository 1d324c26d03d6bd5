"""Multilayer perceptron, the reference point without a memory: Rumelhart, Hinton and Williams 1986, Nature 323."""

from torch import Tensor, nn

from rnncast.models.base import Model, RecurrentStack, Size


class MLP(Model):
    """Sees what is read at the origin and nothing before it.

    h_o^1 = V_1 silu(W_1 x_o + b_1) + c_1                                         (1)
    h_o^l = h_o^(l-1) + V_l silu(W_l h_o^(l-1) + b_l) + c_l        l = 2 .. N     (2)

    with the residual path of He et al. 2016 and silu(x) = x sigmoid(x) where the paper has a sigmoid.
    Its memory is the lags alone: where it is as good as a recurrent model, no state is needed.

    Use it to find that out, and where the lags cover all that matters: it is the fastest of all.
    """

    def __init__(self, size: Size) -> None:
        super().__init__()
        self.stack = RecurrentStack(MLPLayer, size)

    def forward(self, past: Tensor, static: Tensor) -> Tensor:
        """Return the states [B, O, D]."""
        states: Tensor = self.stack(past, static)
        return states


class MLPLayer(nn.Module):
    """One layer of `MLP`."""

    def __init__(self, inputs: int, hidden: int) -> None:
        super().__init__()
        self.read = nn.Linear(inputs, hidden)
        self.write = nn.Linear(hidden, hidden)

    def forward(self, inputs: Tensor) -> tuple[Tensor, None]:
        """Return the outputs [B, O, D] of inputs [B, O, F]."""
        return self.write(nn.functional.silu(self.read(inputs))), None
