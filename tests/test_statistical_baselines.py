import sys
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from rnncast import registry
from rnncast.baselines import forecast_baseline
from rnncast.errors import DeviceError
from rnncast.panel import FloatArray
from tests.making import panel_of

NAMES = sorted(registry.STATS_BASELINES)
needs_library = pytest.mark.skipif(find_spec("statsforecast") is None, reason="the extra 'stats' is not installed")


class Counting:
    """Stands for a method of the library: forecasts the last value and the number of the step, above it."""

    def __init__(self, season_length: int | list[int]) -> None:
        self.season_length = season_length

    def forecast(self, y: FloatArray, h: int) -> dict[str, FloatArray]:
        """Forecast `h` steps, or fail as the library's methods do."""
        if len(y) < 4:
            raise NotImplementedError("tiny datasets")
        if y[0] == 9:
            return {"mean": np.full(h, np.nan)}
        return {"mean": y[-1] + np.arange(1, h + 1)}


@pytest.fixture
def _library(monkeypatch: pytest.MonkeyPatch) -> None:
    """Put a library in the place of statsforecast."""
    models = ModuleType("statsforecast.models")
    for name in ("AutoETS", "AutoTheta", "AutoARIMA", "MSTL"):
        setattr(models, name, Counting)
    monkeypatch.setitem(sys.modules, "statsforecast", ModuleType("statsforecast"))
    monkeypatch.setitem(sys.modules, "statsforecast.models", models)


@pytest.mark.usefixtures("_library")
@pytest.mark.parametrize("name", NAMES)
def test_a_method_reads_each_history_in_the_units_of_the_data(name: str) -> None:
    panel = panel_of([[[1, 10], [2, 20], [3, 30], [1000, 40], [5, 50]], [[1, 1]] * 6], seasons=(2,))
    found = forecast_baseline(name, panel, 3)
    assert found[0].tolist() == [[6, 51], [7, 52], [8, 53]]
    assert found[1].tolist() == [[2, 2], [3, 3], [4, 4]]


@pytest.mark.usefixtures("_library")
def test_a_method_forecasts_on_from_the_last_value_that_was_seen() -> None:
    panel = panel_of([[1.0, 2, 3, 4, 5, np.nan, np.nan]])
    assert forecast_baseline("auto-ets", panel, 2)[0, :, 0].tolist() == [5 + 3, 5 + 4]


@pytest.mark.usefixtures("_library")
@pytest.mark.parametrize("name", NAMES)
def test_where_a_method_fails_the_seasonal_naive_stands_in_its_place(name: str) -> None:
    panel = panel_of([[1.0, 2], [1.0, 2, 3, 4, 5], [9.0, 1, 2, 3, 4]], seasons=(2,))
    naive = forecast_baseline("seasonal-naive", panel, 3)
    found = forecast_baseline(name, panel, 3)
    np.testing.assert_array_equal(found[[0, 2]], naive[[0, 2]])
    assert found[1, :, 0].tolist() == [6, 7, 8]


def test_a_library_that_is_missing_is_told_with_the_way_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "statsforecast", None)
    with pytest.raises(DeviceError, match="'statsforecast', which is not installed") as caught:
        forecast_baseline("auto-ets", panel_of([[1.0, 2, 3]]), 1)
    assert "pip install 'rnncast[stats]'" in caught.value.hint
    assert "pandas" in caught.value.hint


def test_a_library_that_does_not_fit_is_told_with_what_it_stands_beside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "statsforecast").mkdir()
    (tmp_path / "statsforecast" / "__init__.py").write_text("raise AttributeError('pandas has no Panel')")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "statsforecast", raising=False)
    monkeypatch.delitem(sys.modules, "statsforecast.models", raising=False)
    with pytest.raises(DeviceError, match=r"cannot be loaded beside pandas .* and numpy .*: pandas has no Panel"):
        forecast_baseline("mstl", panel_of([[1.0, 2, 3]]), 1)


def test_the_slow_ones_are_no_part_of_what_is_made_by_default() -> None:
    assert registry.BASELINES.keys().isdisjoint(registry.STATS_BASELINES)
    assert registry.ANCHORS.keys().isdisjoint(registry.STATS_BASELINES)


@needs_library
@pytest.mark.parametrize("name", NAMES)
def test_the_methods_follow_trend_and_season(name: str) -> None:
    step = np.arange(96)
    whole = 100 + 0.5 * step + 10 * np.sin(np.pi * step / 6) + np.random.default_rng(0).normal(size=96)
    found = forecast_baseline(name, panel_of([whole[:84]], seasons=(12,)), 12)[0, :, 0]
    assert np.abs(found - whole[84:]).mean() < 2


@needs_library
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("season", [1, 12])
def test_the_methods_forecast_every_series_however_short(name: str, season: int) -> None:
    found = forecast_baseline(name, panel_of([[1.0], [3.0, 3.0], [2.0, 5, 1], [4.0] * 30], seasons=(season,)), 5)
    assert found.shape == (4, 5, 1)
    assert np.isfinite(found).all()
    np.testing.assert_allclose(found[3], 4)
