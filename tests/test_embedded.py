import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from rnncast import api, embedded, process, sealed
from rnncast.building import build
from rnncast.columns import Columns
from rnncast.config import Config
from rnncast.embedded import Embedded
from rnncast.errors import CheckpointError, UsageError
from rnncast.forecasting import predict
from rnncast.sealed import Sealed
from rnncast.selection import resolve
from tests.making import panel_of, walk

MOST_BYTES, MOST_WEIGHTS = 6_000_000, 3_000_000
ALONE = {"anchor": "none", "calibrate": False, "transform": "none"}


def model_of(seed: int = 1) -> Embedded:
    generator = np.random.default_rng(seed)
    weights = {"a.weight": generator.normal(size=(3, 4)), "b": generator.normal(size=2)}
    return Embedded({"model": "pretrained", "hidden_size": 3, "quantiles": [0.1, 0.5]}, weights, {"steps": 7})


@pytest.fixture(autouse=True)
def _one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no thread wait for another: the tests share the machine's cores."""
    monkeypatch.setattr(process, "granted_threads", lambda: 1)


@pytest.fixture(scope="module")
def passengers(airline: Path) -> pd.DataFrame:
    return pd.read_csv(airline)


@pytest.fixture(scope="module")
def forecaster(passengers: pd.DataFrame) -> api.Forecaster:
    return api.untrained(passengers)


def test_a_file_gives_back_what_was_saved_in_half_precision(tmp_path: Path) -> None:
    path, model = str(tmp_path / "m.safetensors"), model_of()
    embedded.save(path, model)
    loaded = embedded.load(path)
    assert (loaded.settings, loaded.report) == (model.settings, model.report)
    assert set(loaded.weights) == set(model.weights)
    for name, weight in model.weights.items():
        assert loaded.weights[name].dtype == np.float32
        np.testing.assert_array_equal(loaded.weights[name], weight.astype(np.float16))


def test_the_same_model_is_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one", "other"):
        embedded.save(str(tmp_path / name), model_of())
    assert (tmp_path / "one").read_bytes() == (tmp_path / "other").read_bytes()


@pytest.mark.parametrize("place", [0.3, 0.6, 0.99])
def test_a_changed_bit_is_noticed(tmp_path: Path, place: float) -> None:
    path = tmp_path / "m.safetensors"
    embedded.save(str(path), model_of())
    data = bytearray(path.read_bytes())
    data[int(place * len(data))] ^= 1
    path.write_bytes(data)
    with pytest.raises(CheckpointError):
        embedded.load(str(path))


def test_a_newer_version_is_refused(tmp_path: Path) -> None:
    path = str(tmp_path / "m.safetensors")
    sealed.write(path, Sealed({"format_version": embedded.FORMAT_VERSION + 1, "settings": {}}, {}))
    with pytest.raises(CheckpointError) as failure:
        embedded.load(path)
    assert "written by a newer rnncast" in failure.value.hint


@pytest.mark.parametrize("header", [{}, {"settings": "many"}])
def test_another_sealed_file_is_no_embedded_model(tmp_path: Path, header: dict[str, object]) -> None:
    path = str(tmp_path / "m.safetensors")
    sealed.write(path, Sealed({"format_version": 1, **header}, {}))
    with pytest.raises(CheckpointError, match="is no embedded model"):
        embedded.load(path)


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="there is no"):
        embedded.load(str(tmp_path / "missing.safetensors"))


def test_the_package_has_a_small_and_sound_model_of_its_own() -> None:
    assert os.path.getsize(embedded.PATH) <= MOST_BYTES
    weights = embedded.load().weights
    assert sum(weight.size for weight in weights.values()) <= MOST_WEIGHTS
    assert all(np.isfinite(weight).all() for weight in weights.values())


def test_its_settings_build_the_network_that_its_weights_fit() -> None:
    panel = panel_of([walk(60)])
    (config,) = resolve(Config.of({"model": embedded.MODEL}), panel)
    network = build(config, Columns.of(panel), panel.ids)
    network.take(embedded.load().weights)
    assert network.num_weights <= MOST_WEIGHTS
    assert set(embedded.needed(config)) == set(embedded.load().settings)


