"""`predict --follow`: each row of standard input is answered before the next one comes."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

import pytest

from rnncast import registry
from rnncast.cli import following
from tests.cli.conftest import Call
from tests.conftest import RunCli

Process = subprocess.Popen[str]


@pytest.fixture
def running(trained: Path, tmp_path: Path, clean_env: Mapping[str, str]) -> Iterator[Process]:
    """Yield the program as it follows a pipe that stays open."""
    command = [sys.executable, "-m", "rnncast", "predict", "-", "--follow", "-c", str(trained), "--format", "jsonl"]
    process = subprocess.Popen(
        [*command, "-H", "1"], cwd=tmp_path, env=clean_env, encoding="utf-8",
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )  # fmt: skip
    yield process
    process.kill()
    process.wait()
    for stream in (process.stdin, process.stdout, process.stderr):
        with suppress(BrokenPipeError):  # what was written and never read
            if stream is not None:
                stream.close()


def answer(process: Process, line: str) -> dict[str, object]:
    """Write a line, and return the forecast that is written before any other line comes."""
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(line)
    process.stdin.flush()
    found: dict[str, object] = json.loads(process.stdout.readline())
    return found


def test_each_row_is_answered_before_the_next_one_comes(running: Process, airline: Path) -> None:
    header, *rows = airline.read_text().splitlines(keepends=True)[:6]
    found = [answer(running, f"{header}{rows[0]}"), *(answer(running, row) for row in rows[1:])]
    assert [(one["origin"], one["month"]) for one in found] == [
        (f"1949-0{month}", f"1949-0{month + 1}") for month in range(1, 6)
    ]
    assert list(found[0]) == ["origin", "month", "forecast", "lo-80", "hi-80", "lo-95", "hi-95"]
    assert running.stdin is not None
    running.stdin.close()
    assert running.wait(60) == 0


def test_ctrl_c_ends_it_with_status_130(running: Process, airline: Path) -> None:
    answer(running, "".join(airline.read_text().splitlines(keepends=True)[:2]))
    running.send_signal(signal.SIGINT)
    assert running.wait(60) == 130
    assert running.stderr is not None
    assert running.stderr.read().strip() == ""


def test_a_reader_that_goes_away_ends_it_quietly(running: Process, airline: Path) -> None:
    header, *rows = airline.read_text().splitlines(keepends=True)
    answer(running, f"{header}{rows[0]}")
    assert running.stdin is not None
    assert running.stdout is not None
    assert running.stderr is not None
    running.stdout.close()
    with suppress(BrokenPipeError):
        running.stdin.write("".join(rows[1:]))
        running.stdin.close()
    assert running.wait(60) == 0
    assert running.stderr.read().strip() == ""


def test_it_forecasts_what_predict_does_of_the_same_rows(run_cli: RunCli, trained: Path, airline: Path) -> None:
    lines = airline.read_text().splitlines(keepends=True)
    followed = run_cli("predict", "-", "--follow", "-c", trained, "-H", "3", stdin="".join(lines))
    blocks = followed.stdout.splitlines()[1:]
    assert (followed.returncode, followed.stderr, len(blocks)) == (0, "", 144 * 3)
    for count in (1, 40, 144):
        alone = run_cli("predict", "-", "-c", trained, "-H", "3", stdin="".join(lines[: count + 1])).stdout
        expected = [[float(cell) for cell in line.split(",")[1:]] for line in alone.splitlines()[1:]]
        found = [[float(cell) for cell in line.split(",")[2:]] for line in blocks[3 * count - 3 : 3 * count]]
        for one, other in zip(found, expected, strict=True):
            assert one == pytest.approx(other, rel=1e-5)


def test_rows_that_are_skipped_are_notes_with_their_lines(run_cli: RunCli, trained: Path) -> None:
    text = "month,passengers\n1949-01,112\n1949-01,113\n1949-02,many\n1949-02,118\n"
    done = run_cli("predict", "-", "--follow", "-c", trained, "-H", "1", "--format", "tsv", stdin=text)
    assert [line.split("\t")[:2] for line in done.stdout.splitlines()] == [
        ["origin", "month"], ["1949-01", "1949-02"], ["1949-02", "1949-03"],
    ]  # fmt: skip
    assert done.stderr == (
        "Note: skipped standard input, line 3: its time has come already.\n"
        "Note: skipped standard input, line 4, column 'passengers': 'many' is not a number.\n"
    )


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (("data.csv", "--follow"), "--follow reads standard input."),
        (("--follow",), "--follow reads standard input."),
        (("-", "-", "--follow"), "--follow reads standard input."),
        (
            ("-", "--follow", "--format", "table"),
            "--format table needs all rows, and --follow writes each as it comes.",
        ),
        (("-", "--follow", "--format", "parquet"), "--format parquet needs all rows"),
        (("-", "--follow", "-o", "x.csv"), "--output does not go with --follow."),
        (("-", "--follow", "--future-data", "x.csv"), "--future-data does not go with --follow."),
        (("-", "--follow", "--plot", "x.svg"), "--plot does not go with --follow."),
        (("-", "--follow"), "--follow needs a checkpoint."),
        (("-", "--follow", "-c", "default"), "--follow needs a checkpoint."),
        (("-", "--follow", "-c", "none.safetensors"), "there is no checkpoint none.safetensors."),
    ],
)
def test_what_cannot_be_followed_is_refused_with_a_hint(call: Call, args: tuple[str, ...], message: str) -> None:
    done = call("predict", *args)
    first, second, *rest = done.stderr.splitlines()
    assert (done.status, done.stdout, rest) == (2, "", [])
    assert first.startswith(f"Error: {message}")
    assert second.startswith("Hint: ")


def test_formats_that_are_followed_are_written_row_by_row() -> None:
    assert set(following.FORMATS) == set(registry.STREAMS) & set(registry.FORMATS)
