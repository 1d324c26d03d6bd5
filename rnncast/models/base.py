"""The contract of a model, and what several models share: the stack of layers, and a scan."""

import math
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.autograd.function import FunctionCtx


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
    input where `residual` is set (He et al. 2016, eq. 1). As torch's own do, a layer returns its
    outputs and its last state, which is not read.
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
        states = with_static(past, static)  # [B, O, F + S]
        for depth, layer in enumerate(self.layers):
            outputs, _ = layer(states if depth == 0 else self.dropout(states))
            states = states + outputs if self.residual and depth > 0 else outputs  # [B, O, D]
        return states if self.attention is None else self.attention(states)


def with_static(past: Tensor, static: Tensor) -> Tensor:
    """Return what is read at each origin, [B, O, F + S]: `past` [B, O, F], and `static` [B, S] at every origin."""
    return torch.cat([past, static[:, None, :].expand(-1, past.shape[1], -1)], dim=-1)


def num_heads(hidden: int) -> int:
    """Return how many heads share `hidden` numbers evenly: 4, or the 2 or 1 that divide it."""
    return math.gcd(hidden, 4)


def at_least_float32(values: Tensor) -> Tensor:
    """Return `values` in float32 if their type is shorter: sums over many steps and exponentials need it."""
    return values.to(torch.promote_types(values.dtype, torch.float32))


def leaky_scan(write: Tensor, candidate: Tensor) -> Tensor:
    """Return h_o = (1 - write_o) * h_(o-1) + write_o * candidate_o with h_0 = 0, all of shape [B, O, D].

    One operation a step, with the gradient written out beside it. The paper scans in parallel, in log
    space; this form needs no logarithm, so nothing overflows or cancels.
    """
    scanned: Tensor = _LeakyScan.apply(at_least_float32(write), at_least_float32(candidate))  # type: ignore[no-untyped-call]
    return scanned


class _LeakyScan(torch.autograd.Function):
    """The gradient of a linear recurrence is one too, from the last step to the first.

    e_o = dL/dh_o + (1 - write_(o+1)) * e_(o+1)
    dL/dcandidate_o = e_o * write_o      dL/dwrite_o = e_o * (candidate_o - h_(o-1))
    """

    @staticmethod
    def forward(ctx: FunctionCtx, write: Tensor, candidate: Tensor) -> Tensor:
        states = torch.empty_like(candidate)
        earlier = torch.zeros_like(candidate[:, 0])
        for step, state in enumerate(states.unbind(1)):
            torch.lerp(earlier, candidate[:, step], write[:, step], out=state)
            earlier = state
        ctx.save_for_backward(write, candidate, states)
        return states

    @staticmethod
    def backward(ctx: FunctionCtx, *gradients: Tensor) -> tuple[Tensor, Tensor]:
        write, candidate, states = ctx.saved_tensors  # type: ignore[attr-defined]
        errors = gradients[0].clone(memory_format=torch.contiguous_format)
        keep = 1 - write
        for step in range(errors.shape[1] - 1, 0, -1):
            errors[:, step - 1].addcmul_(keep[:, step], errors[:, step])
        moved = candidate.clone()
        moved[:, 1:] -= states[:, :-1]
        return errors * moved, errors * write
