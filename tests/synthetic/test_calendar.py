from datetime import date, timedelta

import numpy as np
import pytest
import torch

from rnncast.synthetic import calendar
from rnncast.synthetic.base import Dice, Sample

FIRST = date(1970, 1, 1)
DAYS = torch.arange(-8000, 40_000, 13)


def dice_of(seasons: tuple[int, ...], count: int = 50, length: int = 40) -> Dice:
    return Dice(Sample(count, length, seasons), torch.Generator().manual_seed(1))


def dates_of(days: torch.Tensor) -> list[date]:
    return [FIRST + timedelta(day) for day in days.tolist()]


def test_months_begin_where_numpy_says() -> None:
    months = np.arange(-400, 1200)
    expected = months.astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)
    assert calendar.first_of_month(torch.from_numpy(months)).tolist() == expected.tolist()


def test_years_and_weekdays_are_those_of_the_calendar() -> None:
    assert calendar.year_of(DAYS.double()).tolist() == [day.year for day in dates_of(DAYS)]
    assert calendar.weekday(DAYS.double() + 0.99).tolist() == [day.weekday() for day in dates_of(DAYS)]


def test_easter_is_where_it_was() -> None:
    found = calendar.easter(torch.tensor([1818, 1961, 2000, 2008, 2024, 2038]))
    assert dates_of(found) == [
        date(1818, 3, 22), date(1961, 4, 2), date(2000, 4, 23), date(2008, 3, 23), date(2024, 3, 31), date(2038, 4, 25)
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("seasons", "least", "most"),
    [
        ((1,), 365, 366),
        ((4,), 90, 92),
        ((12,), 28, 31),
        ((52,), 7, 7),
        ((7,), 1, 1),
        ((5,), 1, 3),
        ((24, 168), 1 / 24, 1 / 24),
        ((60, 1440), 1 / 1440, 1 / 1440),
    ],
    ids=str,
)
def test_steps_are_as_long_as_those_of_the_calendar(seasons: tuple[int, ...], least: float, most: float) -> None:
    steps = calendar.steps(dice_of(seasons)).diff(dim=1)
    assert steps.min() == pytest.approx(least)
    assert steps.max() == pytest.approx(most)


def test_business_days_are_no_weekends() -> None:
    assert calendar.weekday(calendar.steps(dice_of((5,)))).max() == 4


def test_the_activity_of_a_month_is_that_of_its_days() -> None:
    rates = torch.tensor([[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0]]).double()
    bounds = torch.tensor([[float((date(2024, month, 1) - FIRST).days) for month in (1, 2, 3)]]).double()
    summed = calendar._summed(rates, bounds).diff(dim=1)
    january, february = (
        sum((date(2024, month, 1) + timedelta(day)).weekday() + 1 for day in range(length))
        for month, length in ((1, 31), (2, 29))
    )
    assert summed.tolist() == [[january, february]]


def test_holidays_touch_few_days_a_year() -> None:
    dice = dice_of((7,), length=730)
    effects = calendar.holidays(dice, calendar.steps(dice))
    assert ((effects != 0).sum(dim=1) <= 2 * 4 * 4 + 8).all()
    assert (effects != 0).any(dim=1).double().mean() > 0.7
