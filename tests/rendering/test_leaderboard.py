import numpy as np

from rnncast.comparing import Cost, Leaderboard
from rnncast.evaluation import Plan, Scores
from rnncast.rendering import Column, Screen, Table, render
from rnncast.rendering.leaderboard import leaderboard_table, remarks
from tests.making import panel_of, walk
from tests.outcomes import outcome_of

PANEL = panel_of([walk(60)])
PLAN = Plan(np.array([39]), 20, 1, 1)


def board_of(**errors: float) -> Leaderboard:
    """Return forecasters that are off by so much at twenty origins; those with an m are models."""
    random = np.random.default_rng(0)
    actual = random.normal(size=(1, 20, 1, 1))
    noise = random.normal(size=actual.shape) / 10
    outcomes = {name: outcome_of(actual, actual + error + noise * error) for name, error in errors.items()}
    costs = {name: Cost(1.2345678, 10) for name in errors if name.startswith("m")}
    return Leaderboard(Scores(outcomes, PLAN, PANEL), costs, None)


def test_a_row_has_its_rank_its_metrics_and_what_it_took() -> None:
    table = leaderboard_table(board_of(m=1.0, naive=2.0), {"data": ["x"]})
    columns = {column.name: list(column.values) for column in table.columns}
    assert list(columns)[:2] == ["rank", "model"]
    assert (columns["rank"], columns["model"]) == ([1, 2], ["m", "naive"])
    assert (columns["seconds"], columns["weights"]) == ([1.235, None], [10, None])
    assert table.bars == "mase"


def test_the_best_is_told_from_the_next_and_from_the_best_baseline() -> None:
    assert remarks(board_of(m1=1.0, m2=2.0, naive=3.0, drift=4.0)) == [
        "m1 has the lowest MASE, 1.006 against 2.012 of the next, m2: p < 0.001, not by chance alone.",
        "m1 has the lowest MASE, 1.006 against 3.019 of the best baseline, naive: p < 0.001, not by chance alone.",
    ]


def test_a_baseline_that_is_better_than_every_model_is_told() -> None:
    found = remarks(board_of(naive=1.0, m=2.0))
    assert found[-1] == "Warning: no model is better than the baseline naive."


def test_a_bar_is_as_long_as_its_value_and_only_for_people() -> None:
    table = Table(
        "metrics",
        (Column("model", ["a", "b", "c", "d"]), Column("mase", [4.0, 2.0, 0.01, None])),
        bars="mase",
    )
    lines = render(table, "table", Screen()).splitlines()
    assert [line.count("#") for line in lines[2:]] == [8, 4, 1, 0]
    assert "#" not in render(table, "csv", Screen())
    assert "bars" not in render(table, "json", Screen())
