"""What the subjects share: the program as a child, two checkpoints to tell apart, and how a file is judged."""

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.measuring import ROOT

DATA = str(ROOT / "sample_data" / "airline.csv")
QUICK = ("--model", "lstm", "--ensemble", "1", "--hidden-size", "8", "--max-steps", "4")
OLD, NEW = 1, 2
"""Seeds of the two checkpoints."""


@dataclass(frozen=True, slots=True)
class Ended:
    """Holds how a child ended, and what it said on stderr."""

    status: int
    stderr: str

    @property
    def is_clean(self) -> bool:
        """Tell whether it ended as promised: with a status of the table, and without a traceback."""
        return self.status in (0, 1, 2, 130, 143) and "Traceback" not in self.stderr


def command(*arguments: str) -> list[str]:
    """Return the command line of the program."""
    return [sys.executable, "-m", "rnncast", *arguments]


def train(seed: int, output: str = "rnncast.safetensors") -> list[str]:
    """Return the command line that trains the checkpoint of a seed."""
    return command("train", DATA, *QUICK, "--seed", str(seed), "-o", output)


def start(line: Sequence[str], folder: Path, env: Mapping[str, str] | None = None) -> "subprocess.Popen[str]":
    """Start a command in a folder."""
    # No compiled files: a limit of their size would leave them cut off, and Python takes those for whole.
    own = {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", "PYTHONDONTWRITEBYTECODE": "1"}
    where = {**os.environ, **own, **(env or {})}
    return subprocess.Popen(
        line, cwd=folder, env=where, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
        encoding="utf-8", errors="replace",
    )  # fmt: skip


def finish(child: "subprocess.Popen[str]", timeout: float = 120) -> Ended:
    """Wait for a child; one that hangs is killed, with the status of that."""
    try:
        _, stderr = child.communicate(timeout=timeout)
    except subprocess.TimeoutExpired:
        child.kill()
        _, stderr = child.communicate()
    return Ended(child.returncode, stderr)


def checkpoints(folder: Path) -> dict[int, bytes]:
    """Train the checkpoint of each seed in a folder and return its bytes."""
    found = {}
    for seed in (OLD, NEW):
        ended = finish(start(train(seed, f"{seed}.safetensors"), folder))
        if ended.status:
            raise SystemExit(f"training left with status {ended.status}: {ended.stderr}")
        found[seed] = (folder / f"{seed}.safetensors").read_bytes()
    return found


def told(count: int, failures: Sequence[str]) -> int:
    """Print how many of so many attempts failed, and the first of them; return their number."""
    for failure in failures[:10]:
        print(f"FAILED: {failure}")
    print(f"{count} times, {len(failures)} failures", flush=True)
    return len(failures)
