"""Metrics of classes against values computed by hand."""

import numpy as np
import pytest

from rnncast import classes, registry
from rnncast.metrics import Outcome, Score
from rnncast.panel import FloatArray

NAN = np.nan
METRICS = {name: entry.load() for name, entry in registry.CLASS_METRICS.items()}


def outcome(came: list[list[float]], chances: list[list[list[float]]]) -> Outcome:
    """Return an outcome of classes [N, H], NaN where none was seen, and probabilities of all K classes [N, H, K]."""
    numbers, given = np.array(came), np.array(chances)
    actual = classes.indicators(numbers, given.shape[-1])[:, None]
    point = given[:, None, :, 1:]
    none: FloatArray = np.empty((*point.shape, 0))
    return Outcome(np.nan_to_num(actual, nan=9.0), ~np.isnan(actual), point, none, (), np.ones((len(came), 1, 1)))


def score(name: str, *case: list[list[float]] | list[list[list[float]]]) -> Score:
    found: Score = METRICS[name](outcome(*case))  # type: ignore[arg-type]
    return found


def test_the_scores_of_a_hand_calculation() -> None:
    case = [[0, 2, 1]], [[[0.5, 0.3, 0.2], [0.25, 0.25, 0.5], [0.6, 0.3, 0.1]]]
    logs = -(np.log(0.5) + np.log(0.5) + np.log(0.3)) / 3
    squares = (0.25 + 0.09 + 0.04 + 0.0625 + 0.0625 + 0.25 + 0.36 + 0.49 + 0.01) / 3
    assert score("log-loss", *case).overall == pytest.approx(logs)
    assert score("accuracy", *case).overall == pytest.approx(2 / 3)
    assert score("brier", *case).overall == pytest.approx(squares)


def test_the_brier_score_of_two_classes_is_twice_the_square_of_one() -> None:
    assert score("brier", [[1, 0]], [[[0.3, 0.7], [0.9, 0.1]]]).overall == pytest.approx(2 * (0.09 + 0.01) / 2)


@pytest.mark.parametrize(("name", "best"), [("log-loss", 0.0), ("accuracy", 1.0), ("brier", 0.0)])
def test_what_is_known_for_certain_has_the_best_score(name: str, best: float) -> None:
    assert score(name, [[0, 1, 2]], [np.eye(3).tolist()]).overall == pytest.approx(best, abs=1e-9)


@pytest.mark.parametrize(("name", "worst"), [("log-loss", -np.log(1e-7)), ("accuracy", 0.0), ("brier", 2.0)])
def test_what_was_taken_for_impossible_has_the_worst_and_it_is_finite(name: str, worst: float) -> None:
    assert score(name, [[1, 2, 0]], [np.eye(3).tolist()]).overall == pytest.approx(worst)


@pytest.mark.parametrize(("name", "worst"), [("log-loss", np.inf), ("accuracy", 0.0), ("brier", 2.0)])
def test_a_forecast_that_is_no_number_counts_as_the_worst(name: str, worst: float) -> None:
    assert score(name, [[0]], [[[NAN, NAN, NAN]]]).overall == worst


@pytest.mark.parametrize("name", METRICS)
def test_what_was_not_seen_does_not_count_and_every_series_counts_alike(name: str) -> None:
    sure, unsure = [0.9, 0.1], [0.4, 0.6]
    one, other = (score(name, [[0, NAN]], [[chance, [NAN, NAN]]]).overall for chance in (sure, unsure))
    both = score(name, [[0, NAN], [0, 0]], [[sure, unsure], [unsure, unsure]])
    np.testing.assert_allclose(both.per_series, [one, other])
    assert both.overall == pytest.approx((one + other) / 2)
    assert np.isnan(score(name, [[NAN]], [[sure]]).overall)
