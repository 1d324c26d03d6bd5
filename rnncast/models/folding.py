"""The network that is embedded: a recurrent encoder and a decoder whose weights fit any season, horizon and context."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn

from rnncast.decoders import Decoder, DecoderSize
from rnncast.folds import Folds
from rnncast.models.base import Recurrent, RecurrentStack, Size, lstm_layer
from rnncast.models.mingru import MinGRULayer
from rnncast.models.slstm import SLSTMLayer
from rnncast.shapes import FOLDS, LONG_FOLDS, SIZES, TRENDS

CELLS: dict[str, Callable[[int, int], nn.Module]] = {"lstm": lstm_layer, "slstm": SLSTMLayer, "mingru": MinGRULayer}

WIDTH = 128
"""Hidden numbers of the decoder for a step ahead."""


@dataclass(frozen=True, slots=True)
class Options:
    """Says what `folding` runs over the past.

    Attributes:
        cell: "lstm", "slstm" or "mingru".
    """

    cell: Literal["lstm", "slstm", "mingru"] = "lstm"


class Folding(Recurrent):
    """Runs an LSTM over the past, and mixes what lies at the same phase of earlier seasons into each step ahead.

    s_1 .. s_O = LSTM(x_1 .. x_O)                                                (1)
    z_h = silu(A s_o + B asinh(f_h)),  z'_h = z_h + silu(C z_h)                  (2)
    y_h = sum_i softmax(M z'_h)_i c_(h,i) + sum_j (G z'_h)_j t_(h,j) + V z'_h    (3)

    with s_o the state and the lags beside it, and f_h all that the folded past says about step h (see `folds`): its
    candidates c are the values at the same phase as they were and relative to the level then, those of the long
    season, the last value and the level; t are slopes times h. No weight belongs to a step or a phase, so the same
    weights serve every season, horizon and number of origins. Only V differs between the quantiles. M, G and V
    start at zero.
    """

    options_type = Options

    def __init__(self, size: Size, options: Options = Options()) -> None:
        super().__init__()
        self.stack = RecurrentStack(CELLS[options.cell], size)

    def decoder(self, size: DecoderSize) -> Decoder:
        """Return a decoder of mixtures."""
        return FoldingDecoder(size)

    def early(self) -> Iterable[nn.Parameter]:
        """Return the weights of all recurrent layers but the last."""
        return self.stack.layers[:-1].parameters()


class FoldingDecoder(Decoder):
    """Makes each step ahead of the state and of what the folded past says about it; eq. 2 and 3 of `Folding`."""

    def __init__(self, size: DecoderSize) -> None:
        super().__init__()
        self.state = nn.Linear(size.read, WIDTH)
        self.ahead = nn.Linear(sum(SIZES), WIDTH, bias=False)
        self.hidden = nn.Linear(WIDTH, WIDTH)
        self.mixture = nn.Linear(WIDTH, 2 * FOLDS + LONG_FOLDS + 2)
        self.trend = nn.Linear(WIDTH, TRENDS)
        self.output = nn.Linear(WIDTH, size.outputs)
        for layer in (self.mixture, self.trend, self.output):
            nn.init.zeros_(layer.weight)
            nn.init.zeros_(layer.bias)

    @torch.no_grad()
    def start_from(self, outputs: Tensor) -> None:
        """Put out the mean over the steps of `outputs` [H, outputs], for every state, until training changes it."""
        self.output.bias.copy_(outputs.mean(dim=0))

    def forward(self, states: Tensor, future: Tensor) -> Tensor:
        """Return the outputs [B, O, H, outputs] for states [B, O, D + lags] and folds [B, O, H, sum of SIZES]."""
        hidden = nn.functional.silu(self.state(states)[:, :, None] + self.ahead(future.asinh()))
        hidden = hidden + nn.functional.silu(self.hidden(hidden))  # (2)
        folds = Folds.of(future)
        candidates = torch.cat(
            [folds.raw, folds.adjusted, folds.long, folds.last, torch.zeros_like(folds.last)], dim=-1
        )
        known = torch.cat([folds.known, folds.known, folds.long_known, *[torch.ones_like(folds.last)] * 2], dim=-1)
        weights = self.mixture(hidden).masked_fill(known == 0, -torch.inf).softmax(dim=-1)
        point = torch.linalg.vecdot(weights, candidates) + torch.linalg.vecdot(self.trend(hidden), folds.trends)
        outputs: Tensor = point[..., None] + self.output(hidden)  # (3)
        return outputs
