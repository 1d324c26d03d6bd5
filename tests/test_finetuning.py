import numpy as np
import pandas as pd
import pytest

from rnncast import api
from rnncast.errors import UsageError

TINY = {"model": "lstm", "max_steps": 6, "ensemble": 1, "hidden_size": 4, "context_length": 24, "horizon": 4}


def table(steps: int) -> pd.DataFrame:
    return pd.DataFrame({"y": 5 + np.sin(np.arange(steps)) + np.arange(steps) / 20})


@pytest.fixture(scope="module")
def early() -> api.Forecaster:
    return api.train(table(60), **TINY)


def test_newer_rows_are_learned_with_a_third_of_the_rate_and_half_of_the_steps(early: api.Forecaster) -> None:
    later = api.train(table(80), start=early).checkpoint
    before, after = early.checkpoint.members[0].training, later.members[0].training
    assert after.learning_rate == pytest.approx(before.learning_rate / 3)
    assert after.max_steps == 3
    assert later.config.window == early.checkpoint.config.window


def test_what_is_given_about_training_stands(early: api.Forecaster) -> None:
    after = api.train(table(80), start=early, max_steps=2, learning_rate=0.5).checkpoint.members[0].training
    assert (after.max_steps, after.learning_rate) == (2, 0.5)


def test_the_fit_begins_with_the_checkpoints_weights(early: api.Forecaster) -> None:
    later = api.train(table(80), start=early, learning_rate=1e-30, weight_decay=0.0).checkpoint
    for name, weight in early.checkpoint.final[0].items():
        np.testing.assert_array_equal(later.final[0][name], weight, err_msg=name)


def test_rows_that_are_held_out_were_not_learned_by_the_weights_that_are_measured(early: api.Forecaster) -> None:
    again = api.train(table(60), start=early, learning_rate=1e-30, weight_decay=0.0).checkpoint
    for name, weight in early.checkpoint.heldout[0].items():
        np.testing.assert_array_equal(again.heldout[0][name], weight, err_msg=name)


def test_a_checkpoint_that_knows_all_that_is_to_be_held_out_is_refused(early: api.Forecaster) -> None:
    with pytest.raises(UsageError, match="learned from rows that are to be held out"):
        api.train(table(60), start=early, test=20)


@pytest.mark.parametrize("setting", [{"hidden_size": 5}, {"horizon": 3}, {"loss": "mae"}, {"model": "gru"}])
def test_a_setting_that_needs_other_weights_is_refused(early: api.Forecaster, setting: dict[str, object]) -> None:
    (name,) = setting
    with pytest.raises(UsageError, match=f"{name} is .*, and the checkpoint's weights were fitted with"):
        api.train(table(80), start=early, **setting)


def test_bounds_stay_unless_others_are_given() -> None:
    early = api.train(table(60), **(TINY | {"minimum": 1.0, "integer": True}))
    bounds = api.train(table(80), start=early, minimum=2.0).checkpoint.config.bounds
    assert (bounds.minimum, bounds.maximum, bounds.integer) == (2.0, None, True)


def test_a_model_that_keeps_numbers_of_its_series_is_tuned_on_the_same_alone() -> None:
    def series(*names: str, steps: int = 60) -> pd.DataFrame:
        return pd.concat([table(steps).assign(name=name, step=range(steps)) for name in names])

    roles = {"target": "y", "id": "name", "time": "step"}
    early = api.train(series("a", "b"), **(TINY | roles | {"model": "esrnn"}))
    assert api.train(series("a", "b", steps=80), start=early).checkpoint.panel.num_rows == 160
    with pytest.raises(UsageError, match="esrnn keeps numbers of every series"):
        api.train(series("a", "c", steps=80), start=early)


def test_an_anchored_forecast_begins_the_same_whatever_the_horizon() -> None:
    forecaster = api.train(table(60), **(TINY | {"anchor": "combined"}))
    assert forecaster.checkpoint.blend.share < 1
    whole = forecaster.forecast(horizon=4).point
    assert np.array_equal(forecaster.forecast(horizon=2).point, whole[:, :2])
    assert np.array_equal(forecaster.forecast(horizon=9).point[:, :4], whole)
