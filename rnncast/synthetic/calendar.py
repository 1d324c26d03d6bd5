"""Shapes of the calendar: hours, weekdays, the months' lengths and trading days, holidays on fixed dates and Easter.

Each series begins on a random day between 1950 and 2030, and its steps are real ones: hours, days, business days,
weeks, months, quarters or years, told from the season's length. With b_t where step t begins, in days,

    (1)  log y_t = level_t + log A_t + day[hour] + year[b_t] + holidays in b_t .. b_{t+1} + e_t
    (2)  A_t = activity of the weekdays in b_t .. b_{t+1}, summed, or their mean

Working days, month lengths and Easter as in Bell and Hillmer 1983, the calendar as in Meeus 1991.
"""

import torch
from torch import Tensor

from rnncast.synthetic.base import Dice, Sample, place
from rnncast.synthetic.noise import coloured
from rnncast.synthetic.seasons import profiles
from rnncast.synthetic.trends import trending

MONTHS = {1: 12, 2: 6, 3: 4, 4: 3, 6: 2, 12: 1}
"""Months of a step, by how many steps make a year."""

OF_A_DAY = (24, 48, 96, 144, 288, 720, 1440)
"""Steps of a day, where one season stands alone."""

WEEK = 7
YEAR_PARTS = 53
FIRST_YEAR, LAST_YEAR = 1950, 2030
CHRISTMAS = 358
"""Days since the first of January."""


def draw(sample: Sample, random: torch.Generator) -> Tensor:
    """Return series [B, T] that the calendar drives, most of them by several of its shapes."""
    dice = Dice(sample, random)
    bounds = steps(dice)  # [B, T + 1]
    total = log_activity(dice, bounds) + _hours(dice, bounds) + holidays(dice, bounds)
    total = total + dice.maybe(0.8, dice.log_uniform(0.03, 1.0)) * _year(dice, bounds)
    total = total + dice.log_uniform(0.003, 0.3) * coloured(dice)
    return place(dice, trending(dice, total, 0.8), multiplicative=0.8)  # (1)


