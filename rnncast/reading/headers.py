"""Headers: where the data of a delimited text begin, and what stands above them: names, units, titles, comments."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from rnncast.errors import DataError
from rnncast.reading.cells import Kind, clashes, counts_on, is_missing, is_typed, kind
from rnncast.reading.records import Dialect, Record, Split

_TIMES = ("date", "time", "ds", "month", "year", "period", "day", "week", "quarter", "hour")
_SHOWN = 60


def tell(name: str, split: Split) -> Dialect:
    """Return how the text called `name` is written, from its first records.

    Raises:
        DataError: a name that stands twice, or no rows under the header.
    """
    sure = _sure(split)
    header = _header(split, split.found[:sure])
    begin = sure if header is None else _begin(split, split.found.index(header) + 1)
    if begin >= len(split.found):
        raise DataError(f"{name} has a header and no rows.", "Give a table with one row per time step.")
    data = split.found[begin]
    if header is None:
        header = _commented(split, data)
    cells = _fitted(header, split, begin)
    names = _names(cells, name)
    silent: list[Kind] = ["missing"] * len(names)
    return replace(
        split.dialect,
        names=tuple(names),
        first_line=data.line,
        kinds=(*split.kinds, *silent)[: len(names)],
        has_header=header is not None,
        unnamed=frozenset(column for column, cell in zip(names, cells, strict=True) if not cell.strip() and header),
        notes=tuple(_notes(name, split.found[:begin], header)),
    )


def _sure(split: Split) -> int:
    """Return the first record that can be nothing but data; the second one where none can."""
    for i, (_, cells) in enumerate(split.found):
        if len(cells) == split.width and any(map(is_typed, cells)) and not _is_heading(split, cells):
            return i
    return min(1, len(split.found) - 1) if all(map(is_missing, split.found[0].cells)) else 1


def _header(split: Split, above: Sequence[Record]) -> Record | None:
    """Return which of the records above the data names the columns: of those as wide, the one that says the most."""
    wide = [record for record in above if len(record.cells) == split.width and _is_heading(split, record.cells)]
    said = [_said(record.cells) for record in wide]
    if wide and max(said)[0] * 2 > split.width:
        return wide[said.index(max(said))]
    last = above[-1] if above else None
    return last if last and len(last.cells) > 1 and not any(map(is_typed, last.cells)) else None


def _said(cells: Sequence[str]) -> tuple[int, bool]:
    said = {cell.strip().lower() for cell in cells if not is_missing(cell)}
    return len(said), any(word in cell for cell in said for word in _TIMES)


def _begin(split: Split, under: int) -> int:
    """Return the first record under the header that holds a number or a date, or no words where those should be."""
    for i, (_, cells) in enumerate(split.found[under:], start=under):
        if any(map(is_typed, cells)) or not clashes(cells, split.kinds):
            return i
    return under


def _is_heading(split: Split, cells: Sequence[str]) -> bool:
    """Tell whether a record may be a header, though it may hold numbers: 1990, 1991, or words where dates should be."""
    if not any(map(is_typed, cells)):
        return not all(map(is_missing, cells))
    rest = [cell.strip() for cell in cells[1:]]
    if not is_typed(cells[0]) and len(rest) > 2 and counts_on(rest):
        return not rest[0].isdecimal() or int(rest[0]) in (0, 1) or 1500 <= int(rest[0]) <= 2200
    dates = [cell for cell, what in zip(cells, split.kinds, strict=False) if what == "date"]
    over = dates or _typed(split, cells)
    return sum(kind(cell) == "text" for cell in over) * 2 > len(over)


def _typed(split: Split, cells: Sequence[str]) -> list[str]:
    return [cell for cell, what in zip(cells, split.kinds, strict=False) if what in ("number", "date")]


def _commented(split: Split, data: Record) -> Record | None:
    """Return the comment above the data if it names the columns: "# date, value"."""
    above = [record for record in split.comments if record.line < data.line]
    if not above or len(above[-1].cells) != split.width or split.width < 2:
        return None
    first, *rest = above[-1].cells
    named = Record(above[-1].line, [first.lstrip("# "), *rest])
    return named if not any(map(is_typed, named.cells)) else None


def _fitted(header: Record | None, split: Split, begin: int) -> list[str]:
    """Return the header's cells, one for each column; where rows begin with their number, that has no name."""
    if header is None:
        return [""] * split.width
    cells = list(header.cells)
    while len(cells) > split.width and not cells[-1].strip():
        cells.pop()
    if len(cells) != split.width - 1:
        return cells
    rows = [record.cells for record in split.found[begin:] if len(record.cells) == split.width]
    if not any(row[-1].strip() for row in rows):
        return [*cells, ""]
    numbers = [str(i + 1) for i in range(len(rows))]
    return ["", *cells] if len(rows) > 1 and [row[0] for row in rows] == numbers else cells


def _names(cells: Sequence[str], name: str) -> list[str]:
    if not any(cells):
        return ["value"] if len(cells) == 1 else [f"column{i + 1}" for i in range(len(cells))]
    names = [cell.strip() or ("index" if i == 0 else f"column{i + 1}") for i, cell in enumerate(cells)]
    for i, column in enumerate(names):
        if column in names[:i]:
            raise DataError(f"{name} has two columns called '{column}'.", "Give each column its own name.")
    return names


def _notes(name: str, above: Sequence[Record], header: Record | None) -> Iterator[str]:
    for line, cells in above:
        text = " ".join(cell.strip() for cell in cells if cell.strip())
        where = "above" if header is None or line < header.line else "under"
        if header is None or line != header.line:
            what = f"{text[:_SHOWN]}..." if len(text) > _SHOWN else text
            yield f"Left out line {line} of {name}, {where} the {'data' if header is None else 'header'}: {what}"
