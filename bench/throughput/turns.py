"""Turns: training steps of several programs, each in a process of its own, taken in turn by one that watches.

Imports the standard library alone, since the interpreters of other libraries run it too.
"""

import json
import os
import resource
import sys
import time
from collections.abc import Callable
from typing import NamedTuple

THREADS = int(os.environ.get("BENCH_THREADS", "2"))
"""Threads that every program may use."""


DEVICE = os.environ.get("BENCH_DEVICE", "cpu")
"""What rnncast, the bare loop and the products compute on."""

FOR_EVER = 10**6
"""Steps or epochs of programs that train until they are ended."""


LIGHTNING: dict[str, object] = {
    "accelerator": "cpu",
    "devices": 1,
    "logger": False,
    "enable_progress_bar": False,
    "enable_model_summary": False,
}
"""What Lightning's trainer is told in the libraries that train by it."""


class Taken(NamedTuple):
    """Holds what one turn took: seconds, and seconds of CPU."""

    seconds: float
    cpu: float


class Turns:
    """Waits, before the first step and after every `steps`, until it is this program's turn.

    At the end of a turn it calls `settle`, which waits for what a device was told to do.
    """

    def __init__(self, steps: int, settle: Callable[[], object] = lambda: None) -> None:
        self.steps, self._settle, self._done = steps, settle, 0
        sys.stdout.flush()
        self._answers = os.fdopen(os.dup(1), "w")
        os.dup2(2, 1)  # what a library prints is no answer
        self._wait()

    def __call__(self) -> None:
        """Count a step; at the end of a turn, say what it took and wait for the next."""
        self._done += 1
        if self._done % self.steps == 0:
            self.over()

    def over(self) -> None:
        """Say what the turn took and wait for the next; without one, leave."""
        self._settle()
        seconds, cpu = time.perf_counter() - self._began, time.process_time() - self._cpu
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        self._answers.write(json.dumps({"seconds": seconds, "cpu": cpu, "peak": peak}) + "\n")
        self._answers.flush()
        self._wait()

    def _wait(self) -> None:
        if not sys.stdin.readline():
            os._exit(0)
        self._began, self._cpu = time.perf_counter(), time.process_time()
