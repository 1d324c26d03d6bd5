"""Times as people write them: what they are read as, and that forecasts go on in the same way."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from rnncast import frequency
from rnncast.config import DataConfig
from rnncast.errors import DataError, UsageError
from rnncast.reading import Reading, panel_from_frame, read_panel


def read(folder: Path, stamps: list[str], name: str = "date", **settings: str) -> Reading:
    rows = "".join(f'"{stamp}",{i * i}.5\n' for i, stamp in enumerate(stamps))
    (folder / "data.csv").write_text(f"{name},y\n{rows}")
    return read_panel([str(folder / "data.csv")], DataConfig(**settings))  # type: ignore[arg-type]


def following(reading: Reading, count: int = 1) -> list[str]:
    """Return the stamps after the last row, as a forecast has them."""
    panel = reading.panel
    return frequency.format_stamps(panel.start[0] + panel.num_rows + np.arange(count), panel.time)


def instants(reading: Reading) -> np.ndarray:
    panel = reading.panel
    return frequency.to_stamps(panel.start[0] + np.arange(panel.num_rows), panel.time)


# The stamps of three rows, the first and the step that they mean, and the stamp that follows.
SPELLINGS = [
    ("2024-01-30 2024-01-31 2024-02-01", "2024-01-30", "D", "2024-02-02"),
    ("2024/01/30 2024/01/31 2024/02/01", "2024-01-30", "D", "2024/02/02"),
    ("2024.01.30 2024.01.31 2024.02.01", "2024-01-30", "D", "2024.02.02"),
    ("2024-1-30 2024-1-31 2024-2-1", "2024-01-30", "D", "2024-2-2"),
    ("20240130 20240131 20240201", "2024-01-30", "D", "20240202"),
    ("30/01/2024 31/01/2024 01/02/2024", "2024-01-30", "D", "02/02/2024"),
    ("30.01.2024 31.01.2024 01.02.2024", "2024-01-30", "D", "02.02.2024"),
    ("30-01-2024 31-01-2024 01-02-2024", "2024-01-30", "D", "02-02-2024"),
    ("30.1.2024 31.1.2024 1.2.2024", "2024-01-30", "D", "2.2.2024"),
    ("01/30/2024 01/31/2024 02/01/2024", "2024-01-30", "D", "02/02/2024"),
    ("1/30/2024 1/31/2024 2/1/2024", "2024-01-30", "D", "2/2/2024"),
    ("30/01/24 31/01/24 01/02/24", "2024-01-30", "D", "02/02/24"),
    ("1/30/24 1/31/24 2/1/24", "2024-01-30", "D", "2/2/24"),
    ("30.01.99 31.01.99 01.02.99", "1999-01-30", "D", "02.02.99"),
    ("30 Jan 2024|31 Jan 2024|01 Feb 2024", "2024-01-30", "D", "02 Feb 2024"),
    ("30 January 2024|31 January 2024|1 February 2024", "2024-01-30", "D", "2 February 2024"),
    ("30-Jan-2024 31-Jan-2024 01-Feb-2024", "2024-01-30", "D", "02-Feb-2024"),
    ("30-JAN-24 31-JAN-24 01-FEB-24", "2024-01-30", "D", "02-FEB-24"),
    ("30JAN2024 31JAN2024 01FEB2024", "2024-01-30", "D", "02FEB2024"),
    ("Jan 30, 2024|Jan 31, 2024|Feb 1, 2024", "2024-01-30", "D", "Feb 2, 2024"),
    ("January 30, 2024|January 31, 2024|February 1, 2024", "2024-01-30", "D", "February 2, 2024"),
    ("2024-Jan-30 2024-Jan-31 2024-Feb-01", "2024-01-30", "D", "2024-Feb-02"),
    ("Tue, 30 Jan 2024|Wed, 31 Jan 2024|Thu, 01 Feb 2024", "2024-01-30", "D", "Fri, 02 Feb 2024"),
    ("2023-11 2023-12 2024-01", "2023-11-01", "MS", "2024-02"),
    ("2023/11 2023/12 2024/01", "2023-11-01", "MS", "2024/02"),
    ("11/2023 12/2023 01/2024", "2023-11-01", "MS", "02/2024"),
    ("202311 202312 202401", "2023-11-01", "MS", "202402"),
    ("2023M11 2023M12 2024M01", "2023-11-01", "MS", "2024M02"),
    ("2023-M11 2023-M12 2024-M1", "2023-11-01", "MS", "2024-M2"),
    ("2023:11 2023:12 2024:01", "2023-11-01", "MS", "2024:02"),
    ("Nov 2023|Dec 2023|Jan 2024", "2023-11-01", "MS", "Feb 2024"),
    ("Nov-23 Dec-23 Jan-24", "2023-11-01", "MS", "Feb-24"),
    ("Nov-59 Dec-59 Jan-60", "1959-11-01", "MS", "Feb-60"),
    ("March 2024|April 2024|May 2024", "2024-03-01", "MS", "June 2024"),
    ("2023 Nov|2023 Dec|2024 Jan", "2023-11-01", "MS", "2024 Feb"),
    ("NOV 2023|DEC 2023|JAN 2024", "2023-11-01", "MS", "FEB 2024"),
    ("31/01/2024 29/02/2024 31/03/2024", "2024-01-31", "ME", "30/04/2024"),
    ("31-Jan-24 29-Feb-24 29-Mar-24", "2024-01-31", "BME", "30-Apr-24"),
    ("2024-02-01 2024-03-01 2024-04-01 2024-05-01 2024-06-03", "2024-02-01", "BMS", "2024-07-01"),
    ("2023Q3 2023Q4 2024Q1", "2023-07-01", "QS", "2024Q2"),
    ("2023-Q3 2023-Q4 2024-Q1", "2023-07-01", "QS", "2024-Q2"),
    ("2023 Q3|2023 Q4|2024 Q1", "2023-07-01", "QS", "2024 Q2"),
    ("Q3 2023|Q4 2023|Q1 2024", "2023-07-01", "QS", "Q2 2024"),
    ("Q3-2023 Q4-2023 Q1-2024", "2023-07-01", "QS", "Q2-2024"),
    ("3Q23 4Q23 1Q24", "2023-07-01", "QS", "2Q24"),
    ("2023:3 2023:4 2024:1", "2023-07-01", "QS", "2024:2"),
    ("2023-09-30 2023-12-31 2024-03-31", "2023-09-30", "QE", "2024-06-30"),
    ("2022-06-30 2023-06-30 2024-06-30", "2022-06-30", "YE-JUN", "2025-06-30"),
    ("2023-W51 2023-W52 2024-W01", "2023-12-18", "W-MON", "2024-W02"),
    ("2023W51 2023W52 2024W01", "2023-12-18", "W-MON", "2024W02"),
    ("2023-W51-5 2023-W52-5 2024-W01-5", "2023-12-22", "W-FRI", "2024-W02-5"),
    ("2024-01-01 2024-01-29 2024-02-26", "2024-01-01", "4W-MON", "2024-03-25"),
    ("1960 1961 1962", "1960-01-01", "YS", "1963"),
    ("0987-01-01 0988-01-01 0989-01-01", "0987-01-01", "YS", "0990-01-01"),
    ("9000-01-01 9000-01-02 9000-01-03", "9000-01-01", "D", "9000-01-04"),
    ("2024-01-31T22:00 2024-01-31T23:00 2024-02-01T00:00", "2024-01-31T22", "h", "2024-02-01T01:00"),
    ("2024-01-31 22:00:00|2024-01-31 23:00:00|2024-02-01 00:00:00", "2024-01-31T22", "h", "2024-02-01 01:00:00"),
    ("2024-01-31 12:00:00|2024-02-01|2024-02-01 12:00:00", "2024-01-31T12", "12h", "2024-02-02 00:00:00"),
    ("20240131T2200 20240131T2300 20240201T0000", "2024-01-31T22", "h", "20240201T0100"),
    ("20240131T221500 20240131T222500 20240131T223500", "2024-01-31T22:15", "10min", "20240131T224500"),
    ("2024013122 2024013123 2024020100", "2024-01-31T22", "h", "2024020101"),
    ("202401312200 202401312230 202401312300", "2024-01-31T22", "30min", "202401312330"),
    ("31/01/2024 22:00|31/01/2024 23:00|01/02/2024 00:00", "2024-01-31T22", "h", "01/02/2024 01:00"),
    ("1/31/2024 10:00 PM|1/31/2024 11:00 PM|2/1/2024 12:00 AM", "2024-01-31T22", "h", "2/1/2024 1:00 AM"),
    ("2024-01-31 11 am|2024-01-31 12 pm|2024-01-31 01 pm", "2024-01-31T11", "h", "2024-01-31 02 pm"),
    ("2024-01-31 22|2024-01-31 23|2024-01-31 24", "2024-01-31T22", "h", "2024-02-01 01"),
    ("2024-01-31 23:00|2024-01-31 24:00|2024-02-01 01:00", "2024-01-31T23", "h", "2024-02-01 02:00"),
    ("31/Jan/2024:22:00:00 31/Jan/2024:23:00:00 01/Feb/2024:00:00:00", "2024-01-31T22", "h", "01/Feb/2024:01:00:00"),
    ("2024-01-31T00:00:00.25 2024-01-31T00:00:00.5 2024-01-31T00:00:00.75", "2024-01-31T00:00:00.25", "250ms",
     "2024-01-31T00:00:01.00"),
    ("2024-01-31 00:00:00,5|2024-01-31 00:00:01,0|2024-01-31 00:00:01,5", "2024-01-31T00:00:00.5", "500ms",
     "2024-01-31 00:00:02,0"),
    ("1706652000 1706655600 1706659200", "2024-01-30T22", "h", "1706662800"),
    ("1706652000000 1706655600000 1706659200000", "2024-01-30T22", "h", "1706662800000"),
    ("1706652000000000 1706655600000000 1706659200000000", "2024-01-30T22", "h", "1706662800000000"),
    ("1706652000000000000 1706655600000000000 1706659200000000000", "2024-01-30T22", "h", "1706662800000000000"),
    ("1706652000.5 1706652001.0 1706652001.5", "2024-01-30T22:00:00.5", "500ms", "1706652002.0"),
    ("2024-01-31T22:00Z 2024-01-31T23:00Z 2024-02-01T00:00Z", "2024-01-31T22", "h", "2024-02-01T01:00Z"),
    ("2024-01-31 22:00 UTC|2024-01-31 23:00 UTC|2024-02-01 00:00 UTC", "2024-01-31T22", "h", "2024-02-01 01:00 UTC"),
    ("2024-01-31T22:00+02:00 2024-01-31T23:00+02:00 2024-02-01T00:00+02:00", "2024-01-31T20", "h",
     "2024-02-01T01:00+02:00"),
    ("2024-01-31 22:00:00 -0330|2024-01-31 23:00:00 -0330|2024-02-01 00:00:00 -0330", "2024-02-01T01:30", "h",
     "2024-02-01 01:00:00 -0330"),
    ("2024-01-31T00:00+02:00 2024-02-29T00:00+02:00 2024-03-31T00:00+02:00", "2024-01-30T22", "ME",
     "2024-04-30T00:00+02:00"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "first", "freq", "after"), SPELLINGS, ids=[text[:24] for text, *_ in SPELLINGS])
def test_a_spelling_is_read_and_goes_on(tmp_path: Path, text: str, first: str, freq: str, after: str) -> None:
    stamps = text.split("|") if "|" in text else text.split()
    reading = read(tmp_path, stamps)
    assert (str(instants(reading)[0]), reading.panel.time.freq) == (str(np.datetime64(first, "us")), freq)
    assert (following(reading), reading.gaps) == ([after], 0)


FAULTS = [
    ("01/02/2024 02/02/2024", "line 2, column 'date': '01/02/2024' may be 2024-02-01 or 2024-01-02",
     "--date-order day-first or --date-order month-first"),
    ("13/01/2024 01/13/2024", "'13/01/2024' (data.csv, line 2) has the day first, but '01/13/2024' (data.csv, line 3) "
     "has the month first", "Write all dates in one way"),
    ("24/01/30 24/01/31 24/02/01", "'24/01/30' may be 2030-01-24 or 2024-01-30", "--date-order year-first"),
    ("2024-01-01 2024-01-02 2024-01-32 2024-01-04", "line 4, column 'date': '2024-01-32' is no time written as "
     "YYYY-MM-DD, such as 2024-01-31", "Mend the cell"),
    ("31/01/2024 2024-02-01 02/02/2024 3/2/24", "line 3, column 'date': '2024-02-01' is no time written as DD/MM/YYYY, "
     "such as 31/01/2024, nor are 1 more", "Mend the cell"),
    ("2024Q1 2024Q2 2024Q5 2024Q4", "'2024Q5' is no time written as YYYYQquarter, such as 2024Q1", "Mend the cell"),
    ("20240101 20240102 20240199", "'20240199' is no time written as YYYYMMDD, such as 20240131", "Mend the cell"),
    ("2024-01-02T01:00 2024-01-02T01:07 2024-01-02T02:31 2024-01-02T04:00 2024-01-02T04:23", "no regular step",
     "--freq h --aggregate mean, or sum, or last"),
    ("2024-01-31 2024-02-29 2024-03-28 2024-04-30 2024-05-30", "no regular step", "--freq MS --aggregate mean"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "message", "hint"), FAULTS, ids=[text[:24] for text, *_ in FAULTS])
def test_a_fault_is_told_with_its_place_and_the_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, message: str, hint: str
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(DataError) as error:
        read(Path(), text.split())
    assert message in error.value.message
    assert hint in error.value.hint


@pytest.mark.parametrize(
    ("order", "text", "first", "after"),
    [
        ("day-first", "01/02/2024 01/03/2024 01/04/2024", "2024-02-01", "01/05/2024"),
        ("month-first", "01/02/2024 01/03/2024 01/04/2024", "2024-01-02", "01/05/2024"),
        ("day-first", "01.02.24 01.03.24 01.04.24", "2024-02-01", "01.05.24"),
        ("year-first", "24/01/30 24/01/31 24/02/01", "2024-01-30", "24/02/02"),
        ("month-first", "2024-01-30 2024-01-31 2024-02-01", "2024-01-30", "2024-02-02"),
    ],
)
def test_the_order_of_day_and_month_may_be_said(tmp_path: Path, order: str, text: str, first: str, after: str) -> None:
    reading = read(tmp_path, text.split(), date_order=order)
    assert (instants(reading)[0], following(reading)) == (np.datetime64(first), [after])


def test_an_order_that_no_date_has_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="'30/01/2024' is no date that is written month-first"):
        read(tmp_path, ["30/01/2024", "31/01/2024"], date_order="month-first")


def test_an_order_that_was_told_holds_for_later_rows(tmp_path: Path) -> None:
    roles = read(tmp_path, ["30/01/2024", "31/01/2024", "01/02/2024"]).roles
    assert roles.date_order == "day-first"
    later = read(tmp_path, ["01/02/2024", "02/02/2024", "03/02/2024"], date_order=roles.date_order)
    assert instants(later)[0] == np.datetime64("2024-02-01")


def test_dates_that_say_the_same_in_both_orders_need_none(tmp_path: Path) -> None:
    assert following(read(tmp_path, ["01/01/2022", "01/01/2023", "01/01/2024"])) == ["01/01/2025"]


@pytest.mark.parametrize("name", ["sales", "y2", "population", "bytes", "id"])
def test_ordinary_numbers_are_no_times(tmp_path: Path, name: str) -> None:
    (tmp_path / "data.csv").write_text(f"{name},z\n" + "".join(f"{1706652000 + 3600 * i},{i % 3}\n" for i in range(12)))
    assert read_panel([str(tmp_path / "data.csv")], DataConfig()).panel.time.name is None


@pytest.mark.parametrize("name", ["timestamp", "Unix time", "openTime", "ts", "epoch", "date"])
def test_numbers_with_the_name_and_the_size_of_times_are(tmp_path: Path, name: str) -> None:
    reading = read(tmp_path, [str(1706652000 + 3600 * i) for i in range(12)], name)
    assert (reading.panel.time.name, reading.panel.time.freq, reading.panel.time.zone) == (name, "h", "UTC")


@pytest.mark.parametrize("name", ["step", "t", "period"])
def test_numbers_that_only_count_are_no_years(tmp_path: Path, name: str) -> None:
    time = read(tmp_path, ["1960", "1961", "1962"], name).panel.time
    assert (time.freq, time.format) == ("1", None)


def test_a_first_column_without_a_name_is_the_time_where_it_rises_evenly(tmp_path: Path) -> None:
    path = tmp_path / "data.csv"
    path.write_text("".join(f"{1706652000 + 60 * i},{i * i % 7}.5\n" for i in range(12)))
    assert read_panel([str(path)], DataConfig()).panel.time.freq == "min"
    path.write_text("".join(f"{1706652000 + i * i * i},{i * i % 7}.5\n" for i in range(12)))
    assert read_panel([str(path)], DataConfig()).panel.time.name is None


def berlin(first: str, count: int, form: str = "%Y-%m-%d %H:%M", freq: str = "h") -> list[str]:
    return pd.date_range(first, periods=count, freq=freq, tz="Europe/Berlin").strftime(form).tolist()


@pytest.mark.promise("P12")
@pytest.mark.parametrize("freq", ["h", "15min", "30min"])
@pytest.mark.parametrize(("first", "count"), [("2024-10-26", 300), ("2024-03-30", 300)])
@pytest.mark.parametrize("step", [1, -1])
def test_local_times_of_a_zone_have_no_gap_and_no_double(
    tmp_path: Path, freq: str, first: str, count: int, step: int
) -> None:
    stamps = berlin(first, count + 5, freq=freq)
    reading = read(tmp_path, stamps[:count][::step], time_zone="Europe/Berlin")
    assert (reading.panel.num_rows, reading.gaps, reading.repeated) == (count, 0, 0)
    assert following(reading, 5) == stamps[count:]
    rising = reading.panel.values[:, 0] if step == 1 else reading.panel.values[::-1, 0]
    assert (np.diff(rising) > 0).all()


def test_each_series_has_its_own_hour_that_comes_twice(tmp_path: Path) -> None:
    rows = "".join(f"{name},{stamp},{i}\n" for i, stamp in enumerate(berlin("2024-10-26", 60)) for name in "ab")
    (tmp_path / "data.csv").write_text("id,ds,y\n" + rows)
    reading = read_panel([str(tmp_path / "data.csv")], DataConfig(time_zone="Europe/Berlin"))
    assert (reading.panel.lengths.tolist(), reading.gaps) == ([60, 60], 0)
    assert reading.panel.values[:60, 0].tolist() == list(range(60))


def test_without_a_zone_the_hour_in_spring_is_a_gap_and_that_in_autumn_an_error(tmp_path: Path) -> None:
    spring = read(tmp_path, berlin("2024-03-30", 60))
    assert (spring.gaps, spring.panel.num_rows) == (1, 61)
    with pytest.raises(DataError, match="stands a second time") as error:
        read(tmp_path, berlin("2024-10-26", 60))
    assert "--time-zone" in error.value.hint


def test_a_time_that_the_zone_skips_is_refused(tmp_path: Path) -> None:
    stamps = pd.date_range("2024-03-30", periods=60, freq="h").strftime("%Y-%m-%d %H:%M").tolist()
    with pytest.raises(DataError, match="'2024-03-31 02:00' does not exist in Europe/Berlin"):
        read(tmp_path, stamps, time_zone="Europe/Berlin")


def test_changing_offsets_are_instants_and_written_with_the_last(tmp_path: Path) -> None:
    stamps = [stamp.isoformat() for stamp in pd.date_range("2024-10-26", periods=62, freq="h", tz="Europe/Berlin")]
    reading = read(tmp_path, stamps[:60])
    assert (reading.gaps, reading.panel.time.zone, following(reading, 2)) == (0, "+01:00", stamps[60:])
    assert "--time-zone" in reading.notes[0]
    named = read(tmp_path, stamps[:60], time_zone="Europe/Berlin")
    assert (instants(named) == instants(reading)).all()
    assert following(read(tmp_path, stamps[:20], time_zone="Europe/Berlin"), 10) == stamps[20:30]


def test_midnights_with_changing_offsets_are_days(tmp_path: Path) -> None:
    stamps = [stamp.isoformat() for stamp in pd.date_range("2024-10-20", periods=15, freq="D", tz="Europe/Berlin")]
    for settings in ({}, {"time_zone": "Europe/Berlin"}):
        reading = read(tmp_path, stamps[:14], **settings)
        assert (reading.panel.time.freq, reading.gaps, following(reading)) == ("D", 0, stamps[14:])


def test_dates_alone_have_no_zone(tmp_path: Path) -> None:
    reading = read(tmp_path, ["2018-11-03", "2018-11-04", "2018-11-05"], time_zone="America/Sao_Paulo")
    assert (reading.panel.time.zone, following(reading)) == (None, ["2018-11-06"])


def test_instants_in_utc_stay_so_in_a_zone_where_the_form_says_so(tmp_path: Path) -> None:
    stamps = ["2024-07-01 22:00 UTC", "2024-07-01 23:00 UTC", "2024-07-02 00:00 UTC"]
    assert following(read(tmp_path, stamps, time_zone="Europe/Berlin")) == ["2024-07-02 01:00 UTC"]
    epoch = read(tmp_path, ["1706652000", "1706655600", "1706659200"], time_zone="Europe/Berlin")
    assert (epoch.panel.time.zone, following(epoch)) == ("Europe/Berlin", ["1706662800"])


def test_an_unknown_zone_is_a_usage_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no time zone 'Berlin/Europe'"):
        read(tmp_path, berlin("2024-07-01", 5), time_zone="Berlin/Europe")


@pytest.mark.parametrize("zone", ["Europe/Berlin", "UTC", "+05:30"])
def test_data_frames_keep_their_zone(zone: str) -> None:
    index = pd.date_range("2024-10-26", periods=60, freq="h", tz=zone)
    for frame in (pd.DataFrame({"y": np.arange(60.0)}, index=index), pd.DataFrame({"ds": index, "y": np.arange(60.0)})):
        reading = panel_from_frame(frame, DataConfig())
        assert (reading.panel.time.zone, reading.panel.num_rows, reading.gaps) == (zone, 60, 0)
        assert following(reading) == [(index[-1] + pd.Timedelta("1h")).isoformat()]


def test_local_stamps_of_a_data_frame_become_those_of_a_zone() -> None:
    index = pd.date_range("2024-10-26", periods=60, freq="h", tz="Europe/Berlin")
    frame = pd.DataFrame({"ds": index.tz_localize(None), "y": np.arange(60.0)})
    reading = panel_from_frame(frame, DataConfig(time_zone="Europe/Berlin"))
    assert (instants(reading) == index.tz_convert(None).to_numpy()).all()


def test_what_is_finer_than_a_microsecond_is_cut_and_noted(tmp_path: Path) -> None:
    reading = read(tmp_path, [f"2024-01-01T00:00:0{i}.123456789" for i in range(3)])
    assert following(reading) == ["2024-01-01T00:00:03.123456000"]
    assert "finer than a microsecond" in reading.notes[0]


def test_holidays_are_gaps_in_business_days(tmp_path: Path) -> None:
    stamps = pd.bdate_range("2024-12-02", "2025-01-31").strftime("%d/%m/%Y").tolist()
    reading = read(tmp_path, [s for s in stamps if s not in ("25/12/2024", "26/12/2024", "01/01/2025")])
    assert (reading.panel.time.freq, reading.gaps, following(reading)) == ("B", 3, ["03/02/2025"])


def test_five_centuries_of_days_are_read(tmp_path: Path) -> None:
    days = np.arange("1500-01-01", "1530-01-01", dtype="datetime64[D]")
    reading = read(tmp_path, [str(day) for day in days])
    assert (reading.panel.num_rows, following(reading)) == (len(days), ["1530-01-01"])
