"""Cells: what the text of one says, before it is known how its column is written."""

import re
from collections.abc import Sequence
from typing import Literal

from rnncast.reading.base import MISSING_WORDS

Kind = Literal["missing", "number", "date", "text"]

PLAIN = r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?"
"""A number as programs write it."""

SIGNS = "+\\-\u2212\u2013"
BLANKS = " \u00a0\u202f\u2009"
APOSTROPHES = "'\u2019"


def numeral(point: str) -> str:
    """Return the pattern of numbers whose decimals begin with `point`, thousands apart by one other sign or not."""
    other = "," if point == "." else "."
    grouped = "|".join(f"(?:[{marks}][0-9]{{3}})+" for marks in (other, BLANKS, APOSTROPHES))
    whole = f"(?:[0-9]+|[1-9][0-9]{{0,2}}(?:{grouped}))"
    return f"[{SIGNS}]?(?:{whole}(?:[{point}][0-9]*)?|[{point}][0-9]+)(?:[eE][{SIGNS}]?[0-9]+)?"


_NUMBER = re.compile(f"{numeral('.')}|{numeral(',')}")
_MONTHS = "|".join(("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"))
_DAYS = "|".join(("mon", "tue", "wed", "thu", "fri", "sat", "sun"))
_WORD = rf"\b(?:{_MONTHS}|{_DAYS})[a-z]*"
# A blank stands before a time of day, before a word or behind one, so that two columns are not taken for one date.
_BLANK = r" (?=[0-9]{1,2}[:h][0-9]{2}|[a-z+-])|(?<=[a-z,.]) "
_DATE = re.compile(
    rf"(?i)(?=.*[0-9].*[0-9])(?:[0-9]|[-/.:+]|,(?= )|{_BLANK}|{_WORD}|[tzqwhm]|[ap]m|utc|gmt)+(?<![-/:+])"
)
_DAY = re.compile(r"[0-9]{4}[-/][0-9]{1,2}([-/][0-9]{1,2}.*)?")


def is_missing(cell: str) -> bool:
    """Tell whether a cell says nothing."""
    return cell.strip().lower() in MISSING_WORDS


def kind(cell: str) -> Kind:
    """Return what a cell looks like: a number in any notation, a date or a time in any form, or text."""
    cell = cell.strip()
    if is_missing(cell):
        return "missing"
    if _NUMBER.fullmatch(cell):
        return "number"
    return "date" if _DATE.fullmatch(cell) else "text"


def is_typed(cell: str) -> bool:
    """Tell whether a cell looks like a number or a date."""
    return kind(cell) in ("number", "date")


def clashes(cells: Sequence[str], kinds: Sequence[Kind]) -> bool:
    """Tell whether some cell is text in a column of numbers or dates."""
    return any(what in ("number", "date") and kind(cell) == "text" for cell, what in zip(cells, kinds, strict=False))


def is_comment(cells: Sequence[str], kinds: Sequence[Kind]) -> bool:
    """Tell whether a record that begins with "#" is none of the table's: its cells do not fit, or its date would."""
    if not cells[0].startswith("#"):
        return False
    if len(cells) != len(kinds) or clashes(cells[1:], kinds[1:]):
        return True
    return kinds[0] == "date" == kind(cells[0].lstrip("# "))


def counts_on(names: Sequence[str]) -> bool:
    """Tell whether names are dates, or one word and numbers that rise by one: V2, V3, V4 or 1990, 1991."""
    if all(_DAY.fullmatch(name) for name in names):
        return True
    matches = [re.fullmatch(r"(\D*)([0-9]+)", name) for name in names]
    parts = [(match[1], int(match[2])) for match in matches if match]
    start = parts[0][1] if parts else 0
    return parts == [(parts[0][0], start + i) for i in range(len(names))] if parts else False
