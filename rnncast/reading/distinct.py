"""Distinct cells: work on a column is done once for each text that it holds."""

from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from rnncast.panel import IntArray
from rnncast.reading.base import MISSING_WORDS


class Cells(NamedTuple):
    """Holds a column's distinct texts and where they stand.

    Attributes:
        texts: [U], stripped, none of them a word for a missing one.
        codes: [R], the text of each row; -1 where it is missing.
        first: [U], the first row that says each.
    """

    texts: list[str]
    codes: IntArray
    first: IntArray


def cells_of(cells: "pd.Series[Any]") -> Cells:
    """Return the distinct texts of a column; whole numbers have no decimals."""
    codes, found = pd.factorize(cells)
    if isinstance(cells.dtype, pd.CategoricalDtype):
        texts = pd.Series(found.astype("str"), dtype="str").str.strip()
    else:
        texts = pd.Series([_text(cell) for cell in found], dtype="str").str.strip()
    is_said = ~texts.str.lower().isin(MISSING_WORDS).to_numpy()
    number = np.append(np.where(is_said, np.cumsum(is_said) - 1, -1), -1)
    codes = number[codes].astype(np.int64)  # [R], the last of `number` where a cell is missing
    rows = np.flatnonzero(codes >= 0)
    first = rows[np.flatnonzero(np.diff(np.maximum.accumulate(codes[rows]), prepend=-1))]
    return Cells(texts[is_said].tolist(), codes, first)


def _text(cell: object) -> str:
    return str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell)
