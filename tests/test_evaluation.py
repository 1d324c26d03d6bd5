from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch

from rnncast import api, registry
from rnncast.blend import FITTED, Blend
from rnncast.casting import AnyNetwork
from rnncast.config import MISSING, DataConfig, RunConfig
from rnncast.evaluation import Plan, Scores, backtest, judge, plan_origins
from rnncast.forecasting import Predictor, baseline_forecasts, predict, predict_kinds
from rnncast.metrics import seasonal_error
from rnncast.panel import Panel
from rnncast.reading import panel_from_frame

TINY = {"model": "lstm", "max_steps": 3, "ensemble": 1, "hidden_size": 4, "context_length": 24, "horizon": 4}
STEPS, FIRST = 80, 59


def frame(values: np.ndarray, start: str = "2024-01-01") -> pd.DataFrame:
    return pd.DataFrame({"ds": pd.date_range(start, periods=len(values)), "y": values})


def wave(count: int = STEPS, level: float = 20.0) -> np.ndarray:
    steps = np.arange(count)
    return level + 5 * np.sin(2 * np.pi * steps / 7) + 0.05 * steps + np.cos(steps**2)


@pytest.fixture(scope="module")
def forecaster() -> api.Forecaster:
    return api.train(frame(wave(60)), **TINY)


@pytest.fixture(scope="module")
def predictor(forecaster: api.Forecaster) -> Predictor:
    return predictor_of(forecaster, "final")


def predictor_of(forecaster: api.Forecaster, which: str) -> Predictor:
    """Return a checkpoint's networks blended with an anchor, with intervals made wider."""
    networks = forecaster.checkpoint.networks(which, torch.device("cpu"))
    return Predictor(networks, logarithm=False, blend=Blend("theta", 0.75, (1.5,) * 9))


def panel_of(values: np.ndarray, missing: str = "interpolate") -> Panel:
    return panel_from_frame(frame(values), DataConfig(missing=missing, freq="D")).panel


@pytest.mark.parametrize("logarithm", [True, False])
@pytest.mark.parametrize("missing", [name for name in MISSING if name != "error"])
def test_no_forecast_sees_what_came_after_its_origin(predictor: Predictor, missing: str, logarithm: bool) -> None:
    before = wave()
    # A gap that reaches from before the first origin to after it: its fill must not tell of later rows.
    before[FIRST - 3 : FIRST + 1] = np.nan
    before[20:23] = np.nan
    after = before.copy()
    after[FIRST + 1 :] = 1000 * np.random.default_rng(1).random(STEPS - FIRST - 1) + 1
    plan, found = Plan(np.array([FIRST]), 1, 4, 4), replace(predictor, logarithm=logarithm)
    one, other = (backtest("lstm", found, panel_of(values, missing), plan).outcomes for values in (before, after))
    assert list(one) == ["lstm", *registry.BASELINES]
    for name in one:
        np.testing.assert_array_equal(one[name].point, other[name].point)
        np.testing.assert_array_equal(one[name].quantiles, other[name].quantiles)


def test_later_windows_see_what_came_before_them(forecaster: api.Forecaster) -> None:
    def last(values: np.ndarray) -> float:
        return forecaster.backtest(frame(values, "2025-01-01"), windows=2).plain()["lstm"]["mae"]

    changed = wave()
    changed[STEPS - 8 : STEPS - 4] += 3
    assert last(wave()) != last(changed)


def overall(scores: Scores) -> float:
    return scores.plain()["lstm"]["mae"]


def test_a_score_is_the_error_of_the_forecast_from_the_rows_before(forecaster: api.Forecaster) -> None:
    values = wave(90)
    scores = forecaster.backtest(frame(values), windows=1)
    found = forecaster.predict(frame(values[:-4]))["forecast"].to_numpy()
    assert overall(scores) == pytest.approx(np.abs(found - values[-4:]).mean())
    assert scores.plain()["naive"]["mae"] == pytest.approx(np.abs(values[-5] - values[-4:]).mean())


def test_a_backtest_is_the_mean_over_its_origins(forecaster: api.Forecaster) -> None:
    values = wave(80)
    errors = [
        np.abs(forecaster.predict(frame(values[:n]))["forecast"].to_numpy() - values[n : n + 4]).mean()
        for n in (68, 72, 76)
    ]
    assert overall(forecaster.backtest(frame(values), windows=3)) == pytest.approx(np.mean(errors), rel=1e-4)


