"""Parsing: texts to stamps by a format, as `spelling` describes it.

Texts are taken together that have the same shape, their digits at the same places: so a million of them are a
few columns of digits. A fraction of a second may be left out, and at midnight the time of day. Two digits of a year
belong to the hundred years that end in 2039, or where the years go over that border, to the stretch that has its
largest gap outside: 49 to 60 are 1949 to 1960, 98 to 03 are 1998 to 2003, 35 to 45 are 1935 to 1945.
"""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from rnncast.panel import BoolArray, IntArray
from rnncast.reading.base import StampArray
from rnncast.spelling import SECOND, WIDTHS, WORDS, Token, has, tokens

Letters = NDArray[np.uint32]

LAST_YEAR = 2039

_NINES = str.maketrans("012345678", "9" * 9)
_LONGEST = 64  # letters of a stamp
_MOST = 2**62
_LAST_SECOND = 253402300799  # of the year 9999
_SHORTENED = frozenset("mdHIKV")  # may have one digit instead of two


class Parsed(NamedTuple):
    """Holds what texts say.

    Attributes:
        stamps: [U], what the clock on the wall shows, in microseconds.
        offsets: [U], by how many minutes it is ahead of UTC.
        fits: [U], which texts are written in the format at all.
        is_cut: whether some were finer than a microsecond.
    """

    stamps: StampArray
    offsets: IntArray
    fits: BoolArray
    is_cut: bool


class _Fields:
    """Holds the numbers that texts give, by directive, and which texts fit."""

    def __init__(self, count: int) -> None:
        self.fits: BoolArray = np.zeros(count, dtype=np.bool_)
        self.found: dict[str, IntArray] = {}
        self.is_cut = False

    def __contains__(self, name: str) -> bool:
        return name in self.found

    def put(self, name: str, rows: IntArray, numbers: IntArray | int) -> None:
        self.found.setdefault(name, np.zeros(len(self.fits), dtype=np.int64))[rows] = numbers

    def get(self, name: str, otherwise: int = 0) -> IntArray:
        return self.found[name] if name in self.found else np.full(len(self.fits), otherwise)

    def cut(self, numbers: IntArray, finer: int) -> IntArray:
        """Return the numbers in units that are `finer` times as large."""
        self.is_cut |= bool((numbers[self.fits] % finer != 0).any())
        return numbers // finer

    def within(self, name: str, least: int, most: int, otherwise: int = 0) -> IntArray:
        """Return a number's column; what lies outside does not fit."""
        numbers = self.get(name, otherwise)
        self.fits &= (numbers >= least) & (numbers <= most)
        return numbers


def shape(text: str) -> str:
    """Return a text with nines for its digits."""
    return text.translate(_NINES)


def parse(texts: Sequence[str], format: str) -> Parsed:
    """Return the stamps that texts say, and which of them are written in the format at all."""
    fields = _Fields(len(texts))
    for rows, like, letters in _by_shape(texts):
        match = pattern(format).fullmatch(like)
        if match is None:
            continue
        fields.fits[rows] = True
        for name, text in match.groupdict().items():
            if text is not None:
                fields.put(name, rows, _number(name, text, letters[:, slice(*match.span(name))]))
    offsets = (1 - 2 * fields.get("sign")) * (60 * fields.within("zh", 0, 23) + fields.within("zm", 0, 59))
    stamps = _since_1970(fields, format) if has(format, "s") else _calendar(fields)
    return Parsed(np.where(fields.fits, stamps, np.datetime64("NaT", "us")), offsets, fields.fits, fields.is_cut)


def _by_shape(texts: Sequence[str]) -> Iterator[tuple[IntArray, str, Letters]]:
    """Yield the numbers of the texts of one shape, the shape, and their letters; those like the first text at once."""
    lengths = np.fromiter(map(len, texts), dtype=np.int64, count=len(texts))
    rest = np.arange(len(texts))
    if len(texts) and 0 < lengths[0] <= _LONGEST:
        same = np.flatnonzero(lengths == lengths[0])
        letters = _letters(texts, same)
        nines = np.where(letters - ord("0") < 10, ord("9"), letters)  # what is less than "0" wraps
        alike = (nines == nines[0]).all(axis=1)
        yield same[alike], shape(texts[0]), letters[alike]
        rest = np.setdiff1d(rest, same[alike], assume_unique=True)
    codes, shapes = pd.factorize(np.array([shape(texts[row]) for row in rest.tolist()], dtype=object))
    order = np.argsort(codes, kind="stable")
    cuts = np.cumsum(np.bincount(codes, minlength=len(shapes)))[:-1]
    for rows, like in zip(np.split(rest[order], cuts), map(str, shapes), strict=False):
        if 0 < len(like) <= _LONGEST:
            yield rows, like, _letters(texts, rows)


