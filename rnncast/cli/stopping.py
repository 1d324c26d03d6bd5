"""Stopping: a training run that is asked to end puts aside where it is, and another one goes on from there."""

import os
import signal
from collections.abc import Callable, Generator, Iterator, Mapping
from concurrent.futures import CancelledError
from contextlib import contextmanager
from functools import cache
from time import perf_counter
from types import FrameType
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from rnncast.cli.options import Talk
from rnncast.cli.progress import show
from rnncast.ranks import Ranks

if TYPE_CHECKING:
    from rnncast.fits import Progress
    from rnncast.states import States

Result = TypeVar("Result")

Begun = Callable[[], Mapping[str, Any]]
"""Returns what a run is begun with, by name; not called before that is needed, for it reads all data."""

SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Aside(NamedTuple):
    """Says where the state of a run is put aside.

    Attributes:
        path: of the file.
        every: seconds from one time to the next.
        is_resumed: whether the run goes on from where an earlier one was.
        ranks: the processes that share the run; the leading one puts it aside, and all go on from there.
    """

    path: str
    every: float
    is_resumed: bool
    ranks: Ranks

    def known(self, begun: Begun, talk: Talk) -> "States":
        """Return where the fits of an earlier run were, if they are asked for and there was one.

        Raises:
            CheckpointError: the state is damaged, or of a run that was begun otherwise.
        """
        from rnncast.states import States, load

        if self.is_resumed and os.path.exists(self.path):
            talk.note(f"Going on from {self.path}.")
            return load(self.path, begun())
        if self.is_resumed:
            talk.note(f"Note: there is no {self.path}, so the run begins at its beginning.")
        return States()


def run(
    running: "Callable[[States], Generator[Progress, None, Result]]", begun: Begun, aside: Aside, talk: Talk
) -> Result:
    """Show what a run yields that is told of the fits' states, and return what it returns; it can be stopped."""
    from rnncast.states import save

    begun = cache(begun)
    states = aside.known(begun, talk)

    def put_aside() -> None:
        save(aside.path, begun(), states)

    with _stoppable(states, aside, put_aside, talk):
        return show(_kept(running(states), aside, put_aside), talk)


def _kept(
    running: "Generator[Progress, None, Result]", aside: Aside, put_aside: Callable[[], None]
) -> "Generator[Progress, None, Result]":
    """Yield what a run yields, putting its state aside from time to time; return what it returns."""
    from rnncast.fits import through

    last = perf_counter()

    def keep(progress: "Progress") -> "Progress":
        nonlocal last
        if aside.ranks.leads and perf_counter() - last >= aside.every:
            put_aside()
            last = perf_counter()
        return progress

    return through(running, keep)


@contextmanager
def _stoppable(states: "States", aside: Aside, put_aside: Callable[[], None], talk: Talk) -> Iterator[None]:
    """Let the first signal end the fits after their step, whose state is put aside, and the second at once."""
    asked: list[int] = []

    def ask(number: int, frame: FrameType | None) -> None:
        asked.append(number)
        if len(asked) > 1 or not states.stop():
            raise KeyboardInterrupt

    before = {number: signal.signal(number, ask) for number in SIGNALS}
    try:
        yield
    except (CancelledError, KeyboardInterrupt) as stop:
        if not asked and (aside.ranks.count == 1 or isinstance(stop, KeyboardInterrupt)):
            raise
        if len(asked) < 2 and states.taken() and aside.ranks.leads:
            put_aside()
            talk.note(f"Stopped. {aside.path} holds where the run is: the same command with --resume goes on.")
        # Where only another rank was asked, this one ends as if it had been.
        raise SystemExit(128 + (asked or [signal.SIGTERM])[0]) from stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
