"""Encodings: how the bytes of a text are written, told by its first ones and, where asked, by all of them."""

import codecs
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import BinaryIO

from rnncast.errors import DataError
from rnncast.reading.base import Content

_HEAD = 1 << 18
_BLOCK = 1 << 20
_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF32_LE: "utf-32",  # begins like UTF-16, so it stands before it
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_ARCHIVE = b"PK\x03\x04"
# What no text holds: control characters other than tab, line ends, form feed and the old mark of a file's end.
_CONTROL = re.compile(rb"[\x00-\x08\x0b\x0e-\x19\x1b-\x1f]")


def tell(content: Content, asked: str | None) -> Content:
    """Return the content with the encoding of its text: as asked, or told by its beginning.

    A mark at the beginning or zero bytes tell UTF-16; else it is UTF-8, or where it is not, Windows-1252.

    Raises:
        DataError: it is empty, or no text.
    """
    head = content.head(_HEAD)
    if not head.strip():
        raise DataError(f"{content.name} is empty.", "Give a table with one row per time step.")
    if head.startswith(_ARCHIVE):
        hint = "Save the sheet as CSV, or unpack the archive."
        raise DataError(f"{content.name} is a spreadsheet or a ZIP archive, not text.", hint)
    if asked:
        is_marked = head.startswith(codecs.BOM_UTF8) and codecs.lookup(asked).name == "utf-8"
        return replace(content, encoding="utf-8-sig" if is_marked else asked)
    marked = next((name for mark, name in _MARKS.items() if head.startswith(mark)), None)
    encoding = marked or _wide(head)
    if encoding is None and _CONTROL.search(head):
        raise DataError(f"{content.name} is not text.", "Give a table as CSV, JSON lines or Parquet.")
    if encoding is None and not _is_utf8(head, final=len(head) < _HEAD):
        return western(content)
    return replace(content, encoding=encoding or "utf-8")


def checked(content: Content) -> Content:
    """Return the content as it is, or as Windows-1252 where it is not the UTF-8 that its beginning promised.

    Raises:
        DataError: it is not in the encoding that it was said to have.
    """
    decoder, line = codecs.getincrementaldecoder(content.encoding)(), 1
    with content.open() as stream:
        for block in _blocks(stream):
            try:
                line += decoder.decode(block, final=not block).count("\n")
            except UnicodeDecodeError as error:
                if content.encoding == "utf-8":
                    return western(content)
                line += error.object.count(b"\n", 0, error.start)
                hint = "Name its encoding with --encoding, or save it as UTF-8."
                raise DataError(f"{content.name}, line {line}: not {content.encoding} text.", hint) from error
    return content


def western(content: Content) -> Content:
    """Return the content as Windows-1252, or Latin-1 where it holds what that lacks."""
    encoding = "cp1252"
    with content.open() as stream:
        if any(re.search(rb"[\x81\x8d\x8f\x90\x9d]", block) for block in _blocks(stream)):
            encoding = "latin-1"
    name = {"cp1252": "Windows-1252", "latin-1": "Latin-1"}[encoding]
    note = f"{content.name} is not UTF-8 and is read as {name}; --encoding says otherwise."
    return replace(content, encoding=encoding, notes=(*content.notes, note))


def _blocks(stream: BinaryIO) -> Iterator[bytes]:
    """Yield the bytes of a stream, and nothing as a sign of its end."""
    while block := stream.read(_BLOCK):
        yield block
    yield b""


def _wide(head: bytes) -> str | None:
    """Return the UTF-16 without a mark that zero bytes tell, in most characters and always in the same half."""
    even, odd = head[::2].count(0), head[1::2].count(0)
    if max(even, odd) * 3 < len(head) or min(even, odd) * 10 > max(even, odd):
        return None
    return "utf-16-be" if even > odd else "utf-16-le"


def _is_utf8(head: bytes, final: bool) -> bool:
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head, final)
    except UnicodeDecodeError:
        return False
    return True
