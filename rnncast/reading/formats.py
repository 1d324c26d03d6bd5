"""Formats: how a column's dates are written, told by all of its cells together.

A family is a way to write dates, as a pattern with a group for each directive of `spelling`; what stands
between the groups stays as it is. A text is read by a family as a format, such as "%d/%m/%Y" for 31/01/2024,
and a column by the first family's format that fits all of it. Day and month in digits have an order, which
is open where no day is over 12.
"""

import re
from collections.abc import Sequence
from functools import cache, lru_cache
from typing import Literal, NamedTuple

import numpy as np

from rnncast.panel import BoolArray
from rnncast.reading.parsing import Parsed, parse, shape
from rnncast.spelling import WORDS, tokens

_MONTH = "|".join(WORDS["b"])
_B = f"(?:(?P<B>{'|'.join(name for name in WORDS['B'] if name != 'May')})|(?P<b>{_MONTH}))"
_DAY = f"(?:(?:(?P<A>{'|'.join(WORDS['A'])})|(?P<a>{'|'.join(WORDS['a'])})),? )?"
_D, _M, _Y, _SHORT = r"(?P<d>9?9)", r"(?P<m>9?9)", r"(?P<Y>9999)", r"(?P<y>99)"
_SEP, _SAME = r"(?P<_>[-/. ])", r"(?P=_)"
# On shapes, texts with nines for digits. Where several fit all cells, the first holds.
_FAMILIES = (
    rf"{_Y}{_SEP}{_M}{_SAME}{_D}",
    rf"{_D}{_SEP}{_M}{_SAME}{_Y}",
    rf"{_M}{_SEP}{_D}{_SAME}{_Y}",
    rf"{_D}{_SEP}{_M}{_SAME}{_SHORT}",
    rf"{_M}{_SEP}{_D}{_SAME}{_SHORT}",
    rf"{_SHORT}{_SEP}{_M}{_SAME}{_D}",
    rf"{_Y}(?P<m>99)(?P<d>99)",
    rf"{_Y}[- :/]?q(?P<q>9)",
    rf"{_Y}:(?P<q>9)",
    rf"q(?P<q>9)[- /:]?{_Y}",
    rf"q(?P<q>9)[- /:']?{_SHORT}",
    rf"(?P<q>9)q[- /]?{_Y}",
    rf"(?P<q>9)q[- /']?{_SHORT}",
    rf"{_Y}[-/:]{_M}",
    rf"{_M}[-/]{_Y}",
    rf"{_Y}[- ]?m{_M}",
    rf"{_D}\.?[-/. ]?{_B}[-/., ]{{0,2}}{_Y}",
    rf"{_D}\.?[-/. ]?{_B}[-/., ]{{0,2}}'?{_SHORT}",
    rf"{_B}[-/. ]?{_D},? {_Y}",
    rf"{_B}[-/., ]{{0,2}}{_Y}",
    rf"{_B}[-/., ]{{0,2}}'?{_SHORT}",
    rf"{_Y}[-/. ]?{_B}[-/. ]?{_D}",
    rf"{_Y}[-/. ]?{_B}",
    r"(?P<G>9999)[- ]?w(?P<V>99?)(?:-?(?P<u>9))?",
    r"w(?P<V>99?)[-/ ](?P<G>9999)",
)
_MINUTES = r":(?P<M>99)(?::(?P<S>99)(?:[.,](?P<f>9{1,9}))?)?"
_CLOCKS = (
    rf"(?P<H>9?9)(?:{_MINUTES})?",
    r"(?P<H>99)(?P<M>99)(?:(?P<S>99)(?:[.,](?P<f>9{1,9}))?)?",
    rf"(?P<I>9?9)(?:{_MINUTES})? ?(?P<p>[ap]\.?m\.?)",
    rf"(?P<K>9?9)(?:{_MINUTES})?",
)
_GAP = "(?:[T_:]|,? +)"
_OFFSET = "(?: ?(?:(?P<z0>[+-]9999)|(?P<z1>[+-]99:99|Z)|(?P<z2>[+-]99)|UTC|GMT))?"
_OFFSETS = {"z0": "%z", "z1": "%:z", "z2": "%-z", "_": ""}


class _Pattern(NamedTuple):
    """Holds how all texts of a family begin, and how they are written as a whole."""

    beginning: str
    whole: str


Patterns = tuple[_Pattern, ...]
Order = Literal["day-first", "month-first", "year-first"]

_ORDERS: dict[str, Order] = {"dmy": "day-first", "mdy": "month-first", "ymd": "year-first"}
_DIGITS = re.compile(r"[0-9]{4,19}(?:\.[0-9]{1,9})?")


_DATES = tuple(
    _Pattern(f"{_DAY}{date}", f"{_DAY}{date}(?:{_GAP}{clock}{_OFFSET})?") for date in _FAMILIES for clock in _CLOCKS
)
_TIMES = tuple(_Pattern(clock, clock) for clock in _CLOCKS)


