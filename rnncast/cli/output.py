"""Where a table goes: standard output or a file, in the format asked for."""

import os
import shutil
import sys
from typing import TYPE_CHECKING, TextIO

import click

from rnncast import process, registry
from rnncast.cli.options import Talk
from rnncast.errors import OutputError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rnncast.rendering import Screen, Table

MAX_ROWS = 60
"""Rows of a long table that are shown on a terminal."""

ENDINGS = {"md": "markdown", "ndjson": "jsonl"}
"""Formats by endings of files that are not their names."""


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


def is_folder(output: str | None) -> bool:
    """Tell whether an output is a folder: its name ends as one's."""
    return output is not None and output.endswith(("/", os.sep))


def part_of(folder: str, format_name: str | None, place: process.Place) -> str:
    """Return the file of a Parquet data set that this process writes into a folder, which is made.

    That of an earlier run is removed: parts of two runs are no data set.

    Raises:
        OutputError: the folder cannot be made, or holds other files, which readers would take for parts.
        UsageError: another format is asked for.
    """
    from rnncast import saving

    if format_name not in (None, "parquet"):
        raise UsageError(f"a folder is for Parquet, not for {format_name}.", "Name a file, or leave --format out.")
    saving.make_folder(folder)
    names = [f"part-{number:05}-of-{place.ranks:05}.parquet" for number in range(place.ranks)]
    others = sorted(name for name in os.listdir(folder) if name not in names and not name.startswith("."))
    if others:
        raise OutputError(f"the folder '{folder}' holds something else: {others[0]}.", "Empty it, or choose another.")
    own = os.path.join(folder, names[place.rank])
    saving.remove(own)
    return own


def format_of(format_name: str | None, output: str | None) -> str:
    """Return the format of a result: the one asked for, else that of the file's extension.

    Else it is a table for people on a terminal, and csv for all others.
    """
    if format_name is not None:
        return format_name
    if output is not None:
        ending = os.path.splitext(output)[1].removeprefix(".").lower()
        known = ENDINGS.get(ending, ending)
        return known if known in registry.EVERY_FORMAT else "csv"
    return "table" if sys.stdout.isatty() else "csv"


def emit(table: "Table", format_name: str | None, output: str | None, talk: Talk) -> None:
    """Write a table to `output`, or to standard output, in the format that `format_of` says."""
    emit_parts([table], format_name, output, talk)


def emit_parts(parts: "Iterable[Table]", format_name: str | None, output: str | None, talk: Talk) -> None:
    """Write a table that comes in parts of the same columns, each as it comes where the format allows it."""
    from rnncast import saving
    from rnncast.rendering import Screen, stream

    chosen = format_of(format_name, output)
    if output is not None:
        pieces = stream(parts, chosen, Screen())
        coded = (piece if isinstance(piece, bytes) else piece.encode("utf-8", "backslashreplace") for piece in pieces)
        saving.write_parts(output, coded)
        talk.note(f"Wrote {output}.")
        return
    check(None, chosen)
    for piece in stream(parts, chosen, screen_of(sys.stdout, talk)):
        click.echo(piece, nl=False, color=True)


def screen_of(stream: TextIO, talk: Talk) -> "Screen":
    """Return what is written to a stream is seen on."""
    from rnncast.rendering import Screen

    is_dumb, unicode = os.environ.get("TERM") == "dumb", _is_unicode(stream)
    if not stream.isatty():
        return Screen(unicode=unicode and not is_dumb)
    colour = talk.colour and not os.environ.get("NO_COLOR") and not is_dumb
    return Screen(_width(stream), colour, MAX_ROWS, unicode and not is_dumb)


def _width(stream: TextIO) -> int:
    """Return how many columns a terminal has; the one of standard output comes first."""
    try:
        own = os.get_terminal_size(stream.fileno())
    except OSError:
        return shutil.get_terminal_size().columns
    return shutil.get_terminal_size(own).columns


def _is_unicode(stream: TextIO) -> bool:
    """Tell whether a stream takes the signs that charts are drawn with."""
    try:
        "\u2588\u28ff".encode(stream.encoding or "ascii")
    except (UnicodeError, LookupError):
        return False
    return True
