"""Rendering: one neutral table of columns and rows to the text of any format."""

from rnncast import registry
from rnncast.rendering.base import Column, Screen, Table

__all__ = ["Column", "Screen", "Table", "render"]


def render(table: Table, format_name: str, screen: Screen) -> str:
    """Return `table` as text in the format called `format_name`, ending in a newline.

    Raises:
        UsageError: no such format.
    """
    text: str = registry.find(registry.FORMATS, format_name, "format").load()(table, screen)
    return text
