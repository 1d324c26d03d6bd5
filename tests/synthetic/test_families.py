import math

import pytest
import torch
from torch import Tensor

from rnncast.synthetic import chaos, gaussian, growth, intermittent, ornstein, pulses, regimes, sarima, smoothing, waves
from rnncast.synthetic.base import Dice, Sample
from rnncast.synthetic.seasons import profiles


def dice_of(count: int = 300, length: int = 100, seasons: tuple[int, ...] = (12,)) -> Dice:
    return Dice(Sample(count, length, seasons), torch.Generator().manual_seed(1))


def test_smoothing_obeys_its_recursion() -> None:
    dice = dice_of(count=20, length=50)
    made, errors, jumps, shape = smoothing.parameters(dice), dice.steps(), dice.steps(), profiles(dice, 12)[:, 0]
    alpha, beta, gamma, phi, slope = (part[:, 0] for part in made)
    level, seasons = torch.zeros(20).double(), list(shape.T)
    expected_level, expected_season = [], []
    for step in range(50):
        expected_level.append(level + phi * slope)
        expected_season.append(seasons[step])
        level = level + phi * slope + alpha * errors[:, step] + jumps[:, step]
        slope = phi * slope + beta * errors[:, step]
        seasons.append(seasons[step] + gamma * errors[:, step])
    assert torch.allclose(smoothing.expected_level(made, errors, jumps), torch.stack(expected_level, dim=1))
    assert torch.allclose(smoothing.expected_season(shape, made.gamma, errors), torch.stack(expected_season, dim=1))


def test_smoothing_reaches_from_a_fixed_level_to_a_random_walk() -> None:
    alpha = smoothing.parameters(dice_of()).alpha
    assert alpha.min() == 0
    assert alpha.max() == 1


def test_poles_lie_inside_the_unit_circle_and_come_in_pairs() -> None:
    poles = sarima.poles(dice_of())
    assert poles.abs().max() < 1
    assert poles.sum(dim=1).imag.abs().max() < 1e-12


def test_what_sarima_sums_up_is_stationary() -> None:
    squares = sarima.stationary(dice_of(count=2000)).square()
    first, last = (float(part.mean(dim=1).median()) for part in (squares[:, :20], squares[:, -20:]))
    assert first == pytest.approx(last, rel=0.2)


@pytest.mark.parametrize("share", [0.5, 0.7, 0.95])
def test_demand_comes_in_the_share_of_steps_asked_for(share: float) -> None:
    dice = dice_of(count=1000)
    occurs = intermittent.occurs(dice, torch.full((1000, 1), share).double())
    assert 1 - occurs.double().mean() == pytest.approx(share, abs=0.02)


def test_counts_are_whole_and_mostly_zero_in_most_series() -> None:
    counts = intermittent.draw(Sample(500, 100, (12,)), torch.Generator().manual_seed(1))
    zeros = (counts == 0).double().mean(dim=1)
    assert torch.equal(counts, counts.round())
    assert counts.min() == 0
    assert 0.5 < zeros.mean() < 0.75
    assert 0.5 < (zeros > 0.5).double().mean() < 0.8


def test_an_ornstein_uhlenbeck_process_forgets_at_its_speed() -> None:
    dice = dice_of(count=4000, length=20)
    speed = torch.full((4000, 1), 0.3).double()
    values = ornstein.process(speed, torch.zeros(4000, 20).double(), dice.steps())
    assert values.square().mean(dim=0).sub(1).abs().max() < 0.1
    assert (values[:, 5:] * values[:, :-5]).mean() == pytest.approx(math.exp(-1.5), abs=0.03)


def test_an_ornstein_uhlenbeck_process_follows_its_mean() -> None:
    mean = torch.ones(1, 30).double()
    mean[:, 10:] = 5.0
    values = ornstein.process(torch.tensor([[0.7]]).double(), mean, torch.zeros(1, 30).double())
    assert torch.allclose(values[:, :10], mean[:, :10])
    assert values[0, 10] == pytest.approx(1 + 4 * (1 - math.exp(-0.7)))
    assert values[0, -1] == pytest.approx(5, abs=1e-4)


def test_a_periodic_kernel_has_frequencies_of_its_seasons_alone() -> None:
    order = gaussian._periodic(dice_of(seasons=(24,))) * 24 / (2 * math.pi)
    assert torch.allclose(order, order.round())
    assert order.min() == 1


def test_a_gaussian_process_without_season_has_no_periodic_kernel() -> None:
    assert (gaussian.frequencies(dice_of(seasons=(1,))).abs().flatten(1).amin(dim=1) < 2 * math.pi).all()


def test_pulses_leave_behind_what_their_equations_say() -> None:
    dice, events = dice_of(count=60), torch.zeros(60, 100).double()
    events[:, 40] = 2.0
    left = pulses.responses(dice, events)
    assert (left[:, :40] == 0).all()
    assert (left[:, 40:].amin(dim=1) >= -1e-12).all()
    lasting = (left[:, 40:] == 2).sum(dim=1)
    falling = left[:, 41] / left[:, 40]
    assert 5 < (lasting > 1).sum() < 30
    once = (left[:, 40] == 2) & (lasting == 1) & (falling > 0)
    assert torch.allclose(left[once, 43], 2 * falling[once] ** 3)


def test_a_regime_lasts_and_comes_again() -> None:
    found = regimes.regimes(dice_of())
    switches = (found.diff(dim=1) != 0).double().sum(dim=1)
    assert 1 < switches.mean() < 15
    assert found.min() == 0
    assert found.max() < regimes.NUM_REGIMES


def test_curves_reach_from_zero_to_one() -> None:
    curves = growth.curves(dice_of())
    assert curves.min() == 0
    assert curves.max() == 1
    assert (curves.amax(dim=1) - curves.amin(dim=1) == 0).double().mean() < 0.15


def test_some_curves_are_exact_lines_and_constants() -> None:
    values = growth.draw(Sample(1000, 30, (1,)), torch.Generator().manual_seed(1))
    bend = values.diff(dim=1).diff(dim=1).abs().amax(dim=1) / values.abs().amax(dim=1)
    assert 0.005 < (bend < 1e-9).double().mean() < 0.2
    assert values.min() > 0


def test_waves_have_size_one() -> None:
    found = waves.wave(dice_of(length=500))
    assert found.abs().max() <= 1
    assert found.abs().amax(dim=1).min() > 0.8


def test_orbits_follow_a_quadratic_map() -> None:
    orbit = chaos.orbits(dice_of(count=40))
    before, now, after = orbit[:, :-2], orbit[:, 1:-1], orbit[:, 2:]
    terms = torch.stack([torch.ones_like(now), now, now**2, before, now * before], dim=-1)  # equation 1
    residual = [_misfit(*pair) for pair in zip(terms, after, strict=True)]
    assert max(residual) < 1e-6


def _misfit(terms: Tensor, after: Tensor) -> float:
    fitted = terms @ torch.linalg.lstsq(terms, after[:, None], driver="gelsd").solution
    return float((fitted[:, 0] - after).abs().max())
