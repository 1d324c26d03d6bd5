from dataclasses import replace

import numpy as np
import pytest

from rnncast.assessment import against_best
from rnncast.evaluation import Plan, Scores
from rnncast.rendering import Screen, render
from rnncast.rendering import scores as scoreboard
from rnncast.rendering.base import Table
from rnncast.spread import Interval
from tests.making import DAILY, panel_of, walk
from tests.outcomes import outcome_of

Row = dict[str, float | None]


def scores(model: float | None, naive: float | None, drift: float | None, metric: str = "mase") -> dict[str, Row]:
    rows: dict[str, Row] = {"gru": {metric: model}, "naive": {metric: naive}, "drift": {metric: drift}}
    return {name: {"mase": None, "mae": None} | row for name, row in rows.items()}


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (scores(0.5, 0.8, 0.9), "gru is better than the best baseline, naive: MASE 0.5 against 0.8."),
        (scores(0.9, 0.8, 0.7), "Warning: the baseline drift is better than gru: MASE 0.7 against 0.9."),
        (scores(0.7, 0.8, 0.7), "Warning: gru is no better than the baseline drift: MASE 0.7 for both."),
        (scores(0.44597, 0.44598, 0.9), "gru is better than the best baseline, naive: MASE 0.44597 against 0.44598."),
        (scores(5.0, 8.0, 9.0, "mae"), "gru is better than the best baseline, naive: MAE 5 against 8."),
        (scores(0.5, None, 0.9, "mase"), "Nothing can be said of gru: no value was observed where it was measured."),
    ],
)
def test_the_verdict_names_the_best_baseline_and_both_figures(found: dict[str, Row], said: str) -> None:
    assert scoreboard.verdict(found) == said


@pytest.mark.parametrize(("targets", "notes"), [(1, 0), (2, 1)])
def test_scores_of_several_targets_are_said_to_mix_units(targets: int, notes: int) -> None:
    panel = panel_of([np.ones((8, targets))])
    assert len(scoreboard.mixed_units(panel)) == notes


def found_by_test(p_value: float | None, *, difference: float = -0.3) -> dict[str, float | None]:
    """Return what a test of the model against the best baseline found, as plain values."""
    return {"p_value": p_value, "difference": difference}


@pytest.mark.parametrize(
    ("found", "comparison", "said"),
    [
        (
            scores(0.5, 0.8, 0.9),
            found_by_test(0.0312),
            "gru is better than the best baseline, naive: MASE 0.5 against 0.8, p = 0.031.",
        ),
        (
            scores(0.5, 0.8, 0.9),
            found_by_test(1e-9),
            "gru is better than the best baseline, naive: MASE 0.5 against 0.8, p < 0.001.",
        ),
        (
            scores(0.5, 0.8, 0.9),
            found_by_test(0.213),
            "gru is no better than the best baseline, naive, as far as can be told: MASE 0.5 against 0.8, p = 0.21.",
        ),
        (
            scores(0.5, 0.8, 0.9),
            found_by_test(0.01, difference=0.1),
            "gru is no better than the best baseline, naive, as far as can be told: MASE 0.5 against 0.8, p = 0.010.",
        ),
        (
            scores(0.9, 0.8, 0.7),
            found_by_test(0.04, difference=0.2),
            "Warning: the baseline drift is better than gru: MASE 0.7 against 0.9, p = 0.040.",
        ),
        (
            scores(0.9, 0.8, 0.7),
            found_by_test(0.4, difference=0.2),
            "Warning: gru is no better than the best baseline, drift: MASE 0.9 against 0.7, p = 0.40.",
        ),
        (
            scores(0.5, 0.8, 0.9),
            found_by_test(None),
            "gru is better than the best baseline, naive: MASE 0.5 against 0.8.",
        ),
    ],
)
def test_the_verdict_says_whether_chance_may_have_made_the_difference(
    found: dict[str, Row], comparison: dict[str, float | None], said: str
) -> None:
    assert scoreboard.verdict(found, comparison) == said


def measured(windows: int = 2, series: int = 2) -> Scores:
    """Return scores of a model and two baselines, whose errors grow by series, by origin and by step."""
    actual = np.full((series, windows, 3, 1), 10.0)
    error = 1 + np.arange(series)[:, None, None, None] + 10 * np.arange(windows)[:, None, None] + np.arange(3)[:, None]
    outcomes = {
        name: outcome_of(actual, actual + size * error) for size, name in enumerate(("gru", "naive", "naive2"), 1)
    }
    outcomes |= {name: replace(outcomes[name], quantile_levels=()) for name in ("naive", "naive2")}
    panel = panel_of([walk(30) for _ in range(series)], time=DAILY)
    return Scores(outcomes, Plan(np.full(series, 20), windows, 3, 3), panel)


def columns_of(table: Table) -> dict[str, list[object]]:
    return {column.name: list(column.values) for column in table.columns}


