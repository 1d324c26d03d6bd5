"""A pseudo-terminal in place of the standard streams, and a picture of what can be read there in the end."""

import fcntl
import os
import pty
import struct
import sys
import termios
from itertools import groupby
from threading import Thread
from typing import NamedTuple

import pyte
import pytest
from pyte.screens import Char
from rich.console import Console
from rich.style import Style
from rich.text import Text

ROWS = 300
NAMES = {"default": None, "brown": "yellow", "brightbrown": "bright_yellow"}
"""What pyte calls colours, by what rich does, where they differ."""


class Seen(NamedTuple):
    """What a command wrote to a terminal, what could be read there in the end, and the terminal itself."""

    written: bytes
    screen: str
    terminal: pyte.Screen


class Terminal:
    """A pseudo-terminal in place of the standard streams."""

    def __init__(self, width: int, monkeypatch: pytest.MonkeyPatch, encoding: str = "utf-8") -> None:
        self.width, self._written = width, bytearray()
        self._ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, width, 0, 0))
        monkeypatch.setenv("COLUMNS", str(width))
        self._streams = [os.fdopen(os.dup(theirs), "w", encoding=encoding, errors="backslashreplace") for _ in range(2)]
        os.close(theirs)
        for name, stream in zip(("stdout", "stderr"), self._streams, strict=True):
            monkeypatch.setattr(sys, name, stream)
        self._reader = Thread(target=self._read)
        self._reader.start()

    def close(self) -> Seen:
        """Hang up and return what was written."""
        for stream in self._streams:
            stream.close()
        self._reader.join()
        os.close(self._ours)
        screen = pyte.Screen(self.width, ROWS)
        pyte.ByteStream(screen).feed(bytes(self._written))
        lines = "\n".join(line.rstrip() for line in screen.display).rstrip()
        return Seen(bytes(self._written), lines + "\n", screen)

    def _read(self) -> None:
        while True:
            try:
                read = os.read(self._ours, 65536)
            except OSError:  # what Linux says when the last writer has closed a terminal
                return
            self._written += read


def picture(terminal: pyte.Screen, title: str) -> str:
    """Return a terminal as SVG, in its colours, down to the last line that is written on."""
    used = 1 + max((row for row, line in enumerate(terminal.display) if line.strip()), default=0)
    with open(os.devnull, "w", encoding="utf-8") as nowhere:
        console = Console(record=True, width=terminal.columns, file=nowhere, color_system="256", force_terminal=True)
        for row in range(used):
            cells = [terminal.buffer[row][column] for column in range(terminal.columns)]
            runs = groupby(cells, key=_style)
            console.print(Text.assemble(*(("".join(cell.data for cell in run), style) for style, run in runs)))
        return console.export_svg(title=title)


def _style(cell: Char) -> Style:
    return Style(
        color=_colour(cell.fg), bgcolor=_colour(cell.bg), bold=cell.bold, italic=cell.italics, underline=cell.underscore
    )


def _colour(name: str) -> str | None:
    is_number = len(name) == 6 and not set(name) - set("0123456789abcdef")
    return f"#{name}" if is_number else NAMES.get(name, name.replace("bright", "bright_"))
