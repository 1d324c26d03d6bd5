"""The contract of a model, and what several models share: the stack of layers, and a scan."""

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

import torch
from torch import Tensor, nn
from torch.autograd.function import FunctionCtx
from torch.compiler import is_compiling

from rnncast.decoders import Decoder, DecoderSize, DirectDecoder
from rnncast.dropout import Dropout
from rnncast.panel import TextArray
from rnncast.smoothing import LearnedSmoothing
from rnncast.unrolling import State, run


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
    """A causal recurrent encoder: from what is read at each origin to a state at each origin.

    A model with knobs of its own has them in a frozen dataclass beside it, its `options_type`, and takes an
    instance after its size. A model may bring a decoder of its own, and a smoothing of each series. One that
    folds (see `registry.FOLDING`) reads the past folded by the season, each channel by itself, and no covariates.
    """

    options_type: ClassVar[type | None] = None

    @abstractmethod
    def forward(self, past: Tensor, static: Tensor) -> Tensor:
        """Return the states [B, O, D]; state o depends on `past[:, :o + 1]` alone.

        Args:
            past: what is read at each of O origins, oldest first, [B, O, F].
            static: static covariates [B, S].
        """

    def decoder(self, size: DecoderSize) -> Decoder:
        """Return an untrained decoder of the model's states."""
        return DirectDecoder(size)

    def early(self) -> Iterable[nn.Parameter]:
        """Return the weights that stay as they are where a model that was fitted before is tuned."""
        return ()

    def smoothing(self, ids: TextArray, targets: int, seasons: tuple[int, ...]) -> LearnedSmoothing | None:
        """Return what learns level and season of the series `ids` [N, I], None where each window tells them itself."""
        del ids, targets, seasons
        return None


class Memory(NamedTuple):
    """Holds what a model goes on from.

    Attributes:
        layers: the last state of each layer in its parts, as the state and the cell of an LSTM, [..., B, D] each with
            the windows along the second axis; no part of a layer that is never gone on from.
        seen: the states so far, [B, O, D], where there is attention that looks back at them.
    """

    layers: tuple[tuple[Tensor, ...], ...]
    seen: Tensor | None = None

    @property
    def numbers(self) -> int:
        """Return how many numbers it holds of a window."""
        seen = 0 if self.seen is None else self.seen[0].numel()
        return seen + sum(part.shape[-1] for parts in self.layers for part in parts)

    def repeated(self, rows: slice, times: int) -> "Memory":
        """Return the memory of some rows, each `times` over."""
        layers = tuple(tuple(part[:, rows].repeat_interleave(times, dim=1) for part in parts) for parts in self.layers)
        return Memory(layers, None if self.seen is None else self.seen[rows].repeat_interleave(times, dim=0))


class Recurrent(Model):
    """A model that is a stack of layers each of which goes on from its last state: it can be stepped."""

    stack: "RecurrentStack"

    def forward(self, past: Tensor, static: Tensor) -> Tensor:
        """Return the states [B, O, D]."""
        return self.resume(past, static, None)[0]

    def resume(self, past: Tensor, static: Tensor, memory: Memory | None) -> tuple[Tensor, Memory]:
        """Return the states [B, O, D] after what `memory` holds, and the memory after them.

        Args:
            past: [B, O, F]; O is 1 where there is a memory, or where one is wanted of `dilated`.
            static: [B, S].
            memory: None at the start of a window.
        """
        return self.stack.resume(past, static, memory)


class Autoregressive(Recurrent):
    """A model that forecasts the next segment alone, and goes on from what it forecast.

    Its network draws `num_samples` paths; the forecast is their quantiles.
    """

    num_samples: int


class LookBack(nn.Module, ABC):
    """Lets each state look back at the states before it, and combines it with what it found.

    c_o = h_o + W [h_o; a_o]        with a_o a mean of the states up to o, weighted as a subclass says
    c_o = tanh(W [h_o; a_o])        without `residual`: Luong et al. 2015, arXiv 1508.04025, eq. 5
    """

    def __init__(self, hidden: int, residual: bool) -> None:
        super().__init__()
        self.combine = nn.Linear(2 * hidden, hidden)
        self.residual = residual

    @abstractmethod
    def look(self, states: Tensor, seen: Tensor) -> Tensor:
        """Return the means [B, O, D] of `seen` up to each of the states."""

    def forward(self, states: Tensor, seen: Tensor | None = None) -> Tensor:
        """Return states [B, O, D] that have looked back at themselves; a single one at all `seen` up to it."""
        seen = states if seen is None else seen
        combined: Tensor = self.combine(torch.cat([states, self.look(states, seen)], dim=-1))
        return states + combined if self.residual else torch.tanh(combined)


class CausalAttention(LookBack):
    """Weighs the states up to o by scaled dot products (Vaswani et al. 2017, eq. 1).

    a_o = softmax(q_o K^T / sqrt(D)) H        q_o = Q h_o,  K = H R^T
    """

    def __init__(self, hidden: int) -> None:
        super().__init__(hidden, residual=True)
        self.query = nn.Linear(hidden, hidden, bias=False)
        self.key = nn.Linear(hidden, hidden, bias=False)

    def look(self, states: Tensor, seen: Tensor) -> Tensor:
        """Return the means [B, O, D] of `seen` up to each of the states."""
        return dot_product_mean(self.query(states), self.key(seen), seen)


