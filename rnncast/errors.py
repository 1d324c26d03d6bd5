"""What a user can mend, one kind of error for each thing there is to mend.

    RnncastError              something went wrong that the user can understand
    ├── UsageError      (2)   options or arguments that do not fit
    ├── DataError       (2)   a data file or table that cannot be used
    ├── CheckpointError (2)   a checkpoint that cannot be used
    ├── DeviceError     (2)   a device, precision or extra that this machine lacks
    ├── OutputError     (1)   a result that could not be written
    └── RunError        (1)   a run that failed under way: memory, divergence

The number is the exit status of the command line. Every error holds one line that says what is
wrong and where, and one that says what to do next.
"""

from collections.abc import Iterable
from difflib import get_close_matches


class RnncastError(Exception):
    """Tells what is wrong (`message`) and what to do about it (`hint`), a line each."""

    exit_status = 1

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class UsageError(RnncastError):
    """Tells of options or arguments that do not fit together or do not exist."""

    exit_status = 2


class DataError(RnncastError):
    """Tells of a data file or table that cannot be used as it is."""

    exit_status = 2


class CheckpointError(RnncastError):
    """Tells of a checkpoint that is none, is damaged or does not fit."""

    exit_status = 2


class DeviceError(RnncastError):
    """Tells of a device, a precision or an optional extra that this machine lacks."""

    exit_status = 2


class OutputError(RnncastError):
    """Tells of a result that could not be written."""


class RunError(RnncastError):
    """Tells of a run that failed under way."""


def first_line(error: BaseException) -> str:
    """Return the first line of what a library says of an error, as a sentence."""
    return (str(error).splitlines() or [type(error).__name__])[0].rstrip(".") + "."


def nearest(name: str, known: Iterable[str]) -> str:
    """Return a hint that offers the known name nearest to `name` and lists them all."""
    names = list(known)
    close = get_close_matches(name, names, n=1)
    offer = f"Did you mean '{close[0]}'? " if close else ""
    return f"{offer}Known: {', '.join(names)}."
