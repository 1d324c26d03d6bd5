import numpy as np
import pytest

from rnncast.reading.seasons import detect


def found(values: np.ndarray) -> tuple[int, ...]:
    return detect(values[:, None], np.array([0]), np.array([len(values)]))


@pytest.mark.parametrize("season", [4, 7, 12, 24, 48])
def test_a_season_is_found_under_trend_and_noise(season: int) -> None:
    step = np.arange(20 * season)
    shape = np.random.default_rng(season).normal(size=season)
    noise = np.random.default_rng(1).normal(size=len(step)) * 0.3
    assert found(shape[step % season] + 0.05 * step + noise)[0] == season


@pytest.mark.parametrize("length", [5, 12, 30, 100, 1000])
def test_noise_walks_trends_and_constants_have_no_season(length: int) -> None:
    for seed in range(20):
        noise = np.random.default_rng(seed).normal(size=length)
        assert found(noise) == (1,)
        assert found(noise.cumsum()) == (1,)
    assert found(np.arange(float(length))) == (1,)
    assert found(np.ones(length)) == (1,)


def test_days_and_weeks_are_both_found() -> None:
    step = np.arange(168 * 8)
    weekly = np.random.default_rng(0).normal(size=168)
    daily = 3 * np.random.default_rng(1).normal(size=24)
    assert found(daily[step % 24] + weekly[step % 168]) == (24, 168)
