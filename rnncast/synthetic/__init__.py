"""Made-up series: families of them, mixed in equal parts, for pretraining, tests and demonstrations.

A family is one file here and one line of the registry. All chance comes from one generator: the same seed gives the
same series.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

import torch
from torch import Tensor

from rnncast import registry
from rnncast.synthetic import augmenting
from rnncast.synthetic.base import Dice, Sample
from rnncast.synthetic.request import Request

__all__ = ["Made", "Request", "Sample", "as_csv", "blocks", "mixture"]

LARGEST = 1e15
"""Bound of all values; single precision still squares it."""

FINER = 16
"""One series of so many is drawn in finer steps, which are then thinned out or averaged."""

MOST_FINER = 4

BLOCK, BLOCK_CELLS = 256, 2**18
"""Series, and values, that are made at once."""

DIGITS = 7
"""Significant digits of a value in CSV, as many as single precision holds."""


class Made(NamedTuple):
    """Holds made-up series.

    Attributes:
        values: [B, T], float32, finite.
        observed: [B, T], false where a value counts as missing.
    """

    values: Tensor
    observed: Tensor


def mixture(sample: Sample, random: torch.Generator, kinds: Sequence[str] | None = None) -> Made:
    """Return series of all families in nearly equal parts, augmented, in random order.

    Args:
        sample: how many series, how long, with which seasons, where.
        random: the chance; it lies on the sample's device.
        kinds: names of families; one that stands there twice counts twice. All of them by default.

    Raises:
        UsageError: no such family.
    """
    names = list(kinds or registry.GENERATORS)
    order = [names[place] for place in torch.randperm(len(names), generator=random, device=sample.device).tolist()]
    finer = sample.count // FINER
    parts = [_finer(order[0], replace(sample, count=finer), random)] if finer else []
    for place, name in enumerate(order):
        count = -((place - sample.count + finer) // len(order))  # differs by one at most
        if count > 0:
            parts.append(_family(name, replace(sample, count=count), random))
    shuffled = torch.randperm(sample.count, generator=random, device=sample.device)
    dice = Dice(sample, random)
    values = augmenting.augment(dice, torch.cat(parts)[shuffled])
    return Made(values.clamp(-LARGEST, LARGEST).float(), augmenting.observed(dice))


def blocks(request: Request) -> Iterator[Made]:
    """Yield the series of a request, block by block; the first ones are the same however many are asked for."""
    random = torch.Generator().manual_seed(request.seed)
    block = max(min(BLOCK, BLOCK_CELLS // request.length), 1)
    for first in range(0, request.count, block):
        made = mixture(Sample(block, request.length, request.seasons), random, request.kinds)
        yield Made(*(part[: request.count - first] for part in made))


def as_csv(request: Request) -> Iterator[str]:
    """Yield the series of a request as CSV, a long table of unique_id, ds and y: the header, then block by block."""
    stamps, number = request.stamps(), 0
    yield "unique_id,ds,y\n"
    for made in blocks(request):
        yield "".join(
            _rows(f"S{number + row + 1}", stamps, *series) for row, series in enumerate(zip(*made, strict=True))
        )
        number += len(made.values)


def _rows(name: str, stamps: list[str], values: Tensor, observed: Tensor) -> str:
    """Return the lines of one series; a missing value is an empty cell."""
    cells = zip(stamps, values.tolist(), observed.tolist(), strict=True)
    return "".join(
        [f"{name},{stamp},{value:.{DIGITS}g}\n" if seen else f"{name},{stamp},\n" for stamp, value, seen in cells]
    )


def _family(name: str, sample: Sample, random: torch.Generator) -> Tensor:
    values: Tensor = registry.find(registry.GENERATORS, name, "kind of series").load()(sample, random)
    return values


def _finer(name: str, sample: Sample, random: torch.Generator) -> Tensor:
    """Return series of a family that are drawn in finer steps, of which the last of each few is kept, or their mean."""
    dice = Dice(sample, random)
    steps = int(torch.randint(2, MOST_FINER + 1, (), generator=random, device=sample.device))
    seasons = tuple(season * steps if season > 1 else 1 for season in sample.seasons)
    fine = _family(name, replace(sample, length=sample.length * steps, seasons=seasons), random)
    fine = fine.view(sample.count, sample.length, steps)
    return torch.where(dice.happens(0.5), fine.mean(dim=-1), fine[..., -1])
