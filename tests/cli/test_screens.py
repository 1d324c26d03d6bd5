"""What every command looks like in a terminal, kept as text under tests/snapshots.

`RENEW_SNAPSHOTS=1 pytest tests/cli/test_screens.py` writes it anew; look at the difference before it is kept.
With `SCREENS=FOLDER` every screen is put there as SVG too, in its colours, to look at.
"""

import os
import re
import shlex
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from types import SimpleNamespace

import pytest

from rnncast import cli, exporting, health
from rnncast.health import Finding
from tests.cli.conftest import Call
from tests.screens import Seen, Terminal, picture

SNAPSHOTS = Path(__file__).resolve().parents[1] / "snapshots"
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
    "report": "report sample_data/airline.csv -c trained.safetensors -o airline.html",
    "export": "export airline.onnx -c trained.safetensors",
    "pretrain": "pretrain sample_data/lynx.csv --kind waves --max-steps 1 --rows 64 --hidden-size 4 --layers 1",
    "doctor": "doctor",
    "completion": "completion fish",
    "man": "man export",
    "help": "--help",
    "help-train": "train --help",
    "unknown-option": "predict sample_data/airline.csv --hoirzon 3",
    "no-file": "train nothing.csv",
}
FINDINGS = [
    Finding("rnncast", "ok", "0.1.0"),
    Finding("installed in", "ok", "/usr/local/lib/python3.11/site-packages/rnncast"),
    Finding("devices", "ok", "cpu, cuda:0 (NVIDIA H200, 140 GiB)"),
    Finding(
        "extra export", "broken", "onnx: ImportError: libprotobuf.so.32: cannot open", "pip install 'rnncast[export]'"
    ),
    Finding("extra stats", "missing", "without statsforecast", "pip install 'rnncast[stats]'"),
    Finding("RNNCAST_HORIZN", "unused", "12", "Did you mean RNNCAST_HORIZON?"),
    Finding("embedded model", "ok", f"sha256 {'e573217b' * 8}"),
]
"""An installation, as no machine has it."""

EXPORTED = SimpleNamespace(
    about=SimpleNamespace(anchor="combined", left_out=None, inputs=("past", "observed", "anchor"), horizon=12),
    windows=1,
    largest=2e-7,
)

UTF, DUMB, BARE = {"TERM": "xterm-256color"}, {"TERM": "dumb"}, {"TERM": "xterm-256color", "NO_COLOR": "1"}


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
            patch.setattr(health, "examine", lambda variables: FINDINGS)
            patch.setattr(exporting, "export", lambda *args: EXPORTED)
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
    found = seen(COMMANDS[name], width, UTF)
    screen = masked(found.screen)
    if folder := os.environ.get("SCREENS"):
        Path(folder, f"{name}-{width}.svg").write_text(
            picture(found.terminal, f"{name}, {width} columns"), encoding="utf-8"
        )
    kept = SNAPSHOTS / f"{name}-{width}.txt"
    if os.environ.get("RENEW_SNAPSHOTS"):
        SNAPSHOTS.mkdir(exist_ok=True)
        kept.write_text(screen, encoding="utf-8")
    assert screen == kept.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", [command.name for command in cli.COMMANDS])
def test_no_line_of_a_help_is_wider_than_a_narrow_terminal(seen, name: str) -> None:  # type: ignore[no-untyped-def]
    lines = seen(f"{name} --help", 60, DUMB).written.decode().splitlines()
    assert lines[0].startswith(f"Usage: rnncast {name}")
    assert [line for line in lines if len(line) > 60] == []


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
