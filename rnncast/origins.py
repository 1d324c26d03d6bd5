"""What a window shows at its origins, and what is forecast from them."""

from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor, nn

from rnncast import folds
from rnncast.causal import causal_scale
from rnncast.folds import History
from rnncast.heads.base import Frame
from rnncast.shapes import AGE, FAR_OFF, Shape
from rnncast.smoothing import LearnedSmoothing
from rnncast.windows import Batch


class View(NamedTuple):
    """Holds what a window shows at its origins, in units of the series.

    Attributes:
        level: [B, O, C].
        scale: [B, O, C].
        guess: [B, O, H, C].
        lags: [B, O, C x K], the last values relative to the level, in units of the scale.
        inputs: [B, O, F], what the model reads.
        history: the past that is folded; None where nothing is.
    """

    level: Tensor
    scale: Tensor
    guess: Tensor
    lags: Tensor
    inputs: Tensor
    history: History | None = None

    def at(self, kept: slice) -> "View":
        """Return what is shown at some of the origins."""
        level, scale, guess, lags, inputs, history = self
        return View(level[:, kept], scale[:, kept], guess[:, kept], lags[:, kept], inputs[:, kept], history)


class Output(NamedTuple):
    """Holds a forecast from each origin, in units of the series.

    Attributes:
        params: [B, O, H, C, P], what the head reads, relative to `guess` and in units of `scale`.
        guess: [B, O, H, C].
        level: [B, O, C].
        scale: [B, O, C].
    """

    params: Tensor
    guess: Tensor
    level: Tensor
    scale: Tensor

    def restore(self, values: Tensor) -> Tensor:
        """Return [B, O, H, C] or [B, O, H, C, Q] in units of the series."""
        shape = (*self.guess.shape, *(1,) * (values.ndim - self.guess.ndim))
        return self.guess.reshape(shape) + values * self.scale[:, :, None].expand_as(self.guess).reshape(shape)

    def frame(self, batch: Batch) -> Frame:
        """Return what the head's values mean in the data, each [B, O, H, C]."""
        loc, unit = batch.loc[:, None, None], batch.scale[:, None, None]  # [B, 1, 1, C]
        return Frame(loc + unit * self.guess, (unit * self.scale[:, :, None]).expand_as(self.guess))


