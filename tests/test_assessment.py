from dataclasses import replace

import numpy as np
import pytest

from rnncast.assessment import against_best, leading, spread
from rnncast.evaluation import Plan, Scores
from rnncast.metrics import Outcome
from tests.making import panel_of, walk
from tests.outcomes import outcome_of


def scores_of(errors: dict[str, float], windows: int = 12, series: int = 1, noise: float = 0.5) -> Scores:
    """Return scores of forecasters whose errors are about so large."""
    draw, outcomes = np.random.default_rng(1), {}
    actual = draw.normal(size=(series, windows, 3, 1))
    for name, error in errors.items():
        found: Outcome = outcome_of(actual, actual + error + noise * error * draw.random(actual.shape))
        outcomes[name] = found if name == next(iter(errors)) else replace(found, quantile_levels=())
    panel = panel_of([walk(100) for _ in range(series)])
    return Scores(outcomes, Plan(np.full(series, 50), windows, 3, 3), panel)


def test_the_best_baseline_is_that_of_the_lowest_error_that_all_have() -> None:
    rows: dict[str, dict[str, float | None]] = {
        "gru": {"mase": 1.0, "mae": 2.0}, "naive": {"mase": 3.0, "mae": 1.0}, "drift": {"mase": 2.0, "mae": 4.0},
    }  # fmt: skip
    assert leading(rows) == ("mase", "drift")
    rows["drift"]["mase"] = None
    assert leading(rows) == ("mae", "naive")
    assert leading({name: row | {"log-loss": row["mae"]} for name, row in rows.items()}) == ("log-loss", "naive")


def test_a_model_is_tested_against_the_best_baseline_at_the_same_origins() -> None:
    standing = against_best(scores_of({"gru": 1.0, "naive": 3.0, "drift": 2.0}))
    assert standing is not None
    assert (standing.baseline, standing.metric, standing.is_told) == ("drift", "mase", True)
    assert standing.comparison.is_better()
    assert standing.plain()["count"] == 12
    assert standing.plain()["p_value"] < 0.001


def test_one_origin_of_one_series_tells_nothing() -> None:
    scores = scores_of({"gru": 1.0, "naive": 3.0}, windows=1)
    standing = against_best(scores)
    assert standing is not None
    assert not standing.is_told
    assert (standing.plain()["p_value"], standing.plain()["statistic"]) == (None, None)
    assert spread(scores, scores.usual) == {}


def test_without_a_baseline_there_is_nothing_to_test_against() -> None:
    assert against_best(scores_of({"gru": 1.0})) is None


@pytest.mark.parametrize(("windows", "series"), [(40, 1), (1, 9), (12, 4)])
def test_an_interval_holds_the_score_and_is_that_of_the_model(windows: int, series: int) -> None:
    scores = scores_of({"gru": 1.0, "naive2": 3.0}, windows, series)
    overall = scores.plain()["gru"]
    found = spread(scores, scores.usual)
    assert set(found) == set(scores.usual)
    for name, interval in found.items():
        value = overall[name]
        assert value is not None
        assert interval.low <= value <= interval.high, name


def test_more_origins_narrow_an_interval() -> None:
    narrow, wide = (spread(scores_of({"gru": 1.0}, windows), ["mae"])["mae"] for windows in (400, 20))
    assert narrow.high - narrow.low < (wide.high - wide.low) / 2


def test_relative_metrics_are_those_of_one_beside_naive2() -> None:
    scores = scores_of({"gru": 1.0, "naive2": 2.0})
    row = scores.plain()
    smape, mase = (row["gru"][name] / row["naive2"][name] for name in ("smape", "mase"))  # type: ignore[operator]
    assert row["gru"]["owa"] == pytest.approx((smape + mase) / 2)
    assert row["naive2"]["owa"] == pytest.approx(1)
    assert "owa" not in scores_of({"gru": 1.0, "naive": 2.0}).plain()["gru"]
