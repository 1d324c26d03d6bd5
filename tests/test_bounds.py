import math
from dataclasses import replace
from pathlib import Path
from statistics import NormalDist

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import rnncast
from rnncast.bounds import Bounds
from rnncast.config import DECILES, Config
from rnncast.errors import CheckpointError, UsageError
from rnncast.intervals import interval
from rnncast.panel import Forecast
from rnncast.rendering import views
from tests.making import panel_of

TINY = {"model": "lstm", "max_steps": 3, "ensemble": 1, "hidden_size": 4, "context_length": 24, "horizon": 4}

numbers = st.floats(-1e6, 1e6)
ends = st.one_of(st.none(), st.floats(-100, 100))


def bounds_of(minimum: float | None, maximum: float | None, integer: bool) -> Bounds:
    """Return bounds between which there is at least one whole number."""
    if minimum is not None and maximum is not None:
        minimum, maximum = min(minimum, maximum), max(minimum, maximum) + 1
    return Bounds(minimum=minimum, maximum=maximum, integer=integer)


@given(values=st.lists(numbers, min_size=1, max_size=20), minimum=ends, maximum=ends, integer=st.booleans())
def test_kept_values_lie_within_the_bounds_in_their_old_order(
    values: list[float], minimum: float | None, maximum: float | None, integer: bool
) -> None:
    bounds = bounds_of(minimum, maximum, integer)
    kept = bounds.keep(np.sort(values))
    assert (np.diff(kept) >= 0).all()
    assert bounds.minimum is None or kept.min() >= bounds.minimum
    assert bounds.maximum is None or kept.max() <= bounds.maximum
    assert not integer or (kept == kept.round()).all()
    assert bounds.broken_by(kept) == 0


@pytest.mark.parametrize(
    ("bounds", "expected"),
    [
        (Bounds(), [-2.6, -0.4, 0.5, 1.5, 7.25]),
        (Bounds(minimum=-1), [-1, -0.4, 0.5, 1.5, 7.25]),
        (Bounds(maximum=1.25), [-2.6, -0.4, 0.5, 1.25, 1.25]),
        (Bounds(integer=True), [-3, 0, 0, 2, 7]),
        (Bounds(minimum=-1e300, maximum=1e300, integer=True), [-3, 0, 0, 2, 7]),
        (Bounds(minimum=-1.5, maximum=6.5, integer=True), [-1, 0, 0, 2, 6]),
    ],
    ids=str,
)
def test_values_are_clipped_and_rounded(bounds: Bounds, expected: list[float]) -> None:
    kept = bounds.keep(np.array([-2.6, -0.4, 0.5, 1.5, 7.25]))
    assert kept.tolist() == expected
    assert not np.signbit(kept[kept == 0]).any()


@pytest.mark.parametrize("wrong", [(3.0, 2.0, None), (0.2, 0.8, True), (math.inf, None, None), (None, math.nan, None)])
def test_bounds_that_leave_nothing_are_refused(wrong: tuple[float | None, float | None, bool | None]) -> None:
    minimum, maximum, integer = wrong
    with pytest.raises(UsageError):
        Bounds(minimum=minimum, maximum=maximum, integer=integer)


@given(
    quantiles=st.lists(numbers, min_size=9, max_size=9),
    level=st.integers(1, 99),
    minimum=ends,
    maximum=ends,
    integer=st.booleans(),
)
def test_intervals_keep_the_bounds_and_the_point_lies_in_them(
    quantiles: list[float], level: int, minimum: float | None, maximum: float | None, integer: bool
) -> None:
    bounds = bounds_of(minimum, maximum, integer)
    values = bounds.keep(np.sort(quantiles).reshape(1, 1, 1, 9))
    panel = panel_of([[-1.0, 1.0]])
    lower, upper = interval(Forecast(values[..., 4], values, DECILES, panel.start, panel, bounds), level)
    assert lower.item() <= values[0, 0, 0, 4] <= upper.item()
    assert bounds.broken_by(lower) == bounds.broken_by(upper) == 0


@pytest.mark.parametrize(
    ("history", "minimum", "lowest"), [([0.0, 3.0], None, 0), ([-1.0, 3.0], None, -15.6), ([0.0, 3.0], -9.0, -9)]
)
def test_tails_beyond_the_learned_levels_stay_above_zero_as_the_quantiles_do(
    history: list[float], minimum: float | None, lowest: float
) -> None:
    panel, normal = panel_of([history]), NormalDist(4, 10)
    quantiles = np.array([normal.inv_cdf(q) for q in (0.4, 0.5, 0.6)]).reshape(1, 1, 1, 3)
    forecast = Forecast(quantiles[..., 1], quantiles, (0.4, 0.5, 0.6), panel.start, panel, Bounds(minimum=minimum))
    assert interval(forecast, 95)[0].item() == pytest.approx(lowest, abs=0.01)