@pytest.mark.parametrize(
    "asked",
    [
        {"hidden_size": 5},
        {"num_layers": 7},
        {"num_lags": 3},
        {"guess_season": 12},
        {"channels": "joint"},
        {"scaling": "series"},
        {"residual": False},
        {"skip": False},
        {"attention": True},
        {"option": ("cell=mingru",)},
        {"loss": "mae"},
        {"quantiles": (0.2, 0.5, 0.8)},
    ],
    ids=str,
)
def test_a_setting_that_needs_other_weights_is_refused(asked: dict[str, object]) -> None:
    (name,) = asked
    with pytest.raises(UsageError, match=f"{name} is .*, and the embedded model's weights were fitted with"):
        api.untrained(pd.DataFrame({"y": walk(40)[:, 0]}), **asked)
    assert not embedded.suits(Config.of(asked))


def test_settings_that_are_the_weights_own_or_do_not_touch_them_are_taken() -> None:
    own = embedded.load().settings["hidden_size"]
    asked = Config.of({"hidden_size": own, "horizon": 5, "context_length": 50, "season_length": (7,), "minimum": 0.0})
    assert embedded.suits(asked)
    assert embedded.applied(asked).model.hidden_size == own


@pytest.mark.parametrize(("model", "start"), [("lstm", "default"), (None, "small")])
def test_what_is_not_the_embedded_model_is_no_start(model: str | None, start: str) -> None:
    asked = {} if model is None else {"model": model}
    with pytest.raises(UsageError, match=r"the embedded model is no lstm|there is no model 'small'"):
        api.train(pd.DataFrame({"y": walk(40)[:, 0]}), start=start, **asked)


def test_the_last_year_of_passengers_is_forecast_much_better_than_by_the_year_before(passengers: pd.DataFrame) -> None:
    scores = api.untrained_before(passengers, 1, None).backtest(passengers, windows=1).plain()
    assert next(iter(scores)) == embedded.MODEL
    assert scores[embedded.MODEL]["mase"] < 0.75 * scores["seasonal-naive"]["mase"]


def test_it_is_measured_from_five_origins_that_it_knows_nothing_of(passengers: pd.DataFrame) -> None:
    measured = api.untrained_before(passengers, None, None)
    scores = measured.backtest(passengers)
    assert (scores.plan.windows, scores.plan.stride, scores.plan.horizon) == (5, 12, 12)
    assert scores.plan.first.tolist() == [144 - 60 - 1]
    assert measured.checkpoint.held_out.tolist() == [60]


SHAPES: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "line": lambda t: 10 + 2 * t,
    "falling line": lambda t: 500 - 7 * t,
    "sine": lambda t: 50 + 10 * np.sin(2 * np.pi * t / 12),
    "sine of a week": lambda t: 50 + 10 * np.sin(2 * np.pi * t / 7),
    "constant": lambda t: np.full(len(t), 50.0),
    "zero": lambda t: np.zeros(len(t)),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_a_simple_shape_is_forecast_as_well_as_by_the_best_baseline(shape: str) -> None:
    values = SHAPES[shape](np.arange(60.0)).round(8)
    table = pd.DataFrame({"y": values})
    scores = api.untrained_before(table, 1, None).backtest(table, windows=1).plain()
    unit = max(np.abs(np.diff(values)).mean(), 1e-9) if np.ptp(values) else 1.0  # the seasonal naive has no error
    errors = {name: max(row["mae"] / unit, 0.01) for name, row in scores.items()}
    mine = errors.pop(embedded.MODEL)
    assert mine <= 1.05 * min(errors.values())


@pytest.mark.parametrize("horizon", [1, 18, 100])
def test_any_horizon_is_forecast_with_intervals_that_rise(passengers: pd.DataFrame, horizon: int) -> None:
    found = api.untrained(passengers, horizon=horizon).predict(levels=(50, 95))
    assert len(found) == horizon
    assert (np.diff(found[["lo-95", "lo-50", "forecast", "hi-50", "hi-95"]].to_numpy(), axis=1) >= 0).all()
    assert found["forecast"].between(0, 5 * passengers["passengers"].max()).all()


@pytest.mark.parametrize("length", range(4, 13))
def test_very_short_series_are_forecast(length: int) -> None:
    values = 5 + walk(length)[:, 0]
    found = api.untrained(pd.DataFrame({"y": values}), horizon=4).predict()
    assert np.isfinite(found.iloc[:, 1:].to_numpy()).all()
    assert found["forecast"].between(values.min() - 4 * np.ptp(values), values.max() + 4 * np.ptp(values)).all()


def shops(*columns: np.ndarray) -> pd.DataFrame:
    """Return series of any lengths as a long table of days."""
    parts = [
        pd.DataFrame({"shop": f"s{number}", "day": pd.date_range("2024-01-01", periods=len(values)), "sold": values})
        for number, values in enumerate(columns)
    ]
    return pd.concat(parts, ignore_index=True)


