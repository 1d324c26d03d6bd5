import json
import subprocess
import sys
from dataclasses import fields
from pathlib import Path
from typing import Any

import click
import numpy as np
import pandas as pd
import pytest

import rnncast
from rnncast import api, registry
from rnncast.config import Config
from rnncast.errors import UsageError

TINY = {"model": "lstm", "max_steps": 3, "ensemble": 1, "hidden_size": 4, "context_length": 24}
# What only predicting and evaluating can use, or only the command line has.
NOT_SETTINGS = {
    "data", "config", "print_config", "start", "output", "resume", "every", "format_name", "fail_if", "list_models",
    "help", "quiet", "verbose", "no_color",
}  # fmt: skip


@pytest.fixture(scope="module")
def frame(airline: Path) -> pd.DataFrame:
    return pd.read_csv(airline)


@pytest.fixture(scope="module")
def forecaster(frame: pd.DataFrame) -> rnncast.Forecaster:
    return rnncast.train(frame, horizon=12, **TINY)


def setting_names() -> set[str]:
    return {field.name for section in fields(Config) for field in fields(getattr(Config(), section.name))}


def test_the_settings_of_train_are_the_fields_of_the_configuration() -> None:
    assert set(api.Settings.__annotations__) == setting_names()


def test_the_command_line_has_an_option_for_every_setting(commands: dict[str, click.Command]) -> None:
    names = {str(option.name) for option in commands["train"].params}
    assert names - NOT_SETTINGS == setting_names()


def test_importing_the_package_loads_nothing_heavy(clean_env: dict[str, str], tmp_path: Path) -> None:
    code = "import sys, rnncast; print(json.dumps(sorted(sys.modules)))".replace("sys,", "sys, json,", 1)
    done = subprocess.run(
        [sys.executable, "-c", code], env=clean_env, cwd=tmp_path, capture_output=True, encoding="utf-8", check=True
    )
    assert {"torch", "pandas", "numpy", "rich", "click"}.isdisjoint(json.loads(done.stdout))


def test_a_forecaster_predicts_a_data_frame(forecaster: rnncast.Forecaster) -> None:
    found = forecaster.predict(levels=(80,))
    assert list(found.columns) == ["month", "forecast", "lo-80", "hi-80"]
    assert found["month"].tolist() == pd.date_range("1961-01-01", periods=12, freq="MS").tolist()
    assert forecaster.horizon == 12


def test_a_forecaster_evaluates_to_a_data_frame(forecaster: rnncast.Forecaster) -> None:
    found = forecaster.evaluate().set_index("model")
    assert found.index.tolist() == ["lstm", *registry.BASELINES]
    assert found.loc["seasonal-naive", "mase"] == pytest.approx(1.5709, abs=1e-4)
    reported = forecaster.checkpoint.report["scores"]["lstm"]
    assert found.loc["lstm"].to_dict() == pytest.approx({name: reported[name] for name in found.columns})


def test_saving_and_loading_change_nothing(forecaster: rnncast.Forecaster, frame: pd.DataFrame, tmp_path: Path) -> None:
    forecaster.save(tmp_path / "f.safetensors")
    again = rnncast.load(tmp_path / "f.safetensors")
    pd.testing.assert_frame_equal(forecaster.predict(), again.predict())
    pd.testing.assert_frame_equal(forecaster.predict(frame, horizon=30), again.predict(frame, horizon=30))
    pd.testing.assert_frame_equal(forecaster.evaluate(), again.evaluate())


def test_a_path_and_a_data_frame_give_the_same(
    forecaster: rnncast.Forecaster, airline: Path, frame: pd.DataFrame
) -> None:
    for data in (airline, str(airline), [airline], frame, forecaster.read(frame)):
        pd.testing.assert_frame_equal(forecaster.predict(data), forecaster.predict())
    other = rnncast.train(airline, horizon=12, **TINY)
    np.testing.assert_array_equal(other.predict()["forecast"], forecaster.predict()["forecast"])


def test_the_frame_stays_as_it_was(frame: pd.DataFrame) -> None:
    before = frame.copy()
    rnncast.train(frame, horizon=2, **TINY)
    pd.testing.assert_frame_equal(frame, before)


def test_what_goes_wrong_is_one_kind_of_error(frame: pd.DataFrame) -> None:
    with pytest.raises(rnncast.RnncastError, match="no setting called 'horizn'"):
        rnncast.train(frame, horizn=12)  # type: ignore[call-arg]
    with pytest.raises(rnncast.RnncastError, match="there is no column 'sales'"):
        rnncast.train(frame, target=("sales",))
    with pytest.raises(rnncast.RnncastError, match=r"there is no checkpoint no\.safetensors"):
        rnncast.load("no.safetensors")


def test_future_data_may_be_a_data_frame() -> None:
    days = pd.date_range("2024-01-01", periods=50)
    frame = pd.DataFrame({"ds": days, "y": np.arange(50) % 7 + 0.5, "promo": np.arange(50) % 3})
    forecaster = rnncast.train(frame, target=("y",), future_covariates=("promo",), horizon=3, **TINY)
    ahead = pd.DataFrame({"ds": pd.date_range("2024-02-20", periods=3), "promo": [0, 1, 2]})
    expected = forecaster.predict(frame, future=ahead)
    pd.testing.assert_frame_equal(forecaster.predict(future=ahead), expected)
    pd.testing.assert_frame_equal(forecaster.predict(pd.concat([frame, ahead])), expected)


def test_one_name_stands_for_a_list_of_one() -> None:
    assert Config.of({"target": "sales", "season_length": 7}) == Config.of({"target": ["sales"], "season_length": (7,)})


@pytest.mark.parametrize("wrong", [{"horizon": 0}, {"horizon": -3}, {"levels": (100,)}, {"levels": (0,)}])
def test_a_forecast_of_nothing_is_refused(forecaster: rnncast.Forecaster, wrong: dict[str, Any]) -> None:
    with pytest.raises(UsageError):
        forecaster.predict(**wrong)


@pytest.mark.parametrize("wrong", [{"windows": 0}, {"stride": -1}, {"stride": 0}, {"horizon": -1}])
def test_an_evaluation_of_nothing_is_refused(forecaster: rnncast.Forecaster, wrong: dict[str, Any]) -> None:
    with pytest.raises(UsageError):
        forecaster.evaluate(**wrong)