# The least and the largest number that is one: years from 1500 to 2200, or from 1973 to 2100 where they count.
_NUMBERS = (
    ("%Y", 1500, 2200),
    ("%Y%m", 150001, 220012),
    ("%Y%m%d", 15000101, 22001231),
    ("%Y%m%d%H", 1500010100, 2200123123),
    ("%Y%m%d%H%M", 150001010000, 220012312359),
    ("%Y%m%d%H%M%S", 15000101000000, 22001231235959),
    ("%s", 10**8, 41 * 10**8),
    ("%3s", 10**11, 41 * 10**11),
    ("%6s", 10**14, 41 * 10**14),
    ("%9s", 10**17, 41 * 10**17),
)
_HALF = 0.5
_OLDEST, _LATEST = 1000, 2999  # years that quarters may have
_FEW = 500  # texts tell the formats that come into question


def picked(texts: Sequence[str]) -> list[str]:
    """Return a sample of texts, spread over all of them."""
    return [texts[i] for i in np.linspace(0, len(texts) - 1, min(len(texts), _FEW)).astype(np.int64).tolist()]


def candidates(texts: Sequence[str]) -> list[str]:
    """Return the formats of dates that a sample of the texts fits, the best first, then by family."""
    return [format for format, _ in _fitting(texts, _DATES)]


def are_dates(texts: Sequence[str]) -> bool:
    """Tell whether most of the texts look like dates, judged by a sample; a third of them must be some that exist.

    Names such as Q1 to Q24000 look like quarters too: of these three in four must be some, and of usual years.
    """
    sample = picked(texts)
    alike = [bool(_formats(shape(text), _DATES)) for text in sample]
    if 2 * sum(alike) <= len(sample):
        return False
    known = candidates(sample)
    fits = [parse(sample, format).fits for format in known if "%q" not in format]
    quarters = [_are_usual(parse(sample, format)) for format in known if "%q" in format]
    return 3 * _count(fits) >= len(sample) or 4 * _count(quarters) >= 3 * len(sample)


def _count(fits: Sequence[BoolArray]) -> int:
    """Return how many texts fit one of the formats at least."""
    return int(np.logical_or.reduce(fits).sum())


def _are_usual(parsed: Parsed) -> BoolArray:
    """Tell which texts are dates of usual years."""
    years = parsed.stamps.astype("datetime64[Y]").astype(np.int64) + 1970
    found: BoolArray = parsed.fits & (years >= _OLDEST) & (years <= _LATEST)
    return found


def are_clocks(texts: Sequence[str]) -> bool:
    """Tell whether all texts are times of day: 17:00, 5 PM, or the hour alone."""
    best = _fitting(texts, _TIMES)[:1]
    return bool(best) and best[0][1] == len(picked(texts))


def _fitting(texts: Sequence[str], patterns: Patterns) -> list[tuple[str, int]]:
    """Return the formats that come into question and how many of a sample of the texts fit each."""
    sample = picked(texts)
    ranks: dict[str, int] = {}
    for like in {shape(text) for text in sample}:
        for format, rank in _formats(like, patterns):
            ranks[format] = min(rank, ranks.get(format, rank))
    counts = {format: int(parse(sample, format).fits.sum()) for format in ranks}
    best = sorted(ranks, key=lambda format: (-counts[format], ranks[format], format))
    return [(format, counts[format]) for format in best if counts[format]]


@lru_cache(maxsize=4096)
def _formats(like: str, patterns: Patterns) -> tuple[tuple[str, int], ...]:
    """Return the formats that texts of a shape may have, and the number of their family."""
    begun = [(pattern, rank) for rank, pattern in enumerate(patterns) if _compiled(pattern.beginning).match(like)]
    matches = [(_compiled(pattern.whole).fullmatch(like), rank) for pattern, rank in begun]
    return tuple((_format(match), rank) for match, rank in matches if match)


@cache
def _compiled(text: str) -> "re.Pattern[str]":
    """Return a pattern, which takes longer to compile than most columns take to be read."""
    return re.compile(text, re.IGNORECASE)


def _format(match: "re.Match[str]") -> str:
    spans = sorted((match.span(name), name) for name, text in match.groupdict().items() if text is not None)
    found, end = "", 0
    for (first, last), name in spans:
        if name != "_":
            found += match.string[end:first] + _OFFSETS.get(name, f"%{name}")
            end = last
    return found + match.string[end:]


def order(format: str) -> Order | None:
    """Return which of day, month and year comes first where that could be mistaken, None where it could not."""
    letters = [token.letter for token in tokens(format) if token.letter and token.letter in "dmyY"]
    return _ORDERS.get("".join(letters[:3]).lower()) if letters[:1] != ["Y"] else None


def of_numbers(texts: Sequence[str]) -> str | None:
    """Return the format in which numbers are years, or most of them days or times since 1970; None where they are not.

    Four digits may be anything, so all of them must be years.
    """
    sample = [text for text in picked(texts) if _DIGITS.fullmatch(text)]
    if 2 * len(sample) <= len(picked(texts)):
        return None
    numbers = np.array(sample, dtype=np.float64)
    for format, low, high in _NUMBERS:
        share = float(((low <= numbers) & (numbers <= high)).sum()) / len(picked(texts))
        found = "%s.%f" if format == "%s" and any("." in text for text in sample) else format
        if share > _HALF and (share == 1 or format != "%Y") and parse(sample, found).fits.mean() > _HALF:
            return found
    return None
