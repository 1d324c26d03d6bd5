"""Paths into the future: an autoregressive model goes on from values drawn from its own forecast.

Axes beside those of `windows`: S paths of each window, R = B x S rows, one for each path.
"""

from collections.abc import Iterator
from typing import Protocol

import torch
from torch import Tensor

from rnncast.heads.base import Head
from rnncast.models.base import Autoregressive, Memory
from rnncast.origins import Origins, Output, View, held
from rnncast.scaling import TINY
from rnncast.shapes import Shape
from rnncast.windows import Batch

NUMBERS = 2**23
"""Numbers that are computed with at once, about."""

SEED = 1


class Answers(Protocol):
    """A network, as far as paths need it."""

    shape: Shape
    head: Head

    def autocast(self) -> torch.autocast:
        """Return the context in which model and decoder compute."""

    def answer(self, states: Tensor, view: View, future: Tensor) -> Output:
        """Return the forecasts from states."""


def forecast(network: Answers, model: Autoregressive, batch: Batch) -> tuple[Tensor, Tensor]:
    """Return the median [B, H, C] and the quantiles [B, H, C, Q] of the paths after the windows' last step."""
    levels = torch.tensor([0.5, *network.head.levels], device=batch.target.device)
    parts = [paths.quantile(levels, dim=1).movedim(0, -1) for paths in draw(network, model, batch)]
    found = torch.cat(parts)  # [B, H, C, 1 + Q]
    return found[..., 0], found[..., 1:]


