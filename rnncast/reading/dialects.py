"""Dialects: which separator a delimited text has, told by its beginning.

For each separator that there might be, the first records are split and judged: how many have the same number of
cells, and how many of these look like numbers or dates.
"""

import io
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from itertools import islice

from rnncast.errors import DataError
from rnncast.reading.base import Content
from rnncast.reading.cells import Kind, counts_on, is_comment, kind
from rnncast.reading.records import BLANKS, WHOLE, Dialect, Record, Split, records

_SAMPLE = 1 << 18
_RECORDS = 300
_CANDIDATES = (",", "\t", ";", "|", BLANKS, WHOLE)
_FOREIGN = re.compile(r"[,;\t|]")
_POINTS = {"number": 1.0, "date": 1.0, "missing": 1.0, "text": 0.5}


def tell(content: Content, asked: str | None) -> Split:
    """Return the first records as the separator splits them that fits best, or the one that is asked for.

    Raises:
        DataError: there are none.
    """
    begin = content.head(_SAMPLE)
    text = begin.decode(content.encoding, errors="replace")
    if len(begin) == _SAMPLE:
        text = text[: max(text.rfind("\n"), text.rfind("\r")) + 1] or text
    splits = [_split(text, separator) for separator in ([asked] if asked else _CANDIDATES)]
    best = max(splits, key=_score)
    if not best.found:
        raise DataError(f"{content.name} is empty.", "Give a table with one row per time step.")
    return best


def _split(text: str, separator: str) -> Split:
    dialect = Dialect(separator)
    found = _first(text, dialect)
    inner = [cell for record in found for cell in record.cells[1:] if cell]
    if separator in (",", ";", "|") and inner and all(cell.startswith(" ") for cell in inner):
        dialect = replace(dialect, trims=True)
        found = _first(text, dialect)
    found = [record for record in found if any(map(str.strip, record.cells))]
    marked = [record for record in found if record.cells[0].startswith("#")]
    others = [record for record in found if record not in marked] if len(marked) * 2 <= len(found) else found
    width = _width(others)
    kinds = _kinds(others, width)
    comments = [record for record in marked if is_comment(record.cells, kinds)]
    return Split(dialect, [record for record in found if record not in comments], comments, width, kinds)


def _first(text: str, dialect: Dialect) -> list[Record]:
    return list(islice(records(io.StringIO(text, newline=""), dialect, "", strict=False), _RECORDS))


def _width(found: Sequence[Record]) -> int:
    """Return how many cells a row has: what most of the later have, or the most of any where rows end early."""
    if not found:
        return 0
    widths = [len(record.cells) for record in found]
    later, every = Counter(widths[len(found) // 2 :]), Counter(widths)
    width = max(later, key=lambda width: (later[width], every[width]))
    ends_early = later[width] * 2 < later.total() or (len(found[0].cells) > 2 and counts_on(found[0].cells[1:]))
    return max(widths) if ends_early else width


def _kinds(found: Sequence[Record], width: int) -> tuple[Kind, ...]:
    """Return what most cells of each column look like, in the later rows; those that end early only where many do."""
    rows = [record.cells for record in found[len(found) // 2 :] if len(record.cells) <= width]
    whole = [cells for cells in rows if len(cells) == width]
    rows = whole if len(whole) * 2 >= len(rows) else rows
    return tuple(_commonest([cells[i] for cells in rows if i < len(cells)]) for i in range(width))


def _commonest(cells: Sequence[str]) -> Kind:
    """Return what most cells look like; some numbers and some dates are just text, such as ids."""
    counts = Counter(what for what in map(kind, cells) if what != "missing")
    if counts["number"] and counts["date"]:
        return "text"
    return counts.most_common(1)[0][0] if counts else "missing"


def _score(split: Split) -> float:
    """Return how well a separator fits: 1 if all records have as many cells, and each cell is a number or a date."""
    is_whole = split.dialect.delimiter == WHOLE
    if not split.found or (split.width < 2 and not is_whole):
        return 0.0
    early = split.width if len(split.found[0].cells) < split.width else 2
    rows = [record.cells for record in split.found if early <= len(record.cells) <= split.width or is_whole]
    points = [_points(cell, is_whole) for cells in rows for cell in cells]
    return len(rows) / len(split.found) * sum(points) / len(points) if rows else 0.0


def _points(cell: str, is_whole: bool) -> float:
    """Return how well a cell looks; one that holds another separator and is no number may be several."""
    what = kind(cell)
    if is_whole and what == "date":
        return 0.5
    return _POINTS[what] if what == "number" or not _FOREIGN.search(cell) else 0.0
