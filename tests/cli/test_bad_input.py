"""Bad input: each gives one `Error:` and one `Hint:` line, the right status, and leaves nothing behind."""

import os
import shutil
from pathlib import Path

import pytest
import safetensors.numpy
from numpy import zeros

from tests.cli.conftest import Call, Called
from tests.conftest import RunCli

DAYS = "".join(f"2024-01-{day:02d},{day}\n" for day in range(1, 31))
GOOD = "day,sold\n" + DAYS

FILES = {
    "good.csv": GOOD,
    "empty.csv": "",
    "header.csv": "day,sold\n",
    "words.csv": "day,name\n2024-01-01,a\n2024-01-02,b\n",
    "short.csv": "day,sold\n2024-01-01,1\n2024-01-02,2\n2024-01-03,3\n2024-01-04,2\n2024-01-05,1\n",
    "text.csv": GOOD.replace("2024-01-07,7", "2024-01-07,seven"),
    "twice.csv": GOOD.replace("2024-01-07,", "2024-01-06,"),
    "gap.csv": GOOD.replace("2024-01-07,7\n", ""),
}

TRAINING = [
    (["no.csv"], "there is no file no.csv."),
    (["folder"], "the folder folder holds no table."),
    (["empty.csv"], "empty.csv is empty."),
    (["header.csv"], "header.csv has a header and no rows."),
    (["words.csv"], "words.csv has no numeric column to forecast"),
    (["short.csv", "--model", "gru"], "the series has 5 rows, fewer than the horizon of 14 steps"),
    (["text.csv"], "text.csv, line 8, column 'sold': 'seven' is not a number."),
    (["twice.csv"], "twice.csv, line 8: time 2024-01-06 stands a second time, with other values than"),
    (["gap.csv", "--missing", "error"], "the series has no value in 'sold' at 2024-01-07."),
    (["good.csv", "--target", "sould"], "--target: there is no column 'sould'."),
    (["good.csv", "--model", "lsmt"], "there is no model called 'lsmt'."),
    (["good.csv", "--anchor", "thta"], "Invalid value for '--anchor'"),
    (["good.csv", "--optimizer", "adm"], "Invalid value for '--optimizer'"),
    (["good.csv", "--format", "xml"], "Invalid value for '--format'"),
    (["good.csv", "--horizon", "0"], "Invalid value for '-H' / '--horizon': '0' is not a whole number of at least 1."),
    (["good.csv", "--horizon", "x"], "Invalid value for '-H' / '--horizon': 'x' is not a whole number of at least 1."),
    (["good.csv", "--dropout", "1"], "dropout is 1.0, expected a number in [0, 1)."),
    (["good.csv", "--lr", "nan"], "Invalid value for '--lr': 'nan' is not a number."),
    (["good.csv", "--lr", "-1"], "learning_rate is -1.0, expected a number above 0."),
    (["good.csv", "--quantiles", "0.9,0.5,0.1"], "quantiles is (0.9, 0.5, 0.1), expected rising levels."),
    (["good.csv", "--time-limit", "soon"], "Invalid value for '--time-limit': 'soon' is not a time"),
    (["good.csv", "--freq", "fortnight"], "freq is 'fortnight', which is no frequency."),
    (
        ["good.csv", "--segment", "5", "--context", "12"],
        "a context of 12 steps is not a whole number of segments of 5.",
    ),
    (["good.csv", "--device", "tpu9"], "device 'tpu9' cannot be used"),
    (["good.csv", "--hiden-size", "3"], "No such option '--hiden-size'."),
    (["good.csv", "--fail-if", "mase"], "--fail-if: 'mase' is no condition."),
    (["good.csv", "--fail-if", "__import__('os') > 1"], "--fail-if: '__import__('os') > 1' is no condition."),
    (["good.csv", "--fail-if", "mesa > 1"], "--fail-if: there is no metric called 'mesa'."),
    (["good.csv", "--fail-if", "mase > 1", "--test", "0"], "--fail-if has nothing to judge"),
    ([], "Missing argument 'DATA...'."),
]

