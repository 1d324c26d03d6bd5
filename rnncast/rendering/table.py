"""The table for people: aligned columns that fit the screen, few digits, the best of each metric marked.

Everything but the data's own text is ASCII, so that the table survives any terminal's encoding.
"""

import textwrap
from collections.abc import Collection, Sequence
from math import isfinite
from typing import NamedTuple

from rich.cells import cell_len, set_cell_size
from rich.color import ColorSystem
from rich.style import Style

from rnncast.rendering.base import Column, Screen, Table, Value, visible

_GAP = 2
_MIN_TEXT = 19  # a stamp with its seconds: half a date tells nothing
_MIN_KEY = 4
_MIN_HEADER = 12
_HEADER_TAIL = 6  # what tells columns of one target apart: -lo-80
_ELLIPSIS = "..."
_BAR = 8
_HEADER, _TITLE, _BEST, _QUIET = Style(bold=True), Style(bold=True), Style(bold=True, color="green"), Style(dim=True)


class _Strip(NamedTuple):
    """Holds a column as text: what is shown of it, and where its best values are."""

    header: str
    cells: list[str]
    best: frozenset[int]
    is_number: bool
    is_key: bool

    @property
    def natural(self) -> int:
        """Return the width at which nothing is cut."""
        return max(map(cell_len, [self.header, *self.cells]))

    @property
    def least(self) -> int:
        """Return the smallest width: text and headers may be cut, a number never."""
        if not self.is_number:
            return min(self.natural, _MIN_TEXT)
        return max(min(cell_len(self.header), _MIN_HEADER), *map(cell_len, self.cells), 0)


def render(table: Table, screen: Screen) -> str:
    """Return `table` as aligned columns within the screen's width.

    What is too wide has its text cut in the middle, and then continues below with its first columns again.
    """
    shown, hidden = _shown_rows(table.num_rows, screen.max_rows)
    strips, left_out = _with_room(_strips(table, shown), table.spare, screen.width)
    blocks = [_block(block, widths, hidden, screen) for block, widths in _blocks(strips, screen.width)]
    remarks = _remarks(table, strips, hidden, left_out)
    paragraphs = [_prose(table.title, screen, _TITLE), *blocks, _prose(remarks, screen, _QUIET)]
    return "\n\n".join(paragraph for paragraph in paragraphs if paragraph) + "\n"


def _shown_rows(num_rows: int, max_rows: int | None) -> tuple[list[int], int]:
    """Return which rows are shown, head and tail, and how many are left out between them."""
    if max_rows is None or num_rows <= max_rows:
        return list(range(num_rows)), 0
    tail = max_rows // 2
    return [*range(max_rows - tail), *range(num_rows - tail, num_rows)], num_rows - max_rows


def _strips(table: Table, shown: Sequence[int]) -> list[_Strip]:
    num_keys = next((i for i, c in enumerate(table.columns) if _is_measure(c)), len(table.columns))
    if num_keys == len(table.columns):
        num_keys = 1
    strips = []
    for index, column in enumerate(table.columns):
        aim = table.best.get(column.name)
        best = frozenset() if aim is None else best_rows(column, aim, table.unranked)
        marks = ["*" if row in best else " " if best else "" for row in shown]
        cells = [cell + mark for cell, mark in zip(texts(column, shown), marks, strict=True)]
        places = frozenset(place for place, row in enumerate(shown) if row in best)
        header = visible(column.name) + (" " if best else "")
        strips.append(_Strip(header, cells, places, is_number(column), index < num_keys))
    drawn = [_bars(column, shown) for column in table.columns if table.bars and column.name == table.bars]
    return [*strips[:num_keys], *drawn, *strips[num_keys:]]


