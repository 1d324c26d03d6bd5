import numpy as np
import pytest

from rnncast import registry, scoring
from rnncast.errors import UsageError
from rnncast.interval_metrics import coverage, pinball_loss
from rnncast.metrics import mase
from tests.making import panel_of
from tests.outcomes import LEVELS, random_outcome


def test_a_metric_is_found_by_its_name_and_its_number() -> None:
    outcome = random_outcome(1)
    for name, expected in (
        ("mase", mase(outcome)),
        ("pinball-0.9", pinball_loss(outcome, 0.9)),
        ("coverage-80", coverage(outcome, 80)),
    ):
        np.testing.assert_array_equal(scoring.score(outcome, name).cells, expected.cells)


def test_all_metrics_are_named_once_and_can_be_made() -> None:
    names = scoring.every(False, LEVELS, (80, 95))
    assert len(names) == len(set(names))
    assert set(names) >= {*registry.METRICS, *registry.MORE_METRICS, "owa", "crps"}
    assert set(names) >= {"pinball-0.1", "msis-95", "width-80"}
    for name in set(names) - set(registry.RELATIVE_METRICS):
        assert scoring.score(random_outcome(0), name).total.shape == (4, 3)
    assert scoring.every(True, ()) == scoring.usual(True) == tuple(registry.CLASS_METRICS)


@pytest.mark.parametrize("name", ["mese", "coverage", "coverage-x", "pinball-", "-80", "nothing-80"])
def test_an_unknown_metric_is_refused(name: str) -> None:
    with pytest.raises(UsageError, match="there is no metric called"):
        registry.find_metric(name)


@pytest.mark.parametrize(
    ("metrics", "percents"), [((), ()), (("mase", "coverage-80"), ()), (("msis-95", "width-50"), (50, 80, 95))]
)
def test_metrics_say_which_intervals_they_are_of(metrics: tuple[str, ...], percents: tuple[int, ...]) -> None:
    assert scoring.intervals_of(metrics) == percents


def test_scores_that_hold_more_are_cut_to_the_usual_ones() -> None:
    assert scoring.only_usual({"a": {"mase": 1.0, "crps": 2.0, "coverage-20": 0.2, "coverage-80": 0.8}}) == {
        "a": {"mase": 1.0, "coverage-80": 0.8}
    }


def test_values_are_standardised_by_what_was_seen() -> None:
    panel = panel_of([[[1.0, 5.0], [3.0, np.nan], [np.nan, 5.0]], [[np.nan, 1.0], [np.nan, 2.0]]])
    loc, scale = scoring.standards(panel)
    np.testing.assert_array_equal(loc, [[2, 5], [0, 1.5]])
    np.testing.assert_array_equal(scale, [[1, 1], [1, 0.5]])
