"""Numerals: whether a point or a comma begins the decimals, told by the whole column; all become points.

A cell fits one notation or both: 1.234,5 and 0,5 can only have a decimal comma, 1,234,567 only commas between
thousands, and 1,234 may be either. The cells that fit one notation alone decide; beside a number of four digits
without a separator, no separator stands between thousands. Where all cells may be either the other columns decide,
then the separator of the cells; else the table is refused.
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from rnncast.errors import DataError
from rnncast.panel import BoolArray, IntArray
from rnncast.reading.base import MISSING_WORDS, Table
from rnncast.reading.cells import APOSTROPHES, BLANKS, PLAIN, numeral

_BY_DELIMITER: Mapping[str, str] = {",": ".", ";": ","}
_LONG = r"\D*[0-9]{4,}(?:\D.*)?"


class _Forms(NamedTuple):
    """Holds the forms of a column's different cells: each digit above 0 is as good as another.

    Attributes:
        places: [U], the form of each cell.
        forms: the different ones, without blanks around.
    """

    places: IntArray
    forms: list[str]

    def match(self, pattern: str) -> BoolArray:
        """Tell which cells [U] match."""
        known = re.compile(pattern)
        return np.array([known.fullmatch(form) is not None for form in self.forms], dtype=np.bool_)[self.places]

    def say(self) -> BoolArray:
        """Tell which cells [U] say something."""
        return np.array([form.lower() not in MISSING_WORDS for form in self.forms], dtype=np.bool_)[self.places]


class _Column(NamedTuple):
    """Holds what a column of numbers tells.

    Attributes:
        name: the column's.
        forms: of its different cells [U].
        fits: by decimal sign, which cells are numbers so written, [U].
        point: the decimal sign that its cells tell; None where they do not.
        either: the cells [U] that may be written either way, where none tells which; all false else.
    """

    name: str
    forms: _Forms
    fits: Mapping[str, BoolArray]
    point: str | None
    either: BoolArray

    @property
    def has_commas(self) -> bool:
        """Tell whether commas stand in the cells that may be written either way."""
        return any("," in self.forms.forms[place] for place in set(self.forms.places[self.either].tolist()))


def plain(table: Table, delimiter: str, asked: str | None) -> Table:
    """Return the table with numbers as programs write them: a decimal point, no thousands apart, plain signs.

    Args:
        table: the cells of one source.
        delimiter: what separates them; empty where it says nothing.
        asked: the sign before the decimals, for cells that may be written either way.

    Raises:
        DataError: a column that may be written either way, or one that mixes both.
    """
    told = [_told(table, name) for name in table.names if table.is_text(name)]
    found = [column for column in told if column is not None]
    known = {column.point for column in found if column.point} | ({table.point} if table.point else set())
    elsewhere = known.pop() if len(known) == 1 else None
    frame, notes, used = table.frame, list[str](), set[str | None]()
    for column in found:
        point = column.point or asked or elsewhere or _by_delimiter(column, delimiter)
        if column.either.any() and point is None:
            raise _ambiguous(table, column)
        if column.has_commas and not asked and not elsewhere:
            meant = "before the decimals" if point == "," else "between thousands"
            notes.append(f"The commas of '{column.name}' stand {meant}, as far as the table tells; see --decimal.")
        used.add(point)
        frame = _rewritten(table, frame, column, point or ".")
    return replace(table, frame=frame, notes=(*table.notes, *notes), point="," if "," in used else table.point)


def _told(table: Table, name: str) -> _Column | None:
    """Return what a column tells, None where it holds something else than numbers."""
    cells = pc.utf8_trim_whitespace(pa.array(table.distinct(name).texts, pa.string()))
    encoded = pc.replace_substring_regex(cells, "[2-9]", "1").dictionary_encode()
    forms = _Forms(encoded.indices.to_numpy(), encoded.dictionary.to_pylist())
    said = forms.say()
    fits = {point: said & forms.match(numeral(point)) for point in (".", ",")}
    if (fits["."] | fits[","]).sum() * 2 <= said.sum():
        return None
    with_point, with_comma = int((fits["."] & ~fits[","]).sum()), int((fits[","] & ~fits["."]).sum())
    both = fits["."] & fits[","]
    either = both & forms.match(r".*[.,].*")
    found = _Column(name, forms, fits, None, either)
    if with_point or with_comma:
        return found._replace(point="," if with_comma > with_point else ".", either=~said & said)
    if either.any() and (both & forms.match(_LONG)).any():
        return found._replace(point="," if found.has_commas else ".", either=~said & said)
    return found


def _by_delimiter(column: _Column, delimiter: str) -> str | None:
    """Return the decimal sign that goes with the cells' separator; three decimals everywhere are decimals."""
    if column.has_commas:
        return _BY_DELIMITER.get(delimiter)
    return None if delimiter == ";" and not column.either[column.fits["."]].all() else "."


def _rewritten(table: Table, frame: pd.DataFrame, column: _Column, point: str) -> pd.DataFrame:
    is_plain = column.forms.match(PLAIN)
    if point == "," and (strange := is_plain & ~column.fits[","]).any():
        raise _mixed(table, column, strange)
    wanted = column.fits[point] & ~(is_plain & (point == "."))
    if not wanted.any():
        return frame
    other = "," if point == "." else "."
    signs = str.maketrans(f"{point}\u2212\u2013", ".--", other + BLANKS + APOSTROPHES)
    texts, codes = table.distinct(column.name)
    texts = texts.where(~wanted, texts.str.strip().str.translate(signs))
    places, unique = pd.factorize(texts)
    return frame.assign(**{column.name: pd.Categorical.from_codes(places[codes], unique)})


def _ambiguous(table: Table, column: _Column) -> DataError:
    place, cell = _first(table, column, column.either)
    message = f"{place}: {cell} may be a whole number or have three decimals."
    return DataError(message, "Say which sign begins the decimals: --decimal . or --decimal ,")


def _mixed(table: Table, column: _Column, strange: BoolArray) -> DataError:
    place, cell = _first(table, column, strange)
    message = f"{place}: '{cell}' has a decimal point where the other cells have a comma."
    return DataError(message, "Write the numbers of a column in one way.")


def _first(table: Table, column: _Column, cells: BoolArray) -> tuple[str, str]:
    """Return where the first of some different cells [U] stands, and what it says."""
    row = int(cells[table.distinct(column.name).codes].argmax())
    return f"{table.place(row)}, column '{column.name}'", str(table.frame[column.name].iloc[row]).strip()
