import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from rnncast import metrics
from rnncast.interval_metrics import at_levels, coverage, coverage_80, crps, msis, pinball, pinball_loss, width, wql
from rnncast.panel import FloatArray
from tests.outcomes import LEVELS, one_series, outcome_of, random_outcome


def test_the_quantile_losses_of_one_step_are_what_a_hand_calculation_gives() -> None:
    # Quantiles 9, 10, 11 of the levels 0.1, 0.5, 0.9 against 12: losses 0.3, 1.0, 0.9.
    outcome = one_series([12], [10])
    assert crps(outcome).overall == pytest.approx(2 * (0.3 + 1.0 + 0.9) / 3)
    assert wql(outcome).overall == pytest.approx(2 * (0.3 + 1.0 + 0.9) / 3 / 12)
    assert pinball_loss(outcome, 0.9).overall == pytest.approx(0.9)


def test_the_interval_score_of_one_step_is_what_a_hand_calculation_gives() -> None:
    # From 9 to 11 at 80%: two wide, and 12 lies one above it, which counts ten times.
    assert msis(one_series([12], [10]), 80).overall == pytest.approx(2 + 10)
    assert msis(one_series([8.5], [10]), 80).overall == pytest.approx(2 + 5)
    assert width(one_series([12], [10]), 80).overall == 2


def test_the_weighted_quantile_loss_of_the_whole_is_the_ratio_of_the_sums() -> None:
    outcome = random_outcome(2)
    loss = pinball(outcome.actual, outcome.quantiles, LEVELS).mean(axis=-1)
    size = np.abs(outcome.actual[outcome.observed]).sum()
    assert wql(outcome).overall == pytest.approx(2 * loss[outcome.observed].sum() / size)
    assert wql(outcome).overall == pytest.approx(crps(outcome).total.sum() / size)


def test_the_score_of_the_median_alone_is_the_absolute_error() -> None:
    outcome = random_outcome(0)
    median = replace(
        outcome, point=outcome.quantiles[..., 1], quantiles=outcome.quantiles[..., 1:2], quantile_levels=(0.5,)
    )
    np.testing.assert_allclose(crps(median).per_series, metrics.mae(median).per_series)


def test_the_score_of_many_quantiles_is_the_continuous_ranked_probability_score() -> None:
    # Of the uniform distribution on 0 to 1 against y it is the integral of (F - 1{x >= y})^2: (y^3 + (1 - y)^3) / 3.
    levels = tuple((np.arange(1000) + 0.5) / 1000)
    actual = np.array([0.3, 0.9]).reshape(1, 1, 2, 1)
    quantiles = np.broadcast_to(np.array(levels), (*actual.shape, 1000))
    outcome = replace(outcome_of(actual, actual), quantiles=quantiles, quantile_levels=levels)
    expected = np.mean([(y**3 + (1 - y) ** 3) / 3 for y in (0.3, 0.9)])
    assert crps(outcome).overall == pytest.approx(expected, rel=1e-5)


def test_quantiles_that_are_no_numbers_are_the_worst_there_is() -> None:
    outcome = one_series([1.0, 2.0], [np.nan, 2.0])
    assert coverage_80(outcome).overall == 0.5
    losses = (wql, crps, *(metric for name, metric in at_levels(LEVELS).items() if name != "coverage-80"))
    assert [loss(outcome).overall for loss in losses] == [math.inf] * len(losses)


def test_without_its_levels_a_metric_is_undefined() -> None:
    outcome = random_outcome(0)
    bare = replace(outcome, quantiles=outcome.quantiles[..., :0], quantile_levels=())
    for metric in (wql, crps, *at_levels(LEVELS).values()):
        assert math.isnan(metric(bare).overall)
    median = replace(outcome, quantiles=outcome.quantiles[..., 1:2], quantile_levels=(0.5,))
    assert math.isnan(coverage(median, 80).overall)
    assert math.isnan(msis(outcome, 95).overall)


def test_levels_have_the_metrics_of_each_and_of_each_interval_between_two() -> None:
    names = at_levels((0.025, 0.1, 0.3, 0.5, 0.9, 0.975))
    assert list(names) == [
        *(f"pinball-{level}" for level in ("0.025", "0.1", "0.3", "0.5", "0.9", "0.975")),
        *(f"{family}-{percent}" for family in ("coverage", "width", "msis") for percent in (95, 80)),
    ]
    assert at_levels(()) == {}


FINITE = hnp.arrays(np.float64, (2, 1, 3, 1), elements=st.floats(-1e6, 1e6))


@settings(max_examples=40, deadline=None)
@given(actual=FINITE, point=FINITE, level=st.floats(0.01, 0.99))
def test_the_pinball_loss_is_zero_at_the_actual_and_positive_elsewhere(
    actual: FloatArray, point: FloatArray, level: float
) -> None:
    assert (pinball(actual, point[..., None], (level,)) >= 0).all()
    assert (pinball(actual, actual[..., None], (level,)) == 0).all()
    assert 0 <= coverage_80(outcome_of(actual, point)).overall <= 1
