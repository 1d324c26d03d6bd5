"""kill -9 at random moments of training, saving and predicting: the output is the old file or the new one, whole."""

import os
import random
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.faults.base import NEW, OLD, Ended, checkpoints, command, finish, start, told, train

SAVING = """
import sys
from rnncast.saving import write
files = [open(name, "rb").read() for name in sys.argv[1:3]]
write("ready", b"")
while True:
    for data in files:
        write(sys.argv[3], data)
"""


def main(times: int, seed: int) -> int:
    """Kill so many runs; return how many left something else than an old or a new file."""
    draw, failures, counts = random.Random(seed), list[str](), {"old": 0, "new": 0}
    with TemporaryDirectory() as name:
        folder = Path(name)
        files = checkpoints(folder)
        subjects = [Training(folder, files), Saving(folder, files), Predicting(folder)]
        for number in range(times):
            subject = subjects[number % len(subjects)]
            outcome = subject.kill(draw)
            if outcome not in ("old", "new"):
                failures.append(f"{type(subject).__name__.lower()}: {outcome}")
            else:
                counts[outcome] += 1
        failures += [text for subject in subjects for text in subject.afterwards()]
        counts["left over"], old = len(leftovers(folder)), time.time() - 7200
        for left in leftovers(folder):
            os.utime(left, (old, old))
        if finish(start(train(OLD), folder)).status or leftovers(folder):
            failures.append("a leftover blocked the next run, or stayed")
    print(", ".join(f"{count} {word}" for word, count in counts.items()))
    return told(times, failures)


def leftovers(folder: Path) -> list[Path]:
    """Return the temporary files in a folder."""
    return list(folder.glob(".rnncast-*.tmp"))


def killed(line: list[str], folder: Path, seconds: float) -> Ended:
    """Start a command, kill it after so many seconds, and return how it ended."""
    child = start(line, folder)
    time.sleep(seconds)
    child.kill()
    return finish(child)


def lasting(line: list[str], folder: Path) -> float:
    """Return the median of the seconds that a command takes."""
    seconds = []
    for _ in range(3):
        began = time.perf_counter()
        finish(start(line, folder))
        seconds.append(time.perf_counter() - began)
    return statistics.median(seconds)


class Training:
    """Kills a training run over the checkpoint of another seed."""

    def __init__(self, folder: Path, files: dict[int, bytes]) -> None:
        self.folder, self.files, self.path = folder, files, folder / "rnncast.safetensors"
        self.seconds = lasting(train(OLD), folder)

    def kill(self, draw: random.Random) -> str:
        """Kill one run somewhere, also just before or after its end; return which file is there."""
        before = self.path.read_bytes()
        seed = NEW if before == self.files[OLD] else OLD
        killed(train(seed), self.folder, draw.uniform(0, 1.1 * self.seconds))
        return judged(self.path.read_bytes(), before, self.files[seed])

    def afterwards(self) -> list[str]:
        """Return what is wrong when all is over: each of the two files predicts."""
        return [
            f"the checkpoint of seed {seed} does not predict"
            for seed in self.files
            if finish(start(command("predict", "-c", f"{seed}.safetensors"), self.folder)).status
        ]


class Saving:
    """Kills a process that does nothing but save one file or the other."""

    def __init__(self, folder: Path, files: dict[int, bytes]) -> None:
        self.folder, self.files, self.path = folder, files, folder / "saved.safetensors"
        self.path.write_bytes(files[OLD])

    def kill(self, draw: random.Random) -> str:
        """Kill it in the midst of saving; return which file is there."""
        ready = self.folder / "ready"
        ready.unlink(missing_ok=True)
        names = [f"{seed}.safetensors" for seed in (OLD, NEW)]
        child = start([sys.executable, "-c", SAVING, *names, self.path.name], self.folder)
        wait(child, ready.exists)
        time.sleep(draw.uniform(0, 0.05))
        child.kill()
        finish(child)
        return judged(self.path.read_bytes(), self.files[OLD], self.files[NEW])

    def afterwards(self) -> list[str]:
        """Return what is wrong when all is over."""
        return []


class Predicting:
    """Kills a forecast that goes to a file."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.path = folder, folder / "forecast.csv"
        self.files = []
        for horizon in (10, 12):
            finish(start(self._line(horizon), folder))
            self.files.append(self.path.read_bytes())
        self.seconds = lasting(self._line(12), folder)

    def _line(self, horizon: int) -> list[str]:
        return command("predict", "-c", "1.safetensors", "-H", str(horizon), "-o", self.path.name)

    def kill(self, draw: random.Random) -> str:
        """Kill one forecast somewhere; return which table is there."""
        before = self.path.read_bytes()
        horizon, new = (12, self.files[1]) if before == self.files[0] else (10, self.files[0])
        killed(self._line(horizon), self.folder, draw.uniform(0, 1.1 * self.seconds))
        return judged(self.path.read_bytes(), before, new)

    def afterwards(self) -> list[str]:
        """Return what is wrong when all is over."""
        return []


def judged(found: bytes, old: bytes, new: bytes) -> str:
    """Return which of two files was found, or what else."""
    return "old" if found == old else "new" if found == new else f"{len(found)} bytes that are neither file"


def wait(child: "subprocess.Popen[str]", ready: Callable[[], bool], seconds: float = 30) -> None:
    """Wait until something is so; a child that ends before is a mistake of ours."""
    end = time.monotonic() + seconds
    while not ready() and time.monotonic() < end:
        if child.poll() is not None:
            raise SystemExit(f"the child ended before it was killed: {finish(child).stderr}")
        time.sleep(0.005)