def test_the_overall_table_shows_the_usual_metrics_or_those_asked_for() -> None:
    usual = columns_of(scoreboard.scores_table(measured()))
    assert list(usual) == ["model", "mse", "rmse", "mae", "smape", "mase", "rmsse", "owa", "wql", "coverage-80"]
    assert usual["model"] == ["gru", "naive", "naive2"]
    assert usual["wql"][1:] == [None, None]
    asked = columns_of(scoreboard.scores_table(measured(), metrics=("crps", "mae")))
    assert list(asked) == ["model", "crps", "mae"]
    assert asked["mae"] == [pytest.approx(value) for value in (7.5, 15, 22.5)]


def test_a_step_has_the_error_of_that_step() -> None:
    found = columns_of(scoreboard.step_table(measured(), metrics=("mae", "owa", "coverage-80")))
    assert (found["step"], found["model"]) == ([1, 1, 1, 2, 2, 2, 3, 3, 3], ["gru", "naive", "naive2"] * 3)
    assert found["mae"] == [pytest.approx(value) for value in (6.5, 13, 19.5, 7.5, 15, 22.5, 8.5, 17, 25.5)]
    assert found["owa"][2] == pytest.approx(1)
    assert found["coverage-80"][1] is None


def test_an_origin_has_the_error_after_it_and_its_stamp() -> None:
    found = columns_of(scoreboard.origin_table(measured(), metrics=("mae",)))
    assert (found["origin"], found["cutoff"][::3]) == ([1, 1, 1, 2, 2, 2], ["1970-01-21", "1970-01-24"])
    assert found["mae"] == [pytest.approx(value) for value in (2.5, 5, 7.5, 12.5, 25, 37.5)]


def test_origins_of_series_that_end_apart_have_no_stamp() -> None:
    found = measured()
    apart = replace(found, panel=replace(found.panel, start=np.array([0, 5])))
    assert "cutoff" not in columns_of(scoreboard.origin_table(apart))


def test_a_series_has_its_own_error_and_no_relative_one() -> None:
    found = columns_of(scoreboard.series_table(measured()))
    assert (found["id"], "owa" in found) == (["0"] * 3 + ["1"] * 3, False)
    assert found["mae"] == [pytest.approx(value) for value in (7, 14, 21, 8, 16, 24)]


def test_the_spread_stands_below_the_model_and_is_not_the_best() -> None:
    table = scoreboard.scores_table(measured(), metrics=("mae", "coverage-80"))
    shown = render(scoreboard.with_spread(table, {"mae": Interval(5.0, 9.0)}), "table", Screen())
    rows = [line.split() for line in shown.splitlines()[2:7]]
    assert rows == [["gru", "7.5*", "0.083333"], ["from", "5.0", "-"], ["to", "9.0", "-"], ["naive", "15.0", "-"],
                    ["naive2", "22.5", "-"]]  # fmt: skip
    assert "from, to: 95% of 1,000 resamples" in shown
    assert scoreboard.with_spread(table, {}) is table


@pytest.mark.parametrize(("too_narrow", "left_out"), [(0, ""), (1, "owa"), (14, "rmsse, owa")])
def test_relative_metrics_make_room_for_the_others(too_narrow: int, left_out: str) -> None:
    table = scoreboard.scores_table(measured())
    width = len(render(table, "table", Screen(200)).splitlines()[1])
    shown = render(table, "table", Screen(width - too_narrow))
    assert f"for want of room without {left_out}\n" in shown if left_out else "without" not in shown
    assert shown.count("model") == 1


def test_what_fits_in_no_way_keeps_all_and_goes_on_below() -> None:
    shown = render(scoreboard.scores_table(measured()), "table", Screen(40))
    assert shown.count("model") > 1
    assert "owa" in shown
    assert "without" not in shown


@pytest.mark.parametrize(("windows", "series", "said"), [(1, 1, "one origin of one series"), (3, 1, "overlap")])
def test_it_is_said_why_nothing_is_said_of_chance(windows: int, series: int, said: str) -> None:
    found = measured(windows, series)
    long = replace(found, plan=replace(found.plan, stride=1))
    (sentence,) = scoreboard.untold(long, against_best(long))
    assert said in sentence
    assert scoreboard.untold(long, None) == []


def test_it_is_said_in_what_units_and_beside_which_baselines() -> None:
    found = measured()
    assert scoreboard.remarks(found, standardised=False, is_chosen=False) == []
    assert "standard deviation" in scoreboard.remarks(found, standardised=True, is_chosen=False)[0]
    many = replace(found, plan=replace(found.plan, windows=101), outcomes={})
    assert "100 origins" in scoreboard.remarks(many, standardised=False, is_chosen=False)[0]
    assert scoreboard.remarks(many, standardised=False, is_chosen=True) == []
