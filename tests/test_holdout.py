from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch

from rnncast import api, holdout, selection
from rnncast.blend import ALONE
from rnncast.config import DECILES, Config
from rnncast.forecasting import Predictor, forecast
from rnncast.holdout import Split
from tests.making import panel_of

TINY = {"max_steps": 3, "hidden_size": 4, "context_length": 24, "horizon": 4, "transform": "none", "seed": 3}
STEPS = 80


def frame(held_out: float = 0.0, names: str = "a") -> pd.DataFrame:
    """Return series whose last four values, those that are held out, are `held_out` higher."""
    steps = np.arange(STEPS)
    days = pd.date_range("2024-01-01", periods=STEPS)
    values = 20 + 5 * np.sin(2 * np.pi * steps / 7) + 0.05 * steps + np.cos(steps**2) + held_out * (steps >= STEPS - 4)
    return pd.concat(pd.DataFrame({"id": name, "ds": days, "y": values + n}) for n, name in enumerate(names))


def blended(**settings: Any) -> api.Forecaster:
    """Return what auto makes of two members, for a horizon that is not far."""
    return api.train(frame(), ensemble=2, **TINY | {"context_length": 28, "season_length": 7} | settings)


@pytest.mark.parametrize(
    ("settings", "learned"),
    [
        ({}, [86, 96, 100]),
        ({"validation": 0}, [96, 100]),
        ({"validation": 6}, [90, 96, 100]),
        ({"test": 0}, [90, 100]),
        ({"test": 20, "validation": 4}, [76, 80, 100]),
        ({"test": 0, "validation": 0}, [100]),
    ],
    ids=str,
)
def test_small_data_are_learned_from_without_and_with_what_validates_and_what_measures(
    settings: dict[str, int], learned: list[int]
) -> None:
    panel, config = panel_of([np.arange(100.0)]), Config.of({"horizon": 4} | settings)
    split = Split.of(panel, config, selection.holdout(panel.lengths, config.training.test, 4))
    assert [part.num_rows for part in split.rounds.values()] == learned


def test_of_large_data_what_validates_is_learned_from_last_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(selection, "MEDIUM", 50)
    panel = panel_of([np.arange(100.0)])
    split = Split.of(panel, Config.of({"horizon": 4}), np.array([4]))
    assert [part.num_rows for part in split.rounds.values()] == [86, 100]


def test_validation_forecasts_from_origins_half_a_horizon_apart_up_to_the_rows_held_out() -> None:
    panel = panel_of([np.arange(100.0), np.arange(50.0)])
    split = Split.of(panel, Config.of({"horizon": 4}), np.array([4, 4]))
    assert split.plan is not None
    ends = split.plan.ends(split.before)
    assert ends.tolist() == [[85, 87, 89, 91], [35, 37, 39, 41]]
    assert (ends[:, 0] + 1 == split.learned.lengths).all()
    assert (ends[:, -1] + 1 + 4 == split.before.lengths).all()


@pytest.mark.parametrize("settings", [{"test": 0, "validation": 0}, {"test": 0}, {"validation": 0}], ids=str)
def test_every_row_may_be_learned_from(settings: dict[str, int]) -> None:
    forecaster = api.train(frame(), ensemble=1, **TINY | settings)
    assert ("scores" in forecaster.checkpoint.report) == ("test" not in settings)
    assert (forecaster.checkpoint.blend == ALONE) == ("validation" in settings)
    assert np.isfinite(forecaster.forecast().point).all()


def test_nothing_that_is_measured_has_seen_what_was_held_out() -> None:
    one, other = (api.train(frame(held_out), ensemble=2, **TINY).checkpoint for held_out in (0.0, 50.0))
    assert one.blend == other.blend
    assert one.members == other.members
    for mine, its in zip(one.heldout, other.heldout, strict=True):
        assert all(np.array_equal(mine[name], its[name]) for name in mine)
    assert one.report["scores"] != other.report["scores"]


def test_auto_blends_with_the_combined_baselines_as_wide_as_validation_says() -> None:
    checkpoint = blended().checkpoint
    assert checkpoint.blend.anchor == "combined"
    assert len(checkpoint.blend.widths) == len(DECILES)
    assert checkpoint.config.model.model == "auto"
    assert [member.model.model for member in checkpoint.members] == ["lstm", "gru"]
    said = checkpoint.report["reasons"]
    assert f"Validation gives the networks a share of {checkpoint.blend.share:g} beside combined." in said
    assert f"Intervals of 80% are made {checkpoint.blend.widths[0]:.2f} times as wide." in said


@pytest.mark.parametrize(("settings", "anchor"), [({"anchor": "theta"}, "theta"), ({"anchor": "none"}, None)], ids=str)
def test_without_calibration_intervals_keep_their_width(settings: dict[str, str], anchor: str | None) -> None:
    blend = blended(calibrate=False, **settings).checkpoint.blend
    assert (blend.anchor, blend.widths) == (anchor, ())


@pytest.mark.parametrize("calibrate", [True, False])
def test_without_an_anchor_the_forecast_is_that_of_the_networks_alone(calibrate: bool) -> None:
    forecaster = blended(anchor="none", calibrate=calibrate)
    checkpoint, found = forecaster.checkpoint, forecaster.forecast()
    alone = forecast(Predictor(checkpoint.networks("final", torch.device("cpu")), logarithm=False), checkpoint.panel, 4)
    np.testing.assert_allclose(found.point, alone.point, rtol=1e-6)  # numpy's sums beside torch's
    assert checkpoint.blend.share == 1
    assert np.allclose(found.quantiles, alone.quantiles, rtol=1e-6) is not calibrate


def test_of_many_series_every_kth_is_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    judged: list[list[str]] = []
    original = holdout.judge

    def judge(predictor: Predictor, anchor: str | None, panel: Any, plan: Any) -> Any:
        judged.append(panel.ids[:, 0].tolist())
        return original(predictor, anchor, panel, plan)

    monkeypatch.setattr(holdout, "judge", judge)
    monkeypatch.setattr(holdout, "JUDGED", 12)
    api.train(frame(names="abcdefg"), model="lstm", ensemble=1, **TINY)
    assert judged == [["a", "d", "g"]]


def test_of_more_series_than_are_measured_every_kth_is(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("MANY_SERIES", 5), ("SAMPLED_SERIES", 3)):
        monkeypatch.setattr(holdout, name, value)
    assert "sample" not in api.train(frame(names="abcde"), model="lstm", ensemble=1, **TINY).checkpoint.report
    found = api.train(frame(names="abcdefg"), model="lstm", ensemble=1, **TINY).checkpoint
    assert found.report["sample"] == 3
    assert found.panel.num_series == 7
