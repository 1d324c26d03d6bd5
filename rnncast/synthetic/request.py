"""What is asked for in the words of the command line: how many series, on which calendar, of which families."""

from dataclasses import dataclass
from datetime import datetime

import numpy as np
import pandas as pd
from pandas.tseries.frequencies import to_offset

from rnncast import aliases, frequency, registry
from rnncast.errors import UsageError

SHORTEST = 2
"""Steps of a series at least: one alone has no spread."""

LAST_YEAR = 9999
"""The last that has four digits."""


@dataclass(frozen=True, slots=True)
class Request:
    """Says which series are to be made, and checks it.

    Attributes:
        count: number of series.
        length: steps of each.
        freq: pandas offset alias.
        season_length: steps in a season, in any order; those of the frequency where empty.
        start: date; the series begin at the first stamp from there on.
        kinds: names of families; all of them where empty.
        seed: of all chance.
    """

    count: int = 10
    length: int = 240
    freq: str = "MS"
    season_length: tuple[int, ...] = ()
    start: str = "2000-01-01"
    kinds: tuple[str, ...] = ()
    seed: int = 0

    def __post_init__(self) -> None:
        if self.count < 1 or self.length < SHORTEST:
            raise UsageError(f"{self.count} series of {self.length} steps: at least 1 of {SHORTEST} can be made.")
        for kind in self.kinds:
            registry.find(registry.GENERATORS, kind, "kind of series")
        self.stamps()

    @property
    def seasons(self) -> tuple[int, ...]:
        """Return the steps in a season, shortest first."""
        return tuple(sorted(set(self.season_length))) or aliases.season_lengths(self.freq)

    def stamps(self) -> list[str]:
        """Return the stamps of the steps as text.

        Raises:
            UsageError: no such frequency or date, or the last step lies beyond the calendar.
        """
        freq = aliases.check_freq(self.freq)
        if freq.isdecimal():
            raise UsageError(f"freq is '{self.freq}', a number, and series are made on dates.", aliases.FREQ_HINT)
        first = np.array([to_offset(freq).rollforward(pd.Timestamp(_date(self.start)))], dtype="datetime64[us]")
        axis = frequency.grid(first, freq, "ds")
        ordinal = frequency.to_ordinals(first, axis)
        last = frequency.to_stamps(ordinal + self.length - 1, axis)
        year = int(last.astype("datetime64[Y]").astype(np.int64)[0]) + 1970
        if not 0 <= year <= LAST_YEAR:
            raise UsageError(f"length is {self.length}: the series would end in the year {year}.", "Make it smaller.")
        return frequency.format_stamps(ordinal + np.arange(self.length), axis)


def _date(text: str) -> datetime:
    try:
        date = datetime.fromisoformat(text)
    except ValueError as error:
        raise UsageError(f"start is '{text}', which is no date.", "Write it as 2000-01-01.") from error
    if date.tzinfo:
        raise UsageError(f"start is '{text}', with a time zone.", "Leave the zone out.")
    return date