def test_new_rows_are_forecast_with_the_final_weights_and_held_out_ones_with_the_others(
    forecaster: api.Forecaster, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    original = type(forecaster.checkpoint).casting

    def casting(self: object, which: str, run: RunConfig, windows: int) -> list[AnyNetwork]:
        asked.append(which)
        return original(self, which, run, windows)  # type: ignore[arg-type]

    monkeypatch.setattr(type(forecaster.checkpoint), "casting", casting)
    for count in (60, 62, 64, 80):
        forecaster.evaluate(frame(wave(count)))
    forecaster.evaluate()
    assert asked == ["heldout", "heldout", "final", "final", "heldout"]


def test_a_checkpoint_of_the_last_rows_alone_asks_for_the_data(forecaster: api.Forecaster) -> None:
    part = api.Forecaster(replace(forecaster.checkpoint, is_whole=False))
    with pytest.raises(api.UsageError, match="only the last rows"):
        part.evaluate()


@pytest.mark.parametrize("horizon", [4, 10])
def test_no_forecast_sees_past_covariates_after_its_origin(horizon: int) -> None:
    data = frame(wave()).assign(p=np.random.default_rng(2).normal(size=STEPS))
    data.loc[FIRST - 2 : FIRST, "p"] = np.nan
    changed = data.copy()
    changed.loc[FIRST + 1 :, "p"] = 100.0
    forecaster = api.train(data, target=("y",), past_covariates=("p",), test=STEPS - FIRST - 1, **TINY)
    plan = Plan(np.array([FIRST]), 1, horizon, horizon)
    predictor = predictor_of(forecaster, "heldout")
    for network in predictor.networks:  # A fresh decoder hardly listens to its inputs.
        torch.nn.init.normal_(network.decoder.steps.weight, std=0.3)
    one, other = (backtest("lstm", predictor, forecaster.read(d).panel, plan) for d in (data, changed))
    assert one.plain()["lstm"] == other.plain()["lstm"]


def test_what_is_judged_are_the_forecasts_from_all_origins_beside_what_came(predictor: Predictor) -> None:
    panel = panel_of(wave())
    plan = plan_origins(panel, np.array([60]), 4, windows=3, stride=2)
    judged, ends = judge(predictor, "drift", panel, plan), np.array([[71, 73, 75]])
    expected = predict_kinds(predictor, panel, ends, 4)[FITTED]
    np.testing.assert_array_equal(judged.networks[FITTED].point, expected.point[0])
    np.testing.assert_array_equal(judged.networks[FITTED].quantiles, expected.quantiles[0])
    np.testing.assert_array_equal(judged.anchor, baseline_forecasts("drift", panel, ends, 4)[0])
    for window, end in enumerate(ends[0]):
        np.testing.assert_array_equal(judged.actual[window, :, 0], wave()[end + 1 : end + 5])
        error = seasonal_error(panel.truncated(np.array([end + 1])), panel.season_length)
        np.testing.assert_array_equal(judged.past_error[window], error[0])
    assert judged.observed.all()
    assert judge(predictor, None, panel, plan).anchor is None


def test_steps_after_a_series_end_are_judged_as_not_seen(predictor: Predictor) -> None:
    both = panel_from_frame(
        pd.concat([frame(wave(length)).assign(id=str(length)) for length in (40, 60)]), DataConfig(id=("id",))
    ).panel
    plan = plan_origins(both, np.array([36, 50]), 4, stride=2)
    judged = judge(predictor, None, both, plan)
    assert plan.windows == 4
    assert judged.observed[..., 0].sum(axis=1).tolist() == [4, 2, 0, 0, 4, 4, 4, 4]


def test_a_backtest_takes_the_anchor_that_it_scores_as_a_baseline(predictor: Predictor) -> None:
    panel = panel_of(wave())
    plan = plan_origins(panel, np.array([60]), 4)
    alone = replace(predictor, blend=Blend("drift", 0.0))
    scores = backtest("lstm", alone, panel, plan).plain()
    assert scores["lstm"]["mae"] == pytest.approx(scores["drift"]["mae"])
    found = predict(predictor, panel, plan.ends(panel), 4).point[0, :, :, 0]
    actual = np.stack([wave()[end + 1 : end + 5] for end in plan.ends(panel)[0]])
    assert backtest("lstm", predictor, panel, plan).plain()["lstm"]["mae"] == pytest.approx(
        np.abs(found - actual).mean()
    )
