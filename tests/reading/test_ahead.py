from pathlib import Path

import pandas as pd
import pytest

from rnncast import api
from rnncast.config import DataConfig
from rnncast.errors import DataError
from rnncast.reading import check_ahead, panel_from_frame, with_future

KNOWN = DataConfig(target=("y",), id=("id",), time="ds", future_covariates=("price", "sale"))
DAYS = pd.date_range("2024-01-01", periods=12)


def table(series: str = "ab", days: pd.DatetimeIndex = DAYS[:6]) -> pd.DataFrame:
    """Return rows of some series, with covariates that are known ahead."""
    parts = [
        pd.DataFrame({"id": name, "ds": days, "y": range(len(days)), "price": 2.0, "sale": 1.0}) for name in series
    ]
    return pd.concat(parts, ignore_index=True)


def ahead(days: pd.DatetimeIndex, series: str = "ab") -> pd.DataFrame:
    return table(series, days).drop(columns="y")


def without(frame: pd.DataFrame, column: str, series: str, day: int) -> pd.DataFrame:
    frame.loc[(frame["id"] == series) & (frame["ds"] == DAYS[day]), column] = None
    return frame


def test_covariates_that_reach_over_the_horizon_are_enough() -> None:
    reading = panel_from_frame(table(), KNOWN, extra_future=ahead(DAYS[6:10]))
    check_ahead(reading.panel, 4, reading.ahead)


@pytest.mark.parametrize("apart", [True, False], ids=["beside the data", "within the data"])
def test_holes_are_named_by_series_column_and_stamps(apart: bool) -> None:
    later = without(without(ahead(DAYS[6:12]), "sale", "b", 7), "sale", "b", 9)
    frame = table() if apart else pd.concat([table(), later])
    reading = panel_from_frame(frame, KNOWN, extra_future=later if apart else None)
    with pytest.raises(DataError) as error:
        check_ahead(reading.panel, 5, reading.ahead)
    assert error.value.message == (
        "series 'b' has no sale at 2024-01-08, 2024-01-10, which a forecast of 5 steps needs."
    )
    assert "--future-data" in error.value.hint


def test_what_ends_too_early_is_counted() -> None:
    reading = panel_from_frame(table(), KNOWN, extra_future=ahead(DAYS[6:7]))
    with pytest.raises(DataError) as error:
        check_ahead(reading.panel, 6, reading.ahead)
    assert error.value.message == (
        "series 'a' has no price, sale at 2024-01-08, 2024-01-09, 2024-01-10 and 2 more, "
        "which a forecast of 6 steps needs; 1 more series lack some."
    )


def test_a_series_without_any_row_ahead_is_named() -> None:
    reading = panel_from_frame(table(), KNOWN, extra_future=ahead(DAYS[6:12], "a"))
    with pytest.raises(
        DataError, match="series 'b' has no price, sale at 2024-01-07, 2024-01-08, 2024-01-09 and 1 more"
    ):
        check_ahead(reading.panel, 4, reading.ahead)


def test_the_same_is_said_about_data_that_were_read_before() -> None:
    own = panel_from_frame(table(), KNOWN)
    with pytest.raises(DataError, match="series 'a' has no price, sale at 2024-01-07, which"):
        check_ahead(own.panel, 1)
    reading = with_future(own, without(ahead(DAYS[6:12]), "price", "a", 8))
    with pytest.raises(DataError, match="series 'a' has no price at 2024-01-09, which a forecast of 4 steps"):
        check_ahead(reading.panel, 4, reading.ahead)
    check_ahead(reading.panel, 2, reading.ahead)


def test_rows_that_are_not_needed_are_left_out_with_a_note() -> None:
    later = ahead(DAYS[4:10], "abc")
    for reading in (
        panel_from_frame(table(), KNOWN, extra_future=later),
        with_future(panel_from_frame(table(), KNOWN), later),
    ):
        assert "Left out 6 rows of future data for series that the data do not have." in reading.notes
        assert "Left out 4 rows of future data for times that the data have; those hold." in reading.notes
        assert reading.panel.future_lengths.tolist() == [10, 10]


def test_a_forecast_is_refused_before_it_is_made(tmp_path: Path) -> None:
    data = table(days=pd.date_range("2023-12-20", DAYS[5]))
    forecaster = api.train(
        data, target=("y",), id=("id",), future_covariates=("price", "sale"), horizon=4,
        model="gru", max_steps=1, ensemble=1, hidden_size=4, test=0, validation=0,
    )  # fmt: skip
    with pytest.raises(DataError, match="series 'b' has no price at 2024-01-08, which a forecast of 4 steps"):
        forecaster.predict(future=without(ahead(DAYS[6:10]), "price", "b", 7))
    assert len(forecaster.predict(future=ahead(DAYS[6:10]))) == 8
