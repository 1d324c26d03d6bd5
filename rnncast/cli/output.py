"""Where a table goes: standard output or a file, in the format asked for."""

import os
import shutil
import sys
from typing import TYPE_CHECKING

import click

from rnncast import registry
from rnncast.cli.options import Talk
from rnncast.errors import UsageError

if TYPE_CHECKING:
    from rnncast.rendering import Screen, Table

MAX_ROWS = 60
"""Rows of a long table that are shown on a terminal."""


def check(output: str | None, format_name: str | None = None) -> None:
    """Refuse an output that cannot be written, before any work is done.

    Raises:
        OutputError: the file cannot be written.
        UsageError: the format is not for a terminal.
    """
    from rnncast import saving

    if output is not None:
        saving.check_writable(output)
    elif format_name in registry.FILE_FORMATS and sys.stdout.isatty():
        raise UsageError(
            f"{format_name} is no text, and not for a terminal.", f"Name a file: --output result.{format_name}."
        )


def format_of(format_name: str | None, output: str | None) -> str:
    """Return the format of a result: the one asked for, else that of the file's extension.

    Else it is a table for people on a terminal, and csv for all others.
    """
    if format_name is not None:
        return format_name
    if output is not None:
        extension = os.path.splitext(output)[1].removeprefix(".").lower()
        return extension if extension in registry.EVERY_FORMAT else "csv"
    return "table" if sys.stdout.isatty() else "csv"


def emit(table: "Table", format_name: str | None, output: str | None, talk: Talk) -> None:
    """Write a table to `output`, or to standard output, in the format that `format_of` says."""
    from rnncast import saving
    from rnncast.rendering import Screen, encode, render

    chosen = format_of(format_name, output)
    if output is not None:
        saving.write(output, encode(table, chosen, Screen()))
        talk.note(f"Wrote {output}.")
        return
    check(None, chosen)
    screen = _screen(talk)
    shown = encode(table, chosen, screen) if chosen in registry.FILE_FORMATS else render(table, chosen, screen)
    click.echo(shown, nl=False, color=True)


def _screen(talk: Talk) -> "Screen":
    from rnncast.rendering import Screen

    if not sys.stdout.isatty():
        return Screen()
    colour = talk.colour and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    return Screen(shutil.get_terminal_size().columns, colour, MAX_ROWS)