@dataclass(frozen=True, slots=True)
class Origins:
    """Reads windows at their origins, which lie at the steps `at`; nothing read at one depends on a later step."""

    shape: Shape
    at: slice

    def view(self, batch: Batch, smoothing: LearnedSmoothing | None) -> View:
        """Return what windows show; a smoothing gives level and guess, and takes the seasons out of the lags."""
        past, seen = batch.target[:, : self.at.stop], batch.observed[:, : self.at.stop]
        levels, around = self.scaling(past, seen)  # [B, L, C]
        scales = folds.seasonal_scale(past, seen, around, self.shape.season_length) if self.shape.folds else around
        level, scale = levels[:, self.at], scales[:, self.at]  # [B, O, C]
        count = seen.cumsum(dim=1)  # [B, L, C], how much was seen; nothing is known before the first
        if smoothing is None:
            guess = self.guess(past, count > 0, level)  # [B, O, H, C]
        else:
            smoothed = smoothing(past, seen, batch.series, batch.ordinal)
            past, level = smoothed.adjusted(past, seen), smoothed.level[:, self.at]
            guess = smoothed.ahead(self.at, self.shape.reach)
        lags = self.lags(past, count > 0, level, scale)  # [B, O, C x K]
        inputs = self.inputs(batch, lags, count[:, self.at])
        if not self.shape.folds:
            return View(level, scale, guess, lags, inputs)
        history = History(*(part[..., 0] for part in (past, count > 0, levels, scales, (around / scales).log())))
        folded = folds.inputs(history, self._steps(past), self._seasons)  # [B, O, F']
        return View(level, scale, guess, lags, torch.cat([inputs, folded], dim=-1), history)

    def scaling(self, past: Tensor, seen: Tensor) -> tuple[Tensor, Tensor]:
        """Return level and spread at each step, [B, L, C]; 0 and 1 are those of the whole series."""
        if self.shape.scaling == "series":
            return torch.zeros_like(past), torch.ones_like(past)
        level, spread = causal_scale(past, seen, self.shape.season_length)
        return level, torch.ones_like(spread) if self.shape.scaling == "level" else spread

    def lags(self, past: Tensor, known: Tensor, loc: Tensor, scale: Tensor) -> Tensor:
        """Return the last values before each origin, relative to it, [B, O, C x K]; 0 where unknown."""
        values, known = (self.before(steps, self.shape.num_lags) for steps in (past, known))  # [B, O, C, K]
        relative = (values - loc[..., None]) / scale[..., None]
        return torch.where(known, relative, 0.0).clamp(-FAR_OFF, FAR_OFF).flatten(2)

    def inputs(self, batch: Batch, relative: Tensor, count: Tensor) -> Tensor:
        """Return what the model reads at each origin, [B, O, F].

        Args:
            batch: the windows.
            relative: the lags [B, O, C x K].
            count: [B, O, C], how much was seen up to each origin.
        """
        seen = batch.observed[:, self.at].to(relative.dtype)  # [B, O, C]
        age = count.log1p() / AGE  # [B, O, C]
        angle = 2 * torch.pi * batch.phase[:, self.at]  # [B, O, M]
        parts = [asinh(relative), seen, age, angle.sin(), angle.cos()]
        for covariates in (held(batch.past, self.at.stop), batch.future[:, : self.at.stop]):
            if covariates.shape[-1]:
                whole = covariates[:, self.at.start + 1 - self.shape.segment_length :]
                parts.append(whole.reshape(*relative.shape[:2], -1))  # [B, O, s x K]
        return torch.cat(parts, dim=-1)

    def guess(self, past: Tensor, known: Tensor, loc: Tensor) -> Tensor:
        """Return the seasonal naive from each origin, [B, O, H, C]; the level where it is not known."""
        horizon, season = self.shape.reach, self.shape.guess_season
        if season == 0:
            return loc[:, :, None].expand(-1, -1, horizon, -1)
        values, known = (self.before(steps, season) for steps in (past, known))  # [B, O, C, m]
        last = torch.where(known, values, loc[..., None]).movedim(-1, 2)  # [B, O, m, C]
        return last.repeat(1, 1, -(-horizon // season), 1)[:, :, :horizon]

    def before(self, values: Tensor, size: int) -> Tensor:
        """Return the last `size` steps up to each origin, [B, O, C, size], of [B, L, C]; a view after the padding."""
        lead = size - 1 - self.at.start
        padded = nn.functional.pad(values, (0, 0, max(lead, 0), 0))[:, max(-lead, 0) :]
        return padded.unfold(1, size, self.at.step)

    def ahead(self, values: Tensor) -> Tensor:
        """Return the steps after each origin that it reaches, [B, O, H, K], of [B, L + H, K]; a view."""
        later = values[:, self.at.start + 1 : self.at.stop + self.shape.reach]
        return later.unfold(1, self.shape.reach, self.at.step).movedim(-1, 2)

    def known_ahead(self, view: View, future: Tensor, kept: slice) -> Tensor:
        """Return what is known about the steps ahead of some origins, [B, O, H, K]: covariates [B, L + H, K] or folds.

        Args:
            view: what the windows show at all origins.
            future: the future covariates.
            kept: which origins.
        """
        if view.history is None:
            return self.ahead(future)[:, kept]
        at = self._steps(view.history.values)[kept]
        return folds.folds(view.history, at, self.shape.reach, self._seasons).joined()

    def _steps(self, past: Tensor) -> Tensor:
        """Return the step of each origin, [O]."""
        return torch.arange(past.shape[1], device=past.device)[self.at]

    @property
    def _seasons(self) -> tuple[int, int]:
        return self.shape.season_length, self.shape.long_season

    def counted(self, observed: Tensor) -> Tensor:
        """Return which origins count, [B, O, 1]: those seen, after a season and five steps at least.

        Before, the spread rests on too little to be a unit. An origin inside a gap of any channel does
        not count, since the gap's fill knows of later steps.
        """
        seen = observed[:, : self.at.stop]
        least = max(1, min(max(self.shape.season_length, 4) + 1, self.shape.context_length // 3))
        counted = seen.all(dim=2, keepdim=True) & (seen.cumsum(dim=1) >= least)  # [B, L, C]
        return counted[:, self.at]


def in_year(batch: Batch, year: float) -> Tensor:
    """Return where in a year of so many steps each step of the windows lies, sine and cosine [B, L + H, 2]."""
    steps = torch.arange(batch.future.shape[1], device=batch.future.device)
    angle = 2 * torch.pi * ((batch.ordinal[:, None] + steps) % year) / year
    return torch.stack([angle.sin(), angle.cos()], dim=-1).to(batch.future.dtype)


def held(values: Tensor, steps: int) -> Tensor:
    """Return `values` [B, L, K] up to `steps`, the last one repeated where there are no more."""
    if steps <= values.shape[1]:
        return values[:, :steps]
    return torch.cat([values, values[:, -1:].expand(-1, steps - values.shape[1], -1)], dim=1)


def asinh(values: Tensor) -> Tensor:
    """Return asinh, to the last digit but one in absolute terms and ten times as fast as torch's on a CPU."""
    return (values.abs() + (values * values + 1).sqrt()).log().copysign(values)
