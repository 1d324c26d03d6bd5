"""Starts the command line: `python -m rnncast`, and `rnncast` itself."""

import os
import sys
from contextlib import suppress
from typing import NoReturn

INTERRUPTED, TERMINATED = 130, 143


def main() -> NoReturn:
    """Run the program; Ctrl-C while it is still being loaded is quiet too."""
    try:
        from rnncast import cli

        cli.main()
    except KeyboardInterrupt:
        _leave_at_once(INTERRUPTED)
    except SystemExit as end:
        if isinstance(end.code, int) and end.code in (INTERRUPTED, TERMINATED):
            _leave_at_once(end.code)
        raise


def _leave_at_once(status: int) -> NoReturn:
    """End with the status of Ctrl-C or SIGTERM.

    An interrupt that came while a library ran `exec` on text (dataclasses and torch do so while they
    load) stays noted in CPython, which then ends by the signal itself whatever status is asked for.
    """
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (AttributeError, OSError, ValueError):
            continue  # closed, or nobody reads it
    os._exit(status)


def _forget_the_current_folder() -> None:
    """Take the folder that `python -m` puts first off the search path: what lies there is data, not code."""
    with suppress(OSError):
        if sys.path[:1] == [os.getcwd()]:
            del sys.path[0]


if __name__ == "__main__":
    _forget_the_current_folder()
    main()
