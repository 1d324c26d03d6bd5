"""What a person would choose for real files."""

import gzip
from pathlib import Path

import numpy as np
import pytest

from rnncast import frequency
from rnncast.config import DataConfig
from rnncast.reading import read_panel

# file: targets, time column, frequency, seasons, steps, gaps, format
CLASSIC = {
    "AirPassengers": (("#Passengers",), "Month", "MS", (12,), 144, 0, "%Y-%m"),
    "ausbeer": (("Y",), "date", "QS", (4,), 211, 0, "%Y-%m-%d"),
    "bike-sharing-day": (("cnt",), "dteday", "D", (7,), 731, 0, "%Y-%m-%d"),
    "daily-female-births": (("Births",), "Date", "D", (7,), 365, 0, "%Y-%m-%d"),
    "daily-min-temperatures": (("Temp",), "Date", "D", (7,), 3652, 2, "%Y-%m-%d"),
    "googl-stock": (("Close",), "Date", "B", (5,), 262, 9, "%Y-%m-%d"),
    "heart-rate": (("Heart rate",), None, None, (1,), 1800, 0, None),
    "monthly-milk": (("Pounds per cow",), "Month", "MS", (12,), 168, 0, "%Y-%m"),
    "monthly-sunspots": (("Sunspots",), "Month", "MS", (12,), 2820, 0, "%Y-%m"),
    "pjm-load-hourly": (("PJM_Load_MW",), "Datetime", "h", (24, 168), 32904, 8, "%Y-%m-%d %H:%M:%S"),
    "retail-sales": (("y",), "ds", "MS", (12,), 293, 0, "%Y-%m-%d"),
    "wp-peyton-manning": (("y",), "ds", "D", (7,), 2964, 59, "%Y-%m-%d"),
}


@pytest.mark.parametrize("name", CLASSIC)
def test_a_classic_file_is_read_as_a_person_would(data_dir: Path, name: str) -> None:
    reading = read_panel([str(data_dir / "classic" / f"{name}.csv")], DataConfig())
    panel, time = reading.panel, reading.panel.time
    found = (panel.target_names, time.name, time.freq, panel.season_lengths, panel.num_rows, reading.gaps, time.format)
    assert found == CLASSIC[name]
    assert (reading.layout, panel.num_series) == ("bare" if time.name is None else "wide", 1)
    assert np.isfinite(panel.values).all()


@pytest.mark.parametrize("name", CLASSIC)
def test_the_resolved_roles_give_the_same_panel(data_dir: Path, name: str) -> None:
    path = str(data_dir / "classic" / f"{name}.csv")
    once = read_panel([path], DataConfig())
    again = read_panel([path], once.roles)
    assert again.roles == once.roles
    assert again.panel.time == once.panel.time
    np.testing.assert_array_equal(again.panel.values, once.panel.values)


def test_unsorted_hours_are_sorted(data_dir: Path) -> None:
    reading = read_panel([str(data_dir / "classic" / "pjm-load-hourly.csv")], DataConfig())
    ends = reading.panel.start[0] + np.array([0, reading.panel.num_rows - 1])
    assert frequency.format_stamps(ends, reading.panel.time) == ["1998-04-01 01:00:00", "2002-01-01 00:00:00"]
    assert "Rows were not in time order and have been sorted." in reading.notes


def test_a_row_counter_is_left_out(data_dir: Path) -> None:
    reading = read_panel([str(data_dir / "classic" / "bike-sharing-day.csv")], DataConfig())
    assert "Left out, counting the rows: instant." in reading.left_out


@pytest.mark.parametrize(
    ("path", "count", "seasons"),
    [
        ("m4/Hourly-train.csv.gz", 414, (24,)),
        ("m4/Daily-train-part.csv.gz", 69, (1,)),
        ("m4/Yearly-test.csv.gz", 23000, (1,)),
        ("m4/Quarterly-test.csv.gz", 24000, (1,)),
        ("m1/M1-monthly-train.csv.gz", 617, (12,)),
        ("m1/M1-quarterly-train.csv.gz", 203, (4,)),
        ("m1/M1-yearly-train.csv.gz", 181, (1,)),
    ],
)
def test_the_competitions_rows_are_read_to_the_bit(
    data_dir: Path, path: str, count: int, seasons: tuple[int, ...]
) -> None:
    reading = read_panel([str(data_dir / path)], DataConfig())
    panel = reading.panel
    assert (reading.layout, panel.num_series, panel.season_lengths) == ("rows", count, seasons)
    lines = gzip.decompress((data_dir / path).read_bytes()).decode().splitlines()[1:]
    for series in range(0, count, max(count // 50, 1)):
        name, *cells = lines[series].replace('"', "").split(",")
        assert panel.ids[series].tolist() == [name]
        begin = panel.offsets[series]
        values = panel.values[begin : begin + panel.lengths[series], 0].tolist()
        assert values == [float(cell) for cell in cells if cell not in ("", "NA")]
