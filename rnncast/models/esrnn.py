"""ES-RNN, the hybrid that won the M4 competition: Smyl 2020, International Journal of Forecasting 36."""

from torch import Tensor

from rnncast.models.base import Model, Size
from rnncast.models.dilated import Dilated
from rnncast.panel import TextArray
from rnncast.smoothing import LearnedSmoothing, SmoothingOptions


class ESRNN(Model):
    """Learns a level and seasonal figures for each series, and one dilated LSTM for what they leave over.

    l_t = alpha (y_t - s_t) + (1 - alpha) l_(t-1),  s_(t+m) = gamma (y_t - l_t) + (1 - gamma) s_t     (1)
    x_o = (y_t - s_t - l_o) / scale_o        for the last lags t up to o                              (2)
    y_(o+h) = l_o + s_(o+h) + scale_o * decoder(LSTM(x_1 .. x_o))_h                                   (3)

    Eq. 1 is that of `LearnedSmoothing`, eq. 2 and 3 are the network's; this model is the LSTM, `dilated`.
    All are learned together. Eq. 3 looks at the level at the origin alone and at figures known there:
    the level at the target's step would know the target. Where the units are those of a logarithm, all
    this is multiplicative in the data's, as in the paper.

    In the paper each series is smoothed once, from its first step on; here each window from its own. There
    a series' numbers are its own alone; here they are the panel's plus its own. There they learn at a rate
    of their own and residual paths lead around blocks of layers; here one rate and one path a layer.

    Use it for panels of short seasonal series.
    """

    options_type = SmoothingOptions

    def __init__(self, size: Size, options: SmoothingOptions = SmoothingOptions()) -> None:  # noqa: B008 - frozen
        super().__init__()
        self.options = options
        self.encoder = Dilated(size)

    def forward(self, past: Tensor, static: Tensor) -> Tensor:
        """Return the states [B, O, D]."""
        states: Tensor = self.encoder(past, static)
        return states

    def smoothing(self, ids: TextArray, targets: int, seasons: tuple[int, ...]) -> LearnedSmoothing:
        """Return the smoothing of eq. 1, untrained."""
        return LearnedSmoothing(ids, targets, seasons, self.options)
