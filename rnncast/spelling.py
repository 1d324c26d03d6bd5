"""Spelling: a format says how a stamp is written, and is both read and written by the same words.

A format is text with directives, as in strftime; those that strftime lacks are marked with a star.

    %Y %y        year in four digits, in two                %H %I %p  hour of 24, of 12, AM or PM
    %m %b %B     month in digits, Jan, January              %K *      hour from 1 to 24, which ends the day
    %d %a %A     day of the month, Mon, Monday              %M %S     minute, second
    %q *         quarter                                    %3f *     fraction of a second in 3 digits, 1 to 9
    %G %V %u     year, week and weekday of ISO 8601         %s %3s *  seconds since 1970, and their thousandths
    %z %:z %-z   offset as +0100, +01:00, +01               %Z *      offset as +01:00, or Z where it is zero

`%-d` is a number without leading zeros, `%^b` a word in capitals, `%~b` one in small letters.
"""

import re
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

IntArray = NDArray[np.int64]
StampArray = NDArray[np.datetime64]

MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
          "November", "December")  # fmt: skip
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
WORDS = {
    "b": tuple(name[:3] for name in MONTHS), "B": MONTHS,
    "a": tuple(name[:3] for name in WEEKDAYS), "A": WEEKDAYS, "p": ("AM", "PM"),
}  # fmt: skip
WIDTHS = {"Y": 4, "G": 4, "y": 2, "m": 2, "d": 2, "H": 2, "I": 2, "K": 2, "V": 2, "M": 2, "S": 2, "q": 1, "u": 1}
"""How many digits the numbers have."""

SECOND = 1_000_000
EXAMPLE = np.array(["2024-01-31T17:05:09.250000"], dtype="datetime64[us]")

_TOKEN = re.compile(r"%([-^~:]?)([1-9]?)([A-Za-z])|([^%]+)")
_SAID = {
    "Y": "YYYY", "G": "YYYY", "y": "YY", "m": "MM", "b": "Mon", "B": "Month", "d": "DD", "a": "Day", "A": "Weekday",
    "q": "quarter", "V": "week", "u": "weekday", "H": "hh", "I": "hh", "K": "hh", "M": "mm", "S": "ss", "p": "AM/PM",
    "z": "+hhmm", ":z": "+hh:mm", "-z": "+hh", "Z": "Z",
}  # fmt: skip
_UNITS = {0: "seconds", 3: "milliseconds", 6: "microseconds", 9: "nanoseconds"}


class Token(NamedTuple):
    """Names a directive by flag, number of digits and letter; a piece of plain text has no letter."""

    flag: str = ""
    digits: int = 0
    letter: str = ""
    text: str = ""

    def __str__(self) -> str:
        """Return the token as it stands in a format."""
        return f"%{self.flag}{self.digits or ''}{self.letter}" if self.letter else self.text


@lru_cache(maxsize=256)
def tokens(format: str) -> tuple[Token, ...]:
    """Return a format's directives and plain texts in turn.

    Raises:
        ValueError: a directive that does not exist or stands twice.
    """
    found = [Token(m[1] or "", int(m[2] or 0), m[3] or "", m[4] or "") for m in _TOKEN.finditer(format)]
    letters = [token.letter for token in found if token.letter]
    unknown = set(letters) - {*WIDTHS, *WORDS, *"fszZ"}
    if unknown or len(letters) != len(set(letters)) or "".join(map(str, found)) != format:
        raise ValueError(f"'{format}' is no format of stamps")
    return tuple(found)


def has(format: str, letters: str) -> bool:
    """Tell whether a format has a directive of one of these letters."""
    return any(token.letter and token.letter in letters for token in tokens(format))


def has_offset(format: str) -> bool:
    """Tell whether what is written so names an instant: it has an offset, or counts from 1970."""
    return has(format, "zZs") or format.endswith(("UTC", "GMT"))


def is_utc(format: str) -> bool:
    """Tell whether what is written so is always in UTC."""
    return has_offset(format) and not has(format, "zZ")


