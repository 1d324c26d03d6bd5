"""Leaning: a drift that rules a series, as it rules most yearly and many quarterly ones.

Of the yearly series of the M1 competition's training parts the line through the first and the last value is
off by two thirds of what the last value is; without this, it was no better on made-up series of no season.
"""

import torch
from torch import Tensor

from rnncast.synthetic.base import Dice, recur

LONG = 40
"""Steps from which on a series is long for years and quarters, and its drift weaker."""

DOWNWARDS = 0.15
"""Share of the drifts that point downwards; of the M1 competition's yearly series one in ten falls."""

LARGEST = 3.0
"""Largest logarithm of the factor by which a series grows."""

SHORT_SEASON = 4
"""Steps up to which a season is so short that the drift is stronger: years and quarters."""


def lean(dice: Dice, values: Tensor) -> Tensor:
    """Return the series [R, T] with a drift of as much as several times what they change by without it.

    y_t = x_t + d_t,  d_t = s (c_1 + ... + c_t),    c_t = c a_t,    s the mean of |x_t - x_{t-m}| / m
    y_t = x_t exp(d_t / mean x)                     for half of the positive series, at most a factor of e^3

    a_t is 1, or changes slowly, fades, or grows by a factor. Series that are zero at some step are left as they are:
    counts stay counts.
    """
    season = min(dice.sample.seasons[0], dice.sample.length // 2)
    size = (values[:, season:] - values[:, :-season]).abs().mean(dim=1, keepdim=True) / season
    strongest = 12.0 * min(1.0, LONG / dice.sample.length) ** 0.5 if season <= SHORT_SEASON else 1.5
    place = dice.sample.time / dice.sample.length  # [T], 0 to 1
    kind = dice.one_of([0.45, 0.3, 0.1, 0.15])
    pole = 1 - dice.log_uniform(0.02, 0.3)
    slow = 1 + dice.uniform(0.1, 1.0) * recur(pole, dice.steps() * (1 - pole.square()).sqrt())
    fading = (-dice.log_uniform(0.5, 8.0) * place).exp()
    growing = (dice.log_uniform(0.3, 4.0) * (place - 1)).exp()
    shape = torch.where(kind == 1, slow, torch.where(kind == 2, fading, torch.where(kind == 3, growing, 1.0)))
    share = 1.0 if season <= SHORT_SEASON else 0.45
    slope = dice.log_uniform(0.1, strongest) * (1 - 2 * dice.happens(DOWNWARDS).double())
    leaning = dice.maybe(share, size * (slope * shape).cumsum(dim=1))
    leaning = leaning * (values != 0).all(dim=1, keepdim=True)
    multiplied = dice.happens(0.5) & (values > 0).all(dim=1, keepdim=True)
    grown = values * (LARGEST * (leaning / values.abs().mean(dim=1, keepdim=True) / LARGEST).tanh()).exp()
    return torch.where(multiplied, grown, values + leaning)
