import math
import random

import mpmath
import numpy as np
import pytest

from rnncast.metrics import Score
from rnncast.panel import FloatArray
from rnncast.significance import compare, two_sided


def score_of(losses: FloatArray) -> Score:
    """Return a score with these losses [N, W]."""
    return Score(losses, np.ones_like(losses))


def shuffled(source: random.Random, count: int) -> FloatArray:
    """Return 0, 1 ... in the order that `random.sample` of Python 2 drew them in."""
    pool, drawn = list(range(count)), []
    for left in range(count, 0, -1):
        place = int(source.random() * left)
        drawn.append(pool[place])
        pool[place] = pool[left - 1]
    return np.array(drawn, dtype=np.float64)


@pytest.mark.parametrize(
    ("power", "overlap", "statistic", "p_value"),
    [
        # The example that github.com/johntwk/Diebold-Mariano-Test prints, and what it finds with overlap.
        (1, 1, 1.3275742446369585, 0.18737195617455585),
        (2, 1, 1.2112523589452902, 0.22868210381769466),
        (4, 1, 0.9124498079287283, 0.36374861675187799),
        (1, 3, 1.3707043793590592, 0.17356686562529636),
        (2, 6, 2.276096855405733, 0.02499419826237346),
    ],
)
def test_the_test_finds_what_another_program_published(
    power: int, overlap: int, statistic: float, p_value: float
) -> None:
    source = random.Random(123)
    actual, *forecasts = (shuffled(source, 100) for _ in range(3))
    first, second = (score_of(np.abs(actual - forecast)[None] ** power) for forecast in forecasts)
    found = compare(first, second, overlap)
    assert (found.statistic, found.p_value) == pytest.approx((statistic, p_value), rel=1e-9)
    assert (found.count, found.over) == (100, "origins")


def test_three_differences_are_tested_as_a_hand_calculation_says() -> None:
    # d = 1, 2, 6: mean 3, V = (4 + 1 + 9) / 3 / 3, and the correction of one step is sqrt(2 / 3).
    found = compare(score_of(np.array([[1.0, 2, 6]])), score_of(np.zeros((1, 3))))
    assert found.difference == 3
    assert found.statistic == pytest.approx(3 / math.sqrt(14 / 9) * math.sqrt(2 / 3))


@pytest.mark.parametrize("degrees", [1, 2, 3, 4, 5, 30, 101, 2784])
@pytest.mark.parametrize("statistic", [0.0, 0.1, -1.0, 2.5, 8.0])
def test_the_tails_of_the_t_distribution_are_those_of_the_incomplete_beta_function(
    statistic: float, degrees: int
) -> None:
    share = degrees / (degrees + statistic**2)
    expected = float(mpmath.betainc(degrees / 2, 0.5, 0, share, regularized=True))
    assert two_sided(statistic, degrees) == pytest.approx(expected, rel=1e-9, abs=1e-13)


def test_the_tails_of_the_t_distribution_are_those_of_the_printed_table() -> None:
    for degrees, quantile in ((1, 12.706), (2, 4.303), (5, 2.571), (10, 2.228), (30, 2.042), (120, 1.980)):
        assert round(two_sided(quantile, degrees), 3) == 0.05


def moving(source: np.random.Generator, count: int, overlap: int) -> FloatArray:
    """Return losses [1, T] correlated as those of forecasts that reach `overlap` origins."""
    steps = source.normal(size=count + overlap - 1)
    return np.convolve(steps, np.ones(overlap), mode="valid")[None]


@pytest.mark.parametrize(("count", "overlap"), [(8, 1), (40, 1), (60, 3)])
def test_equals_are_told_apart_as_seldom_as_the_test_says(count: int, overlap: int) -> None:
    source = np.random.default_rng(0)
    found = [
        compare(score_of(moving(source, count, overlap)), score_of(moving(source, count, overlap)), overlap)
        for _ in range(1500)
    ]
    assert 0.03 < np.mean([one.p_value < 0.05 for one in found]) < 0.085
    assert np.mean([one.is_better() for one in found]) == pytest.approx(
        np.mean([one.is_worse() for one in found]), abs=0.02
    )


def test_overlapping_forecasts_that_are_taken_for_independent_are_told_apart_too_often() -> None:
    source = np.random.default_rng(0)
    pairs = [(score_of(moving(source, 60, 3)), score_of(moving(source, 60, 3))) for _ in range(500)]
    assert np.mean([compare(*pair).p_value < 0.05 for pair in pairs]) > 0.15


def test_what_is_clearly_better_is_told() -> None:
    source = np.random.default_rng(0)
    better, worse = (score_of(source.normal(size=(3, 30)) + mean) for mean in (1.0, 2.0))
    assert compare(better, worse).is_better()
    assert not compare(better, worse).is_worse()
    assert compare(worse, better).is_worse()
    assert compare(better, worse).p_value < 1e-5


def test_few_origins_of_many_series_are_tested_over_the_series() -> None:
    source = np.random.default_rng(0)
    first, second = (score_of(source.normal(size=(50, 2)) + mean) for mean in (1.0, 2.0))
    found = compare(first, second, overlap=2)
    assert (found.over, found.count) == ("series", 50)
    means = (first.total - second.total).mean(axis=1)
    expected = means.mean() / means.std(ddof=1) * math.sqrt(50)
    assert found.statistic == pytest.approx(expected)


def test_series_that_were_not_seen_at_an_origin_are_left_out_there() -> None:
    first, second = np.arange(12.0).reshape(2, 6) ** 2, np.zeros((2, 6))
    count = np.array([[1, 1, 1, 1, 0, 0], [1, 1, 1, 1, 1, 0]], dtype=float)
    found = compare(Score(first * count, count), Score(second, count))
    means = [*first[:, :4].mean(axis=0), first[1, 4]]
    assert (found.count, found.difference) == (5, pytest.approx(np.mean(means)))


def test_the_same_losses_differ_in_nothing() -> None:
    losses = score_of(np.random.default_rng(0).random((2, 9)))
    found = compare(losses, losses, overlap=3)
    assert (found.difference, found.statistic, found.p_value) == (0, 0, 1)
    assert not found.is_better()


@pytest.mark.parametrize(
    ("first", "difference"),
    [
        ([[3.0]], 2),
        ([[3.0, 4.0]], 2.5),
        ([[3.0, 3, 3, 3, 3, 3]], 2),
        ([[3.0, 3, np.inf, 3, 3, 3]], np.inf),
        ([[np.nan]], np.nan),
    ],
    ids=["one origin", "fewer than overlap", "no spread", "infinite", "nothing"],
)
def test_what_cannot_be_told_is_not(first: list[list[float]], difference: float) -> None:
    losses = np.array(first)
    count = np.isfinite(losses) | np.isinf(losses)
    score = Score(np.where(count, losses, 0.0), count.astype(float))
    found = compare(score, score_of(np.ones_like(losses)), overlap=2)
    np.testing.assert_equal(found.difference, difference)
    assert math.isnan(found.p_value)
    assert not found.is_better()
    assert not found.is_worse()


def test_a_variance_that_comes_out_negative_is_estimated_with_falling_weights() -> None:
    swinging = np.array([[5.0, -4, 5, -4, 5, -4, 5, -4.5]])
    found = compare(score_of(swinging), score_of(np.zeros_like(swinging)), overlap=2)
    centred = swinging[0] - swinging.mean()
    variance = (centred @ centred + centred[1:] @ centred[:-1]) / 8 / 8
    assert found.statistic == pytest.approx(swinging.mean() / math.sqrt(variance) * math.sqrt((8 + 1 - 4 + 2 / 8) / 8))