def draw(network: Answers, model: Autoregressive, batch: Batch) -> Iterator[Tensor]:
    """Yield the paths of some windows after the others, [B, S, H, C], in units of the series.

    All windows meet the same chance, so that a forecast depends on its own window alone. Without quantiles
    there is one path, from point to point.
    """
    shape = network.shape
    origins = Origins(shape, shape.at_origins)
    view = origins.view(batch, None)
    with network.autocast():
        states, memory = model.resume(view.inputs, batch.static, None)
    output = network.answer(states[:, -1:], view.at(slice(-1, None)), origins.ahead(batch.future)[:, -1:])
    count = model.num_samples if network.head.levels else 1
    chance = noise(count, shape.num_blocks * shape.reach, shape.targets)  # [S, H, C]
    weights = interpolation(network.head.levels, chance).to(batch.target.device)  # [S, H, C, Q]
    numbers = sum(part[0].numel() for part in batch) + memory.numbers + 4 * shape.num_inputs
    size = max(1, NUMBERS // (count * numbers))
    for first in range(0, len(batch.target), size):
        rows = slice(first, first + size)
        begun = Output(*(part[rows].repeat_interleave(count, dim=0) for part in output))
        repeated = Batch(*(part[rows].repeat_interleave(count, dim=0) for part in batch))
        paths = Paths(shape, repeated, begun)
        _walk(network, model, paths, memory.repeated(rows, count), weights)
        yield paths.drawn.reshape(-1, count, *paths.drawn.shape[1:])


def _walk(network: Answers, model: Autoregressive, paths: "Paths", memory: Memory, weights: Tensor) -> None:
    """Draw the paths to their end with the weights [S, H, C, Q] of the quantiles at each step."""
    first, *later = torch.split(weights, network.shape.reach, dim=1)
    paths.extend(values_at(network.head, paths, first))
    for block in later:
        view = paths.view()
        with network.autocast():
            states, memory = model.resume(view.inputs, paths.batch.static, memory)  # [R, 1, D]
        paths.output = network.answer(states, view, paths.ahead())
        paths.extend(values_at(network.head, paths, block))


class Paths:
    """R paths under way: what was drawn, and what the network sees at their end.

    Level and spread there are those of causal scaling. With n errors in the past, the spread goes on by

    spread <- (n spread + new errors) / (n + number of new errors)

    Attributes:
        batch: the windows they start from, standardised.
        output: the forecast of what comes next.
    """

    def __init__(self, shape: Shape, batch: Batch, output: Output) -> None:
        self.shape, self.batch, self.output = shape, batch, output
        length, ahead = shape.context_length, shape.num_blocks * shape.reach
        self.season = min(shape.season_length, length + ahead)
        self.width = max(shape.num_lags, shape.guess_season, self.season, shape.segment_length)
        self.end = self.width  # the steps so far, the first ones those before the origin
        steps = torch.arange(length - self.width, length + ahead, device=batch.target.device)
        seen = batch.observed[:, :length]

        def around(values: Tensor) -> Tensor:
            return held(values, length + ahead)[:, steps.clamp(min=0)]

        begun = (steps >= 0)[:, None]
        self.values = around(batch.target[:, :length])  # [R, T + H, C], where T is the width
        self.observed = around(seen) & begun
        self.known = around(seen.cumsum(dim=1) > 0) & begun
        self.past, self.future, self.phase = around(batch.past), around(batch.future), around(batch.phase)
        self.count = seen.sum(dim=1)  # [R, C]
        self.level, self.scale = output.level[:, 0], output.scale[:, 0]  # [R, C]

    @property
    def drawn(self) -> Tensor:
        """Return what was drawn of the horizon, [R, H, C]."""
        return self.values[:, self.width : self.end][:, : self.shape.horizon]

    def extend(self, values: Tensor) -> None:
        """Go on by `values` [R, reach, C]."""
        steps = slice(self.end, self.end + values.shape[1])
        self.values[:, steps], self.observed[:, steps], self.known[:, steps] = values, True, True
        self.end = steps.stop
        if self.shape.scaling != "series":
            self._rescale(values, Origins(self.shape, slice(steps.start, steps.stop, 1)))
        self.count = self.count + values.shape[1]

    def _rescale(self, values: Tensor, at: Origins) -> None:
        """Find level and spread after the newest values [R, reach, C], which lie `at` the end."""
        recent, seen = (at.before(part[:, : self.end], self.season) for part in (self.values, self.observed))
        levels = (recent * seen).sum(dim=-1) / seen.sum(dim=-1)  # [R, reach, C]
        before = torch.cat([self.level[:, None], levels[:, :-1]], dim=1)
        errors = (self.count - 1).clamp(min=0)
        total = errors * self.scale + (values - before).abs().sum(dim=1)
        scale = total / (errors + values.shape[1])
        self.level = levels[:, -1]
        if self.shape.scaling != "level":
            self.scale = torch.where(scale > TINY, scale, 1.0)

    def view(self) -> View:
        """Return what the network sees at the end, one origin."""
        window = slice(self.end - self.width, self.end)
        origins = Origins(self.shape, slice(self.width - 1, self.width, self.shape.segment_length))
        level, scale = self.level[:, None], self.scale[:, None]  # [R, 1, C]
        values, known = self.values[:, window], self.known[:, window]
        shown = self.batch._replace(
            observed=self.observed[:, window],
            past=self.past[:, window],
            future=self.future[:, window],
            phase=self.phase[:, window],
        )
        lags = origins.lags(values, known, level, scale)
        inputs = origins.inputs(shown, lags, self.count[:, None])
        return View(level, scale, origins.guess(values, known, level), lags, inputs)

    def ahead(self) -> Tensor:
        """Return what is known ahead of the end, [R, 1, reach, Kf]."""
        return self.future[:, None, self.end : self.end + self.shape.reach]


def values_at(head: Head, paths: Paths, weights: Tensor) -> Tensor:
    """Return the values [R, reach, C] of what comes next, for weights [S, reach, C, Q] of the quantiles."""
    output = paths.output
    frame = output.frame(paths.batch)
    if not head.levels:
        return output.restore(head.point(output.params, frame))[:, 0]
    quantiles = head.quantiles(output.params, frame)  # [R, 1, reach, C, Q]
    quantiles = quantiles.reshape(-1, len(weights), *quantiles.shape[1:])  # [B, S, 1, reach, C, Q]
    return output.restore((quantiles * weights[:, None]).sum(dim=-1).flatten(0, 1))[:, 0]


def interpolation(levels: tuple[float, ...], chance: Tensor) -> Tensor:
    """Return with which weights [..., Q] the values at rising `levels` give that at a standard normal quantile [...].

    Between two levels it lies on the line through both, beyond the outermost on the line through that and
    the median: a normal tail.
    """
    if not levels:
        return chance.new_zeros((*chance.shape, 0))
    knots = torch.special.ndtri(torch.tensor(levels, dtype=chance.dtype))  # [Q]
    last, middle = len(levels) - 1, levels.index(0.5)
    right = (chance[..., None] > knots).sum(dim=-1)  # how many knots lie below
    left = torch.where(right == 0, middle, torch.where(right > last, middle, right - 1))
    right = torch.where(right > last, last, right)
    width = knots[right] - knots[left]
    share = torch.where(width == 0, 0.0, (chance - knots[left]) / width)[..., None]
    places = torch.arange(last + 1)
    weights: Tensor = (places == left[..., None]) * (1 - share) + (places == right[..., None]) * share
    return weights


def noise(paths: int, steps: int, targets: int) -> Tensor:
    """Return standard normal quantiles [S, H, C], spread evenly over the paths at each step: a Latin hypercube.

    One path in each of S layers of equal chance, in random order (McKay, Beckman and Conover 1979), gives the
    quantiles of many more paths that are drawn freely.
    """
    generator = torch.Generator().manual_seed(SEED)
    order = torch.rand((paths, steps, targets), generator=generator).argsort(dim=0)
    normal: Tensor = torch.special.ndtri((order + 0.5) / paths)
    return normal