def _bars(column: Column, shown: Sequence[int]) -> _Strip:
    """Return bars as long as a column's values, the largest of them a full one; none for what is no number."""
    values = [value if isinstance(value, int | float) and isfinite(value) else 0.0 for value in column.values]
    most = max([*values, 0.0]) or 1.0
    cells = ["#" * max(round(_BAR * (values[row] / most)), values[row] > 0) for row in shown]
    return _Strip("", cells, frozenset(), is_number=False, is_key=False)


def _with_room(strips: list[_Strip], spare: Collection[str], width: int) -> tuple[list[_Strip], list[str]]:
    """Return the strips without as few spare ones, from the last on, as there must be to fit, and the names of those.

    What does not fit without all of them either keeps them: it goes on below.
    """
    places = [place for place, strip in enumerate(strips) if strip.header.strip() in spare]
    for count in range(len(places) + 1):
        left_out = places[len(places) - count :]
        kept = [strip for place, strip in enumerate(strips) if place not in left_out]
        if _total(_fitting(kept, width)) <= width:
            return kept, [strips[place].header.strip() for place in left_out]
    return strips, []


def is_number(column: Column) -> bool:
    """Tell whether a column holds numbers alone."""
    return all(v is None or (isinstance(v, int | float) and not isinstance(v, bool)) for v in column.values)


def _is_measure(column: Column) -> bool:
    return is_number(column) and any(isinstance(v, float) for v in column.values)


def best_rows(column: Column, aim: str | float, unranked: frozenset[int]) -> frozenset[int]:
    """Return the rows with the best value; none where there is nothing to choose from."""
    ranked = ((row, v) for row, v in enumerate(column.values) if row not in unranked)
    values = {row: v for row, v in ranked if isinstance(v, int | float) and isfinite(v)}
    if len(values) < 2:
        return frozenset()
    sign = {"lowest": 1, "highest": -1}
    costs = {row: sign[aim] * v if isinstance(aim, str) else abs(v - aim) for row, v in values.items()}
    least = min(costs.values())
    return frozenset(row for row, cost in costs.items() if cost == least)


def texts(column: Column, shown: Sequence[int]) -> list[str]:
    """Return a column's values of some rows as people read them, points below each other."""
    values = [column.values[row] for row in shown]
    if not is_number(column):
        return [_cell(value, f".{column.digits}g") for value in values]
    if _is_measure(column):
        values = [None if value is None else float(value) for value in values]
    template = _number_format([v for v in values if isinstance(v, float) and isfinite(v)], column.digits)
    return [_cell(value, template) for value in values]


def _cell(value: Value, template: str) -> str:
    match value:
        case None:
            return "-"
        case bool():
            return "yes" if value else "no"
        case float():
            return format(value, template) if isfinite(value) else {"nan": "-"}.get(str(value), str(value))
        case int():
            return str(value)
        case _:
            return visible(value)


def _number_format(values: Sequence[float], digits: int) -> str:
    """Return one format for all `values`, so that their points stand below each other.

    The largest shows `digits` significant digits; so that the smallest shows three, there may be up to
    `digits - 1` decimals. Zeros at the end that all values share are left out.
    """
    sizes = [abs(value) for value in values if value]
    if not sizes:
        return ".0f"
    largest, smallest = _exponent(max(sizes), digits), _exponent(min(sizes), digits)
    if largest > 9 or largest < -digits:
        return f".{digits - 1}e"
    decimals = max(digits - 1 - largest, min(2 - smallest, digits - 1), 0)
    fractions = [format(value, f".{decimals}f").partition(".")[2].rstrip("0") for value in values]
    return f".{max(map(len, fractions))}f"


def _exponent(size: float, digits: int) -> int:
    return int(format(size, f".{digits - 1}e").partition("e")[2])


