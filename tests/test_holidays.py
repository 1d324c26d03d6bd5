import sys

import numpy as np
import pandas as pd
import pytest

from rnncast import api, frequency, holidays
from rnncast.config import DataConfig
from rnncast.errors import DataError, DeviceError, UsageError
from rnncast.panel import Panel, TimeAxis
from rnncast.reading import panel_from_frame
from tests.making import panel_of

pytest.importorskip("holidays")

QUICK = {"model": "gru", "max_steps": 2, "ensemble": 1, "hidden_size": 4}


def daily(start: str = "2023-11-01", days: int = 70) -> pd.DataFrame:
    return pd.DataFrame({"ds": pd.date_range(start, periods=days), "y": np.arange(days) % 7.0})


def read(frame: pd.DataFrame, *codes: str) -> Panel:
    return panel_from_frame(frame, DataConfig(holidays=codes)).panel


def test_a_day_off_is_known_with_the_days_beside_it() -> None:
    panel = read(daily(), "US")
    assert panel.future_names == ("holidays:US", "holidays:US:before", "holidays:US:after")
    off, before, after = (np.flatnonzero(column).tolist() for column in panel.future_covariates.T)
    thanksgiving, christmas = 22, 54
    assert {thanksgiving, christmas} <= set(off)
    assert {thanksgiving - 1, christmas - 1} <= set(before)
    assert {thanksgiving + 1, christmas + 1} <= set(after)
    assert set(np.unique(panel.future_covariates)) == {0.0, 1.0}


def test_hours_have_what_their_day_has() -> None:
    frame = pd.DataFrame({"ds": pd.date_range("2023-12-24 22:00", periods=28, freq="h"), "y": np.arange(28.0)})
    off, before, after = read(frame, "US").future_covariates.T
    assert off.tolist() == [0] * 2 + [1] * 24 + [0] * 2
    assert before.tolist() == [1] * 2 + [0] * 26
    assert after.tolist() == [0] * 26 + [1] * 2


@pytest.mark.parametrize(
    ("freq", "first", "days"), [("W-MON", "2023-12-25", 7), ("MS", "2023-12-01", 31), ("ME", "2023-12-31", 31)]
)
def test_longer_steps_have_the_share_of_their_days(freq: str, first: str, days: int) -> None:
    frame = pd.DataFrame({"ds": pd.date_range(first, periods=8, freq=freq), "y": np.arange(8.0)})
    panel = read(frame, "DE")
    assert panel.future_names == ("holidays:DE",)
    assert panel.future_covariates[0, 0] == pytest.approx(2 / days)


def test_parts_of_a_country_and_several_countries_have_columns_of_their_own() -> None:
    panel = read(daily("2024-01-01", 10), "DE", "DE-BY", "us")
    first = panel.future_covariates[:, ::3]
    epiphany = 5
    assert first[epiphany].tolist() == [0, 1, 0]
    assert panel.future_names[::3] == ("holidays:DE", "holidays:DE-BY", "holidays:us")


def test_a_forecast_needs_no_table_of_them_however_far_it_reaches() -> None:
    forecaster = api.train(daily(), horizon=7, holidays=("US",), **QUICK)
    assert len(forecaster.predict(horizon=400)) == 400
    later = daily("2024-02-01", 60)
    assert len(forecaster.predict(later)) == 7
    reading = forecaster.read(later)
    reached = holidays.reaching(reading.panel, ("US",), 20)
    assert reached.future_lengths.tolist() == [80]
    np.testing.assert_array_equal(reached.future_covariates, read(daily("2024-02-01", 80), "US").future_covariates)


def test_other_covariates_are_still_asked_for_and_keep_their_place() -> None:
    frame = daily().assign(price=range(70))
    settings = DataConfig(target=("y",), future_covariates=("price",), holidays=("US",))
    panel = panel_from_frame(frame, settings).panel
    assert panel.future_names == ("price", "holidays:US", "holidays:US:before", "holidays:US:after")
    assert holidays.reaching(panel, ("US",), 5) is panel
    assert holidays.without(panel).future_names == ("price",)
    forecaster = api.train(frame, target=("y",), future_covariates=("price",), holidays=("US",), horizon=7, **QUICK)
    with pytest.raises(DataError, match="has no price at 2024-01-10") as error:
        forecaster.predict()
    assert "holidays:" not in str(error.value)
    ahead = pd.DataFrame({"ds": pd.date_range("2024-01-10", periods=7), "price": 1.0})
    assert len(forecaster.predict(future=ahead)) == 7


def test_series_of_other_lengths_and_starts_have_their_own_days() -> None:
    time = TimeAxis(name="day", freq="D", anchor="1970-01-01")
    panel = holidays.added(panel_of([np.arange(3), np.arange(5)], time=time), ("US",))
    assert panel.future_offsets.tolist() == [0, 3]
    assert panel.future_covariates[:, 0].tolist() == [1, 0, 0, 1, 0, 0, 0, 0]  # New Year's Day 1970, twice


@pytest.mark.parametrize(
    ("code", "message", "hint"),
    [
        ("Germany", "no calendar of holidays for 'Germany'", "Did you mean 'DE'?"),
        ("XX", "no calendar of holidays for 'XX'", "Countries have two letters"),
        ("DE-XX", "no part 'XX' of DE", "BY"),
    ],
)
def test_an_unknown_country_is_told(code: str, message: str, hint: str) -> None:
    with pytest.raises(UsageError, match=message) as error:
        read(daily(), code)
    assert hint in error.value.hint


def test_steps_without_dates_have_no_holidays() -> None:
    with pytest.raises(UsageError, match="needs dates"):
        read(pd.DataFrame({"y": [1.0, 2, 4, 3, 5]}), "US")
    with pytest.raises(UsageError, match="needs dates"):
        read(pd.DataFrame({"step": [1, 2, 3, 4, 5], "y": [1.0, 2, 4, 3, 5]}), "US")


def test_without_the_library_the_command_that_installs_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "holidays", None)
    with pytest.raises(DeviceError, match="not installed") as error:
        read(daily(), "US")
    assert error.value.hint == "Run: pip install 'rnncast[holidays]'"


@pytest.mark.parametrize(
    ("freq", "anchor", "first", "after"),
    [
        ("h", "1970-01-01T00:00:00", "1970-01-01", "1970-01-02"),
        ("B", "1970-01-01", "1970-01-01", "1970-01-02"),
        ("W-MON", "1970-01-05", "1970-01-05", "1970-01-12"),
        ("QS", "1970-01-01", "1970-01-01", "1970-04-01"),
        ("ME", "1970-01-31", "1970-01-01", "1970-02-01"),
        ("YE", "1970-12-31", "1970-01-01", "1971-01-01"),
    ],
)
def test_a_step_has_its_days(freq: str, anchor: str, first: str, after: str) -> None:
    days = frequency.days(np.array([0]), TimeAxis(name="t", freq=freq, anchor=anchor))
    assert [str(np.datetime64(int(day[0]), "D")) for day in days] == [first, after]