def steps(dice: Dice) -> Tensor:
    """Return where the steps begin, and the last ends, in days since 1970 with their fraction [B, T + 1]."""
    short, *others = dice.sample.seasons
    number = torch.arange(dice.sample.length + 1, device=dice.sample.device)
    start = dice.whole(0, 12 * (LAST_YEAR - FIRST_YEAR) - 1) + 12 * (FIRST_YEAR - 1970)  # months since 1970
    if not others and short in MONTHS:
        every = MONTHS[short]
        return first_of_month(start - start % every + every * number).double()
    day = first_of_month(start)
    if (short, *others) == (5,):
        return (day - weekday(day) + number // 5 * WEEK + number % 5).double()
    return day + number.double() / _steps_of_a_day(short, others)


def _steps_of_a_day(short: int, others: list[int]) -> float:
    if others:
        return short if others[0] == WEEK * short else others[-1]
    if short == WEEK:
        return 1
    return short if short in OF_A_DAY else short / 364


def first_of_month(months: Tensor) -> Tensor:
    """Return the day since 1970-01-01 on which a month begins that is so many months after 1970-01."""
    year, month = 1970 + months // 12, months % 12  # January is 0
    year, month = year - (month < 2).long(), (month + 10) % 12  # a year that ends with February, March is 0
    return 365 * year + year // 4 - year // 100 + year // 400 + (153 * month + 2) // 5 - 719468


def year_of(days: Tensor) -> Tensor:
    """Return the year that days since 1970-01-01 lie in."""
    year = 1970 + (days / 365.2425).floor().long()
    year = year - (days < first_of_month(12 * (year - 1970))).long()
    return year + (days >= first_of_month(12 * (year - 1969))).long()


def weekday(days: Tensor) -> Tensor:
    """Return the weekday of days since 1970-01-01, 0 for a Monday."""
    return (days.floor().long() + 3) % WEEK


def easter(year: Tensor) -> Tensor:
    """Return the day since 1970-01-01 of a year's Easter Sunday (Meeus 1991, chapter 8)."""
    golden, century, rest = year % 19, year // 100, year % 100
    shift = (century + 8) // 25
    moon = (19 * golden + century - century // 4 - (century - shift + 1) // 3 + 15) % 30
    sunday = (32 + 2 * (century % 4) + 2 * (rest // 4) - moon - rest % 4) % WEEK
    late = (golden + 11 * moon + 22 * sunday) // 451
    return first_of_month(12 * (year - 1970) + 2) + 21 + moon + sunday - WEEK * late


def log_activity(dice: Dice, bounds: Tensor) -> Tensor:
    """Return the logarithm of A_t of equation 2 [B, T]."""
    rates = 1 + dice.log_uniform(0.02, 0.3) * dice.normal((WEEK,))  # [B, 7]
    rates[:, 5:] *= dice.uniform(0.1, 1.3, (2,))  # weekends
    rates = torch.where(dice.happens(0.8), rates, 1.0).clamp(min=0.05)
    first, last = bounds[:, :-1], bounds[:, 1:]
    if float((last - first).min()) <= 1:
        return rates.gather(1, weekday(first)).log()
    total = _summed(rates, last) - _summed(rates, first)
    return torch.where(dice.happens(0.7), total, total / (last - first)).log()


def _summed(rates: Tensor, days: Tensor) -> Tensor:
    """Return the activity of all days from a Monday long ago up to `days` [B, T]."""
    weeks = (days.floor().long() + 3) // WEEK
    before = torch.cat([torch.zeros_like(rates[:, :1]), rates.cumsum(dim=1)], dim=1)  # [B, 8], since Monday
    return weeks * before[:, -1:] + before.gather(1, weekday(days))


def _hours(dice: Dice, bounds: Tensor) -> Tensor:
    """Return the shape of the day, one of workdays and one of weekends [B, T]; zeros where steps are days or longer."""
    first = bounds[:, :-1]
    of_day = round(1 / float((bounds[:, 1:] - first).min()))
    if of_day < 2:
        return torch.zeros_like(first)
    workday, weekend = profiles(dice, of_day, 2).unbind(dim=1)
    hour = (of_day * (first - first.floor())).round().long() % of_day
    free = (weekday(first + 0.5 / of_day) > 4) & dice.happens(0.7)
    return dice.log_uniform(0.05, 1.0) * torch.where(free, weekend.gather(1, hour), workday.gather(1, hour))


def _year(dice: Dice, bounds: Tensor) -> Tensor:
    """Return the shape of the year at the middle of each step [B, T], between the parts of a year along a line."""
    middle = bounds.unfold(1, 2, 1).mean(dim=-1)
    year = year_of(middle)
    begins, ends = (first_of_month(12 * (year - number)).double() for number in (1970, 1969))
    position = YEAR_PARTS * (middle - begins) / (ends - begins)
    before = position.floor().long()
    shape = profiles(dice, YEAR_PARTS)[:, 0]
    here, there = shape.gather(1, before % YEAR_PARTS), shape.gather(1, (before + 1) % YEAR_PARTS)
    return here + (position - before) * (there - here)


def holidays(dice: Dice, bounds: Tensor) -> Tensor:
    """Return the effect of the holidays in each step [B, T], which grows with the root of their share of it."""
    lasting, year = dice.whole(1, 4), year_of(bounds)
    new_year = first_of_month(12 * (year - 1970))
    own_date, lead = dice.whole(0, 360), dice.whole(0, WEEK)
    total = torch.zeros_like(bounds[:, 1:])
    for date in (new_year, new_year + CHRISTMAS, new_year + own_date, easter(year) - lead):
        effect = dice.maybe(0.4, dice.log_uniform(0.05, 1.5) * torch.where(dice.happens(0.5), 1.0, -1.0))
        passed = year * lasting + torch.minimum((bounds - date).clamp(min=0.0), lasting)  # days, up to a constant
        share = passed.diff(dim=1).clamp(min=0.0) / bounds.diff(dim=1)
        total = total + effect * share.sqrt()
    return total
