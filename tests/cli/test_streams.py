"""What needs a process of its own: closed and full streams, signals."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import pytest

ENDLESS = ("--max-steps", "10000000", "--ensemble", "1", "--hidden-size", "8")


@pytest.fixture
def program_at(tmp_path: Path, clean_env: Mapping[str, str]) -> "Program":
    return Program(tmp_path, clean_env)


class Program:
    """Starts the program in a folder, from a shell or as a child that gets signals."""

    def __init__(self, folder: Path, env: Mapping[str, str]) -> None:
        self.folder, self.env = folder, {**env, "PYTHON": sys.executable}

    def shell(self, line: str) -> subprocess.CompletedProcess[str]:
        """Run a line in which `rnncast` stands for the program."""
        line = "set -o pipefail; " + line.replace("rnncast", f"{sys.executable} -m rnncast")
        return subprocess.run(
            ["bash", "-c", line], cwd=self.folder, env=self.env, capture_output=True, encoding="utf-8", check=False
        )

    def start(self, *args: str | Path) -> "subprocess.Popen[str]":
        """Start the program and leave it running."""
        command = [sys.executable, "-m", "rnncast", *map(str, args)]
        return subprocess.Popen(
            command, cwd=self.folder, env=self.env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8",
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),  # a background job ignores it
        )  # fmt: skip


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_during_training_leaves_the_old_checkpoint_and_at_most_a_state(
    program_at: Program, airline: Path, tmp_path: Path, number: signal.Signals, status: int
) -> None:
    (tmp_path / "rnncast.safetensors").write_bytes(b"old")
    running = program_at.start("train", airline, *ENDLESS)
    assert running.stderr is not None
    assert "144 rows" in running.stderr.readline()
    running.send_signal(number)
    try:
        stdout, stderr = running.communicate(timeout=60)
    finally:
        running.kill()
    assert (running.returncode, stdout) == (status, "")
    assert "Traceback" not in stderr
    left = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert ("rnncast.safetensors.state" in left) == ("--resume goes on" in stderr)
    left.pop("rnncast.safetensors.state", None)
    assert left == {"rnncast.safetensors": b"old"}


@pytest.mark.promise("P5")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_a_run_that_was_stopped_goes_on_to_the_bytes_of_one_that_was_not(
    program_at: Program, airline: Path, tmp_path: Path, number: signal.Signals
) -> None:
    asked = ["train", airline, "-m", "gru", "--hidden-size", "4", "--ensemble", "1", "--max-steps", "600", "-q"]
    state = tmp_path / "rnncast.safetensors.state"
    running = program_at.start(*asked, "--save-every", "0.1s")
    for _ in range(600):
        if state.exists() or running.poll() is not None:
            break
        time.sleep(0.1)
    running.send_signal(number)
    running.communicate(timeout=60)
    assert running.returncode == (143 if number == signal.SIGTERM else -9)
    assert state.exists()
    ended = program_at.start(*asked, "--resume")
    assert ended.communicate(timeout=120) is not None
    assert ended.returncode == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["rnncast.safetensors"]
    whole = program_at.start(*asked, "-o", "whole.safetensors")
    whole.communicate(timeout=120)
    assert (tmp_path / "whole.safetensors").read_bytes() == (tmp_path / "rnncast.safetensors").read_bytes()


def test_a_run_with_other_settings_is_no_continuation(program_at: Program, airline: Path, tmp_path: Path) -> None:
    running = program_at.start("train", airline, "-m", "gru", *ENDLESS, "--save-every", "0.1s", "--seed", "3")
    state = tmp_path / "rnncast.safetensors.state"
    for _ in range(600):
        if state.exists() or running.poll() is not None:
            break
        time.sleep(0.1)
    running.send_signal(signal.SIGTERM)
    running.communicate(timeout=60)
    before = state.read_bytes()
    other = program_at.start("train", airline, "-m", "gru", *ENDLESS, "--resume", "--seed", "4")
    _, stderr = other.communicate(timeout=60)
    assert other.returncode == 2
    assert "begun otherwise: seed was 3, now 4." in stderr
    assert state.read_bytes() == before


@pytest.mark.promise("P14")
def test_a_reader_that_goes_away_is_no_failure(program_at: Program, trained: Path) -> None:
    done = program_at.shell(f"rnncast predict -c {trained} -H 2000 | head -n 1")
    assert (done.returncode, done.stdout) == (0, "month,forecast,lo-80,hi-80,lo-95,hi-95\n")
    assert "Error" not in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.promise("P14")
@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no full device")
def test_a_full_disk_behind_standard_output_is_one_line_and_status_1(program_at: Program, trained: Path) -> None:
    done = program_at.shell(f"rnncast predict -c {trained} > /dev/full")
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert done.stderr.startswith("Error: the output cannot be written: ")


@pytest.mark.promise("P14")
def test_closed_streams_are_quiet(program_at: Program, trained: Path) -> None:
    done = program_at.shell(f"rnncast predict -c {trained} -o f.csv >&- 2>&- <&-")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert (program_at.folder / "f.csv").exists()


@pytest.mark.promise("P16")
def test_nothing_off_a_terminal_has_escapes_and_the_home_stays_empty(
    program_at: Program, airline: Path, clean_env: Mapping[str, str]
) -> None:
    done = program_at.shell(f"rnncast train {airline} --max-steps 2 --ensemble 1 --format table")
    assert done.returncode == 0
    assert "\x1b" not in done.stdout + done.stderr
    assert "\r" not in done.stdout + done.stderr
    assert os.listdir(clean_env["HOME"]) == []


def test_a_current_folder_that_is_gone_is_told(program_at: Program) -> None:
    done = program_at.shell('mkdir gone && cd gone && rmdir "$PWD" && rnncast inspect x.csv')
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("Error: the current folder does not exist any more.")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no full device")
def test_help_on_a_full_disk_is_one_line_and_status_1(program_at: Program) -> None:
    done = program_at.shell("rnncast --help > /dev/full")
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
