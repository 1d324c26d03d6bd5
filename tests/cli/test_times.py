"""Times through the command line: a forecast has the stamps that the data would have had."""

import csv
import io
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.cli.conftest import Call

FAST = ("--model", "gru", "--hidden-size", "4", "--max-steps", "2", "-H", "4", "--threads", "1")


def write(path: Path, stamps: list[str], name: str = "when") -> None:
    rows = "".join(f'"{stamp}",{10 + i % 5}\n' for i, stamp in enumerate(stamps))
    path.write_text(f"{name},y\n{rows}")


def forecast(call: Call, folder: Path, stamps: list[str], *options: str) -> list[str]:
    """Train on all stamps but the last four, and return those of the forecast."""
    write(folder / "data.csv", stamps[:-4])
    call("-q", "train", "data.csv", *FAST, *options, "-o", "m.safetensors")
    rows = csv.DictReader(io.StringIO(call("-q", "predict", "-c", "m.safetensors", "--format", "csv").stdout))
    return [row["when"] for row in rows]


@pytest.mark.parametrize(
    ("freq", "form"),
    [
        ("D", "%d/%m/%Y"),
        ("D", "%-m/%-d/%Y"),
        ("MS", "%b-%y"),
        ("W-MON", "%G-W%V"),
        ("h", "%Y-%m-%d %I:%M %p"),
    ],
)
def test_a_forecast_goes_on_as_the_data_are_written(call: Call, tmp_path: Path, freq: str, form: str) -> None:
    stamps = pd.date_range("2021-01-04", periods=60, freq=freq).strftime(form).tolist()
    assert forecast(call, tmp_path, stamps) == stamps[-4:]


def test_quarters_and_offsets_go_on(call: Call, tmp_path: Path) -> None:
    quarters = [f"{year}Q{quarter}" for year in range(2005, 2020) for quarter in range(1, 5)]
    assert forecast(call, tmp_path, quarters) == quarters[-4:]
    hours = [stamp.isoformat() for stamp in pd.date_range("2024-01-01", periods=60, freq="h", tz="+02:00")]
    assert forecast(call, tmp_path, hours) == hours[-4:]


def test_a_zone_follows_daylight_saving_in_later_rows_too(call: Call, tmp_path: Path) -> None:
    hours = pd.date_range("2024-10-25", periods=100, freq="h", tz="Europe/Berlin").strftime("%Y-%m-%d %H:%M").tolist()
    assert forecast(call, tmp_path, hours[:50], "--time-zone", "Europe/Berlin") == hours[46:50]
    write(tmp_path / "later.csv", hours[:96])
    done = call("-q", "predict", "later.csv", "-c", "m.safetensors", "--format", "csv")
    assert [row["when"] for row in csv.DictReader(io.StringIO(done.stdout))] == hours[96:]


def test_an_order_that_was_asked_for_holds_for_later_rows(call: Call, tmp_path: Path) -> None:
    months = pd.date_range("2015-01-01", periods=64, freq="MS").strftime("%d/%m/%Y").tolist()
    assert forecast(call, tmp_path, months[:60], "--date-order", "day-first") == months[56:60]
    write(tmp_path / "later.csv", months[:60])
    done = call("-q", "predict", "later.csv", "-c", "m.safetensors", "--format", "csv")
    assert [row["when"] for row in csv.DictReader(io.StringIO(done.stdout))] == months[60:]


def test_inspect_says_how_times_are_written(call: Call, tmp_path: Path) -> None:
    write(tmp_path / "data.csv", pd.date_range("2021-01-14", periods=60, freq="h").strftime("%d/%m/%Y %H:%M").tolist())
    done = call("inspect", "data.csv", "--time-zone", "Europe/Berlin", "--format", "json")
    found = {row["property"]: row["value"] for row in json.loads(done.stdout)["inspection"]}
    assert found["time format"] == "DD/MM/YYYY hh:mm, such as 31/01/2024 17:05"
    assert (found["time zone"], found["frequency"]) == ("Europe/Berlin", "h")


@pytest.mark.parametrize(
    ("stamps", "option", "error", "hint"),
    [
        (["01/02/2024", "02/02/2024"], (), "may be 2024-02-01 or 2024-01-02", "--date-order day-first"),
        (["2024-01-01 00:00", "2024-01-01 01:00"], ("--time-zone", "Berlin"), "no time zone 'Berlin'", "Europe/Berlin"),
        (["2024-01-01", "2024-01-03", "2024-01-32"], (), "line 4, column 'when': '2024-01-32' is no time", "Mend"),
    ],
)
def test_a_fault_is_refused_with_the_remedy(
    call: Call, tmp_path: Path, stamps: list[str], option: tuple[str, ...], error: str, hint: str
) -> None:
    write(tmp_path / "data.csv", stamps)
    done = call("inspect", "data.csv", *option)
    assert done.status == 2
    first, second = done.stderr.splitlines()
    assert first.startswith("Error: ")
    assert error in first
    assert second.startswith("Hint: ")
    assert hint in second


def test_a_data_frame_of_a_zone_is_forecast_in_it() -> None:
    import rnncast

    index = pd.date_range("2024-10-26", periods=64, freq="h", tz="Europe/Berlin")
    frame = pd.DataFrame({"y": np.arange(60.0) % 5}, index=index[:60])
    made = rnncast.train(frame, model="gru", hidden_size=4, max_steps=2, horizon=4, threads=1)
    assert (pd.DatetimeIndex(made.predict()["index"]) == index[60:]).all()