def _blocks(strips: list[_Strip], width: int) -> list[tuple[list[_Strip], list[int]]]:
    """Divide the columns into blocks that fit `width`, each beginning with the key columns."""
    if not strips:
        return []
    widths = _fitting(strips, width)
    if _total(widths) <= width:
        return [(strips, widths)]
    keys = [place for place, strip in enumerate(strips) if strip.is_key]
    for place in keys:
        share = max((2 * width // 3 + _GAP) // len(keys) - _GAP, _MIN_KEY)
        widths[place] = widths[place] if strips[place].is_number else min(widths[place], share)
    blocks = [list(keys)]
    for place in range(len(keys), len(strips)):
        if len(blocks[-1]) > len(keys) and _total([widths[i] for i in [*blocks[-1], place]]) > width:
            blocks.append(list(keys))
        blocks[-1].append(place)
    return [_widened([strips[i] for i in block], [widths[i] for i in block], width) for block in blocks]


def _widened(strips: list[_Strip], widths: list[int], width: int) -> tuple[list[_Strip], list[int]]:
    """Return a block with the room that is left beside it given to what was cut."""
    found = _fitting(strips, width)
    return strips, found if _total(found) <= width else widths


def _fitting(strips: list[_Strip], width: int) -> list[int]:
    """Return the widest columns that fit `width`, the smallest ones if none do."""
    for cap in range(width, 0, -1):
        widths = [max(strip.least, min(strip.natural, cap)) for strip in strips]
        if _total(widths) <= width:
            return widths
    return [strip.least for strip in strips]


def _total(widths: Sequence[int]) -> int:
    return sum(widths) + _GAP * (len(widths) - 1)


def _block(strips: list[_Strip], widths: list[int], hidden: int, screen: Screen) -> str:
    names = [_cut(strip.header, width, _HEADER_TAIL) for strip, width in zip(strips, widths, strict=True)]
    header = [_placed(name, width, s.is_number) for name, width, s in zip(names, widths, strips, strict=True)]
    lines = [_styled(_joined(header), _HEADER, screen), "-" * _total(widths)]
    num_rows = len(strips[0].cells)
    for row in range(num_rows):
        if hidden and row == num_rows - num_rows // 2:
            lines.append(_styled(f"... {hidden} more rows ...", _QUIET, screen))
        cells = [_placed(strip.cells[row], width, strip.is_number) for strip, width in zip(strips, widths, strict=True)]
        marked = [_styled(c, _BEST, screen) if row in s.best else c for c, s in zip(cells, strips, strict=True)]
        lines.append(_joined(marked))
    return "\n".join(lines)


def _joined(cells: Sequence[str]) -> str:
    return (" " * _GAP).join(cells).rstrip()


def _placed(text: str, width: int, is_number: bool) -> str:
    text = _cut(text, width)
    padding = " " * (width - cell_len(text))
    return padding + text if is_number else text + padding


def _cut(text: str, width: int, least_tail: int = 0) -> str:
    """Return `text` in at most `width` cells, shortened in the middle: names often differ at their ends."""
    if cell_len(text) <= width:
        return text
    rest = width - len(_ELLIPSIS)
    tail = min(max(rest // 2, least_tail), rest)
    return set_cell_size(text, rest - tail) + _ELLIPSIS + set_cell_size(text[::-1], tail)[::-1]


def _remarks(table: Table, strips: list[_Strip], hidden: int, left_out: Sequence[str]) -> str:
    remarks = [table.note]
    if any(strip.best for strip in strips):
        remarks.append("* the best of its column")
    if left_out:
        remarks.append(f"for want of room without {', '.join(left_out)}")
    if hidden:
        remarks.append("All rows: --format csv")
    return "\n".join(remark for remark in remarks if remark)


def _prose(text: str, screen: Screen, style: Style) -> str:
    lines = [visible(line) for line in text.split("\n") if line]
    # textwrap counts characters, so what is twice as wide is taken off the width before.
    wrapped = [part for line in lines for part in textwrap.wrap(line, screen.width - (cell_len(line) - len(line)))]
    return "\n".join(_styled(line, style, screen) for line in wrapped)


def _styled(text: str, style: Style, screen: Screen) -> str:
    return style.render(text, color_system=ColorSystem.STANDARD if screen.colour else None)
