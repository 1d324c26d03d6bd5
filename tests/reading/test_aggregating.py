from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from rnncast import frequency
from rnncast.config import AGGREGATES, DataConfig
from rnncast.errors import DataError, UsageError
from rnncast.reading import Reading, panel_from_frame, read_panel


def log(rows: int = 400, seed: int = 0) -> pd.DataFrame:
    """Return rows at irregular times, shuffled, with an empty cell now and then."""
    chance = np.random.default_rng(seed)
    times = pd.Timestamp("2024-01-01 05:13:07") + pd.to_timedelta(np.cumsum(chance.exponential(5000, rows)), unit="s")
    values = chance.normal(size=rows).round(3) + np.arange(rows)
    values[chance.random(rows) < 0.1] = np.nan
    frame = pd.DataFrame({"t": times.round("s"), "v": values, "p": chance.random(rows)})
    return frame.sample(frac=1, random_state=seed)


def seen(reading: Reading) -> np.ndarray:
    panel = reading.panel
    return np.where(panel.observed, panel.values, np.nan)[:, 0]


@pytest.mark.parametrize("freq", ["15min", "h", "6h", "D", "W-MON", "MS", "ME", "QE"])
@pytest.mark.parametrize("how", AGGREGATES)
def test_rows_of_a_step_are_joined_as_pandas_joins_them(how: str, freq: str) -> None:
    frame = log()
    reading = panel_from_frame(frame, DataConfig(target=("v",), freq=freq, aggregate=how))
    parts = frame.sort_values("t").set_index("t")["v"]
    parts = parts.resample("7D", origin="2024-01-01") if freq == "W-MON" else parts.resample(freq)
    expected = (parts.sum(min_count=1) if how == "sum" else getattr(parts, how)()).to_numpy()
    np.testing.assert_allclose(seen(reading), expected[: np.flatnonzero(~np.isnan(expected))[-1] + 1])


def test_series_do_not_mix_and_equal_times_are_a_step_without_a_frequency() -> None:
    days = ["2024-01-01", "2024-01-01", "2024-01-02", "2024-01-03"]
    frame = pd.DataFrame({"id": [*"aaaabbbb"], "ds": days * 2, "y": [1.0, 3, 5, 7, 10, 30, 50, 70]})
    reading = panel_from_frame(frame.iloc[[4, 0, 1, 5, 6, 2, 7, 3]], DataConfig(id=("id",), aggregate="mean"))
    assert reading.panel.ids.ravel().tolist() == ["b", "a"]
    assert reading.panel.values.ravel().tolist() == [20, 50, 70, 2, 5, 7]
    assert reading.roles.freq == "D"
    assert reading.notes[0] == "8 rows are joined to 6 steps by their mean."


def test_covariates_are_joined_by_their_mean_and_categories_by_the_last() -> None:
    frame = pd.DataFrame({
        "t": pd.date_range("2024-01-01", periods=8, freq="12h"), "y": range(8), "p": [1, 3, np.nan, 7, 2, 2, 0, 4],
        "sky": ["sun", "rain", "sun", None, "fog", "sun", "fog", "fog"],
    })  # fmt: skip
    settings = DataConfig(target=("y",), past_covariates=("p", "sky"), category=("sky",), freq="D", aggregate="sum")
    panel = panel_from_frame(frame, settings).panel
    assert panel.values.ravel().tolist() == [1, 5, 9, 13]
    assert panel.past_covariates[:, 0].tolist() == [2, 7, 2, 2]
    assert [panel.words["sky"][int(code) - 1] for code in panel.past_covariates[:, 1]] == ["rain", "sun", "sun", "fog"]


def test_a_step_without_a_row_is_missing_for_a_sum_too() -> None:
    frame = pd.DataFrame(
        {"t": pd.to_datetime(["2024-01-01 01:00", "2024-01-01 02:00", "2024-01-04 00:00"]), "y": [1, 2, 4]}
    )
    for missing, filled in (("interpolate", [3.0, 10 / 3, 11 / 3, 4.0]), ("zero", [3.0, 0.0, 0.0, 4.0])):
        reading = panel_from_frame(frame, DataConfig(freq="D", aggregate="sum", missing=missing))
        assert reading.panel.values.ravel().tolist() == pytest.approx(filled)
        assert reading.panel.observed.ravel().tolist() == [True, False, False, True]
        assert reading.gaps == 2


