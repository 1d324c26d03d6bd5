"""Markdown: a table for issues, notebooks and wikis, its numbers as people read them, the best of a column in bold."""

import re

from rich.cells import cell_len

from rnncast.rendering.base import Column, Screen, Table, visible
from rnncast.rendering.table import best_rows, is_number, texts

# An underscore inside a word is one; all else that could be markup is not meant as it.
_MARKUP = re.compile(r"[\\`*<>\[\]|~$&]|(?<![^\W_])_|_(?![^\W_])")


def render(table: Table, screen: Screen) -> str:
    """Return `table` as Markdown, all of its rows, its columns as wide as what is in them."""
    columns = [_column(one, table) for one in table.columns]
    rows = ["| " + " | ".join(cells) + " |" for cells in zip(*columns, strict=True)]
    paragraphs = [*map(_plain, table.title.splitlines()), "\n".join(rows), *map(_plain, table.note.splitlines())]
    return "\n\n".join(paragraph for paragraph in paragraphs if paragraph) + "\n"


def _column(column: Column, table: Table) -> list[str]:
    """Return a column's name, its rule and its cells, all of one width."""
    aim, places = table.best.get(column.name), range(table.num_rows)
    best = frozenset() if aim is None else best_rows(column, aim, table.unranked)
    # Blanks that set points below each other mean nothing here.
    cells = [_plain(text.strip()) for text in texts(column, places)]
    cells = [_plain(column.name), *(f"**{cell}**" if row in best else cell for row, cell in enumerate(cells))]
    width = max(3, *map(cell_len, cells))
    if is_number(column):
        placed, rule = [" " * (width - cell_len(cell)) + cell for cell in cells], "-" * (width - 1) + ":"
    else:
        placed, rule = [cell + " " * (width - cell_len(cell)) for cell in cells], "-" * width
    return [placed[0], rule, *placed[1:]]


def _plain(text: str) -> str:
    r"""Return text that Markdown shows as it is; what does not print is spelled out, a line end as \n."""
    return _MARKUP.sub(lambda sign: "\\" + sign[0], visible(text))
