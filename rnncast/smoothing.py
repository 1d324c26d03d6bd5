"""Exponential smoothing whose rates and first seasonal figures are learned, series by series: Smyl 2020.

*A hybrid method of exponential smoothing and recurrent neural networks for time series forecasting*,
International Journal of Forecasting 36. Everything here is in the network's units and additive; where
those are a logarithm's, it is multiplicative in the data's units, as in the paper.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from rnncast.errors import UsageError
from rnncast.panel import IntArray, TextArray


@dataclass(frozen=True, slots=True)
class SmoothingOptions:
    """Says where the learned numbers begin, and what a restless level costs.

    Attributes:
        alpha: rate of the level before training.
        gamma: rate of every season before training.
        penalty: weight of the level's squared second differences in the loss.
    """

    alpha: float = 0.3
    gamma: float = 0.1
    penalty: float = 1.0

    def __post_init__(self) -> None:
        for name, value in (("alpha", self.alpha), ("gamma", self.gamma)):
            if not 0 < value < 1:
                raise UsageError(f"{name} is {value}, expected a number between 0 and 1.")
        if not 0 <= self.penalty < math.inf:
            raise UsageError(f"penalty is {self.penalty}, expected a number of at least 0.")


class Smoothed(NamedTuple):
    """Holds what smoothing makes of windows; what stands at a step depends on no later one.

    Attributes:
        level: [B, L, C], after each step.
        figures: for each season of m steps [B, L + m, C], the figure of each step, which is known m steps before.
    """

    level: Tensor
    figures: tuple[Tensor, ...]

    def adjusted(self, past: Tensor, seen: Tensor) -> Tensor:
        """Return the values [B, L, C] without their seasons; at unseen steps the level, which was expected there."""
        for figures in self.figures:
            past = past - figures[:, : past.shape[1]]
        return torch.where(seen, past, self.level)

    def ahead(self, origins: slice, horizon: int) -> Tensor:
        """Return the level at each origin with the last figures of the H steps after it, [B, O, H, C]."""
        guess = self.level[:, origins, None].expand(-1, -1, horizon, -1)
        for figures in self.figures:
            season = figures.shape[1] - self.level.shape[1]
            last = figures[:, origins.start + 1 :].unfold(1, season, origins.step).movedim(-1, 2)  # [B, O, m, C]
            guess = guess + last[:, :, :horizon].repeat(1, 1, -(-horizon // season), 1)[:, :, :horizon]
        return guess


class LearnedSmoothing(nn.Module):
    """Smooths level l and seasonal figures s and u, with rates and first figures of each series' own.

    l_t = alpha (y_t - s_t - u_t) + (1 - alpha) l_(t-1)                 (1)
    s_(t+m) = gamma (y_t - l_t - u_t) + (1 - gamma) s_t                 (2)
    u_(t+n) = delta (y_t - l_t - s_t) + (1 - delta) u_t                 (3)

    with as many figures as there are seasons, none, one or more. With the error e_t of the forecast for
    step t all three are corrections, which is how they are computed:

    e_t = y_t - l_(t-1) - s_t - u_t                                     (4)
    l_t = l_(t-1) + alpha e_t,  s_(t+m) = s_t + gamma (1 - alpha) e_t   (5)

    An unseen step leaves everything as it is, and the first that is seen is the level but for its figures.
    A window begins with the first figures, by the step's place in the season on the time axis.

    A series' numbers are those of the panel plus a deviation of its own, so series that were not trained on
    are served too, by the panel's; in the paper each series has its own alone. All begin as those of
    the panel, `alpha` and `gamma` of the options for the rates and zero for the figures.
    """

    def __init__(self, ids: TextArray, targets: int, seasons: tuple[int, ...], options: SmoothingOptions) -> None:
        """Build it for the series `ids` [N, I] of C targets each."""
        super().__init__()
        self.seasons, self.options = seasons, options
        self._places = {tuple(names): place for place, names in enumerate(ids.tolist())}
        self._targets = targets
        self._start = [math.log(rate / (1 - rate)) for rate in (options.alpha, *[options.gamma] * len(seasons))]
        width = 1 + len(seasons) + sum(seasons)
        self.numbers = nn.Parameter(torch.zeros(len(ids) * targets + 1, width))  # the panel's own last

    def find(self, ids: TextArray) -> IntArray:
        """Return the number of each series and target, [N, C], among those trained on; the last for all others."""
        panel = len(self.numbers) - 1
        places = np.array([self._places.get(tuple(names), -1) for names in ids.tolist()])[:, None]  # [N, 1]
        numbers: IntArray = np.where(places < 0, panel, places * self._targets + np.arange(self._targets))
        return numbers

    def forward(self, past: Tensor, seen: Tensor, series: Tensor, ordinal: Tensor) -> Smoothed:
        """Return level and figures of windows.

        Args:
            past: [B, L, C].
            seen: [B, L, C], true where a value was seen; what lies at other steps is not read.
            series: [B, C], numbers as `find` gives them.
            ordinal: [B], of the first of the L steps on the time axis.
        """
        rates, *first = torch.split(self._of(series), [1 + len(self.seasons), *self.seasons], dim=-1)  # [B, C, ...]
        alpha, *gammas = (rates + rates.new_tensor(self._start)).sigmoid()[:, None].unbind(-1)  # [B, 1, C] each
        begins = seen & (seen.cumsum(dim=1) == 1)
        correct = torch.where(begins, 1.0, alpha * seen)  # [B, L, C]
        adapt = [gamma * (1 - correct) * seen for gamma in gammas]
        return _unroll(torch.where(seen, past, 0.0), [correct, *adapt], [_turned(each, ordinal) for each in first])

    def penalty(self, level: Tensor, scale: Tensor, counted: Tensor) -> Tensor:
        """Return what a restless level costs: the mean squared second difference, from origin to origin.

        It is in units of the spread; the paper's is that of the log of the level.

        Args:
            level: [B, O, C], at each origin.
            scale: [B, O, C], the spread there.
            counted: [B, O, C], true where an origin counts.
        """
        turns = level.diff(n=2, dim=1) / scale[:, 2:]  # [B, O - 2, C]
        first = counted[:, :-2]  # before it, the level may just have been found
        return self.options.penalty * (turns.square() * first).sum() / first.sum().clamp(min=1)

    def _of(self, series: Tensor) -> Tensor:
        """Return the numbers of `series` [B, C], [B, C, W]: the logits of the rates, then the first figures."""
        own = nn.functional.embedding(series, self.numbers)
        return self.numbers[-1] + own * (series < len(self.numbers) - 1)[..., None]


def _turned(figures: Tensor, ordinal: Tensor) -> Tensor:
    """Return the figures [B, C, m], which begin at ordinal 0, as those of the m steps from `ordinal` [B] on."""
    season = figures.shape[-1]
    places = (ordinal[:, None] + torch.arange(season, device=ordinal.device)) % season  # [B, m]
    return figures.gather(-1, places[:, None].expand_as(figures))


def _unroll(values: Tensor, rates: Sequence[Tensor], first: Sequence[Tensor]) -> Smoothed:
    """Return what comes of values [B, L, C], rates [B, L, C] of level and seasons, and first figures [B, C, m]."""
    level, levels = torch.zeros_like(values[:, 0]), []
    rings = [list(figures.unbind(-1)) for figures in first]
    for step, (value, correct, *adapt) in enumerate(zip(*(each.unbind(1) for each in (values, *rates)), strict=True)):
        error = value - level
        for ring in rings:
            error = error - ring[step]  # (4)
        level = torch.addcmul(level, correct, error)  # (5)
        levels.append(level)
        for ring, rate in zip(rings, adapt, strict=True):
            ring.append(torch.addcmul(ring[step], rate, error))
    return Smoothed(torch.stack(levels, dim=1), tuple(torch.stack(ring, dim=1) for ring in rings))
