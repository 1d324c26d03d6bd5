"""Where a table goes: standard output or a file, in the format asked for."""

import os
import shutil
import sys
from typing import TYPE_CHECKING

import click

from rnncast.cli.options import Talk

if TYPE_CHECKING:
    from rnncast.rendering import Table

MAX_ROWS = 60
"""Rows of a long table that are shown on a terminal."""


def emit(table: "Table", format_name: str | None, output: str | None, talk: Talk) -> None:
    """Write a table to `output`, or to standard output; csv by default, a table for people on a terminal."""
    from rnncast import saving
    from rnncast.rendering import Screen, render

    on_terminal = output is None and sys.stdout.isatty()
    if on_terminal:
        colour = talk.colour and os.environ.get("TERM") != "dumb"
        screen = Screen(shutil.get_terminal_size().columns, colour, MAX_ROWS)
    else:
        screen = Screen()
    text = render(table, format_name or ("table" if on_terminal else "csv"), screen)
    if output is None:
        click.echo(text, nl=False, color=True)
    else:
        saving.write_text(output, text)
