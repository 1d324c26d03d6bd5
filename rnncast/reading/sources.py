"""Sources: from a path or standard input to text. Only regular files are opened, never an address."""

import gzip
import os
import stat
import sys
import zlib

from rnncast.errors import DataError
from rnncast.reading.base import Source


def read_source(path: str) -> Source:
    """Return the text of a file, plain or gzip, or of standard input for "-".

    Raises:
        DataError: no such file, not a regular one, unreadable, empty, or not UTF-8.
    """
    name = "standard input" if path == "-" else path
    content = _unpacked(_standard_input() if path == "-" else _file(path), name)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise DataError(f"{name}, line {line}: not UTF-8 text.", "Save the file as UTF-8.") from error
    if not text.strip():
        raise DataError(f"{name} is empty.", "Give a table with one row per time step.")
    return Source(name, text)


def _standard_input() -> bytes:
    # None when the program was started with the stream closed.
    return sys.stdin.buffer.read() if sys.stdin is not None else b""


def _file(path: str) -> bytes:
    try:
        # Asked of the open file, and opened without waiting: a FIFO would block for ever.
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
        with open(descriptor, "rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            if not stat.S_ISREG(mode):
                raise DataError(f"{path} is not a regular file.", "Give a file, or - for standard input.")
            return file.read()
    except FileNotFoundError as error:
        raise DataError(f"there is no file {path}.", "Check the name and the folder.") from error
    except IsADirectoryError as error:
        raise DataError(f"{path} is a folder.", "Give the files in it.") from error
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise DataError(f"{path} cannot be read: {reason}.", "Check the name and the permissions.") from error


def _unpacked(content: bytes, name: str) -> bytes:
    if not content.startswith(b"\x1f\x8b"):
        return content
    try:
        return gzip.decompress(content)
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"{name} is damaged: its gzip data cannot be unpacked.", "Fetch or pack it anew.") from error