def _letters(texts: Sequence[str], rows: IntArray) -> Letters:
    """Return the codes of the letters of texts that are equally long, [rows, letters]."""
    return np.array([texts[row] for row in rows.tolist()], dtype=np.str_).view(np.uint32).reshape(len(rows), -1)


@lru_cache(maxsize=256)
def pattern(format: str) -> "re.Pattern[str]":
    """Return what a text of that format matches, with a group for each field."""
    parts = tokens(format)
    found: list[str] = []
    for i, token in enumerate(parts):
        is_packed = any(0 <= j < len(parts) and parts[j].letter for j in (i - 1, i + 1))
        part = _part(token, is_packed, signed=not has(format, "f")) if token.letter else re.escape(token.text)
        if token.letter == "f" and i:
            mark = re.escape(parts[i - 1].text[-1:])
            found[-1] = found[-1].removesuffix(mark)
            part = f"(?:{mark}{part})?"
        found.append(part)
    clock = [i for i, token in enumerate(parts) if token.letter and token.letter in "HMSf"]
    if has(format, "H") and has(format, "M") and clock[0] > 1 and parts[clock[0] - 1].text:
        found[clock[0] - 1] = f"(?:{found[clock[0] - 1]}"
        found[clock[-1]] += ")?"
    return re.compile("".join(found))


def _part(token: Token, is_packed: bool, signed: bool) -> str:
    letter = token.letter
    if letter == "s":
        return f"(?P<s>{'-?' if signed else ''}[0-9]{{1,19}})"
    if letter == "f":
        return "(?P<f>[0-9]{1,9})"
    if letter in "zZ":
        colon = ":" if letter == "Z" or token.flag == ":" else ""
        minutes = "" if token.flag == "-" else f"{colon}(?P<zm>[0-9]{{2}})"
        return f"(?:(?P<sign>[+-])(?P<zh>[0-9]{{2}}){minutes}|Z)"
    if letter in WORDS:
        words = "|".join(WORDS[letter]) if letter != "p" else r"[ap]\.?m\.?"
        return f"(?P<{letter}>(?i:{words}))"
    width = WIDTHS[letter]
    least = 1 if letter in _SHORTENED and not is_packed else width
    return f"(?P<{letter}>[0-9]{{{least},{width}}})"


def _number(name: str, text: str, digits: Letters) -> IntArray | int:
    """Return a field of the texts of one shape: its number, or for a word its place; the fraction in nanoseconds.

    Args:
        name: which field.
        text: how it looks.
        digits: [U, W], the letters of all texts there, by their code.
    """
    if name == "sign":
        return int(text == "-")
    if name == "p":
        return int(text.lower().startswith("p"))
    if name in WORDS:
        return [word.lower() for word in WORDS[name]].index(text.lower())
    if text.startswith("-"):
        return -_number(name, text[1:], digits[:, 1:])
    number: IntArray = (digits.astype(np.int64) - ord("0")) @ 10 ** np.arange(len(text) - 1, -1, -1)
    number = np.where(number < 0, _MOST + 1, number)  # 19 digits may be too many
    return number * 10 ** (9 - len(text)) if name == "f" else number


def _since_1970(fields: _Fields, format: str) -> StampArray:
    count = next(token.digits for token in tokens(format) if token.letter == "s")
    coarser, finer = 10 ** max(6 - count, 0), 10 ** max(count - 6, 0)
    most = min(_LAST_SECOND * 10**count, _MOST)
    number = fields.within("s", -most, most)
    micros = fields.cut(number, finer) * coarser + fields.cut(fields.get("f"), 1000)
    return np.asarray(micros.astype("datetime64[us]"))


