"""The adapter keeps sktime's contract by sktime's own tests, and forecasts what rnncast forecasts.

sktime asks for an older pandas than is tested elsewhere, so these tests run in an environment of its own:
`pip install -e .[sktime] pytest && pytest tests/test_sktime.py -m ''`; they are left out where it is missing.
"""

import subprocess
import sys
from importlib.util import find_spec
from typing import Any

import numpy as np
import pandas as pd
import pytest

import rnncast

HAS_SKTIME = find_spec("sktime") is not None
needs_sktime = pytest.mark.skipif(not HAS_SKTIME, reason="sktime is not installed: pip install 'rnncast[sktime]'")
pytestmark = pytest.mark.filterwarnings("default")  # those of sktime and of what it stands on are not ours

TINY: dict[str, Any] = {"model": "lstm", "hidden_size": 4, "context_length": 8, "max_steps": 2}
ONE = {"ensemble": 1}


def series(count: int, **starts: str) -> pd.DataFrame:
    """Return a panel of as many days for each name, from its own start on, in sktime's form."""
    parts = {
        name: pd.DataFrame({"y": np.arange(count) % 7 + 1.0}, pd.date_range(start, periods=count, name="day"))
        for name, start in starts.items()
    }
    return pd.concat(parts, names=["shop"])


def forecaster(**settings: Any) -> Any:
    from rnncast.sktime import RnncastForecaster

    return RnncastForecaster(**TINY, settings=ONE | settings)


@pytest.mark.skipif(HAS_SKTIME, reason="sktime is there")
def test_without_sktime_the_message_says_what_to_install() -> None:
    done = subprocess.run([sys.executable, "-c", "import rnncast.sktime"], capture_output=True, encoding="utf-8")
    assert done.stderr.splitlines()[-1].endswith("rnncast.sktime needs sktime: pip install 'rnncast[sktime]'")


@needs_sktime
@pytest.mark.slow
def test_the_adapter_passes_the_tests_that_sktime_has_for_it() -> None:
    from sktime.utils.estimator_checks import check_estimator

    from rnncast.sktime import RnncastForecaster

    results = check_estimator(RnncastForecaster, verbose=False)
    assert len(results) > 500
    assert {name: result for name, result in results.items() if result != "PASSED"} == {}


@needs_sktime
def test_it_forecasts_what_rnncast_does() -> None:
    y = pd.Series(np.arange(60) % 7 + 1.0, pd.date_range("2024-01-01", periods=60), name="sold")
    own = rnncast.train(pd.DataFrame({"time": y.index, "y sold": y.to_numpy()}), horizon=5, **TINY, **ONE)
    found, expected = forecaster().fit(y, fh=[1, 3, 5]), own.predict(levels=(80,)).iloc[[0, 2, 4]]
    np.testing.assert_array_equal(found.predict(), expected["forecast"])
    assert found.predict().index.tolist() == expected["time"].tolist()
    ends = found.predict_interval(coverage=0.8)["sold"][0.8]
    np.testing.assert_allclose(ends, expected[["lo-80", "hi-80"]], rtol=1e-12)


@needs_sktime
def test_series_of_a_panel_that_end_at_other_times_are_forecast_for_the_same_days() -> None:
    y = series(40, long="2024-01-03", short="2024-01-01")
    found = forecaster().fit(y, fh=[1, 2]).predict()
    days = pd.date_range("2024-02-12", periods=2)
    assert found.index.tolist() == [(shop, day) for shop in ("long", "short") for day in days]


@needs_sktime
def test_covariates_ahead_are_read_whether_the_past_comes_with_them_or_not() -> None:
    index = pd.date_range("2024-01-01", periods=64)
    ahead = pd.DataFrame({"promo": np.arange(64) % 3 * 1.0}, index)
    y = pd.Series(np.arange(60) % 7 + ahead["promo"].to_numpy()[:60], index[:60])
    fitted = forecaster().fit(y, X=ahead[:60], fh=[1, 2, 3, 4])
    pd.testing.assert_series_equal(fitted.predict(X=ahead), fitted.predict(X=ahead[60:]))
    with pytest.raises(rnncast.RnncastError, match="promo"):
        fitted.predict()


@needs_sktime
def test_an_update_moves_the_origin_and_trains_where_that_is_asked_for() -> None:
    y = pd.Series(np.arange(60) % 7 + 1.0, pd.date_range("2024-01-01", periods=60))
    fitted = forecaster().fit(y[:50], fh=[1])
    weights = fitted.forecaster_
    assert fitted.update(y[50:], update_params=False).forecaster_ is weights
    assert fitted.predict().index[0] == pd.Timestamp("2024-03-01")
    assert fitted.update(y[59:]).forecaster_ is not weights
