"""Baselines of classes against counts made by hand."""

import numpy as np
import pytest

from rnncast import classes, registry
from rnncast.baselines import forecast_baseline
from rnncast.panel import FloatArray
from tests.test_classes import WORDS, chain, class_panel

NAN = np.nan
every_baseline = pytest.mark.parametrize("name", registry.CLASS_BASELINES)


def chances(name: str, series: list[list[float]], words: tuple[str, ...], horizon: int = 1) -> FloatArray:
    """Return the probabilities of all classes, [N, H, K]."""
    return classes.whole(forecast_baseline(name, class_panel(series, words), horizon))


def test_shares_are_counted_with_one_more_of_each_class() -> None:
    found = chances("most-frequent", [[0, 1, 1, 1]], ("a", "b"), 2)
    pooled = np.array([2, 4]) / 6
    np.testing.assert_allclose(found[0], [(np.array([1, 3]) + 2 * pooled) / 6] * 2)


def test_a_short_series_leans_on_all_and_a_long_one_on_itself() -> None:
    found = chances("most-frequent", [[1.0], [0.0] * 60, [1.0] * 40], ("a", "b"))[:, 0, 1]
    pooled = 42 / 103
    np.testing.assert_allclose(found, [(1 + 2 * pooled) / 3, 2 * pooled / 62, (40 + 2 * pooled) / 42])


def test_a_chain_goes_on_by_how_often_each_class_came_next() -> None:
    series = [0.0, 1, 0, 1, 1, 0]
    pooled = np.array([[1, 3], [3, 2]]) / [[4], [5]]
    own = (np.array([[0, 2], [2, 1]]) + 2 * pooled) / [[4], [5]]
    found = chances("markov", [series], ("a", "b"), 3)[0]
    np.testing.assert_allclose(found, [[1, 0] @ np.linalg.matrix_power(own, step) for step in (1, 2, 3)])


def test_a_gap_at_the_end_lies_between_the_last_class_and_the_forecast() -> None:
    series = [0.0, 1, 0, 1, 1, 0]
    without, behind = chances("markov", [series], ("a", "b"), 3), chances("markov", [[*series, NAN]], ("a", "b"), 2)
    np.testing.assert_allclose(behind[0], without[0, 1:])
    last = chances("last-class", [[*series, NAN]], ("a", "b"), 2)
    np.testing.assert_allclose(last[0], chances("last-class", [series], ("a", "b"), 3)[0, 1:])


def test_a_gap_inside_is_no_step_from_one_class_to_the_next() -> None:
    np.testing.assert_allclose(
        chances("markov", [[0, 1, NAN, 1, 0, 1]], ("a", "b")),
        chances("markov", [[0, 1], [1, 0, 1]], ("a", "b"))[1:],
        atol=0.2,
    )
    assert chances("markov", [[0, NAN, 1, NAN] * 3 + [0]], ("a", "b"))[0, 0].tolist() == [0.5, 0.5]


def test_the_last_class_is_as_sure_as_it_was_right_so_many_steps_on() -> None:
    found = chances("last-class", [[0, 0, 1, 1, 0, 0, 1, 1]], ("a", "b"), 4)[0, :, 1]
    np.testing.assert_allclose(found, [5 / 9, 0.51, 0.51, 5 / 6])


def test_the_last_class_is_the_likeliest_even_where_it_was_never_right() -> None:
    found = chances("last-class", [[0, 1, 2] * 9], ("a", "b", "c"), 3)[0]
    assert found.argmax(axis=-1).tolist() == [2, 2, 2]
    np.testing.assert_allclose(found[0], [(1 - 1 / 3 - 0.01) / 2] * 2 + [1 / 3 + 0.01])


@every_baseline
def test_probabilities_add_up_and_none_is_none(name: str) -> None:
    series = [chain(n, np.full((4, 4), 0.25), n).astype(float).tolist() for n in (1, 2, 30, 7)]
    series[1] = [NAN, NAN]
    found = chances(name, series, WORDS, 6)
    assert found.shape == (4, 6, 4)
    np.testing.assert_allclose(found.sum(axis=-1), 1)
    assert (found > 0).all()


@every_baseline
def test_nothing_after_the_end_is_read(name: str) -> None:
    panel = class_panel([[0, 1, 2, 0, 1, 2, 3, 3, 3], [3, 3, 0, 1, 1]])
    cut = panel.truncated(np.array([5, 3]))
    alone = class_panel([[0, 1, 2, 0, 1], [3, 3, 0]])
    np.testing.assert_array_equal(forecast_baseline(name, cut, 4), forecast_baseline(name, alone, 4))


def test_many_series_are_counted_in_blocks_as_if_each_were_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    series = [chain(20, np.full((4, 4), 0.25), n).astype(float).tolist() for n in range(7)]
    whole = chances("markov", series, WORDS, 3)
    monkeypatch.setattr("rnncast.baselines.classes.BLOCK", 32)
    np.testing.assert_array_equal(chances("markov", series, WORDS, 3), whole)


def test_the_chances_of_a_long_chain_are_found() -> None:
    true = np.array([[0.8, 0.15, 0.05], [0.3, 0.6, 0.1], [0.1, 0.5, 0.4]])
    sequence = chain(20_000, true, 1)
    for last in range(3):
        end = int(np.flatnonzero(sequence == last)[-1]) + 1
        found = chances("markov", [sequence[:end].astype(float).tolist()], ("a", "b", "c"), 2)[0]
        np.testing.assert_allclose(found, [true[last], (true @ true)[last]], atol=0.02)


@every_baseline
def test_a_long_gap_at_the_end_is_forgotten(name: str) -> None:
    series = [0.0, 1, 1, 0, 1, 1, 0, 0, 1]
    panel = class_panel([[*series, *[NAN] * 5000, 1.0]], ("a", "b"))
    found = forecast_baseline(name, panel.truncated(panel.lengths - 1), 3)[0, :, 0]
    assert np.isfinite(found).all()
    assert found.std() == pytest.approx(0, abs=1e-9)
