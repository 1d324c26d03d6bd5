"""Where a table goes: standard output or a file, in the format asked for."""

import os
import shutil
import sys
from typing import TYPE_CHECKING

import click

from rnncast import registry
from rnncast.cli.options import Talk

if TYPE_CHECKING:
    from rnncast.rendering import Table

MAX_ROWS = 60
"""Rows of a long table that are shown on a terminal."""


def check(output: str | None) -> None:
    """Refuse an output file that cannot be written, before any work is done."""
    from rnncast import saving

    if output is not None:
        saving.check_writable(output)


def emit(table: "Table", format_name: str | None, output: str | None, talk: Talk) -> None:
    """Write a table to `output`, or to standard output.

    The format is the one asked for, else that of the file's extension, else a table for people on a
    terminal and csv for all others.
    """
    from rnncast import saving
    from rnncast.rendering import Screen, render

    if output is not None:
        extension = os.path.splitext(output)[1].removeprefix(".").lower()
        named = extension if extension in registry.FORMATS else "csv"
        saving.write_text(output, render(table, format_name or named, Screen()))
        talk.note(f"Wrote {output}.")
        return
    on_terminal = sys.stdout.isatty()
    if on_terminal:
        colour = talk.colour and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
        screen = Screen(shutil.get_terminal_size().columns, colour, MAX_ROWS)
    else:
        screen = Screen()
    click.echo(render(table, format_name or ("table" if on_terminal else "csv"), screen), nl=False, color=True)
