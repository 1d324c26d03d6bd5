import numpy as np
import pytest

from rnncast.rendering import views
from tests.making import panel_of

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
    assert views.verdict(found) == said


@pytest.mark.parametrize(("targets", "notes"), [(1, 0), (2, 1)])
def test_scores_of_several_targets_are_said_to_mix_units(targets: int, notes: int) -> None:
    panel = panel_of([np.ones((8, targets))])
    assert len(views.mixed_units(panel)) == notes
