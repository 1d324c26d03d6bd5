"""What is done to made-up series after they are drawn: some are mixed, flipped, cut off, coarsened, disturbed.

Each change takes the series that chance has picked [R, T] and returns them changed.

Axes besides those of the base: R series that are picked.
"""

from collections.abc import Callable
from dataclasses import replace

import torch
from torch import Tensor

from rnncast.synthetic.base import Dice
from rnncast.synthetic.leaning import lean
from rnncast.synthetic.noise import white

Change = Callable[[Dice, Tensor], Tensor]

MIXED = 0.15
"""Share of the series that are mixed with others."""

MOST_MIXED = 3

LONGEST_GAP = 1 / 6
"""Share of a series that a block of missing values takes at most."""


def augment(dice: Dice, values: Tensor) -> Tensor:
    """Return the series [B, T] after all that changes values, each for a share of them."""
    values = torch.where(dice.happens(MIXED), mix(dice, values), values)
    for change, probability in CHANGES:
        rows = dice.happens(probability)[:, 0].nonzero()[:, 0]
        if len(rows):
            picked = Dice(replace(dice.sample, count=len(rows)), dice.random)
            values = values.index_copy(0, rows, change(picked, values[rows]))
    return values


def mix(dice: Dice, values: Tensor) -> Tensor:
    """Return convex mixtures of two or three series [B, T] (TSMixup, Ansari et al. 2024).

    y = size_1 sum_k w_k x_k / size_k, with w ~ Dirichlet(1.5) and size_k the mean of |x_k|.
    """
    size = values.abs().mean(dim=1, keepdim=True).clamp(min=torch.finfo(torch.float64).tiny)
    # Gamma(1.5) is Gamma(1) + Gamma(0.5): an exponential number and half a squared normal one.
    weights = -dice.uniform(1e-12, 1.0, (MOST_MIXED,)).log() + dice.normal((MOST_MIXED,)).square() / 2
    weights[:, 2:] *= dice.happens(0.5)
    weights = weights / weights.sum(dim=1, keepdim=True)
    rows = torch.stack([torch.arange(len(values), device=values.device), *(
        torch.randperm(len(values), generator=dice.random, device=values.device) for _ in range(MOST_MIXED - 1)
    )])  # [3, B]  # fmt: skip
    return size * torch.einsum("bk,kbt->bt", weights, (values / size)[rows])


def flip_time(dice: Dice, values: Tensor) -> Tensor:
    """Return the series backwards."""
    return values.flip(1)


def flip_sign(dice: Dice, values: Tensor) -> Tensor:
    """Return the series upside down, half of them within their own range, so that positive ones stay positive."""
    low, high = values.aminmax(dim=1, keepdim=True)
    return dice.maybe(0.5, low + high) - values


def disturb(dice: Dice, values: Tensor) -> Tensor:
    """Return the series with noise whose spread is constant, or follows the level."""
    level = values.abs()
    size = torch.where(
        dice.happens(0.5), values.std(dim=1, keepdim=True), level.clamp(max=level.mean(dim=1, keepdim=True))
    )
    return values + dice.log_uniform(0.01, 0.5) * size * white(dice)


def spoil(dice: Dice, values: Tensor) -> Tensor:
    """Return the series with outliers in about one step of a hundred."""
    hit = dice.happens(dice.log_uniform(0.003, 0.03), (dice.sample.length,))
    return values + hit * dice.log_uniform(1.0, 8.0) * values.std(dim=1, keepdim=True) * dice.steps()


def censor(dice: Dice, values: Tensor) -> Tensor:
    """Return the series cut off below or above some of their values: stock-outs, capacities, floors."""
    ordered = values.sort(dim=1).values
    bound = ordered.gather(1, (dice.uniform() * (dice.sample.length - 1)).long())
    below = bound < values.median(dim=1, keepdim=True).values
    return torch.where(below, values.clamp(min=bound), values.clamp(max=bound))


def quantise(dice: Dice, values: Tensor) -> Tensor:
    """Return the series rounded to steps between a hundredth and twice their standard deviation."""
    grain = values.std(dim=1, keepdim=True) * dice.log_uniform(0.01, 2.0)
    return torch.where(grain > 0, (values / grain).round() * grain, values)


def observed(dice: Dice) -> Tensor:
    """Return which steps are seen [B, T]: in a tenth of the series, blocks and single steps are missing."""
    length = dice.sample.length
    steps = torch.arange(length, device=dice.sample.device)
    begins = dice.happens(dice.uniform(0.0, 4.0) / length, (length,))
    last = torch.where(begins, steps, -length).cummax(dim=1).values
    missing = steps - last < dice.log_uniform(1.0, max(length * LONGEST_GAP, 2.0))
    missing |= dice.happens(dice.maybe(0.4, dice.log_uniform(0.01, 0.2)), (length,))
    return ~(missing & dice.happens(0.1))


CHANGES: tuple[tuple[Change, float], ...] = (
    (lean, 0.8),
    (flip_time, 0.05),
    (flip_sign, 0.1),
    (disturb, 0.15),
    (spoil, 0.08),
    (censor, 0.05),
    (quantise, 0.08),
)
"""What is done, in this order, and to which share of the series."""