@pytest.mark.parametrize(("first", "last", "few"), [(0, 240, 0), (5, 240, 1), (5, 235, 2)])
def test_first_and_last_steps_that_may_be_partial_are_told(first: int, last: int, few: int) -> None:
    frame = pd.DataFrame({"t": pd.date_range("2024-01-01", periods=240, freq="h"), "y": range(240)}).iloc[first:last]
    notes = " ".join(panel_from_frame(frame, DataConfig(freq="D", aggregate="sum")).notes)
    assert ("fewer rows than usual" in notes) == bool(few)
    assert not few or f"{few} first" in notes


def test_a_table_that_has_one_row_a_step_stays_as_it_is(airline: Path) -> None:
    plain = read_panel([str(airline)], DataConfig())
    joined = read_panel([str(airline)], DataConfig(aggregate="mean"))
    np.testing.assert_array_equal(joined.panel.values, plain.panel.values)
    assert joined.notes == plain.notes


def test_steps_begin_with_clock_and_calendar() -> None:
    stamps = np.array(["2024-02-17T13:14:15"], dtype="datetime64[us]")  # a Saturday
    expected = {
        "15min": "2024-02-17T13:00", "D": "2024-02-17", "B": "2024-02-16", "W-MON": "2024-02-12", "W-SAT": "2024-02-17",
        "MS": "2024-02-01", "ME": "2024-02-29", "QS": "2024-01-01", "QE": "2024-03-31", "YS": "2024-01-01",
        "YE": "2024-12-31", "QE-JAN": "2024-04-30", "W": "2024-02-12",
    }  # fmt: skip
    for freq, stamp in expected.items():
        assert frequency.floor(stamps, freq)[0] == np.datetime64(stamp), freq
    assert frequency.floor(np.array([-3, 0, 9, 10]), "10").tolist() == [-10, 0, 0, 10]


def test_what_cannot_be_joined_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "bare.csv"
    path.write_text("1\n2\n3\n4\n5\n")
    with pytest.raises(UsageError, match="no time column"):
        read_panel([str(path)], DataConfig(aggregate="mean"))
    with pytest.raises(UsageError, match="aggregate is 'middle'"):
        DataConfig(aggregate="middle")
    days = pd.to_datetime(["2024-01-01", "2024-01-01", "2024-01-02"])
    huge = pd.DataFrame({"t": days, "y": [6e299, 6e299, 1]})
    with pytest.raises(DataError, match="row 1: the sum of this step is a number beyond 1e300"):
        panel_from_frame(huge, DataConfig(aggregate="sum"))
    several = pd.DataFrame({"t": [*days, *days], "id": [*"aaabbb"], "y": range(6), "s": [1, 2, 1, 3, 3, 3]})
    with pytest.raises(DataError, match="several values in 's'"):
        panel_from_frame(several, DataConfig(id=("id",), static_covariates=("s",), aggregate="mean"))


def test_rows_that_say_the_same_twice_are_left_out_and_counted(tmp_path: Path) -> None:
    path = tmp_path / "twice.csv"
    path.write_text(
        "ds,y,p\n2024-01-01,1,4\n2024-01-02,2,\n2024-01-02,2,\n2024-01-03,,6\n2024-01-03,,6\n2024-01-04,4,7\n"
    )
    reading = read_panel([str(path)], DataConfig(target=("y",), past_covariates=("p",)))
    assert reading.panel.observed.ravel().tolist() == [True, True, False, True]
    assert reading.repeated == 2
    assert "Left out 2 rows that say the same as another of their series and time." in reading.notes
    path.write_text(path.read_text().replace("02,2,\n2024-01-03", "02,2,9\n2024-01-03"))
    with pytest.raises(DataError, match="line 4: time 2024-01-02 stands a second time, with other values than"):
        read_panel([str(path)], DataConfig(target=("y",), past_covariates=("p",)))


def test_rows_in_falling_order_are_sorted_quietly(airline: Path, tmp_path: Path) -> None:
    header, *lines = airline.read_text().splitlines()
    (tmp_path / "falling.csv").write_text("\n".join([header, *reversed(lines)]))
    falling = read_panel([str(tmp_path / "falling.csv")], DataConfig())
    np.testing.assert_array_equal(falling.panel.values, read_panel([str(airline)], DataConfig()).panel.values)
    assert falling.notes == ("Rows were not in time order and have been sorted.",)
