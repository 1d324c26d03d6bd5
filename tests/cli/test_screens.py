"""What every command looks like in a terminal, kept as text under tests/snapshots.

`RENEW_SNAPSHOTS=1 pytest tests/cli/test_screens.py` writes it anew; look at the difference before it is kept.
"""

import fcntl
import os
import pty
import re
import shlex
import struct
import sys
import termios
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from threading import Thread
from typing import NamedTuple

import pyte
import pytest

from tests.cli.conftest import Call

SNAPSHOTS = Path(__file__).resolve().parents[1] / "snapshots"
ROWS = 200
QUICK = "--model lstm --max-steps 3 --hidden-size 4 --horizon 6"
COMMANDS = {
    "inspect": "inspect sample_data/airline.csv --plot",
    "inspect-several": "inspect several.csv --plot",
    "inspect-checkpoint": "inspect trained.safetensors",
    "train": f"train sample_data/airline.csv {QUICK} --ensemble 1",
    "predict": "predict sample_data/airline.csv --plot --horizon 6",
    "predict-several": "predict several.csv --plot --horizon 3",
    "evaluate": "evaluate sample_data/airline.csv -c trained.safetensors --plot",
    "evaluate-diagnose": "evaluate sample_data/airline.csv -c trained.safetensors --diagnose",
    "compare": f"compare sample_data/airline.csv {QUICK} --windows 2 --baseline naive --baseline theta",
    "tune": f"tune sample_data/airline.csv {QUICK} --ensemble 1 --trials 2",
    "generate": "generate --kind waves --length 3 --series 2",
    "unknown-option": "predict sample_data/airline.csv --hoirzon 3",
    "no-file": "train nothing.csv",
}
UTF, DUMB, BARE = {"TERM": "xterm-256color"}, {"TERM": "dumb"}, {"TERM": "xterm-256color", "NO_COLOR": "1"}


class Seen(NamedTuple):
    """What a command wrote to a terminal, and what could be read there in the end."""

    written: bytes
    screen: str


class Terminal:
    """A pseudo-terminal in place of the standard streams."""

    def __init__(self, width: int, monkeypatch: pytest.MonkeyPatch, encoding: str = "utf-8") -> None:
        self.width, self._written = width, bytearray()
        self._ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, width, 0, 0))
        monkeypatch.setenv("COLUMNS", str(width))
        self._streams = [os.fdopen(os.dup(theirs), "w", encoding=encoding, errors="backslashreplace") for _ in range(2)]
        os.close(theirs)
        for name, stream in zip(("stdout", "stderr"), self._streams, strict=True):
            monkeypatch.setattr(sys, name, stream)
        self._reader = Thread(target=self._read)
        self._reader.start()

    def close(self) -> Seen:
        """Hang up and return what was written."""
        for stream in self._streams:
            stream.close()
        self._reader.join()
        os.close(self._ours)
        screen = pyte.Screen(self.width, ROWS)
        pyte.ByteStream(screen).feed(bytes(self._written))
        lines = "\n".join(line.rstrip() for line in screen.display).rstrip()
        return Seen(bytes(self._written), lines + "\n")

    def _read(self) -> None:
        while True:
            try:
                read = os.read(self._ours, 65536)
            except OSError:  # what Linux says when the last writer has closed a terminal
                return
            self._written += read


@pytest.fixture
def seen(call: Call, root: Path, trained: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[object]:
    """Return a function that runs the program in a terminal."""
    (tmp_path / "sample_data").symlink_to(root / "sample_data")
    (tmp_path / "trained.safetensors").symlink_to(trained)
    rows = [f"shop {n},2024-01-{day + 1:02},{n * day % 7 + day}" for n in range(1, 7) for day in range(30)]
    (tmp_path / "several.csv").write_text("\n".join(["shop,day,sold", *rows]) + "\n")
    ticks = count()

    def run(line: str, width: int, env: dict[str, str], encoding: str = "utf-8") -> Seen:
        with monkeypatch.context() as patch:
            patch.delenv("NO_COLOR", raising=False)
            for name, value in env.items():
                patch.setenv(name, value)
            for clock in ("time.perf_counter", "rnncast.tuning.perf_counter", "rnncast.course.perf_counter"):
                patch.setattr(clock, lambda: next(ticks) / 64)
            terminal = Terminal(width, patch, encoding)
            try:
                call(*shlex.split(line))
            finally:
                found = terminal.close()
        return found

    return run


def masked(text: str) -> str:
    """Return a screen without what differs between machines: the digits of numbers that were computed, versions."""
    text = re.sub(r"(version of \S+ +)\S+", r"\1...", text)
    lines = [re.sub(r"(?<=  )\d{2,}(?=[ *]|$)", _zeros, line) if re.search(r"\d\.\d", line) else line
             for line in text.split("\n")]  # fmt: skip
    return re.sub(r"\d+\.\d+(e[-+]\d+)?", _zeros, "\n".join(lines))


def _zeros(number: re.Match[str]) -> str:
    return re.sub(r"\d", "0", number[0])


@pytest.mark.parametrize("width", [60, 100, 160])
@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_looks_as_it_did(seen, name: str, width: int) -> None:  # type: ignore[no-untyped-def]
    screen = masked(seen(COMMANDS[name], width, UTF).screen)
    kept = SNAPSHOTS / f"{name}-{width}.txt"
    if os.environ.get("RENEW_SNAPSHOTS"):
        SNAPSHOTS.mkdir(exist_ok=True)
        kept.write_text(screen, encoding="utf-8")
    assert screen == kept.read_text(encoding="utf-8")


@pytest.mark.parametrize("env", [DUMB, BARE], ids=["dumb", "NO_COLOR"])
def test_there_is_no_colour_where_none_is_welcome(seen, env: dict[str, str]) -> None:  # type: ignore[no-untyped-def]
    written = seen(COMMANDS["evaluate"], 100, env).written
    assert b"what came" in written
    assert b"\x1b" not in written


def test_colour_is_for_terminals_that_have_it(seen) -> None:  # type: ignore[no-untyped-def]
    assert b"\x1b[1;38;5;32m" in seen(COMMANDS["evaluate"], 100, UTF).written


@pytest.mark.parametrize(("env", "encoding"), [(DUMB, "utf-8"), (UTF, "ascii")], ids=["dumb", "ascii"])
def test_a_plain_terminal_gets_plain_signs(seen, env: dict[str, str], encoding: str) -> None:  # type: ignore[no-untyped-def]
    screen = seen(COMMANDS["inspect"], 60, env, encoding).screen
    assert screen.isascii()
    assert "+----" in screen


def test_a_fit_shows_the_curve_of_its_loss_and_leaves_nothing_of_it(seen) -> None:  # type: ignore[no-untyped-def]
    found = seen(COMMANDS["train"].replace("--max-steps 3", "--max-steps 12"), 100, UTF)
    assert re.search("held-out.*[▁▂▃▄▅▆▇█]{2}.* loss .* steps/s .*left", found.written.decode())
    assert "steps/s" not in found.screen