def _calendar(fields: _Fields) -> StampArray:
    """Return the stamps that dates and times of day make; what is out of range does not fit."""
    days = _weekday(fields) if "G" in fields else _day(fields)
    weekday = (days.astype(np.int64) + 3) % 7
    for letter in "aA":
        fields.fits &= (fields.get(letter) == weekday) | (letter not in fields)
    minutes = 60 * _hours(fields) + fields.within("M", 0, 59)
    micros = (60 * minutes + fields.within("S", 0, 59)) * SECOND + fields.cut(fields.get("f"), 1000)
    return np.asarray(days.astype("datetime64[us]") + micros.astype("timedelta64[us]"))


def _hours(fields: _Fields) -> IntArray:
    if "K" in fields:
        return fields.within("K", 1, 24)
    if "I" in fields:
        return fields.within("I", 1, 12) % 12 + 12 * fields.get("p")
    return fields.within("H", 0, 23)


def _day(fields: _Fields) -> StampArray:
    year = fields.within("Y", 1, 9999, 1970) if "y" not in fields else _full_years(fields.get("y"), fields.fits)
    month = fields.within("m", 1, 12, 1) + 3 * (fields.within("q", 1, 4, 1) - 1)
    for name in "bB":
        month = fields.get(name) + 1 if name in fields else month
    months = ((year - 1970) * 12 + month - 1).astype("datetime64[M]")
    days = months.astype("datetime64[D]") + (fields.within("d", 1, 31, 1) - 1)
    fields.fits &= days.astype("datetime64[M]") == months
    return np.asarray(days)


def _weekday(fields: _Fields) -> StampArray:
    """Return the day of a week of ISO 8601: week 1 is that of 4 January."""
    year, week = fields.within("G", 1, 9999), fields.within("V", 1, 53, 1)
    fourth = (year - 1970).astype("datetime64[Y]").astype("datetime64[D]") + 3
    monday = fourth - (fourth.astype(np.int64) + 3) % 7 + 7 * (week - 1)
    fields.fits &= (monday + 3).astype("datetime64[Y]").astype(np.int64) + 1970 == year
    return np.asarray(monday + (fields.within("u", 1, 7, 1) - 1))


def _full_years(short: IntArray, fits: BoolArray) -> IntArray:
    """Return years of two digits in full: one stretch with its largest gap outside that ends in 2039 at most."""
    known = np.unique(short[fits])
    if not len(known):
        return short
    gaps = (known - np.roll(known, 1)) % 100
    first = int(known[gaps.argmax()])
    span = int(((known - first) % 100).max())
    last = LAST_YEAR - (LAST_YEAR - first - span) % 100
    return last - span + (short - first) % 100


def style(texts: Sequence[str], format: str) -> str:
    """Return a format as texts that fit it are written: leading zeros, capitals, digits of the fraction, Z.

    Where no number of a field is below ten, it has leading zeros unless other fields are seen to have none.
    """
    found: list[dict[str, str | None]] = []
    padded: set[str] = set()
    for _, like, letters in _by_shape(texts):
        match = pattern(format).fullmatch(like)
        if match is not None:
            found.append(match.groupdict())
            padded |= {name for name in _SHORTENED if _begins_with_zero(match, name, letters)}
    short = {name for groups in found for name in _SHORTENED if len(groups.get(name) or "99") == 1}
    bare = short | (_SHORTENED - padded) if short else short
    return "".join(str(_styled(token, found, bare)) for token in tokens(format))


def _begins_with_zero(match: "re.Match[str]", name: str, letters: Letters) -> bool:
    """Tell whether some text of a shape has a number of two digits there that begins with zero."""
    first, last = match.span(name) if match.groupdict().get(name) else (0, 0)
    return last - first == 2 and bool((letters[:, first] == ord("0")).any())


def _styled(token: Token, found: Sequence[Mapping[str, str | None]], bare: Collection[str]) -> Token:
    if token.letter in ("z", "Z"):
        has_z = any(groups.get("sign") is None for groups in found)
        return Token(letter="Z") if has_z else token
    said = [text for groups in found if token.letter and (text := groups.get(token.letter))]
    if token.letter == "f":
        return token._replace(digits=max(map(len, said), default=6))
    if token.letter in WORDS and said:
        flag = "^" if said[0].isupper() else "~" if said[0].islower() else ""
        return token._replace(flag="" if token.letter == "p" and flag == "^" else flag)
    return token._replace(flag="-") if token.letter in bare else token
