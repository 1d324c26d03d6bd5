"""Several runs to one output at once, and a reader beside them: it sees whole files only, the last one stays."""

import time
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.faults.base import NEW, OLD, checkpoints, finish, start, told, train


def main(times: int, seed: int) -> int:
    """Let so many pairs of runs race; return how often something else than one of their files was seen."""
    failures, seen = list[str](), 0
    with TemporaryDirectory() as name:
        folder = Path(name)
        files = checkpoints(folder)
        path = folder / "rnncast.safetensors"
        for _ in range(times):
            children = [start(train(seed), folder) for seed in (OLD, NEW, OLD, NEW)]
            while any(child.poll() is None for child in children):
                if path.exists():
                    seen += 1
                    if path.read_bytes() not in files.values():
                        failures.append("a reader saw something else than one of the files")
                time.sleep(0.002)
            ended = [finish(child) for child in children]
            failures += [f"status {end.status}: {end.stderr[:200]}" for end in ended if end.status]
            if path.read_bytes() not in files.values() or list(folder.glob(".rnncast-*.tmp")):
                failures.append("what stayed is not one whole file")
    print(f"{seen} looks")
    return told(times, failures)
