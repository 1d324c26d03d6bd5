from collections.abc import Sequence

import numpy as np
import pytest

from rnncast.outliers import Outliers, find

STEPS = np.arange(240)
SEASON = 10 * np.sin(STEPS * 2 * np.pi / 12)


def noise(seed: int = 0, length: int = 240) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=length)


def outliers_of(values: Sequence[float] | np.ndarray, *seasons: int) -> Outliers:
    """Return the outliers of one series, in which NaN was not seen."""
    column = np.asarray(values, dtype=np.float64)[:, None]
    return find(column, ~np.isnan(column), np.array([0]), np.array([len(column)]), seasons or (1,))


def steps_of(values: Sequence[float] | np.ndarray, *seasons: int) -> list[int]:
    return np.flatnonzero(outliers_of(values, *seasons).found).tolist()


def with_spikes(values: np.ndarray, *steps: int, size: float = 60.0) -> np.ndarray:
    values = values.copy()
    values[list(steps)] += size
    return values


@pytest.mark.parametrize("seasons", [(1,), (12,)])
def test_a_spike_is_an_outlier_and_its_limit_lies_beyond_the_usual_values(seasons: tuple[int, ...]) -> None:
    values = noise() + (SEASON if seasons != (1,) else 0)
    found, limit = outliers_of(with_spikes(values, 80, 150, 151), *seasons)
    assert np.flatnonzero(found).tolist() == [80, 150, 151]
    assert (limit[found] > values[[80, 150, 151]]).all()
    assert (limit[found] < values[[80, 150, 151]] + 30).all()
    below, limit = outliers_of(with_spikes(values, 80, size=-60), *seasons)
    assert np.flatnonzero(below).tolist() == [80]
    assert limit[80, 0] < values[80]


def test_a_spike_within_the_range_of_the_season_is_found() -> None:
    trough = 93
    assert SEASON[trough] == pytest.approx(-10)
    assert steps_of(with_spikes(noise() / 4 + SEASON, trough, size=15), 12) == [trough]


def test_what_is_told_about_a_step_rests_on_values_up_to_it() -> None:
    values = with_spikes(noise() + SEASON + STEPS / 10, 60, 100, 180)
    whole = outliers_of(values, 12)
    for length in (61, 100, 101, 150, 181):
        part = outliers_of(values[:length], 12)
        np.testing.assert_array_equal(part.found, whole.found[:length])
        np.testing.assert_array_equal(part.limit, whole.limit[:length])


@pytest.mark.parametrize("seasons", [(1,), (12,)])
def test_a_new_level_is_none_after_three_steps(seasons: tuple[int, ...]) -> None:
    values = noise() + np.where(STEPS < 120, 0, 80) + (SEASON if seasons != (1,) else 0)
    assert steps_of(values, *seasons) == [120, 121, 122]


@pytest.mark.parametrize("growth", [0.0, 0.01, 0.02])
def test_a_peak_of_every_season_is_none(growth: float) -> None:
    sales = 100 * np.exp(growth * STEPS) * (1 + noise() / 50)
    sales[11::12] *= 1.6
    assert steps_of(sales, 12) == []


def test_rare_demand_has_next_to_none() -> None:
    chance = np.random.default_rng(0)
    for mean in (0.05, 0.2, 0.3):
        counts = chance.poisson(mean, size=1000) * chance.lognormal(2, 1, size=1000)
        assert max(len(steps_of(counts)), len(steps_of(counts, 7))) <= 1


@pytest.mark.parametrize("freedom", [3, 5])
def test_heavy_tails_have_a_few_in_a_thousand_at_most(freedom: int) -> None:
    values = np.random.default_rng(1).standard_t(freedom, size=10_000)
    assert len(steps_of(values)) < 30
    assert len(steps_of(values.cumsum())) < 30


