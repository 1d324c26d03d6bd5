"""Which computes a forecast: numpy for small work where nothing is named, else torch."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from rnncast import api, engines, light
from rnncast.config import RunConfig
from rnncast.network import Network
from tests.making import walk

TRAINED = {"model": "gru", "horizon": 3, "context_length": 8, "hidden_size": 4, "max_steps": 2, "ensemble": 2}

ASK_FOR_TORCH = """
import sys
sys.argv[0] = "rnncast"
from rnncast.cli import main
try:
    main()
finally:
    print("torch" in sys.modules, file=sys.stderr)
"""


def table(length: int = 40) -> pd.DataFrame:
    return pd.DataFrame({"y": 20 + walk(length)[:, 0]})


@pytest.fixture(scope="module")
def forecaster() -> api.Forecaster:
    return api.train(table(), **TRAINED)


@pytest.fixture(scope="module")
def saved(forecaster: api.Forecaster, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("engines") / "m.safetensors"
    forecaster.save(path)
    return path


def kinds(forecaster: api.Forecaster, windows: int = 1, **run: Any) -> set[type]:
    return {
        type(network)
        for network in api.Forecaster(forecaster.checkpoint, RunConfig(**run)).predictor("final", windows).networks
    }


def test_small_work_is_numpys(forecaster: api.Forecaster) -> None:
    assert kinds(forecaster) == {light.Network}


@pytest.mark.parametrize(
    "run", [{"device": "cpu"}, {"precision": "fp32"}, {"precision": "bf16"}, {"threads": 2}], ids=str
)
def test_what_is_named_is_torchs(forecaster: api.Forecaster, run: dict[str, Any]) -> None:
    assert kinds(forecaster, **run) == {Network}


def test_much_work_is_torchs(forecaster: api.Forecaster) -> None:
    assert kinds(forecaster, windows=10**9) == {Network}


def test_work_counts_every_weight_at_every_step_of_every_window(forecaster: api.Forecaster) -> None:
    kept = forecaster.checkpoint
    weights = sum(array.size for member in kept.final for array in member.values())
    assert engines.work(kept.members, kept.final, 5) == 5 * 8 * weights


@pytest.mark.parametrize("asked", [{"model": "mlp"}, {"model": "lstm", "attention": True}, {"loss": "normal"}], ids=str)
def test_what_numpy_does_not_know_is_torchs(asked: dict[str, Any]) -> None:
    assert kinds(api.train(table(), **TRAINED | {"ensemble": 1} | asked)) == {Network}


def test_both_forecast_the_same(forecaster: api.Forecaster) -> None:
    named = api.Forecaster(forecaster.checkpoint, RunConfig(device="cpu"))
    for horizon in (None, 11):
        one, other = (each.predict(horizon=horizon) for each in (forecaster, named))
        np.testing.assert_allclose(one.iloc[:, 1:].to_numpy(), other.iloc[:, 1:].to_numpy(), rtol=1e-5)


def test_the_embedded_model_says_the_same_of_past_origins_with_both() -> None:
    table = pd.DataFrame({"ds": pd.date_range("2020", periods=70, freq="D"), "y": 20 + walk(70)[:, 0]})
    mine, its = (api.untrained(table, **run) for run in ({}, {"device": "cpu"}))
    assert mine.checkpoint.blend.share == its.checkpoint.blend.share
    np.testing.assert_allclose(mine.checkpoint.blend.widths, its.checkpoint.blend.widths, rtol=1e-5)
    np.testing.assert_allclose(mine.forecast().point, its.forecast().point, rtol=1e-5)
    assert list(mine.checkpoint.versions) == ["rnncast", "numpy", "python"]
    assert list(its.checkpoint.versions) == ["rnncast", "torch", "python"]


def loads_torch(env: dict[str, str], folder: Path, *arguments: str) -> bool:
    done = subprocess.run(
        [sys.executable, "-c", ASK_FOR_TORCH, "-q", *arguments],
        cwd=folder, env=env, capture_output=True, encoding="utf-8", check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stderr.split()[-1] == "True"


def test_a_small_checkpoint_forecasts_without_torch(saved: Path, clean_env: dict[str, str], tmp_path: Path) -> None:
    assert not loads_torch(clean_env, tmp_path, "predict", "-c", str(saved))


@pytest.mark.parametrize("command", ["predict", "evaluate", "train"])
def test_the_embedded_model_forecasts_without_torch(
    command: str, airline: Path, clean_env: dict[str, str], tmp_path: Path
) -> None:
    assert not loads_torch(clean_env, tmp_path, command, str(airline))


def test_a_named_device_is_torchs(saved: Path, clean_env: dict[str, str], tmp_path: Path) -> None:
    assert loads_torch(clean_env, tmp_path, "predict", "-c", str(saved), "--device", "cpu")
