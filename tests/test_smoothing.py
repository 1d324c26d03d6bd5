import math

import numpy as np
import pytest
import torch
from torch import Tensor

from rnncast.smoothing import LearnedSmoothing, Smoothed, SmoothingOptions

NAN = math.nan
SEASONS = {"no season": (), "one season": (3,), "two seasons": (2, 5), "a season longer than the window": (20,)}

every_season = pytest.mark.parametrize("seasons", SEASONS.values(), ids=SEASONS)


def smoothing_of(
    seasons: tuple[int, ...], num_series: int = 3, targets: int = 1, random: bool = True
) -> LearnedSmoothing:
    torch.manual_seed(1)
    ids = np.array([[f"series {number}"] for number in range(num_series)])
    smoothing = LearnedSmoothing(ids, targets, seasons, SmoothingOptions(alpha=0.4, gamma=0.2)).double()
    if random:
        torch.nn.init.normal_(smoothing.numbers, std=0.5)
    return smoothing


def windows_of(rows: int, steps: int = 14, targets: int = 1) -> tuple[Tensor, Tensor, Tensor]:
    """Return values with gaps, at the beginning too, where they were seen, and ordinals of the first step."""
    draw = np.random.default_rng(2)
    past = torch.from_numpy(draw.normal(size=(rows, steps, targets)).cumsum(axis=1))
    seen = torch.from_numpy(draw.random((rows, steps, targets)) > 0.3)
    seen[0, :4] = False
    return past, seen, torch.tensor([7, -3, 10**12, 0][:rows])


def by_loop(smoothing: LearnedSmoothing, values: list[float], number: int, ordinal: int) -> tuple[list, list]:
    """Return the level after each step and the figures of each season, as the docstring's first equations say."""
    numbers = smoothing.numbers.detach().numpy()
    own = numbers[-1] + (numbers[number] if number < len(numbers) - 1 else 0)
    count = 1 + len(smoothing.seasons)
    start = [math.log(0.4 / 0.6)] + [math.log(0.2 / 0.8)] * (count - 1)
    alpha, *gammas = (1 / (1 + math.exp(-a - b)) for a, b in zip(own[:count], start, strict=True))
    places = np.split(own[count:], np.cumsum(smoothing.seasons)[:-1])
    figures = [[own_[(ordinal + t) % m] for t in range(m)] for own_, m in zip(places, smoothing.seasons, strict=False)]
    levels, level = [], None
    for t, y in enumerate(values):
        known = [each[t] for each in figures]
        if not math.isnan(y):
            plain = y - sum(known)
            level = plain if level is None else alpha * plain + (1 - alpha) * level
        for each, gamma, figure in zip(figures, gammas, known, strict=True):
            others = sum(known) - figure
            each.append(figure if math.isnan(y) else gamma * (y - level - others) + (1 - gamma) * figure)
        levels.append(0.0 if level is None else level)
    return levels, figures


def smoothed_of(smoothing: LearnedSmoothing, numbers: list[int]) -> tuple[Smoothed, Tensor, Tensor, Tensor]:
    past, seen, ordinal = windows_of(len(numbers))
    return smoothing(past, seen, torch.tensor(numbers)[:, None], ordinal), past, seen, ordinal


@every_season
def test_smoothing_equals_its_equations_written_out(seasons: tuple[int, ...]) -> None:
    smoothing, numbers = smoothing_of(seasons), [2, 0, 3, 0]
    smoothed, past, seen, ordinal = smoothed_of(smoothing, numbers)
    for row, number in enumerate(numbers):
        values = torch.where(seen, past, NAN)[row, :, 0].tolist()
        levels, figures = by_loop(smoothing, values, number, int(ordinal[row]))
        np.testing.assert_allclose(smoothed.level[row, :, 0].detach(), levels, atol=1e-12)
        for ours, theirs in zip(smoothed.figures, figures, strict=True):
            np.testing.assert_allclose(ours[row, :, 0].detach(), theirs, atol=1e-12)


