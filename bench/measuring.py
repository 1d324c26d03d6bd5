"""Runs a command as a whole process and says what it took."""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
DATA = ROOT.parent / "shared" / "data"


@dataclass(frozen=True, slots=True)
class Run:
    """Holds what one process took: seconds, seconds of CPU, the most memory in MiB, and what it printed."""

    seconds: float
    cpu: float
    peak: float
    output: str


def run(arguments: Sequence[str], folder: Path | None = None) -> Run:
    """Run a command to its end and measure it; a command that fails ends the benchmark.

    Linux reports the peak of resident memory in KiB.
    """
    with tempfile.TemporaryFile("w+", encoding="utf-8") as output:
        began = time.perf_counter()
        process = subprocess.Popen(arguments, cwd=folder, stdout=output, stdin=subprocess.DEVNULL)
        _, status, used = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise SystemExit(f"{' '.join(arguments)} left with status {process.returncode}")
        output.seek(0)
        return Run(seconds, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, output.read())


def python(*arguments: str, folder: Path | None = None) -> Run:
    """Run this interpreter."""
    return run([sys.executable, *arguments], folder)


def rnncast(*arguments: str, folder: Path | None = None) -> Run:
    """Run the program, quietly."""
    return python("-m", "rnncast", "--quiet", *arguments, folder=folder)


def median_seconds(arguments: Sequence[str], times: int) -> float:
    """Return the median wall time of a Python command over several runs, after one that is not counted."""
    python(*arguments)
    return statistics.median(python(*arguments).seconds for _ in range(times))


def shared(name: str) -> Path:
    """Return a file of the benchmark data, or end with a sentence where they are missing."""
    path = DATA / name
    if not path.exists():
        raise SystemExit(f"the benchmark data are not here: {path.relative_to(ROOT.parent)} is missing")
    return path
