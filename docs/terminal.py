"""Run commands as a terminal of 100 columns would: for the scripts that keep the documentation's output real."""

import fcntl
import os
import pty
import shutil
import struct
import subprocess
import sys
import termios
import time
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
COLUMNS, ROWS = 100, 60


class Ran(NamedTuple):
    """Holds what a command printed, on both streams, and the CPU and clock seconds that it took."""

    output: str
    cpu_seconds: float
    seconds: float


def prepare(folder: Path) -> None:
    """Put into a folder what the documentation's commands read."""
    for name in ("sample_data", "docs"):
        shutil.copytree(ROOT / name, folder / name)


def run(command: str, folder: Path, term: str = "dumb") -> Ran:
    """Run a command in a folder; a dumb terminal gets neither colours nor motion."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = os.environ | {"PATH": path, "TERM": term, "COLUMNS": str(COLUMNS), "LINES": str(ROWS)}
    before, began = os.times(), time.perf_counter()
    process = subprocess.Popen(
        ["bash", "-c", command], stdin=subprocess.DEVNULL, stdout=theirs, stderr=theirs, cwd=folder, env=environment
    )
    os.close(theirs)
    output = b"".join(iter(lambda: _read(ours), b""))
    process.wait()
    os.close(ours)
    after = os.times()
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    return Ran(output.decode().replace("\r\n", "\n"), cpu, time.perf_counter() - began)


def _read(descriptor: int) -> bytes:
    try:
        return os.read(descriptor, 65536)
    except OSError:  # what Linux says when the last writer has closed a terminal
        return b""