def test_a_louder_stretch_is_soon_usual() -> None:
    values = noise(length=400) * np.where(np.arange(400) < 200, 1, 12)
    assert all(step < 220 for step in steps_of(values))


def test_constant_and_short_series_have_none() -> None:
    assert steps_of(np.ones(100)) == steps_of(with_spikes(np.ones(100), 50)) == steps_of([1.0, 2.0, 900.0]) == []
    assert steps_of(with_spikes(noise(), 8)) == []


def test_the_answer_does_not_depend_on_units_or_on_other_series() -> None:
    one, other = with_spikes(noise(0) + SEASON, 99), with_spikes(noise(1) + SEASON, 150)
    values = np.concatenate([one * 1e-12, other * 1e15])[:, None]
    found = find(values, np.ones_like(values, dtype=bool), np.array([0, 240]), np.array([240, 240]), (12,)).found
    assert np.flatnonzero(found).tolist() == [99, 240 + 150]


def test_targets_are_told_about_one_by_one() -> None:
    values = np.stack([noise(0), with_spikes(noise(1), 70), with_spikes(noise(2), 90)], axis=1)
    found = find(values, np.ones_like(values, dtype=bool), np.array([0]), np.array([240]), (1,)).found
    assert np.argwhere(found).tolist() == [[70, 1], [90, 2]]


def test_missing_values_are_none_and_do_not_hide_any() -> None:
    values = with_spikes(noise() + SEASON, 100, 160)
    values[[5, 40, 41, 42, 99, 130]] = np.nan
    values[:3] = np.nan
    assert steps_of(values, 12) == [100, 160]
    assert steps_of(np.full(100, np.nan)) == []


def test_series_of_every_length_go_together() -> None:
    lengths = np.array([1, 3, 240, 9, 70_000, 2])
    values = np.random.default_rng(0).normal(size=(lengths.sum(), 1))
    values[4 + 100] += 60
    values[4 + 240 + 9 + 66_000] += 60
    offsets = np.cumsum(lengths) - lengths
    found = find(values, np.ones_like(values, dtype=bool), offsets, lengths, (7,)).found
    assert np.flatnonzero(found).tolist() == [104, 66_253]
    lone = find(values[253:70_253], np.ones((70_000, 1), dtype=bool), np.array([0]), np.array([70_000]), (7,)).found
    np.testing.assert_array_equal(lone, found[253:70_253])


def test_values_at_the_edge_of_what_a_number_holds_do_no_harm() -> None:
    assert steps_of(np.where(STEPS % 2, 1.7e308, -1.7e308), 12) == []
    assert steps_of(with_spikes(noise() * 1e-310, 99, size=1.0), 12) == [99]


def test_the_rule_equals_a_plain_loop() -> None:
    values = with_spikes(noise(3) + SEASON / 5 + 20, 77, 140, 200, size=9.0)
    assert steps_of(values, 12) == plainly(values.tolist(), 12)


def plainly(values: list[float], season: int) -> list[int]:
    """Return the outliers of a series without a gap by the equations of the module, step by step."""
    sizes: list[float] = []
    found = []
    for t in range(2 * season + 5, len(values)):
        parts = [values[t] - np.median(values[t - 5 : t])]
        for lag in (season, 2 * season):
            change = [values[s] - values[s - lag] for s in range(t - 5, t + 1)]
            parts.append(change[-1] - np.median(change[:-1]))
            growth = np.median(values[t - 5 : t]) / np.median(values[t - lag - 5 : t - lag])
            parts.append(values[t] - values[t - lag] * growth)
        least = min(abs(part) for part in parts)
        sizes.append(min(abs(part) for part in parts[1:3]))
        whole = len(sizes[:-1]) // season
        blocks = [sorted(sizes[k * season : (k + 1) * season])[int(0.9 * season) - 1] for k in range(whole)]
        if blocks and least > 5 * max(blocks[-1], np.median(blocks[-5:])):
            found.append(t)
    return found
