"""Rounds: several fits side by side, each in a thread of its own, as one generator of their progress."""

from collections.abc import Generator, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import torch

from rnncast.device import compute_alone
from rnncast.fits import Fit, Progress
from rnncast.training import Loop

Running = Generator[Progress, None, Fit]


def one_by_one(running: Mapping[Loop, Running]) -> Generator[Progress, None, dict[Loop, Fit]]:
    """Run the fits of loops to their ends, yielding their records; return what they found."""
    found = {}
    for loop, fit in running.items():
        try:
            found[loop] = yield from fit
        finally:
            loop.close()
    return found


def side_by_side(
    running: Mapping[Loop, Running], order: Sequence[Loop], count: int
) -> Generator[Progress, None, dict[Loop, Fit]]:
    """Do the same, `count` at a time.

    In a round, each fit goes on to its next record, in `order`; then the records are
    yielded in the order of the fits. So the order is the same every time, and nothing runs while a record
    is looked at. On a CUDA device each has a stream of its own, so that small networks fill it together.
    """
    found: dict[Loop, Fit] = {}
    lanes = {loop: _Lane(loop.windows.values.device) for loop in running}
    with ThreadPoolExecutor(count, initializer=compute_alone) as pool:
        try:
            while len(found) < len(running):
                begun = {loop: pool.submit(_next, running[loop], lanes[loop]) for loop in order if loop not in found}
                reached = {loop: begun[loop].result() for loop in running if loop in begun}
                found |= {loop: fit for loop, fit in reached.items() if isinstance(fit, Fit)}
                yield from (record for record in reached.values() if isinstance(record, Progress))
        finally:
            for loop in running:  # else the pool waits for the end of a round that was interrupted
                loop.close()
    return found


class _Lane:
    """Is what a fit's operations go through on its device: a stream where there are such."""

    def __init__(self, device: torch.device) -> None:
        """Begin after what the device has been told so far."""
        self._stream = torch.cuda.Stream(device) if device.type == "cuda" else None  # type: ignore[no-untyped-call]
        if self._stream is not None:
            self._stream.wait_stream(torch.cuda.current_stream(device))

    @contextmanager
    def taken(self) -> Iterator[None]:
        """Let operations of this thread go through it, and wait for them at the end."""
        if self._stream is None:
            yield
            return
        with torch.cuda.stream(self._stream):
            try:
                yield
            finally:
                self._stream.synchronize()  # whoever looks at what was found does so from another stream


def _next(fit: Running, lane: _Lane) -> Progress | Fit:
    """Return the next record of a fit, or at its end what it found."""
    try:
        with lane.taken():
            return next(fit)
    except StopIteration as done:
        found: Fit = done.value
        return found
