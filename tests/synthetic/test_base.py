import pytest
import torch

from rnncast.synthetic.base import Dice, Sample, place, recur, standardised
from rnncast.synthetic.noise import bailey, coloured, white
from rnncast.synthetic.seasons import cycle, evolve, nested, profiles
from rnncast.synthetic.trends import trend


def dice_of(count: int = 500, length: int = 40, seasons: tuple[int, ...] = (12,)) -> Dice:
    return Dice(Sample(count, length, seasons), torch.Generator().manual_seed(1))


@pytest.mark.parametrize("lag", [1, 3, 7, 60])
def test_a_recursion_equals_its_loop(lag: int) -> None:
    dice = dice_of(count=5, length=50)
    pole, shock = dice.uniform(-1.0, 1.0), dice.steps()
    expected = shock.clone()
    for step in range(lag, 50):
        expected[:, step] += pole[:, 0] * expected[:, step - lag]
    assert torch.allclose(recur(pole, shock, lag), expected, atol=1e-12)


def test_a_recursion_with_conjugate_poles_is_real() -> None:
    dice = dice_of(count=5, length=50)
    pole = torch.polar(dice.uniform(0.5, 0.99), dice.uniform(0.0, 3.0))
    shock = dice.steps()
    values = recur(pole.conj(), recur(pole, shock + 0j))
    expected = shock.clone()
    for step in range(1, 50):
        expected[:, step] += 2 * pole.real[:, 0] * expected[:, step - 1]
        expected[:, step] -= pole.abs()[:, 0] ** 2 * expected[:, step - 2] * (step > 1)
    assert torch.allclose(values.real, expected, atol=1e-10)
    assert values.imag.abs().max() < 1e-10


def test_one_of_keeps_to_the_weights() -> None:
    drawn = dice_of(count=4000).one_of((0.5, 0.0, 1.5))
    assert (drawn == 1).sum() == 0
    assert (drawn == 2).double().mean() == pytest.approx(0.75, abs=0.03)


def test_a_log_uniform_number_keeps_its_bounds_and_its_middle() -> None:
    drawn = dice_of(count=4000).log_uniform(0.01, 100.0)
    assert 0.01 <= drawn.min() <= drawn.max() <= 100.0
    assert (drawn < 1).double().mean() == pytest.approx(0.5, abs=0.03)


def test_a_constant_is_standardised_to_zeros() -> None:
    assert torch.equal(standardised(torch.full((2, 9), 0.1, dtype=torch.float64)), torch.zeros(2, 9).double())


def test_most_series_are_placed_above_zero() -> None:
    dice = dice_of()
    values = place(dice, dice.steps())
    above = (values.amin(dim=1) > 0).double().mean()
    assert 0.75 < above < 0.99


def test_students_numbers_have_students_quantiles() -> None:
    dice = dice_of(count=100, length=1000)
    steps = (1000,)
    for freedom, bound in ((1, 12.706), (2, 4.303), (5, 2.571), (20, 2.086)):
        drawn = bailey(torch.tensor([[float(freedom)]]), dice.uniform(shape=steps), dice.uniform(shape=steps))
        assert (drawn.abs() > bound).double().mean() == pytest.approx(0.05, abs=0.003)


@pytest.mark.parametrize("noise", [white, coloured])
def test_noise_has_about_variance_one(noise: object) -> None:
    assert callable(noise)
    assert noise(dice_of(length=200)).square().mean(dim=1).median() == pytest.approx(1, abs=0.25)


@pytest.mark.parametrize("period", [2, 5, 12, 168])
def test_a_shape_of_a_season_has_mean_zero_and_variance_one(period: int) -> None:
    shapes = profiles(dice_of(), period, 2)
    assert shapes.shape == (500, 2, period)
    assert shapes.mean(dim=-1).abs().max() < 1e-9
    assert torch.allclose(shapes.square().mean(dim=-1), torch.ones(500, 2).double())


def test_a_week_is_made_of_days_that_are_alike() -> None:
    week = nested(dice_of(), 24, 168).unflatten(1, (7, 24))
    day = standardised(week)
    alike = torch.einsum("bdh,beh->bde", day, day) / 24  # correlations between days
    assert alike.median() > 0.8
    assert (alike.flatten(1).amin(dim=1) < 0.9).double().mean() > 0.3


def test_a_season_that_does_not_change_comes_again_exactly() -> None:
    dice = dice_of()
    values = evolve(profiles(dice, 12)[:, 0], torch.zeros(500, 40).double())
    assert torch.equal(values[:, 12:], values[:, :-12])


def test_a_cycle_is_stationary() -> None:
    values = cycle(dice_of(count=3000))
    assert values.square().mean(dim=0).min() > 0.85
    assert values.square().mean(dim=0).max() < 1.15


def test_a_trend_is_slow_and_upwards_as_a_rule() -> None:
    values = trend(dice_of(length=100))
    assert values.diff(dim=1).std(dim=1).median() < 0.4
    assert 0.55 < (values[:, -1] > values[:, 0]).double().mean() < 0.8
