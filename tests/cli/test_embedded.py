import csv
import io
import json
import os
from pathlib import Path

import pytest

from rnncast import embedded, process, registry
from tests.cli.conftest import Call
from tests.conftest import RunCli

SAYS = "Note: the embedded model forecasts, pretrained on made-up series; 'rnncast train' fits one to the data."
TINY = ("--rows", "64", "--kind", "waves", "--hidden-size", "4", "--layers", "1", "--max-steps", "3")


@pytest.fixture(autouse=True)
def _one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no thread wait for another: the tests share the machine's cores."""
    monkeypatch.setattr(process, "granted_threads", lambda: 1)


@pytest.fixture
def data(tmp_path: Path, airline: Path) -> str:
    """Return the name of a table in the test's own folder, in which there is nothing else."""
    (tmp_path / "data.csv").write_bytes(airline.read_bytes())
    return "data.csv"


def rows_of(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_without_a_checkpoint_a_forecast_comes_at_once_and_says_from_where(
    call: Call, data: str, tmp_path: Path
) -> None:
    done = call("predict", data)
    rows = rows_of(done.stdout)
    assert (done.status, done.stderr.splitlines()) == (0, [SAYS])
    assert list(rows[0]) == ["month", "forecast", "lo-80", "hi-80", "lo-95", "hi-95"]
    assert [row["month"] for row in rows] == [f"1961-{month:02d}" for month in range(1, 13)]
    assert os.listdir(tmp_path) == [data]


def test_without_a_checkpoint_the_embedded_model_is_measured_next_to_the_baselines(call: Call, data: str) -> None:
    done = call("evaluate", data)
    rows = rows_of(done.stdout)
    assert (done.status, done.stderr.splitlines()[0]) == (0, SAYS)
    assert [row["model"] for row in rows] == [embedded.MODEL, *registry.BASELINES]
    assert done.stderr.splitlines()[1] == "1 series, 5 origins, 12 steps apart, 12 steps from each."
    assert float(rows[0]["mase"]) < float(rows[2]["mase"])


@pytest.mark.parametrize("command", ["predict", "evaluate"])
def test_quiet_says_nothing(call: Call, data: str, command: str) -> None:
    assert call("-q", command, data)[::2] == (0, "")


def test_the_same_data_give_the_same_bytes_from_a_file_and_from_a_pipe(
    run_cli: RunCli, call: Call, data: str, tmp_path: Path
) -> None:
    piped = run_cli("predict", "-", stdin=(tmp_path / data).read_text())
    assert (piped.returncode, piped.stderr.splitlines()) == (0, [SAYS])
    assert piped.stdout == call("predict", data).stdout


def test_it_can_be_asked_for_by_name_where_there_is_a_checkpoint(
    call: Call, data: str, trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = call("predict", data).stdout
    (tmp_path / "rnncast.safetensors").write_bytes(trained.read_bytes())
    found = json.loads(call("predict", data, "--format", "json").stdout)
    assert (found["model"], found["checkpoint"]) == ("lstm", "rnncast.safetensors")
    by_name = call("predict", data, "-c", "default")
    assert (by_name.stdout, by_name.stderr.splitlines()) == (expected, [SAYS])
    monkeypatch.setenv("RNNCAST_CHECKPOINT", "default")
    assert call("predict", data).stdout == expected


@pytest.mark.parametrize("command", ["predict", "evaluate"])
def test_json_says_which_model_it_was(call: Call, data: str, command: str) -> None:
    found = json.loads(call(command, data, "--format", "json").stdout)
    assert (found["model"], found["checkpoint"], found["data"]) == (embedded.MODEL, "default", [data])


@pytest.mark.parametrize("command", ["predict", "evaluate"])
def test_without_data_and_checkpoint_there_is_nothing_to_do(call: Call, command: str) -> None:
    done = call(command)
    assert (done.status, done.stdout) == (2, "")
    assert done.stderr.startswith("Error: there is no checkpoint rnncast.safetensors.\nHint: ")


@pytest.mark.parametrize("command", ["predict", "evaluate"])
def test_by_name_it_wants_data(call: Call, command: str) -> None:
    done = call(command, "-c", "default")
    assert (done.status, done.stdout) == (2, "")
    assert done.stderr.startswith("Error: the embedded model has no data of its own.\nHint: Name the data")


def test_a_checkpoint_that_is_named_must_be_there(call: Call, data: str) -> None:
    done = call("predict", data, "-c", "other.safetensors")
    assert (done.status, done.stdout) == (2, "")
    assert done.stderr.startswith("Error: there is no checkpoint other.safetensors.")


@pytest.mark.parametrize("command", ["predict", "evaluate"])
@pytest.mark.parametrize(
    ("option", "name"),
    [
        ("--target=passengers", "target"),
        ("--freq=MS", "freq"),
        ("--season-length=12", "season length"),
        ("--missing=zero", "missing"),
        ("--anchor=theta", "anchor"),
    ],
)
def test_what_a_checkpoint_says_itself_is_refused_beside_it(
    call: Call, data: str, trained: Path, command: str, option: str, name: str
) -> None:
    done = call(command, data, "-c", trained, option)
    assert (done.status, done.stdout) == (2, "")
    assert done.stderr.startswith(f"Error: {name} is given, and the checkpoint says how its data are read and blended.")
    assert done.stderr.count("\n") == 2


@pytest.fixture
def shops(tmp_path: Path) -> str:
    """Return the name of a long table of two shops with a covariate of each kind, known three days ahead."""
    lines = ["shop,day,sold,heat,open,size"]
    for size, shop in enumerate(("a", "b"), start=1):
        for day in range(1, 60):
            sold = f"{10 * size + day % 7},{day % 5}" if day <= 56 else ","
            lines.append(f"{shop},{day},{sold},{int(day % 7 > 0)},{size}")
    (tmp_path / "shops.csv").write_text("\n".join(lines) + "\n")
    return "shops.csv"


ROLES = ("--id", "shop", "--time", "day", "--target", "sold", "-H", "3", "--levels", "80")


def test_the_options_of_the_data_are_for_the_embedded_model(call: Call, shops: str) -> None:
    done = call("predict", shops, *ROLES)
    assert done.status == 0, done.stderr
    assert list(rows_of(done.stdout)[0]) == ["shop", "day", "forecast", "lo-80", "hi-80"]


def test_covariates_of_the_past_and_of_a_series_are_noted_as_not_read(call: Call, shops: str) -> None:
    done = call("predict", shops, *ROLES, "--past", "heat", "--static", "size")
    assert "Note: it does not read heat, size." in done.stderr.splitlines()
    assert done.stdout == call("predict", shops, *ROLES).stdout


def test_covariates_that_are_known_ahead_are_left_to_a_regression(call: Call, shops: str) -> None:
    done = call("predict", shops, *ROLES, "--future", "open")
    assert done.status == 0, done.stderr
    (said,) = [line for line in done.stderr.splitlines() if "open" in line]
    assert said.startswith("Note: a regression adds the effects of open")


def test_horizon_levels_and_bounds_are_as_asked_for(call: Call, data: str) -> None:
    done = call("predict", data, "-H", "30", "--levels", "50", "--max", "400", "--integer")
    rows = rows_of(done.stdout)
    assert (done.status, len(rows), rows[-1]["month"]) == (0, 30, "1963-06")
    assert max(float(row["hi-50"]) for row in rows) == 400
    assert all(row["forecast"].isdecimal() for row in rows)
    assert "more than" not in done.stderr


def test_the_anchor_can_be_left_out(call: Call, data: str) -> None:
    alone, blended = (call("predict", data, *options).stdout for options in (("--anchor", "none"), ()))
    assert alone != blended


def test_windows_stride_and_conditions_are_as_for_a_checkpoint(call: Call, data: str) -> None:
    done = call("evaluate", data, "--windows", "3", "--stride", "2", "-H", "6", "--fail-if", "mase > 0")
    assert done.status == 1
    assert "1 series, 3 origins, 2 steps apart, 6 steps from each." in done.stderr
    assert "Error: the condition 'mase > 0' holds" in done.stderr


def test_train_goes_on_from_it_and_its_checkpoint_forecasts(call: Call, data: str, tmp_path: Path) -> None:
    done = call("train", data, "--from", "default", "--max-steps", "1")
    assert done.status == 0, done.stderr
    assert done.stdout.splitlines()[1].startswith(f"{embedded.MODEL},")
    assert sorted(os.listdir(tmp_path)) == [data, "rnncast.safetensors"]
    predicted = call("predict")
    assert (predicted.status, len(predicted.stdout.splitlines())) == (0, 13)


def test_a_size_other_than_the_weights_is_refused(call: Call, data: str, tmp_path: Path) -> None:
    done = call("train", data, "--from", "default", "--hidden-size", "5")
    assert (done.status, done.stdout) == (2, "")
    assert "Error: hidden_size is 5, and the embedded model's weights were fitted with" in done.stderr
    assert os.listdir(tmp_path) == [data]


def test_pretraining_stops_in_time_and_goes_on(run_cli: RunCli, call: Call, tmp_path: Path) -> None:
    first = run_cli("pretrain", *TINY, "-o", "m.safetensors", "--time-limit", "0.001s")
    assert (first.returncode, first.stdout) == (0, ""), first.stderr
    assert first.stderr.splitlines()[-1] == "Saved m.safetensors, 1 of 3 steps."
    assert sorted(os.listdir(tmp_path)) == ["m.safetensors", "m.safetensors.state"]
    second = call("pretrain", *TINY, "-o", "m.safetensors")
    assert second.stderr.splitlines()[-1] == "Saved m.safetensors, 3 of 3 steps."
    assert os.listdir(tmp_path) == ["m.safetensors"]
    assert embedded.load(str(tmp_path / "m.safetensors")).report["steps"] == 3


def test_pretraining_is_measured_on_real_series(call: Call, data: str, tmp_path: Path) -> None:
    done = call("pretrain", data, *TINY, "--time-limit", "0.001s")
    assert done.status == 0, done.stderr
    assert [row["model"] for row in rows_of(done.stdout)] == [embedded.MODEL, *registry.BASELINES]
    assert (tmp_path / "default.safetensors").exists()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("-o", "missing/m"), "'missing/m' cannot be written: the folder does not exist."),
        (("--kind", "sarim"), "Invalid value for '--kind'"),
        (("--rows", "0"), "Invalid value for '--rows'"),
        (("--option", "cell=gru"), "cell is 'gru', expected one of lstm, slstm, mingru."),
    ],
)
def test_what_pretraining_cannot_do_is_told_at_once(
    call: Call, tmp_path: Path, options: tuple[str, ...], message: str
) -> None:
    done = call("pretrain", *TINY, *options)
    assert done.status in (1, 2)
    assert message in done.stderr.splitlines()[0]
    assert os.listdir(tmp_path) == []


def test_a_damaged_state_is_told(call: Call, tmp_path: Path) -> None:
    (tmp_path / "default.safetensors.state").write_bytes(b"nothing")
    done = call("pretrain", *TINY)
    assert (done.status, done.stdout) == (2, "")
    assert done.stderr.startswith("Error: default.safetensors.state ")
    assert os.listdir(tmp_path) == ["default.safetensors.state"]
