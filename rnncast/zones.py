"""Time zones: from the clock on the wall to instants, which are stamps in UTC, and back.

A zone is a name of the IANA database, such as "Europe/Berlin", or a fixed offset, such as "+02:00".
"""

import re
from difflib import get_close_matches
from functools import lru_cache
from zoneinfo import available_timezones

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from rnncast.errors import UsageError
from rnncast.spelling import IntArray, StampArray

UTC = "UTC"
_FIXED = re.compile(r"[+-]([01][0-9]|2[0-3]):[0-5][0-9]")
_MINUTE = 60_000_000
_EARLY = 4 * 60  # minutes of the day
_SEASONS = (3, 4, 9, 10, 11)  # months, south and north


@lru_cache(maxsize=1)
def _names() -> frozenset[str]:
    # These say what the machine is set to, and the same data must give the same forecast everywhere.
    return frozenset(available_timezones() - {"localtime", "posixrules", "Factory"})


def is_known(zone: str) -> bool:
    """Tell whether there is such a zone."""
    return bool(_FIXED.fullmatch(zone)) or zone in _names()


def check(zone: str) -> str:
    """Return the name of a zone that exists.

    Raises:
        UsageError: there is none.
    """
    if is_known(zone):
        return zone
    known = {name.lower(): name for name in sorted(_names())}
    known |= {name.rsplit("/")[-1].lower(): name for name in sorted(_names(), reverse=True)} | known
    close = get_close_matches(zone.strip().lower().replace(" ", "_"), known, n=1)
    offer = f"Did you mean '{known[close[0]]}'? " if close else ""
    hint = "Zones are named as in Europe/Berlin, America/New_York or UTC, or by an offset: +02:00."
    raise UsageError(f"there is no time zone '{zone}'.", offer + hint)


def fixed(minutes: int) -> str:
    """Return the zone that is always so many minutes ahead of UTC."""
    hours, rest = divmod(abs(minutes), 60)
    return f"{'-' if minutes < 0 else '+'}{hours:02d}:{rest:02d}" if minutes else UTC


def to_wall(instants: StampArray, zone: str) -> StampArray:
    """Return what the clock on the wall shows at instants."""
    return _stamps(aware(instants, zone).tz_localize(None))


def to_instants(wall: StampArray, zone: str, is_second: NDArray[np.bool_] | None = None) -> StampArray:
    """Return the instants at which the clock on the wall shows stamps; none (NaT) where it skips them.

    Args:
        wall: what the clock shows.
        zone: where it hangs.
        is_second: where an hour comes twice, whether it is the second time; default the first.
    """
    first = np.ones(len(wall), dtype=np.bool_) if is_second is None else ~is_second
    local = pd.DatetimeIndex(wall).tz_localize(zone, ambiguous=first, nonexistent="NaT")
    return _stamps(local.tz_convert(None))


def _stamps(index: pd.DatetimeIndex) -> StampArray:
    return index.to_numpy().astype("datetime64[us]")


def offsets(instants: StampArray, zone: str) -> IntArray:
    """Return by how many minutes the clock on the wall is ahead of UTC at instants."""
    minutes: IntArray = (to_wall(instants, zone) - instants).astype(np.int64) // _MINUTE
    return minutes


def hint_at(stamps: StampArray, again: IntArray) -> str:
    """Return a hint where local stamps that come `again` may be those of clocks set back: an early hour once a year."""
    days = stamps.astype("datetime64[D]")
    minutes = (stamps - days).astype("timedelta64[m]").astype(np.int64)  # of the day
    changes = np.unique(days[again])
    months = changes.astype("datetime64[M]").astype(np.int64) % 12 + 1
    is_yearly = len(np.unique(changes.astype("datetime64[Y]"))) == len(changes)
    if minutes.max() < _EARLY or minutes[again].max() >= _EARLY or not is_yearly or not np.isin(months, _SEASONS).all():
        return ""
    return "Where clocks are set back an hour comes twice: name the zone, for example --time-zone Europe/Berlin. "


def aware(instants: StampArray, zone: str) -> pd.DatetimeIndex:
    """Return instants as stamps of a zone, for people who work with pandas."""
    return pd.DatetimeIndex(instants).tz_localize(UTC).tz_convert(zone)
