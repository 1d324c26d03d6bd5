"""kill -9 at random moments of a training run that puts aside where it is; `--resume` ends in a whole run's bytes."""

import random
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.faults.base import DATA, command, finish, start, told
from bench.faults.kills import killed, lasting

LONGER = ("--model", "gru", "--ensemble", "2", "--hidden-size", "4", "--dropout", "0.2", "--max-steps", "600")


def main(times: int, seed: int) -> int:
    """Kill a run up to three times, then let it end; return how often it ended in other bytes."""
    draw, failures, states = random.Random(seed), list[str](), 0
    with TemporaryDirectory() as name:
        folder = Path(name)
        seconds = lasting(_line("whole.safetensors"), folder)
        whole = (folder / "whole.safetensors").read_bytes()
        for _ in range(times):
            output, state = folder / "killed.safetensors", folder / "killed.safetensors.state"
            for _ in range(draw.randint(1, 3)):
                killed(
                    _line(output.name, "--resume", "--save-every", "0.05s"), folder, draw.uniform(0.3, 0.9) * seconds
                )
            states += state.exists()
            ended = finish(start(_line(output.name, "--resume"), folder))
            if ended.status or output.read_bytes() != whole:
                failures.append(f"status {ended.status}: {ended.stderr or 'other bytes'}")
            if state.exists():
                failures.append("the state stayed")
                state.unlink()
            output.unlink(missing_ok=True)
    print(f"{states} of {times} went on from a state")
    return told(times, failures)


def _line(output: str, *more: str) -> list[str]:
    return command("train", DATA, *LONGER, "-o", output, *more)
