"""Delimited text to a table of text, record by record: what does not fit is left out with a note, or told by line."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice

import numpy as np
import pyarrow as pa

from rnncast.errors import DataError
from rnncast.panel import IntArray
from rnncast.reading.base import Content, Source, Table, to_frame
from rnncast.reading.cells import clashes, is_comment, is_missing, is_typed, kind
from rnncast.reading.records import Dialect, Record, lines, records

_BATCH = 50_000
_MOST_NOTES = 3
# More rows without a date than these at the end are no notes under the table.
_MOST_UNDER = 10


def read(content: Content, dialect: Dialect) -> Table:
    """Return the cells as text.

    Raises:
        DataError: a row with more cells than the header, or a quote that is not closed.
    """
    rows = _Rows(content.name, dialect)
    columns: list[list[pa.Array]] = [[] for _ in dialect.names]
    places: list[IntArray] = []
    with lines(content) as text:
        kept = rows.kept(records(text, dialect, content.name))
        while batch := list(islice(kept, _BATCH)):
            places.append(np.array([record.line for record in batch]))
            for column, cells in zip(columns, zip(*(record.cells for record in batch), strict=True), strict=True):
                column.append(pa.array(cells, pa.string()).dictionary_encode())
    if not places:
        raise DataError(f"{content.name} has a header and no rows.", "Give a table with one row per time step.")
    begins = np.concatenate(places)
    frame = to_frame({name: pa.chunked_array(column) for name, column in zip(dialect.names, columns, strict=True)})
    form = dialect.form(content)
    source = Source(content.name, len(frame), content.stem, dialect.has_header, lambda row: int(begins[row]), form)
    return Table(frame, (source,), (*content.notes, *dialect.notes, *rows.notes()), rows.ragged)


@dataclass(slots=True)
class _Rows:
    """Tells records that are rows of the table from what stands between and under them.

    Attributes:
        name: of the source.
        dialect: how the table is written.
        under: the last records that seem to be no rows; they are if another row follows.
        comments: how many comments were left out.
        ragged: tells of the first row with too few cells.
    """

    name: str
    dialect: Dialect
    under: list[Record] = field(default_factory=list)
    comments: int = 0
    ragged: DataError | None = None

    def kept(self, found: Iterable[Record]) -> Iterator[Record]:
        """Yield the rows, each with a cell for every column."""
        width, dates = len(self.dialect.names), self.dialect.dates
        first = dates[0] if dates else None
        for record in found:
            cells = record.cells
            # Nearly all rows are such; what follows is slow.
            is_plain = first is not None and len(cells) == width and cells[first][:1].isdigit() and cells[0][:1] != "#"
            if is_plain and not self.under:
                yield record
            elif is_comment(cells, self.dialect.kinds):
                self.comments += 1
            elif self._is_note(cells) and len(self.under) < _MOST_UNDER:
                self.under.append(record)
            else:
                for row in (*self.under, record):
                    if not dates or any(map(str.strip, row.cells)):
                        yield self._fitted(row)
                self.under.clear()

    def notes(self) -> Iterator[str]:
        """Yield sentences on what was left out."""
        said = [record for record in self.under if any(map(str.strip, record.cells))]
        for line, cells in said[:_MOST_NOTES]:
            yield f"Left out line {line} of {self.name}, under the data: {' '.join(filter(None, cells))}"
        if len(said) > _MOST_NOTES:
            yield f"Left out {len(said) - _MOST_NOTES} more lines under the data of {self.name}."
        if self.comments:
            yield f"Left out {self.comments} comments, lines that begin with #, of {self.name}."

    def _is_note(self, cells: list[str]) -> bool:
        """Tell whether a record looks like a note or a sum under the table: no date, or words and no number."""
        if self.dialect.dates:
            is_whole = len(cells) == len(self.dialect.names)
            dated = [cells[i].strip() for i in self.dialect.dates if i < len(cells)]
            return not any(kind(cell) == "date" or (is_whole and cell[:1].isdigit()) for cell in dated)
        said = [cell.strip() for cell in cells if not is_missing(cell)]
        if any(cell[0].isdigit() or cell[0] in "-." or is_typed(cell) for cell in said):
            return False
        return clashes(cells, self.dialect.kinds) or not any(map(str.strip, cells))

    def _fitted(self, record: Record) -> Record:
        line, cells = record
        width = len(self.dialect.names)
        if len(cells) == width:
            return record
        fault = f"{self.name}, line {line}: {len(cells)} cell{'s' * (len(cells) != 1)} where the first row has {width}."
        if any(map(str.strip, cells[width:])):
            raise DataError(fault, "Quote cells that hold the separator.")
        if len(cells) < width and self.ragged is None:
            self.ragged = DataError(fault, "Fill the row up with separators, or quote cells that hold a line's end.")
        return Record(line, [*cells[:width], *[""] * (width - len(cells))])