@pytest.mark.parametrize(
    ("bounds", "note"),
    [
        (Bounds(), []),
        (Bounds(minimum=-1, maximum=9, integer=False), []),
        (Bounds(minimum=0), ["1 of 5 values are not numbers of at least 0, as every forecast is."]),
        (Bounds(maximum=1.5), ["2 of 5 values are not numbers of at most 1.5, as every forecast is."]),
        (
            Bounds(minimum=0, maximum=2, integer=True),
            ["3 of 5 values are not whole numbers from 0 to 2, as every forecast is."],
        ),
    ],
    ids=str,
)
def test_a_history_beyond_the_bounds_is_told_in_one_sentence(bounds: Bounds, note: list[str]) -> None:
    panel = panel_of([[-1, 0, 2.5], [np.nan, 1, 9, 99]])
    assert views.broken_bounds(panel.truncated(np.array([3, 3])), bounds) == note


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    days = pd.date_range("2024-01-01", periods=70)
    return pd.DataFrame({"day": days, "sold": 10 + 4 * np.sin(np.arange(70)) + np.arange(70) % 3})


@pytest.fixture(scope="module")
def forecaster(frame: pd.DataFrame) -> rnncast.Forecaster:
    return rnncast.train(frame, minimum=9, maximum=12.5, integer=True, **TINY)


def columns_of(table: pd.DataFrame) -> np.ndarray:
    return table[["lo-95", "lo-80", "forecast", "hi-80", "hi-95"]].to_numpy()


def test_a_forecaster_keeps_the_bounds_of_its_training(forecaster: rnncast.Forecaster) -> None:
    values = columns_of(forecaster.predict(horizon=10))
    assert values.dtype == np.int64
    assert set(values.ravel()) <= {9, 10, 11, 12}
    assert (np.diff(values, axis=1) >= 0).all()


def test_bounds_of_a_forecast_stand_in_for_those_of_the_training(forecaster: rnncast.Forecaster) -> None:
    free = columns_of(forecaster.predict(minimum=-1e9, maximum=1e9, integer=False))
    assert free.max() > 12.5
    learned = slice(1, 4)  # beyond the learned levels a tail is extended from what the bounds left
    np.testing.assert_array_equal(columns_of(forecaster.predict())[:, learned], free[:, learned].round().clip(9, 12))
    np.testing.assert_array_equal(forecaster.forecast(minimum=11).point, forecaster.forecast().point.clip(11))
    with pytest.raises(UsageError, match=r"between a minimum of 13 and a maximum of 12\.5"):
        forecaster.predict(minimum=13)


def test_a_backtest_keeps_the_bounds_too(forecaster: rnncast.Forecaster, frame: pd.DataFrame) -> None:
    error = forecaster.evaluate().set_index("model").loc["lstm", "mae"]
    networks = replace(forecaster.checkpoint, final=forecaster.checkpoint.heldout)
    before = rnncast.api.Forecaster(networks).predict(frame[:-4])["forecast"]
    assert set(before) <= {9, 10, 11, 12}
    assert error == pytest.approx(np.abs(frame["sold"][-4:].to_numpy() - before.to_numpy()).mean())


def test_a_checkpoint_remembers_the_bounds(forecaster: rnncast.Forecaster, tmp_path: Path) -> None:
    forecaster.save(tmp_path / "b.safetensors")
    again = rnncast.load(tmp_path / "b.safetensors")
    assert again.checkpoint.config.bounds == Bounds(minimum=9, maximum=12.5, integer=True)
    pd.testing.assert_frame_equal(again.predict(), forecaster.predict())


def test_a_configuration_without_bounds_has_none() -> None:
    stored = {name: section for name, section in Config().to_dict().items() if name != "bounds"}
    assert Config.from_dict(stored).bounds == Bounds()


def test_a_checkpoint_with_impossible_bounds_is_refused(forecaster: rnncast.Forecaster, tmp_path: Path) -> None:
    forecaster.save(tmp_path / "b.safetensors")
    config = forecaster.checkpoint.config
    object.__setattr__(config.bounds, "minimum", 99.0)
    try:
        forecaster.save(tmp_path / "b.safetensors")
    finally:
        object.__setattr__(config.bounds, "minimum", 9)
    with pytest.raises(CheckpointError, match="between a minimum of 99"):
        rnncast.load(tmp_path / "b.safetensors")