def test_a_series_beside_others_is_forecast_as_if_it_were_alone() -> None:
    columns = [20 + walk(length, seed=length)[:, 0] for length in (30, 90)]
    together = api.untrained(shops(*columns), horizon=6, **ALONE).forecast()
    for number, values in enumerate(columns):
        alone = api.untrained(shops(values), horizon=6, **ALONE).forecast()
        np.testing.assert_allclose(together.quantiles[number], alone.quantiles[0], rtol=1e-4)


def test_several_targets_are_forecast_each_by_itself() -> None:
    table = pd.DataFrame({"a": 20 + walk(40)[:, 0], "b": 300 + walk(40, seed=1)[:, 0]})
    together = api.untrained(table, horizon=4, **ALONE).forecast().point[0]
    for place, name in enumerate(table):
        alone = api.untrained(table[[name]], horizon=4, **ALONE).forecast().point[0, :, 0]
        np.testing.assert_allclose(together[:, place], alone, rtol=1e-5)


def test_missing_values_are_passed_over(passengers: pd.DataFrame) -> None:
    holes = passengers.astype({"passengers": float})
    holes.loc[[20, 21, 22, 60, 100], "passengers"] = np.nan
    found, whole = (api.untrained(table).forecast().point for table in (holes, passengers))
    assert np.isfinite(found).all()
    np.testing.assert_allclose(found, whole, rtol=0.1)


def test_constants_are_forecast_as_they_are() -> None:
    levels = [0.0, 7.0, -3.0, 1e6]
    found = api.untrained(shops(*(np.full(30, level) for level in levels)), horizon=5).forecast()
    for number, level in enumerate(levels):
        np.testing.assert_allclose(found.point[number], level, rtol=1e-3, atol=1e-6)


def test_the_same_data_give_the_same_bytes(
    passengers: pd.DataFrame, forecaster: api.Forecaster, tmp_path: Path
) -> None:
    forecaster.save(tmp_path / "one")
    api.untrained(passengers).save(tmp_path / "other")
    assert (tmp_path / "one").read_bytes() == (tmp_path / "other").read_bytes()


def test_a_checkpoint_of_it_forecasts_what_it_does(forecaster: api.Forecaster, tmp_path: Path) -> None:
    forecaster.save(tmp_path / "one.safetensors")
    again = api.load(tmp_path / "one.safetensors")
    assert again.checkpoint.config.model.model == embedded.MODEL
    assert np.array_equal(again.forecast().quantiles, forecaster.forecast().quantiles)


@pytest.mark.parametrize("windows", [1, 3])
def test_nothing_after_an_origin_reaches_its_forecast(passengers: pd.DataFrame, windows: int) -> None:
    first = len(passengers) - 12 * windows
    changed = passengers.copy()
    changed.loc[first:, "passengers"] = 9 * changed.loc[first:, "passengers"] - 2000
    found = []
    for table in (passengers, changed):
        measured = api.untrained_before(table, windows, None)
        panel = measured.read(table).panel
        predicted = predict(measured.predictor("heldout", 1), panel, np.array([[first - 1]]), 12)
        found.append((measured.checkpoint.config, measured.checkpoint.blend, predicted))
    (config, blend, before), (other_config, other_blend, after) = found
    assert (config, blend) == (other_config, other_blend)
    assert np.array_equal(before.point, after.point)
    assert np.array_equal(before.quantiles, after.quantiles)


def test_covariates_change_nothing() -> None:
    table = pd.DataFrame({"y": 20 + walk(50)[:, 0], "heat": walk(50, seed=1)[:, 0]})
    with_heat = api.untrained(table, target=("y",), past_covariates=("heat",), horizon=4).forecast()
    assert np.array_equal(with_heat.quantiles, api.untrained(table[["y"]], horizon=4).forecast().quantiles)


def test_fine_tuning_begins_with_its_weights_and_changes_them() -> None:
    table = pd.DataFrame({"y": 20 + walk(40)[:, 0]})
    tuned = api.train(table, start="default", horizon=4, max_steps=1, batch_size=8, validation=0, test=0).checkpoint
    assert tuned.config.model.model == embedded.MODEL
    began = embedded.load().weights
    moved = np.concatenate([abs(value - began[name]).ravel() for name, value in tuned.final[0].items()])
    assert 0 < moved.max() < 0.01
