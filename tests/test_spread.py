import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from rnncast.interval_metrics import wql
from rnncast.metrics import Outcome, Score, mae, rmse, smape
from rnncast.panel import FloatArray
from rnncast.spread import Interval, Resamples, overlap_of
from tests.outcomes import random_outcome


def score_of(values: FloatArray) -> Score:
    """Return a score with these values [N, W] of one step each."""
    return Score(values, np.ones_like(values))


@pytest.mark.parametrize("metric", [mae, rmse, smape, wql])
def test_a_resample_scores_as_the_series_and_origins_that_are_in_it(metric: Callable[[Outcome], Score]) -> None:
    score, resamples = metric(random_outcome(0)), Resamples.draw(4, 3, draws=5)
    for found, series, origins in zip(resamples.overall(score), resamples.series, resamples.origins, strict=True):
        rows, columns = np.repeat(np.arange(4), series), np.repeat(np.arange(3), origins)
        drawn = replace(score, total=score.total[rows][:, columns], count=score.count[rows][:, columns])
        assert found == pytest.approx(drawn.overall)


def test_as_many_series_and_origins_are_drawn_as_there_are() -> None:
    resamples = Resamples.draw(7, 12, draws=50)
    assert (resamples.series.sum(axis=1) == 7).all()
    assert (resamples.origins.sum(axis=1) == 12).all()
    assert len(np.unique(resamples.series, axis=0)) > 40


def test_origins_are_drawn_in_blocks_as_long_as_forecasts_overlap() -> None:
    resamples = Resamples.draw(1, 12, overlap=6, draws=50)
    ring = np.concatenate([resamples.origins, resamples.origins[:, :1]], axis=1).astype(int)
    assert (np.abs(np.diff(ring, axis=1)).sum(axis=1) <= 4).all()  # two blocks have four ends


def test_every_origin_is_drawn_as_often_as_any_other() -> None:
    origins = Resamples.draw(1, 10, overlap=4, draws=4000).origins
    np.testing.assert_allclose(origins.mean(axis=0), 1, atol=0.06)


def test_the_same_seed_draws_the_same() -> None:
    one, same, other = (Resamples.draw(5, 9, draws=10, seed=seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one.series, same.series)
    np.testing.assert_array_equal(one.origins, same.origins)
    assert (one.series != other.series).any()


def test_the_interval_of_a_mean_of_many_is_that_of_the_normal_distribution() -> None:
    values = np.random.default_rng(0).normal(size=(400, 1))
    resamples = Resamples.draw(400, 1, draws=4000)
    low, high = resamples.interval(resamples.overall(score_of(values)))
    error = values.std() / math.sqrt(400)
    assert (low, high) == pytest.approx((values.mean() - 1.96 * error, values.mean() + 1.96 * error), abs=0.1 * error)


@pytest.mark.parametrize("shape", [(60, 1), (1, 60), (40, 40)], ids=["series", "origins", "both"])
def test_an_interval_holds_the_truth_about_as_often_as_it_says(shape: tuple[int, int]) -> None:
    random, hits = np.random.default_rng(1), 0
    by_series, by_origin = np.array(shape) > 1
    for seed in range(100):
        values = by_series * random.normal(size=(shape[0], 1)) + by_origin * random.normal(size=(1, shape[1]))
        resamples = Resamples.draw(*shape, draws=150, seed=seed)
        low, high = resamples.interval(resamples.overall(score_of(values)), 90)
        hits += low <= 0 <= high
    assert 80 < hits < 97


def test_origins_that_overlap_vary_more_than_as_many_that_do_not() -> None:
    steps = np.random.default_rng(0).normal(size=205)
    values = np.convolve(steps, np.ones(6), mode="valid")[None]  # each shares five of six steps with the next
    drawn = Resamples.draw(1, 200, overlap=6).overall(score_of(values))
    assert drawn.std() > 1.5 * values.std() / math.sqrt(200)


def test_the_interval_of_a_difference_is_narrower_than_those_of_what_differs() -> None:
    random = np.random.default_rng(0)
    hard = random.exponential(size=(200, 1))
    mine, other = (score_of(hard * (1 + 0.1 * random.random((200, 1)) - shift)) for shift in (0.2, 0.0))
    resamples = Resamples.draw(200, 1)
    paired = resamples.interval(resamples.overall(mine) - resamples.overall(other))
    alone = resamples.interval(resamples.overall(mine))
    assert paired.high < 0
    assert paired.high - paired.low < 0.5 * (alone.high - alone.low)


def test_one_origin_of_one_series_has_no_interval() -> None:
    for num_origins, overlap in ((1, 1), (5, 3)):
        resamples = Resamples.draw(1, num_origins, overlap, draws=20)
        found = resamples.interval(resamples.overall(score_of(np.ones((1, num_origins)))))
        assert all(math.isnan(end) for end in found)


def test_what_is_undefined_is_left_out_and_what_is_infinite_is_not() -> None:
    values = np.array([[1.0, 1.0], [np.inf, 1.0], [1.0, 1.0]])
    score = replace(score_of(values), count=np.array([[1.0, 1.0], [1.0, 1.0], [0.0, 0.0]]))
    found = Resamples.draw(3, 2, draws=300)
    drawn = found.overall(score)
    assert set(drawn[~np.isnan(drawn)]) == {1.0, np.inf}
    assert np.isnan(drawn).any()
    assert found.interval(drawn) == Interval(1.0, np.inf)


def test_forecasts_overlap_where_they_are_longer_than_the_way_to_the_next_origin() -> None:
    assert [overlap_of(12, stride) for stride in (1, 5, 6, 12, 30)] == [12, 3, 2, 1, 1]
