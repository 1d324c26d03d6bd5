"""Sources: from paths, globs, folders and standard input to contents. Only regular files are opened, never an address.

A file is unpacked as it is read: gzip, bzip2, xz or zstd, told by its first bytes and not by its name.
"""

import bz2
import glob
import gzip
import io
import lzma
import os
import stat
import sys
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from functools import partial
from typing import BinaryIO, cast

import pyarrow as pa

from rnncast.errors import DataError
from rnncast.reading.base import STANDARD_INPUT, Content

TABLES = (".csv", ".tsv", ".txt", ".jsonl", ".ndjson", ".parquet", ".feather", ".arrow")
PACKED = (".gz", ".bz2", ".xz", ".zst")
_DAMAGE = (EOFError, zlib.error, lzma.LZMAError, gzip.BadGzipFile)


def _zstd(stream: BinaryIO) -> BinaryIO:
    return cast(BinaryIO, pa.CompressedInputStream(pa.PythonFile(stream, mode="r"), "zstd"))


_PACKINGS: dict[bytes, tuple[str, Callable[[BinaryIO], BinaryIO]]] = {
    b"\x1f\x8b": ("gzip", lambda stream: cast(BinaryIO, gzip.GzipFile(fileobj=stream))),
    b"BZh": ("bzip2", lambda stream: cast(BinaryIO, bz2.BZ2File(stream))),
    b"\xfd7zXZ\x00": ("xz", lambda stream: cast(BinaryIO, lzma.LZMAFile(stream))),  # noqa: SIM115 (closed where it is read)
    b"\x28\xb5\x2f\xfd": ("zstd", _zstd),
}


def expand(paths: Sequence[str]) -> list[Content]:
    """Return the contents of files, of the files that a glob or a folder names, and of standard input for "-".

    Raises:
        DataError: nothing of that name, or nothing that could be a table.
    """
    return [content for path in paths for content in _contents(path)]


def _contents(path: str) -> list[Content]:
    if path == "-":
        # None when the program was started with the stream closed.
        held = sys.stdin.buffer.read() if sys.stdin is not None else b""
        return [_content(STANDARD_INPUT, STANDARD_INPUT, lambda: io.BytesIO(held))]
    if os.path.isdir(path):
        return [_file(name) for name in _inside(path)]
    if glob.has_magic(path) and not os.path.lexists(path):
        return [_file(name) for name in _matching(path)]
    return [_file(path)]


def _inside(folder: str) -> list[str]:
    try:
        names = sorted(os.listdir(folder))
    except OSError as error:
        raise DataError(f"{folder} cannot be read: {error.strerror}.", "Check the permissions.") from error
    wanted = [os.path.join(folder, name) for name in names if not name.startswith(".") and _is_table(name)]
    found = [name for name in wanted if os.path.isfile(name)]
    if not found:
        endings = ", ".join(TABLES)
        raise DataError(f"the folder {folder} holds no table.", f"Known endings: {endings}, packed or not.")
    return found


def _is_table(name: str) -> bool:
    lower = name.lower()
    packed = next((ending for ending in PACKED if lower.endswith(ending)), "")
    return lower.removesuffix(packed).endswith(TABLES)


def _matching(pattern: str) -> list[str]:
    found = [name for name in sorted(glob.glob(pattern, recursive=True)) if not os.path.isdir(name)]
    if not found:
        raise DataError(f"no file matches {pattern}.", "Check the pattern and the folder.")
    return found


def _file(path: str) -> Content:
    stem, ending = os.path.splitext(os.path.basename(path))
    return _content(path, os.path.splitext(stem)[0] if ending.lower() in PACKED else stem, partial(_opened, path))


def _content(name: str, stem: str, opened: Callable[[], BinaryIO]) -> Content:
    return Content(name, stem, partial(_unpacked, name, opened))


def _opened(path: str) -> BinaryIO:
    try:
        # Asked of the open file, and opened without waiting: a FIFO would block for ever.
        file = open(os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0)), "rb")  # noqa: SIM115 (closed where it is read)
    except FileNotFoundError as error:
        raise DataError(f"there is no file {path}.", "Check the name and the folder.") from error
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise DataError(f"{path} cannot be read: {reason}.", "Check the name and the permissions.") from error
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        file.close()
        raise DataError(f"{path} is not a regular file.", "Give a file, or - for standard input.")
    return file


@contextmanager
def _unpacked(name: str, opened: Callable[[], BinaryIO]) -> Iterator[BinaryIO]:
    with closing(opened()) as packed:
        first = packed.read(max(map(len, _PACKINGS)))
        packed.seek(0)
        packing = next((found for mark, found in _PACKINGS.items() if first.startswith(mark)), None)
        try:
            if packing is None:
                yield packed
            else:
                with closing(packing[1](packed)) as stream:
                    yield stream
        except _DAMAGE as error:
            raise _damaged(name, packing) from error
        except OSError as error:
            if packing:
                raise _damaged(name, packing) from error
            raise DataError(f"{name} cannot be read: {error.strerror}.", "Check the file and its disk.") from error


def _damaged(name: str, packing: object) -> DataError:
    kind = packing[0] if isinstance(packing, tuple) else "packed"
    return DataError(f"{name} is damaged: its {kind} data cannot be unpacked.", "Fetch or pack it anew.")
