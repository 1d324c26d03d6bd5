"""Two seasons, one inside the other, as of load and traffic: a day's shape by weekday, and how days differ.

With a day of M steps, a week of several days, w(t) the place in the week and a(t) slow,

    (1)  y_t = level_t + size_t (day[t mod M] + week[w(t)]) + e_t
    (2)  size_t = exp(a(t)): the season breathes with the year, as heating and cooling do
    (3)  each day has a level of its own that is remembered on the next: an AR(1) process over days

As double seasonal series in Taylor 2003, and De Livera, Hyndman and Snyder 2011. Where the sample has one season,
the second is seven times as long; where it has none, two cycles that keep their periods roughly stand in for them.
"""

import torch
from torch import Tensor

from rnncast.synthetic.base import Dice, Sample, place, recur
from rnncast.synthetic.noise import coloured
from rnncast.synthetic.seasons import cycle, nested, profiles
from rnncast.synthetic.trends import trending

DAYS = 7


def draw(sample: Sample, random: torch.Generator) -> Tensor:
    """Return series [B, T] that two seasons dominate as a rule."""
    dice = Dice(sample, random)
    both = _seasons(dice) if sample.has_season else cycle(dice) + dice.log_uniform(0.2, 2.0) * cycle(dice)
    size = (dice.maybe(0.5, dice.uniform(0.05, 0.5)) * cycle(dice)).exp()  # (2)
    slow = dice.maybe(0.7, dice.log_uniform(0.1, 2.0)) * cycle(dice)
    noise = dice.maybe(0.9, dice.log_uniform(0.01, 2.0)) * coloured(dice, 0.6)
    return place(dice, trending(dice, size * both + slow + noise))  # (1)


def _periods(sample: Sample) -> tuple[int, int]:
    """Return the steps of a day and of a week."""
    day, *others = (season for season in sample.seasons if season > 1)
    return day, next((season for season in others if season % day == 0), DAYS * day)


def _seasons(dice: Dice) -> Tensor:
    """Return day and week of equation 1, and the days' own levels, (3), [B, T]."""
    day, week = _periods(dice.sample)
    steps = torch.arange(dice.sample.length, device=dice.sample.device) + dice.whole(0, week - 1)  # [B, T]
    by_weekday = nested(dice, day, week).gather(1, steps % week)
    plain = profiles(dice, day)[:, 0].gather(1, steps % day)
    weekly = dice.log_uniform(0.1, 2.0) * profiles(dice, week)[:, 0].gather(1, steps % week)
    shape = torch.where(dice.happens(0.6), by_weekday, plain + weekly)
    days = (steps - steps[:, :1] + steps[:, :1] % day) // day
    own = recur(dice.uniform(0.0, 0.9), dice.normal((dice.sample.length // day + 2,)))
    return shape + dice.maybe(0.4, dice.log_uniform(0.05, 0.5)) * own.gather(1, days)
