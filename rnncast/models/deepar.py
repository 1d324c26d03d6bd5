"""DeepAR, which forecasts by paths that it draws step by step: Salinas et al. 2020, arXiv 1704.04110."""

from dataclasses import dataclass

from rnncast.errors import UsageError
from rnncast.models.base import Autoregressive, RecurrentStack, Size, lstm_layer

MOST_SAMPLES = 10_000


@dataclass(frozen=True, slots=True)
class Options:
    """Says how `deepar` forecasts.

    Attributes:
        num_samples: paths that are drawn of each series.
    """

    num_samples: int = 100

    def __post_init__(self) -> None:
        if not 1 <= self.num_samples <= MOST_SAMPLES:
            raise UsageError(f"num_samples is {self.num_samples}, expected a whole number from 1 to {MOST_SAMPLES}.")


class DeepAR(Autoregressive):
    """Learns the distribution of the next step alone, and draws paths from it to forecast further.

    h_o = LSTM(past_o, h_(o-1))                                         (1)
    p(y_(o+1) | y_1 .. y_o) = head(decoder(h_o))                        (2)
    loss = - sum over o of log p(y_(o+1) | y_1 .. y_o)                  (3)
    y'_(o+1) ~ p(. | y_1 .. y_o),  y'_(o+2) ~ p(. | y_1 .. y_o, y'_(o+1)) ...      (4)

    Training reads what came, over the context and the horizon; a forecast reads the values of its own path
    as lags, level and guess, and is a quantile of many paths. Any head will do for p, the paper's negative
    binomial and normal densities or quantiles, and any training loss in eq. 3.

    Where we depart: values are scaled at each origin, in the paths too, where the paper has one scale a
    window; windows are drawn evenly; series are told apart by their static covariates and not by an
    embedding. With segments of more than one step, a step is a segment, whose values are drawn one by one
    without regard to each other.
    """

    options_type = Options

    def __init__(self, size: Size, options: Options = Options()) -> None:
        super().__init__()
        self.stack = RecurrentStack(lstm_layer, size)
        self.num_samples = options.num_samples