def dot_product_mean(queries: Tensor, keys: Tensor, seen: Tensor, scale: float | None = None) -> Tensor:
    """Return the mean of `seen` up to each query, [B, O, D], weighted by softmax(scale q . k), 1 / sqrt(D) by default.

    There is a key for each state seen, and a query for each of them or for the last.
    """
    causal = queries.shape[1] > 1
    return nn.functional.scaled_dot_product_attention(queries, keys, seen, is_causal=causal, scale=scale)


class RecurrentStack(nn.Module):
    """Runs recurrent layers one above the other, each with its residual path and dropout.

    The first layer maps F + S inputs to D; from the second on, a layer's output is added to its
    input where `residual` is set (He et al. 2016, eq. 1). As torch's own do, a layer returns its
    outputs and its last state.
    """

    def __init__(self, layer: Callable[[int, int], nn.Module], size: Size) -> None:
        """Build the stack of what `layer` builds from an input and a hidden size, batch first."""
        super().__init__()
        widths = [size.inputs + size.static] + [size.hidden] * (size.layers - 1)
        self.layers = nn.ModuleList(layer(width, size.hidden) for width in widths)
        self.dropout = Dropout(size.dropout)
        self.residual = size.residual
        self.attention = CausalAttention(size.hidden) if size.attention else None

    def forward(self, past: Tensor, static: Tensor) -> Tensor:
        """Return the last layer's states [B, O, D]."""
        return self.resume(past, static, None)[0]

    def resume(self, past: Tensor, static: Tensor, memory: Memory | None) -> tuple[Tensor, Memory]:
        """Return the last layer's states [B, O, D] after what `memory` holds, and the memory after them."""
        states = with_static(past, static)  # [B, O, F + S]
        last = []
        for depth, layer in enumerate(self.layers):
            inputs = states if depth == 0 else self.dropout(states)
            outputs, state = run(layer, inputs, None if memory is None else _whole(memory.layers[depth]))
            states = states + outputs if self.residual and depth > 0 else outputs  # [B, O, D]
            last.append(_parts(state))
        if self.attention is None:
            return states, Memory(tuple(last))
        earlier = None if memory is None else memory.seen
        seen = states if earlier is None else torch.cat([earlier, states], dim=1)
        return self.attention(states, seen), Memory(tuple(last), seen)


def _parts(state: State | None) -> tuple[Tensor, ...]:
    """Return a layer's state in its parts; torch has one part by itself."""
    if state is None:
        return ()
    return state if isinstance(state, tuple) else (state,)


def _whole(parts: tuple[Tensor, ...]) -> State:
    """Return the state that has these parts."""
    return parts if len(parts) > 1 else parts[0]


def lstm_layer(inputs: int, hidden: int) -> nn.LSTM:
    """Return an LSTM layer whose forget gate starts open: torch has two biases, of the gates i, f, g, o."""
    layer = nn.LSTM(inputs, hidden, batch_first=True)
    for name in ("bias_ih_l0", "bias_hh_l0"):
        nn.init.constant_(layer.get_parameter(name)[hidden : 2 * hidden], 0.5)
    return layer


def with_static(past: Tensor, static: Tensor) -> Tensor:
    """Return what is read at each origin, [B, O, F + S]: `past` [B, O, F], and `static` [B, S] at every origin."""
    return torch.cat([past, static[:, None, :].expand(-1, past.shape[1], -1)], dim=-1)


def num_heads(hidden: int) -> int:
    """Return how many heads share `hidden` numbers evenly: 4, or the 2 or 1 that divide it."""
    return math.gcd(hidden, 4)


def at_least_float32(values: Tensor) -> Tensor:
    """Return `values` in float32 if their type is shorter: sums over many steps and exponentials need it."""
    return values.to(torch.promote_types(values.dtype, torch.float32))


def leaky_scan(write: Tensor, candidate: Tensor, start: Tensor | None = None) -> Tensor:
    """Return h_o = (1 - write_o) * h_(o-1) + write_o * candidate_o [B, O, D]; h_0 is 0, or `start` [1, B, D].

    One operation a step, with the gradient written out beside it. The paper scans in parallel, in log
    space; this form needs no logarithm, so nothing overflows or cancels.
    """
    write, candidate = at_least_float32(write), at_least_float32(candidate)
    if start is not None:  # as if it had been written by a step before
        first = start.transpose(0, 1)  # [B, 1, D]
        write, candidate = torch.cat([torch.ones_like(first), write], dim=1), torch.cat([first, candidate], dim=1)
        return leaky_scan(write, candidate)[:, 1:]
    if is_compiling():  # an exporter does not follow what is written in place
        states = [torch.zeros_like(candidate[:, 0])]
        for step in range(candidate.shape[1]):
            states.append(torch.lerp(states[-1], candidate[:, step], write[:, step]))
        return torch.stack(states[1:], dim=1)
    scanned: Tensor = _LeakyScan.apply(write, candidate)  # type: ignore[no-untyped-call]
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
