"""The contract of a model, and the stack of recurrent layers that the classic ones share."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn


@dataclass(frozen=True, slots=True)
class Size:
    """Says how large a model is.

    Attributes:
        inputs: F, numbers read at each origin.
        static: S, static covariates of a series.
        hidden: D, numbers in a state.
        layers: recurrent layers, one above the other.
        dropout: share of a layer's outputs dropped while training, between layers.
    """

    inputs: int
    static: int
    hidden: int
    layers: int
    dropout: float
    activation: str = "tanh"
    residual: bool = True
    attention: bool = False


class Model(nn.Module, ABC):
    """A causal recurrent encoder: from what is read at each origin to a state at each origin."""

    @abstractmethod
    def forward(self, past: Tensor, static: Tensor) -> Tensor:
        """Return the states [B, O, D]; state o depends on `past[:, :o + 1]` alone.

        Args:
            past: what is read at each of O origins, oldest first, [B, O, F].
            static: static covariates [B, S].
        """


class CausalAttention(nn.Module):
    """Lets each state look back at the states before it: scaled dot-product attention.

    a_o = softmax(q_o K^T / sqrt(D)) V over the origins up to o, and c_o = h_o + W [h_o; a_o]
    (the global attention of Luong et al. 2015, eq. 5, with the scaling of Vaswani et al. 2017, eq. 1,
    and a residual path of ours instead of the tanh).
    """

    def __init__(self, hidden: int) -> None:
        super().__init__()
        self.query = nn.Linear(hidden, hidden, bias=False)
        self.key = nn.Linear(hidden, hidden, bias=False)
        self.combine = nn.Linear(2 * hidden, hidden)

    def forward(self, states: Tensor) -> Tensor:
        """Return states [B, O, D] that have looked back."""
        looked = nn.functional.scaled_dot_product_attention(
            self.query(states), self.key(states), states, is_causal=True
        )  # [B, O, D]
        combined: Tensor = self.combine(torch.cat([states, looked], dim=-1))
        return states + combined


class RecurrentStack(nn.Module):
    """Runs recurrent layers one above the other, each with its residual path and dropout.

    The first layer maps F + S inputs to D; from the second on, a layer's output is added to its
    input where `residual` is set (He et al. 2016, eq. 1). One torch layer each: torch's fused
    kernels take it from there.
    """

    def __init__(self, layer: Callable[[int, int], nn.Module], size: Size) -> None:
        """Build the stack of what `layer` builds from an input and a hidden size, batch first."""
        super().__init__()
        widths = [size.inputs + size.static] + [size.hidden] * (size.layers - 1)
        self.layers = nn.ModuleList(layer(width, size.hidden) for width in widths)
        self.dropout = nn.Dropout(size.dropout)
        self.residual = size.residual
        self.attention = CausalAttention(size.hidden) if size.attention else None

    def forward(self, past: Tensor, static: Tensor) -> Tensor:
        """Return the last layer's states [B, O, D]."""
        static = static[:, None, :].expand(-1, past.shape[1], -1)  # [B, O, S]
        states: Tensor = torch.cat([past, static], dim=-1)  # [B, O, F + S]
        for depth, layer in enumerate(self.layers):
            outputs, _ = layer(states if depth == 0 else self.dropout(states))
            states = states + outputs if self.residual and depth > 0 else outputs  # [B, O, D]
        return states if self.attention is None else self.attention(states)
