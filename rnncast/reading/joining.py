"""Joining: several tables of the same columns, one after the other."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pandas as pd
from pandas.api.types import union_categoricals

from rnncast.config import DataConfig
from rnncast.errors import DataError
from rnncast.reading.base import FILE, Table

_MOST_NOTES = 12


def join(tables: Sequence[Table]) -> Table:
    """Return the tables one after the other, with the columns of the first in its order.

    Raises:
        DataError: a table with other columns than the first.
    """
    if len(tables) == 1:
        return tables[0]
    names = tables[0].names
    for table in tables[1:]:
        _check(tables[0], table)
    frame = pd.DataFrame({name: _column(tables, name) for name in names})
    sources = tuple(source for table in tables for source in table.sources)
    notes = tuple(note for table in tables for note in table.notes)
    if len(notes) > _MOST_NOTES:
        notes = (*notes[:_MOST_NOTES], f"{len(notes) - _MOST_NOTES} more notes of this kind on the other files.")
    ragged = next((table.ragged for table in tables if table.ragged), None)
    return Table(frame, sources, notes, ragged, "," if any(table.point == "," for table in tables) else "")


def with_files(table: Table) -> Table:
    """Return the table with the name of its file beside each row, if it has no such column and comes from files."""
    sources = table.sources
    stems = [source.stem for source in sources]
    if FILE in table.names or not all(stems):
        return table
    names = stems if len(set(stems)) == len(stems) else [source.name for source in sources]
    numbers, texts = pd.factorize(pd.Series(names, dtype="str"))
    codes = numbers.repeat([source.num_rows for source in sources])
    return replace(table, frame=table.frame.assign(**{FILE: pd.Categorical.from_codes(codes, texts)}))


def notes(found: DataConfig, data: DataConfig) -> tuple[str, ...]:
    """Return a note where the file's name was found to tell the series apart."""
    if FILE not in found.id or FILE in data.id:
        return ()
    return ("The same times stand in several files, so each file is a series, called by its name.",)


def _check(one: Table, other: Table) -> None:
    odd = [name for name in (*one.names, *other.names) if name not in one.names or name not in other.names]
    if odd:
        has, lacks = (one, other) if odd[0] in one.names else (other, one)
        message = f"{lacks.sources[0].name} has no column '{odd[0]}', and {has.sources[0].name} has one."
        raise DataError(message, "Give files with the same columns.")


def _column(tables: Sequence[Table], name: str) -> "pd.Series[Any] | pd.Categorical":
    parts = [table.frame[name] for table in tables]
    if all(table.is_text(name) for table in tables):
        return union_categoricals(parts)
    if not any(table.is_text(name) for table in tables):
        return pd.concat(parts, ignore_index=True)
    codes, texts = pd.factorize(pd.concat([part.astype("str") for part in parts], ignore_index=True))
    return pd.Categorical.from_codes(codes, texts)