@every_season
@pytest.mark.parametrize("segment", [1, 2, 4])
@pytest.mark.parametrize("horizon", [1, 4, 13])
def test_the_guess_repeats_the_last_figures_known_at_the_origin(
    seasons: tuple[int, ...], segment: int, horizon: int
) -> None:
    smoothed, past, _, _ = smoothed_of(smoothing_of(seasons), [2, 0, 3, 0])
    steps = past.shape[1]
    origins = slice(steps - 1 - segment * (steps // segment - 1), steps, segment)
    guess = smoothed.ahead(origins, horizon)
    assert guess.shape == (4, steps // segment, horizon, 1)
    for place, origin in enumerate(range(steps)[origins]):
        for h in range(horizon):
            last = [each[:, origin + 1 + h % m] for each, m in zip(smoothed.figures, seasons, strict=True)]
            torch.testing.assert_close(guess[:, place, h], sum(last, smoothed.level[:, origin]))


@every_season
def test_adjusted_values_have_lost_their_figures_and_gaps_are_at_the_level(seasons: tuple[int, ...]) -> None:
    smoothed, past, seen, _ = smoothed_of(smoothing_of(seasons), [2, 0, 3, 0])
    adjusted = smoothed.adjusted(past, seen)
    for step in range(past.shape[1]):
        plain = past[:, step] - sum(each[:, step] for each in smoothed.figures)
        torch.testing.assert_close(adjusted[:, step], torch.where(seen[:, step], plain, smoothed.level[:, step]))


@every_season
def test_nothing_at_a_step_depends_on_later_ones(seasons: tuple[int, ...]) -> None:
    smoothing, (past, seen, ordinal) = smoothing_of(seasons), windows_of(2)
    series = torch.tensor([[0], [1]])
    before = smoothing(past, seen, series, ordinal)
    for step in range(past.shape[1]):
        changed, all_seen = past.clone(), seen.clone()
        changed[:, step + 1 :], all_seen[:, step + 1 :] = 1e3, True
        after = smoothing(changed, all_seen, series, ordinal)
        assert torch.equal(before.level[:, : step + 1], after.level[:, : step + 1])
        for ours, theirs, season in zip(before.figures, after.figures, seasons, strict=True):
            assert torch.equal(ours[:, : step + 1 + season], theirs[:, : step + 1 + season])


@every_season
def test_what_lies_at_unseen_steps_is_not_read(seasons: tuple[int, ...]) -> None:
    smoothing, (past, seen, ordinal) = smoothing_of(seasons), windows_of(2)
    series = torch.tensor([[0], [1]])
    before = smoothing(past, seen, series, ordinal)
    filled = torch.where(seen, past, torch.inf)
    after = smoothing(filled, seen, series, ordinal)
    assert torch.equal(before.level, after.level)
    assert torch.equal(before.adjusted(past, seen), after.adjusted(filled, seen))


def test_a_window_that_starts_later_meets_the_same_figures() -> None:
    smoothing, series = smoothing_of((4,)), torch.tensor([[1]])
    past, unseen = torch.zeros(1, 10, 1).double(), torch.zeros(1, 10, 1).bool()
    early = smoothing(past, unseen, series, torch.tensor([5])).figures[0]
    late = smoothing(past, unseen, series, torch.tensor([8])).figures[0]
    assert torch.equal(early[:, 3:], late[:, :-3])


def test_a_seasonal_series_is_learned_by_heart_without_any_training() -> None:
    season, smoothing = torch.tensor([3.0, -1.0, -2.0]), smoothing_of((3,), random=False)
    past = (5 + season).repeat(60)[None, :, None].double()
    smoothed = smoothing(past, torch.ones_like(past).bool(), torch.tensor([[0]]), torch.tensor([0]))
    torch.testing.assert_close(smoothed.ahead(slice(179, 180, 1), 5), past[:, :5][:, None], rtol=1e-4, atol=1e-4)


@every_season
def test_a_series_numbers_learn_from_its_own_windows_and_the_panels_from_all(seasons: tuple[int, ...]) -> None:
    smoothing, (past, seen, ordinal) = smoothing_of(seasons), windows_of(2)
    smoothed = smoothing(past, seen, torch.tensor([[2], [2]]), ordinal)
    smoothed.ahead(slice(0, 14, 1), 3).square().sum().backward()
    gradient = smoothing.numbers.grad
    assert not gradient[:2].any()
    assert gradient[2].any()
    assert torch.equal(gradient[2], gradient[3])


def test_a_series_that_was_not_trained_on_is_served_by_the_panels_numbers() -> None:
    smoothing = smoothing_of((3,))
    torch.nn.init.zeros_(smoothing.numbers[1].detach())
    (past, seen, ordinal), unknown = windows_of(1), torch.tensor([[3]])
    ours = smoothing(past, seen, unknown, ordinal)
    theirs = smoothing(past, seen, torch.tensor([[1]]), ordinal)
    assert torch.equal(ours.level, theirs.level)


def test_series_are_found_by_their_ids_and_targets_by_their_place() -> None:
    smoothing = smoothing_of((), num_series=2, targets=2)
    ids = np.array([["series 1"], ["another"], ["series 0"]])
    assert smoothing.find(ids).tolist() == [[2, 3], [4, 4], [0, 1]]


def test_each_target_has_numbers_of_its_own() -> None:
    smoothing = smoothing_of((3,), num_series=2, targets=2)
    past, seen, ordinal = windows_of(2, targets=2)
    together = smoothing(past, seen, torch.tensor([[2, 3], [0, 1]]), ordinal)
    for target in range(2):
        alone = smoothing(past[..., [target]], seen[..., [target]], torch.tensor([[2 + target], [target]]), ordinal)
        assert torch.equal(together.level[..., [target]], alone.level)
        assert torch.equal(together.figures[0][..., [target]], alone.figures[0])


@every_season
def test_its_gradients_equal_finite_differences(seasons: tuple[int, ...]) -> None:
    smoothing, (past, seen, ordinal) = smoothing_of(seasons), windows_of(3, steps=6)

    def guess(numbers: Tensor, values: Tensor) -> Tensor:
        series = torch.tensor([[2], [0], [3]])
        smoothed = torch.func.functional_call(smoothing, {"numbers": numbers}, (values, seen[:, :6], series, ordinal))
        return smoothed.ahead(slice(1, 6, 2), 4)

    assert torch.autograd.gradcheck(guess, (smoothing.numbers.detach().requires_grad_(), past.requires_grad_()))
