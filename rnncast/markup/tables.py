"""Tables of a page, which the script lets sort and filter."""

import re
from collections.abc import Sequence

from rnncast.markup.base import Html, data, element
from rnncast.rendering.base import Column, Table
from rnncast.rendering.table import best_rows, is_number, texts

LONG = 40
"""Rows above which a table is folded away until it is asked for."""

MOST = 200
"""Rows of a table that are drawn: a page of a hundred thousand cells opens slowly."""


def table(found: Table, caption: str) -> Html:
    """Return a neutral table as one of the page, in a frame that scrolls where there is no room.

    Of a table of many rows the first are drawn, and all lie beside it for the script.
    """
    rows = range(found.num_rows)
    said = [texts(column, rows) for column in found.columns]
    columns = [
        _cells(column, text[:MOST], _best(found, column), place == 0)
        for place, (column, text) in enumerate(zip(found.columns, said, strict=True))
    ]
    head = element("tr", *map(_header, found.columns))
    body = [element("tr", *cells) for cells in zip(*columns, strict=True)]
    whole = element("table", element("caption", caption), element("thead", head), element("tbody", *body))
    frame = element("div", whole, class_="scroll", tabindex=0, role="region", aria_label=caption)
    notes = found.note.splitlines()
    if found.num_rows > MOST:
        notes.append(f"{MOST} of {found.num_rows:,} rows at once; sorting and filtering go through all of them.")
    every = data(said) if found.num_rows > MOST else ""
    return element("div", frame, *(element("p", note, class_="note") for note in notes), every, class_="data")


def folded(found: Table, caption: str, is_open: bool | None = None) -> Html:
    """Return a table that can be folded away, which a long one is."""
    shown = found.num_rows <= LONG if is_open is None else is_open
    return element("details", element("summary", caption), table(found, caption), open=shown)


def pairs(entries: Sequence[tuple[str, object]]) -> Html:
    """Return names and what belongs to each, those with nothing left out."""
    said = [(name, value) for name, value in entries if value not in (None, "")]
    return element("dl", *(element("div", element("dt", name), element("dd", value)) for name, value in said))


def _best(found: Table, column: Column) -> frozenset[int]:
    aim = found.best.get(column.name)
    return frozenset() if aim is None else best_rows(column, aim, found.unranked)


def _header(column: Column) -> Html:
    classes = [*([] if is_number(column) else ["text"]), *_level(column)]
    return element("th", column.name, scope="col", class_=" ".join(classes) or None)


def _level(column: Column) -> list[str]:
    """Return the class by which the column of an interval is shown or not."""
    found = re.search(r"(?:^|-)(?:lo|hi)-(\d+)$", column.name)
    return [f"level-{found[1]}"] if found else []


def _cells(column: Column, said: Sequence[str], best: frozenset[int], is_key: bool) -> list[Html]:
    """Return a column's cells; those of the first column are headers of their rows."""
    is_text = not is_number(column)
    if is_key:
        return [element("th", text, scope="row", class_="text" if is_text else None) for text in said]
    classes = " ".join([*(["text"] if is_text else []), *_level(column)]) or None
    return [
        element("td", element("strong", text, title="the best") if row in best else text, class_=classes)
        for row, text in enumerate(said)
    ]