LEVELS = [
    (["--levels", "0"], "Invalid value for '--levels': '0' is not a whole number from 1 to 99."),
    (["--levels", "80,"], "Invalid value for '--levels': '' is not a whole number from 1 to 99."),
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        (tmp_path / name).write_text(text)
    (tmp_path / "folder").mkdir()
    return tmp_path


def contents(folder: Path) -> dict[str, bytes | None]:
    return {path.name: path.read_bytes() if path.is_file() else None for path in folder.iterdir()}


def check_refused(done: Called, message: str, status: int = 2) -> None:
    assert (done.status, done.stdout) == (status, "")
    lines = [line for line in done.stderr.splitlines() if not line.startswith(("Note:", "good.csv:", "short.csv:"))]
    assert len(lines) == 2, lines
    assert lines[0].startswith("Error: ")
    assert message in lines[0]
    assert lines[1].startswith("Hint: ")


@pytest.mark.parametrize(
    ("args", "message"), TRAINING, ids=lambda value: " ".join(value) if isinstance(value, list) else ""
)
def test_bad_data_and_options_leave_the_old_checkpoint(call: Call, folder: Path, args: list[str], message: str) -> None:
    (folder / "rnncast.safetensors").write_bytes(b"old")
    before = contents(folder)
    check_refused(call("train", *args), message)
    assert contents(folder) == before


@pytest.mark.parametrize(("args", "message"), LEVELS, ids=lambda value: value[1] if isinstance(value, list) else "")
def test_levels_are_percent(call: Call, trained: Path, args: list[str], message: str) -> None:
    check_refused(call("predict", "-c", trained, *args), message)


def test_nearest_names_are_offered(call: Call, folder: Path) -> None:
    assert "Did you mean 'sold'?" in call("train", "good.csv", "-t", "sould").stderr
    assert "Did you mean 'lstm'?" in call("train", "good.csv", "-m", "lsmt").stderr
    assert "Did you mean 'predict'?" in call("predcit").stderr
    assert "Did you mean --hidden-size?" in call("train", "good.csv", "--hiden-size", "3").stderr
    assert "Did you mean 'mase'?" in call("train", "good.csv", "--fail-if", "mas > 1").stderr


@pytest.mark.promise("P4")
@pytest.mark.parametrize(
    ("output", "message"),
    [
        ("nowhere/out.safetensors", "the folder does not exist"),
        ("folder", "it is a folder"),
        ("/dev/null", "no regular"),
    ],
)
def test_an_output_that_cannot_be_written_is_refused_before_any_work(
    call: Call, folder: Path, trained: Path, output: str, message: str
) -> None:
    for args in (("train", "no.csv"), ("predict", "-c", trained), ("evaluate", "-c", trained), ("inspect", "good.csv")):
        check_refused(call(*args, "-o", output), message, status=1)


def test_there_is_a_way_out_of_a_missing_checkpoint(call: Call) -> None:
    for command in ("predict", "evaluate"):
        done = call(command)
        check_refused(done, "there is no checkpoint rnncast.safetensors.")
        assert "Hint: Make one with 'rnncast train DATA'." in done.stderr


def broken(folder: Path, trained: Path) -> dict[str, str]:
    """Make files that are no checkpoints; return what is said of each."""
    whole = trained.read_bytes()
    (folder / "random.safetensors").write_bytes(os.urandom(5000))
    (folder / "nothing.safetensors").write_bytes(b"")
    (folder / "text.safetensors").write_text(GOOD)
    (folder / "other.safetensors").write_bytes(safetensors.numpy.save({"a": zeros(3)}, metadata={"format": "pt"}))
    (folder / "half.safetensors").write_bytes(whole[: len(whole) // 2])
    (folder / "longer.safetensors").write_bytes(whole + b"\0")
    (folder / "newer.safetensors").write_bytes(whole.replace(b'\\"format_version\\": 2', b'\\"format_version\\": 9', 1))
    os.mkfifo(folder / "fifo.safetensors")
    return {
        "random": "is not an rnncast checkpoint",
        "nothing": "is not an rnncast checkpoint",
        "text": "is not an rnncast checkpoint",
        "other": "is not an rnncast checkpoint",
        "half": "is damaged",
        "longer": "is damaged",
        "newer": "has format version 9, this rnncast reads 1",
        "fifo": "is not a regular file",
    }


def test_what_is_no_checkpoint_is_refused_by_every_command(call: Call, folder: Path, trained: Path) -> None:
    for name, message in broken(folder, trained).items():
        path = f"{name}.safetensors"
        for args in (("predict", "-c", path), ("evaluate", "-c", path), ("inspect", path)):
            check_refused(call(*args), f"{path} {message}")
    check_refused(call("predict", "-c", "folder"), "folder is not a regular file")


def test_data_that_do_not_fit_the_checkpoint_are_refused(call: Call, folder: Path, trained: Path) -> None:
    check_refused(call("predict", "good.csv", "-c", trained), "there is no column 'passengers'")


def test_a_checkpoint_is_never_written_over_by_a_run_that_fails(call: Call, folder: Path, trained: Path) -> None:
    shutil.copy(trained, folder / "rnncast.safetensors")
    call("train", "text.csv")
    assert (folder / "rnncast.safetensors").read_bytes() == trained.read_bytes()


def test_a_command_that_ranks_do_not_share_is_refused_among_them(run_cli: RunCli) -> None:
    done = run_cli("inspect", "data.csv", env={"RANK": "0", "WORLD_SIZE": "2"})
    assert done.returncode == 2
    assert "Error: 'inspect' runs in one process; several share train, predict, tune." in done.stderr
    assert run_cli("train", "--nothing", env={"RANK": "1", "WORLD_SIZE": "2"}).stderr == ""
