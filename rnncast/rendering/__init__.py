"""Rendering: one neutral table of columns and rows to any format."""

from collections.abc import Iterable, Iterator

from rnncast import registry
from rnncast.rendering.base import Column, Screen, Table, joined

__all__ = ["Column", "Screen", "Table", "encode", "render", "stream"]


def render(table: Table, format_name: str, screen: Screen) -> str:
    """Return `table` as text in the format called `format_name`, ending in a newline.

    Raises:
        UsageError: no such format.
    """
    text: str = registry.find(registry.FORMATS, format_name, "format").load()(table, screen)
    return text


def encode(table: Table, format_name: str, screen: Screen) -> bytes:
    """Return `table` as bytes in any format, text as UTF-8.

    Raises:
        UsageError: no such format.
    """
    if format_name in registry.FILE_FORMATS:
        data: bytes = registry.FILE_FORMATS[format_name].load()(table)
        return data
    return render(table, format_name, screen).encode("utf-8", errors="backslashreplace")


def stream(parts: Iterable[Table], format_name: str, screen: Screen) -> Iterator[str | bytes]:
    """Yield a table that comes in parts of the same columns as text, or bytes of a format that is none, in pieces.

    A format that needs all rows at once waits for them.

    Raises:
        UsageError: no such format.
    """
    if format_name in registry.STREAMS:
        yield from registry.STREAMS[format_name].load()(parts)
    elif format_name in registry.FILE_FORMATS:
        yield encode(joined(parts), format_name, screen)
    else:
        yield render(joined(parts), format_name, screen)
