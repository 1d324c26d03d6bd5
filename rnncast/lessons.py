"""Lessons: what each step of pretraining learns from, drawn from its own seed, so that any step can be drawn again.

Half of the batches are short series, log-uniform from 8 to 512 steps (years and quarters to 64), the rest up to 2,048.
"""

import math
import random
from dataclasses import dataclass, replace
from typing import NamedTuple

import torch
from torch import Tensor

from rnncast.selection import FOLDED_STEPS, LONGEST_FOLDED
from rnncast.shapes import LARGEST_HORIZON, Shape
from rnncast.synthetic import Sample, mixture
from rnncast.windows import Batch

SEASONS: dict[tuple[int, ...], float] = {
    (1,): 0.25,
    (4,): 0.17,
    (5,): 0.02,
    (7,): 0.11,
    (12,): 0.22,
    (24,): 0.04,
    (52,): 0.07,
    (24, 168): 0.07,
    (48, 336): 0.02,
    (96, 672): 0.02,
}
"""Shares of the batches by their seasons; the rest has a season of any length to 60."""

SHORTEST, SHORT, SHORT_YEARS = 8, 512, 64
"""Steps of the shortest series, and of the longest short one; of years and quarters there never are many."""

YEARS = 4
"""Steps of a season up to which series are taken for years or quarters."""

LOGARITHMS = 0.4
"""Share of the batches whose positive series are read as logarithms."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """Says what is drawn.

    Attributes:
        rows: context steps of all series of a batch together.
        seed: of everything that is drawn.
        kinds: families of made-up series; empty for all.
    """

    rows: int = 2**13
    seed: int = 1
    kinds: tuple[str, ...] = ()


class Lesson(NamedTuple):
    """Holds what one step learns from: the windows, and the shape in which the network reads them."""

    shape: Shape
    batch: Batch


def lesson(course: Course, shape: Shape, step: int, device: torch.device) -> Lesson:
    """Draw what `step` learns from, in variations of a network's `shape`."""
    chance = random.Random(f"{course.seed}-{step}")
    seasons = _seasons(chance)
    short = SHORT_YEARS if seasons[0] <= YEARS else SHORT
    longest = short if chance.random() < 0.5 else LONGEST_FOLDED
    shortest = max(SHORTEST, 2 * seasons[0] + 2)
    length = _log_uniform(chance, shortest, max(longest, 3 * shortest))
    segment = -(-length // FOLDED_STEPS)
    length = length // segment * segment
    horizon = min(_log_uniform(chance, 4, LARGEST_HORIZON), length)
    drawn = torch.Generator(device).manual_seed(chance.getrandbits(62))
    sample = Sample(max(8, course.rows * min(segment, 2) // length), length + horizon, seasons, device)
    made = mixture(sample, drawn, course.kinds or None)
    values = _logarithms(made.values) if chance.random() < LOGARITHMS else made.values
    seen = replace(
        shape,
        context_length=length,
        horizon=horizon,
        reach=horizon,
        segment_length=segment,
        season_length=seasons[0],
        long_season=seasons[1] if len(seasons) > 1 else 0,
    )
    return Lesson(seen, _batch(_held(values, made.observed), made.observed, length))


def _seasons(chance: random.Random) -> tuple[int, ...]:
    """Return the seasons of a batch, by their shares."""
    place = chance.random()
    for seasons, share in SEASONS.items():
        place -= share
        if place < 0:
            return seasons
    return (chance.randint(2, 60),)


def _log_uniform(chance: random.Random, low: int, high: int) -> int:
    return round(math.exp(chance.uniform(math.log(low), math.log(high))))


def _logarithms(values: Tensor) -> Tensor:
    """Return the series [B, T], those above zero as the logarithms that `scaling.Units` takes."""
    size = values.abs().mean(dim=1, keepdim=True).clamp(min=1e-30)
    return torch.where((values > 0).all(dim=1, keepdim=True), (10 * values / size).asinh(), values)


def _held(values: Tensor, observed: Tensor) -> Tensor:
    """Return the series [B, T] with the last value seen at steps that are missing, zero before the first."""
    steps = torch.arange(values.shape[1], device=values.device)
    last = torch.where(observed, steps, -1).cummax(dim=1).values
    return torch.where(last >= 0, values.gather(1, last.clamp(min=0)), 0.0)


def _batch(values: Tensor, observed: Tensor, length: int) -> Batch:
    """Return series [B, L + H] as windows of one target without covariates."""
    count, steps = values.shape
    nothing = values.new_zeros(count, steps, 0)
    return Batch(
        target=values[..., None],
        observed=observed[..., None],
        past=nothing[:, :length],
        future=nothing,
        static=nothing[:, 0],
        phase=nothing,
        ordinal=torch.zeros(count, dtype=torch.int64, device=values.device),
        series=torch.zeros(count, 1, dtype=torch.int64, device=values.device),
        loc=values.new_zeros(count, 1),
        scale=values.new_ones(count, 1),
    )
