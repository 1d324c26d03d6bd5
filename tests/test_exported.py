"""An exported model forecasts what the checkpoint does from which it was made."""

import importlib
import sys
from pathlib import Path

import numpy as np
import pytest

from rnncast import api, exported
from rnncast.errors import DataError, DeviceError, UsageError
from rnncast.exported import Exported

pytest.importorskip("onnxruntime", reason="it needs the extra 'export'")
FIXTURES = Path(__file__).parent / "fixtures"
MODEL, CHECKPOINT = FIXTURES / "exported-1.onnx", FIXTURES / "version-2.safetensors"


@pytest.fixture(scope="module")
def model() -> Exported:
    return exported.load(str(MODEL))


@pytest.mark.parametrize("rows", [144, 60, 30])
def test_it_forecasts_what_the_checkpoint_does(model: Exported, airline: Path, tmp_path: Path, rows: int) -> None:
    path = tmp_path / "part.csv"
    path.write_text("".join(airline.read_text().splitlines(keepends=True)[: rows + 1]))
    expected = api.load(CHECKPOINT).forecast(str(path))
    found = next(model.forecasts(model.read([str(path)])))
    np.testing.assert_allclose(found.point, expected.point, rtol=1e-5)
    np.testing.assert_allclose(found.quantiles, expected.quantiles, rtol=1e-5)
    assert found.quantile_levels == expected.quantile_levels
    assert found.first == expected.first


def test_fewer_steps_are_the_first_ones(model: Exported, airline: Path) -> None:
    reading = model.read([str(airline)])
    whole, part = (next(model.forecasts(reading, steps)) for steps in (None, 5))
    assert part.horizon == 5
    np.testing.assert_array_equal(part.point, whole.point[:, :5])


def test_more_steps_are_refused_with_the_remedy(model: Exported, airline: Path) -> None:
    with pytest.raises(UsageError, match="12 steps, not 13") as caught:
        model.forecasts(model.read([str(airline)]), 13)
    assert "--horizon 13" in caught.value.hint


def test_other_bounds_are_refused(model: Exported, airline: Path) -> None:
    with pytest.raises(UsageError, match="bounds of its own"):
        model.forecasts(model.read([str(airline)]), minimum=0.0)


def test_other_columns_are_refused(model: Exported, tmp_path: Path) -> None:
    path = tmp_path / "other.csv"
    path.write_text("month,sales\n2024-01,1\n2024-02,2\n2024-03,3\n")
    with pytest.raises(DataError, match="passengers"):
        model.read([str(path)])


@pytest.mark.parametrize("library", ["onnx", "onnxruntime"])
def test_without_the_extra_the_remedy_is_told(library: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, library, None)
    importlib.invalidate_caches()
    with pytest.raises(DeviceError, match="extra") as caught:
        exported.load(str(MODEL))
    assert "rnncast[export]" in caught.value.hint
