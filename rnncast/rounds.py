"""Rounds: several fits side by side, each in a thread of its own, as one generator of their progress."""

from collections.abc import Generator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

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
    is looked at.
    """
    found: dict[Loop, Fit] = {}
    with ThreadPoolExecutor(count, initializer=compute_alone) as pool:
        try:
            while len(found) < len(running):
                begun = {loop: pool.submit(_next, running[loop]) for loop in order if loop not in found}
                reached = {loop: begun[loop].result() for loop in running if loop in begun}
                found |= {loop: fit for loop, fit in reached.items() if isinstance(fit, Fit)}
                yield from (record for record in reached.values() if isinstance(record, Progress))
        finally:
            for loop in running:  # else the pool waits for the end of a round that was interrupted
                loop.close()
    return found


def _next(fit: Running) -> Progress | Fit:
    """Return the next record of a fit, or at its end what it found."""
    try:
        return next(fit)
    except StopIteration as done:
        found: Fit = done.value
        return found
