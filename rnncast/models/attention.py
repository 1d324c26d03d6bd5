"""LSTM whose states attend to those before them: Luong et al. 2015, arXiv 1508.04025; Bahdanau et al. 2015."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from rnncast.models.base import LookBack, Model, RecurrentStack, Size, dot_product_mean, lstm_layer

CHUNK = 2**24
"""Numbers that additive scores are computed from at once, about."""


@dataclass(frozen=True, slots=True)
class Options:
    """Says how `attention` scores a past state.

    Attributes:
        score: "dot", "general" or "additive".
    """

    score: Literal["dot", "general", "additive"] = "general"


class Attention(Model):
    """Runs an LSTM, and lets the state at each origin o attend to the states at the origins s up to o.

    h_1 .. h_O = LSTM(past_1 .. past_O)
    e_(o,s) = h_o . h_s                          dot: Luong et al. 2015, eq. 8
    e_(o,s) = h_o . W h_s                        general: Luong et al. 2015, eq. 8
    e_(o,s) = v . tanh(W h_o + U h_s)            additive: Bahdanau et al. 2015, arXiv 1409.0473, A.1.2
    a_o = sum over s of softmax(e_o)_s h_s       s = 1 .. o
    c_o = h_o + C [h_o; a_o] + b

    The papers attend from a decoder to an encoder; here it is from an origin to the past, itself included.
    The residual path is ours; without `residual` it is c_o = tanh(C [h_o; a_o] + b) (Luong et al., eq. 5).
    """

    options_type = Options

    def __init__(self, size: Size, options: Options = Options()) -> None:
        super().__init__()
        self.stack = RecurrentStack(lstm_layer, size)
        kinds: dict[str, Callable[[int, bool], LookBack]] = {"dot": Dot, "general": General, "additive": Additive}
        self.look_back = kinds[options.score](size.hidden, size.residual)

    def forward(self, past: Tensor, static: Tensor) -> Tensor:
        """Return the states [B, O, D]."""
        states: Tensor = self.look_back(self.stack(past, static))
        return states


class Dot(LookBack):
    """Scores a past state by its product with the state that looks back."""

    def look(self, states: Tensor, seen: Tensor) -> Tensor:
        """Return the means [B, O, D] of `seen` up to each of the states."""
        return dot_product_mean(states, seen, seen, scale=1.0)


class General(LookBack):
    """Scores a past state by its product with a linear map of the state that looks back."""

    def __init__(self, hidden: int, residual: bool) -> None:
        super().__init__(hidden, residual)
        self.query = nn.Linear(hidden, hidden, bias=False)

    def look(self, states: Tensor, seen: Tensor) -> Tensor:
        """Return the means [B, O, D] of `seen` up to each of the states."""
        return dot_product_mean(self.query(states), seen, seen, scale=1.0)


class Additive(LookBack):
    """Scores a past state by a perceptron of one hidden layer.

    It needs D numbers for each pair of origins: they are computed for some origins at a time, and again for
    the gradient instead of being kept.
    """

    def __init__(self, hidden: int, residual: bool) -> None:
        super().__init__(hidden, residual)
        self.query = nn.Linear(hidden, hidden, bias=False)
        self.key = nn.Linear(hidden, hidden, bias=False)
        self.score = nn.Linear(hidden, 1, bias=False)

    def look(self, states: Tensor, seen: Tensor) -> Tensor:
        """Return the means [B, O, D] of `seen` up to each of the states."""
        queries, keys = self.query(states), self.key(seen)
        earlier, size = seen.shape[1] - states.shape[1], max(1, CHUNK // max(keys.numel(), 1))
        parts = []
        for first in range(0, states.shape[1], size):
            part = queries[:, first : first + size]
            upto = earlier + first + part.shape[1]
            known = (part, keys[:, :upto], seen[:, :upto])
            parts.append(checkpoint(self._mean, *known, use_reentrant=False, preserve_rng_state=False))
        return torch.cat(parts, dim=1)

    def _mean(self, queries: Tensor, keys: Tensor, seen: Tensor) -> Tensor:
        """Return the means [B, o, D] of `seen` [B, s, D] up to each of the last o of s states."""
        scores = self.score(torch.tanh(queries[:, :, None] + keys[:, None])).squeeze(-1)  # [B, o, s]
        later = torch.ones_like(scores[0], dtype=torch.bool).triu(keys.shape[1] - queries.shape[1] + 1)
        mean: Tensor = scores.masked_fill(later, -torch.inf).softmax(dim=-1) @ seen
        return mean
