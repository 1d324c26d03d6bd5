"""Any finite numbers, of any magnitude, give finite forecasts."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from rnncast import api
from rnncast.errors import DataError

TINY = {"model": "lstm", "horizon": 3, "context_length": 12, "hidden_size": 3, "num_layers": 1, "max_steps": 2,
        "batch_size": 8, "ensemble": 1, "test": 3}  # fmt: skip
STEPS = 40
WAVE = np.sin(np.arange(STEPS)).round(6)
SHAPES = {
    "wave": WAVE,
    "counts": np.arange(STEPS) % 5.0,
    "constant": np.ones(STEPS),
    "nearly constant": 1 + 1e-12 * WAVE,
    "one jump": np.where(np.arange(STEPS) < STEPS - 1, 0.0, 1.0),
    "first far": np.where(np.arange(STEPS) > 0, 1e-9, 1.0),
    "both signs": np.where(np.arange(STEPS) % 2, 1.0, -1.0),
}
magnitudes = st.integers(-300, 299)


def assert_sound(forecast: pd.DataFrame) -> None:
    """Check that all is finite and that intervals hold what they should."""
    values = forecast[["lo-95", "lo-80", "forecast", "hi-80", "hi-95"]].to_numpy()
    assert np.isfinite(values).all()
    assert (np.diff(values, axis=1) >= 0).all()


@settings(max_examples=12)
@given(shape=st.sampled_from(sorted(SHAPES)), exponent=magnitudes, sign=st.sampled_from([1.0, -1.0]))
@example("constant", -300, 1.0)
@example("wave", 299, -1.0)
@example("one jump", 299, 1.0)
def test_the_embedded_model_forecasts_any_magnitude(shape: str, exponent: int, sign: float) -> None:
    table = pd.DataFrame({"y": sign * SHAPES[shape] * 10.0**exponent})
    assert_sound(api.untrained(table, horizon=3).predict())


@settings(max_examples=6)
@given(shape=st.sampled_from(sorted(SHAPES)), exponent=magnitudes)
@example("counts", 299)
@example("first far", -300)
def test_a_fitted_network_forecasts_any_magnitude(shape: str, exponent: int) -> None:
    assert_sound(api.train(pd.DataFrame({"y": SHAPES[shape] * 10.0**exponent}), **TINY).predict())


@pytest.mark.parametrize("exponent", [-300, -100, 39, 200, 299])
@pytest.mark.parametrize("shape", ["wave", "one jump"])
def test_a_covariate_may_have_any_magnitude(shape: str, exponent: int) -> None:
    table = pd.DataFrame({"y": WAVE, "p": SHAPES[shape] * 10.0**exponent})
    assert_sound(api.train(table, target=("y",), past_covariates=("p",), **TINY).predict())


def test_a_variation_of_one_at_a_level_of_1e15_is_not_lost() -> None:
    steps = np.arange(60)
    low = pd.DataFrame({"y": (steps % 12).astype(float)})
    high = pd.DataFrame({"y": 1e15 + steps % 12})
    found, expected = (
        api.untrained(table, horizon=12, season_length=(12,)).predict()["forecast"] for table in (high, low)
    )
    np.testing.assert_allclose(found - 1e15, expected, atol=0.3)


@pytest.mark.parametrize("value", ["1.1e300", "-1e305"])
def test_a_number_whose_differences_are_no_numbers_is_refused(value: str) -> None:
    table = pd.DataFrame({"y": [1.0] * 20 + [float(value)] + [1.0] * 9})
    with pytest.raises(DataError, match=r"row 21, column 'y': '-?1.*' is a number beyond 1e300"):
        api.untrained(table)