def say(format: str) -> str:
    """Return a format in words and by example: "DD/MM/YYYY, such as 31/01/2024"."""
    return f"{''.join(_said(token) for token in tokens(format))}, such as {write(EXAMPLE, format)[0]}"


def _said(token: Token) -> str:
    if token.letter == "s":
        return f"{_UNITS.get(token.digits, 'fractions of seconds')} since 1970"
    if token.letter == "f":
        return "f" * (token.digits or 6)
    words = _SAID.get(token.flag + token.letter) or _SAID.get(token.letter, token.text)
    return words[0] if token.flag == "-" and token.letter in WIDTHS else words


def write(stamps: StampArray, format: str, offsets: IntArray | None = None) -> list[str]:
    """Return wall-clock stamps as texts of a format, with their offsets in minutes where it has them."""
    stamps = stamps.astype("datetime64[us]")
    fields = _dates(stamps, is_ending=has(format, "K")) | _times(stamps)
    fields["z"] = fields["Z"] = np.zeros(len(stamps), dtype=np.int64) if offsets is None else offsets
    columns = [[token.text] * len(stamps) if token.text else _written(token, fields) for token in tokens(format)]
    return ["".join(parts) for parts in zip(*columns, strict=True)]


def _dates(stamps: StampArray, is_ending: bool) -> dict[str, IntArray]:
    """Return the numbers of the dates; where a day ends with hour 24, that hour is of the day before."""
    shifted = stamps - np.timedelta64(3600 * SECOND * is_ending, "us")
    days = shifted.astype("datetime64[D]")
    months = days.astype("datetime64[M]")
    month = months.astype(np.int64) % 12
    weekday = (days.astype(np.int64) + 3) % 7
    thursday = days + (3 - weekday)
    iso = thursday.astype("datetime64[Y]")
    year = months.astype("datetime64[Y]").astype(np.int64) + 1970
    return {
        "Y": year, "y": year % 100, "m": month + 1, "b": month, "B": month, "q": month // 3 + 1,
        "d": (days - months.astype("datetime64[D]")).astype(np.int64) + 1, "a": weekday, "A": weekday,
        "G": iso.astype(np.int64) + 1970, "V": (thursday - iso.astype("datetime64[D]")).astype(np.int64) // 7 + 1,
        "u": weekday + 1,
    }  # fmt: skip


def _times(stamps: StampArray) -> dict[str, IntArray]:
    micros = stamps.astype(np.int64)
    seconds = micros // SECOND
    hour = seconds // 3600 % 24
    return {
        "H": hour, "I": (hour - 1) % 12 + 1, "K": (hour - 1) % 24 + 1, "p": hour // 12,
        "M": seconds // 60 % 60, "S": seconds % 60, "f": micros % SECOND, "s": micros,
    }  # fmt: skip


def _written(token: Token, fields: dict[str, IntArray]) -> list[str]:
    """Return one directive's texts."""
    numbers, digits = fields[token.letter].tolist(), token.digits
    if token.letter in WORDS:
        words = [_cased(word, token.flag) for word in WORDS[token.letter]]
        return [words[number] for number in numbers]
    if token.letter == "f":
        return [f"{1000 * number:09d}"[: digits or 6] for number in numbers]
    if token.letter == "s":
        return [str(number // 10 ** max(6 - digits, 0) * 10 ** max(digits - 6, 0)) for number in numbers]
    if token.letter in "zZ":
        return [_offset(token, number) for number in numbers]
    width = 1 if token.flag == "-" else WIDTHS[token.letter]
    return [f"{number:0{width}d}" for number in numbers]


def _cased(word: str, flag: str) -> str:
    return {"^": word.upper(), "~": word.lower()}.get(flag, word)


def _offset(token: Token, minutes: int) -> str:
    if token.letter == "Z" and minutes == 0:
        return "Z"
    hours, rest = divmod(abs(minutes), 60)
    colon = ":" if token.letter == "Z" or token.flag == ":" else ""
    sign = "-" if minutes < 0 else "+"
    return f"{sign}{hours:02d}" if token.flag == "-" and rest == 0 else f"{sign}{hours:02d}{colon}{rest:02d}"
