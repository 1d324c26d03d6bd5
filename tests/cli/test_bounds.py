import csv
import io
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.cli.conftest import QUICK, Call
from tests.conftest import RunCli

TRAIN = ("--context", "24", "--horizon", "4", *QUICK, "--min", "9", "--max", "12.5", "--integer")


@pytest.fixture
def sales(tmp_path: Path) -> Path:
    days = pd.date_range("2024-01-01", periods=70)
    sold = 10 + 4 * np.sin(np.arange(70)) + np.arange(70) % 3
    pd.DataFrame({"day": days, "sold": sold}).to_csv(tmp_path / "sales.csv", index=False)
    return tmp_path / "sales.csv"


def cells_of(text: str) -> list[list[str]]:
    return [row[1:] for row in csv.reader(io.StringIO(text))][1:]


def test_bounds_hold_from_training_to_forecast(run_cli: RunCli, sales: Path) -> None:
    done = run_cli("train", sales, *TRAIN)
    assert done.returncode == 0, done.stderr
    assert re.search(r"^Note: 69 of 70 values are not whole numbers from 9 to 12\.5, ", done.stderr, re.MULTILINE)
    done = run_cli("predict", "-H", "9")
    assert {cell for row in cells_of(done.stdout) for cell in row} <= {"9", "10", "11", "12"}
    assert "Note: 69 of 70 values are not whole numbers" in done.stderr


def test_bounds_of_a_forecast_stand_in_for_those_of_the_training(call: Call, sales: Path) -> None:
    assert call("-q", "train", sales, *TRAIN).status == 0
    done = call("predict", "--max", "10.5", "--no-integer")
    assert max(float(cell) for row in cells_of(done.stdout) for cell in row) == 10.5
    assert call("predict", "--min", "-5", "--max", "99", "--no-integer").stderr == ""


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--min", "3", "--max", "2"], "there is no number between a minimum of 3 and a maximum of 2."),
        (["--min", "0.2", "--max", "0.8", "--integer"], "there is no whole number between a minimum of 0.2"),
        (["--min", "low"], "Invalid value for '--min': 'low' is not a number."),
        (["--max", "inf"], "Invalid value for '--max': 'inf' is not a number."),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_bounds_that_cannot_be_kept_are_refused_in_two_lines(
    call: Call, sales: Path, options: list[str], message: str
) -> None:
    done = call("train", sales, *options)
    assert (done.status, done.stdout) == (2, "")
    error, hint = done.stderr.splitlines()
    assert error.startswith("Error: ")
    assert message in error
    assert hint.startswith("Hint: ")


def test_bounds_against_those_of_the_training_are_refused(call: Call, sales: Path) -> None:
    assert call("-q", "train", sales, *TRAIN).status == 0
    done = call("predict", "--min", "20")
    assert (done.status, done.stdout) == (2, "")
    assert done.stderr.startswith("Error: there is no whole number between a minimum of 20 and a maximum of 12.5.")


def test_a_measurement_keeps_the_bounds_of_the_training(call: Call, sales: Path) -> None:
    assert call("-q", "train", sales, *TRAIN, "--min", "50", "--max", "60").status == 0
    rows = list(csv.DictReader(io.StringIO(call("evaluate", "--windows", "1").stdout)))
    assert float(rows[0]["mae"]) > 30


def test_what_a_checkpoint_keeps_is_shown(call: Call, sales: Path) -> None:
    assert call("-q", "train", sales, *TRAIN).status == 0
    shown = call("inspect", "rnncast.safetensors").stdout.splitlines()
    assert {"minimum,9.0", "maximum,12.5", "integer,true"} <= set(shown)
