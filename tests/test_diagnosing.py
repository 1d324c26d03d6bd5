from dataclasses import replace

import numpy as np
import pytest
import torch

from rnncast.diagnosing import Diagnosis, diagnose
from rnncast.errors import UsageError
from rnncast.evaluation import Plan, Scores, backtest
from rnncast.forecasting import Predictor
from rnncast.panel import Panel
from tests.making import DAILY, network_of, panel_of, walk


def panel(covariates: bool = False) -> Panel:
    """Return two series with a season, and covariates of every kind if asked for."""
    steps = np.arange(60)
    series = [20 * size + size * (3 * np.sin(np.pi * steps) + walk(60, seed=size)[:, 0]) for size in (1, 3)]
    if not covariates:
        return panel_of(series, seasons=(2,), time=DAILY)
    past, future = ([walk(60, count, seed) for seed in (5, 6)] for count in (1, 2))
    return panel_of(series, past=past, future=future, static=[[0.0], [1.0]], seasons=(2,), time=DAILY)


def scored(given: Panel, windows: int = 6) -> tuple[Predictor, Scores]:
    predictor = Predictor([network_of(given)], logarithm=False)
    plan = Plan(np.full(given.num_series, 57 - 3 * windows), windows, 3, 3)
    return predictor, backtest("gru", predictor, given, plan)


@pytest.fixture(scope="module")
def found() -> Diagnosis:
    return diagnose(*scored(panel(covariates=True)))


def test_bias_is_the_mean_error_at_each_step() -> None:
    predictor, scores = scored(panel())
    own = scores.outcomes["gru"]
    found = diagnose(predictor, scores)
    assert [(bias.first, bias.last) for bias in found.bias] == [(1, 1), (2, 2), (3, 3)]
    for step, bias in enumerate(found.bias):
        error = (own.point - own.actual)[:, :, step]
        assert bias.value == pytest.approx(error.mean())
        assert bias.share == pytest.approx(error.mean() / np.abs(error).mean())


def test_the_largest_errors_are_told_with_their_place() -> None:
    predictor, scores = scored(panel())
    own = scores.outcomes["gru"]
    point = own.actual.copy()
    point[1, 2, 1] += 50
    point[0, 4, 0] -= 10
    wrong = replace(scores, outcomes={"gru": replace(own, point=point)})
    worst, next_worst = diagnose(predictor, wrong).failures
    ends = scores.plan.ends(scores.panel)
    assert (worst.series, worst.step, worst.ordinal) == (1, 2, ends[1, 2] + 2)
    assert worst.error == pytest.approx(50)
    assert worst.scaled == pytest.approx(50 / own.past_error[1, 2, 0])
    assert (next_worst.series, next_worst.step, next_worst.error) == (0, 1, pytest.approx(-10))


def test_every_input_is_shuffled(found: Diagnosis) -> None:
    names = [importance.name for importance in found.importance]
    assert names == ["p0", "f0", "f1", "s0", "lag 1", "lag 2", "lags 3 to 4", "lags 5 to 8"]
    assert all(np.isfinite(importance.rise) for importance in found.importance)


def test_the_same_seed_gives_the_same_importance(found: Diagnosis) -> None:
    predictor, scores = scored(panel(covariates=True))
    assert diagnose(predictor, scores).importance == found.importance
    assert diagnose(predictor, scores, seed=1).importance != found.importance


def test_what_a_network_does_not_hear_has_no_importance() -> None:
    given = panel(covariates=True)
    predictor, scores = scored(given)
    deaf = replace(given, past_covariates=np.zeros_like(given.past_covariates))
    rises = {one.name: one.rise for one in diagnose(predictor, replace(scores, panel=deaf)).importance}
    assert rises["p0"] == 0
    assert rises["lag 1"] != 0


def test_a_network_that_repeats_the_last_value_listens_to_it_alone() -> None:
    given = panel()
    predictor, scores = scored(given)
    with torch.no_grad():
        for weight in predictor.networks[0].decoder.parameters():
            weight.zero_()
    rises = {one.name: one.rise for one in diagnose(predictor, scores).importance}
    assert rises["lag 1"] > 0.1
    assert all(abs(rise) < 1e-6 for name, rise in rises.items() if name != "lag 1"), rises


def test_errors_one_step_ahead_are_tested_at_every_origin_that_was_measured(found: Diagnosis) -> None:
    assert found.residuals.degrees == 2 * 3  # a fifth of 18 origins, of two series
    assert 0 <= found.residuals.p_value <= 1


def test_one_window_of_one_series_is_diagnosed_as_far_as_it_can_be() -> None:
    given = panel_of([walk(30)])
    predictor = Predictor([network_of(given)], logarithm=False)
    found = diagnose(predictor, backtest("gru", predictor, given, Plan(np.array([26]), 1, 3, 3)))
    assert np.isnan(found.residuals.p_value)
    assert len(found.bias) == 3
    assert len(found.importance) == 4


def test_classes_are_refused() -> None:
    predictor, scores = scored(panel())
    words = replace(scores.panel, words={"y0": ("a", "b")})
    with pytest.raises(UsageError, match="of classes"):
        diagnose(predictor, replace(scores, panel=words, outcomes={}))
