"""A checkpoint becomes an ONNX file that says the same, or none at all."""

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from rnncast import api, exported, exporting, registry
from rnncast.bounds import UNBOUNDED
from rnncast.checkpoint import Checkpoint
from rnncast.errors import DeviceError, RunError, UsageError
from rnncast.exporting import Asked
from rnncast.regression import Regression

pytest.importorskip("onnxscript", reason="it needs the extra 'export'")
ASKED = Asked(bounds=UNBOUNDED)
FIXTURES = Path(__file__).parent / "fixtures"


def trained(**settings: object) -> Checkpoint:
    """Return a checkpoint of two series, one with gaps, and covariates."""
    days = pd.date_range("2024-01-01", periods=50)
    parts = [
        pd.DataFrame({"id": name, "ds": days, "y": 20 + 5 * np.sin(np.arange(50) * (n + 1)), "p": np.arange(50.0) % 5})
        for n, name in enumerate("ab")
    ]
    parts[0].loc[[9, 10, 30], "y"] = np.nan
    quick = {"max_steps": 2, "ensemble": 1, "horizon": 3, "context_length": 10, "hidden_size": 4, "anchor": "none"}
    roles = {"id": ("id",), "time": "ds", "target": ("y",), "past_covariates": ("p",)}
    return api.train(pd.concat(parts), **(roles | quick | settings)).checkpoint  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("settings", "words"),
    [({"model": "deepar"}, "deepar"), ({"model": "lstm", "loss": "negative-binomial"}, "negative-binomial")],
)
def test_what_no_graph_is_made_of_is_refused_by_name(settings: dict[str, object], words: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=words):
        exporting.export(str(tmp_path / "m.onnx"), trained(**settings), b"", ASKED)
    assert list(tmp_path.iterdir()) == []


def test_a_regression_is_refused(tmp_path: Path) -> None:
    checkpoint = replace(api.load(FIXTURES / "version-2.safetensors").checkpoint, regression=Regression(((1.0,),)))
    with pytest.raises(UsageError, match="regression"):
        exporting.export(str(tmp_path / "m.onnx"), checkpoint, b"", ASKED)


def test_without_the_extra_the_remedy_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "onnxscript", None)
    checkpoint = api.load(FIXTURES / "version-2.safetensors").checkpoint
    with pytest.raises(DeviceError, match="extra"):
        exporting.export(str(tmp_path / "m.onnx"), checkpoint, b"", ASKED)


def test_a_graph_that_forecasts_something_else_is_not_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    checkpoint = api.load(FIXTURES / "version-2.safetensors").checkpoint
    monkeypatch.setattr(exporting, "_converted", lambda *_: None)
    monkeypatch.setattr(exporting, "_sealed", lambda *_: (FIXTURES / "exported-1.onnx").read_bytes())
    with pytest.raises(RunError, match="differ from torch's"):
        exporting.export(str(tmp_path / "m.onnx"), checkpoint, b"", Asked(bounds=UNBOUNDED, without_anchor=True))
    assert list(tmp_path.iterdir()) == []


def test_a_graph_that_forecasts_no_numbers_is_not_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def run(*_: object) -> tuple[np.ndarray, np.ndarray]:
        return np.full((1, 12, 1), np.nan), np.full((1, 12, 1, 9), np.nan)

    checkpoint = api.load(FIXTURES / "version-2.safetensors").checkpoint
    monkeypatch.setattr(exporting, "_converted", lambda *_: None)
    monkeypatch.setattr(exporting, "_sealed", lambda *_: (FIXTURES / "exported-1.onnx").read_bytes())
    monkeypatch.setattr(exported, "run", run)
    with pytest.raises(RunError, match="nan"):
        exporting.export(str(tmp_path / "m.onnx"), checkpoint, b"", ASKED)


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in registry.MODELS if name not in ("deepar", "pretrained")])
def test_every_model_is_exported_as_torch_forecasts(name: str, tmp_path: Path) -> None:
    path = str(tmp_path / "m.onnx")
    done = exporting.export(path, trained(model=name), b"", ASKED)
    assert done.largest <= exporting.TOLERANCE
    assert exported.load(path).about == done.about
