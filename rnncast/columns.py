"""Columns: how many of each kind a panel has, as a network must know it."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, sqrt

from rnncast.panel import Panel

LARGEST = 16
"""Most numbers of a word."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """Counts what a panel has beside its rows: targets C, covariates Kp, Kf, S and seasons M with a calendar.

    `words` says how many words each covariate has, 0 for numbers: past, future, static; empty where all are numbers.
    """

    targets: int
    past: int
    future: int
    static: int
    phases: int
    words: tuple[int, ...] = ()

    @classmethod
    def of(cls, panel: Panel) -> "Columns":
        """Count the columns of a panel."""
        names = (*panel.past_names, *panel.future_names, *panel.static_names)
        words = tuple(len(panel.words.get(name, ())) for name in names)
        return cls(
            targets=panel.num_targets,
            past=panel.past_covariates.shape[1],
            future=panel.future_covariates.shape[1],
            static=panel.static_covariates.shape[1],
            phases=len(calendar_seasons(panel)),
            words=words if any(words) else (),
        )

    @property
    def by_role(self) -> dict[str, tuple[int, ...]]:
        """Return how many words each covariate has, 0 for numbers, by its role."""
        words = self.words or (0,) * (self.past + self.future + self.static)
        ahead, fixed = self.past, self.past + self.future
        return {"past": words[:ahead], "future": words[ahead:fixed], "static": words[fixed:]}


def calendar_seasons(panel: Panel) -> tuple[int, ...]:
    """Return the M seasons whose phase is known: none where rows are merely numbered."""
    counted = panel.time.freq is None or panel.time.freq.isdigit()
    return () if counted else tuple(season for season in panel.season_lengths if season > 1)


def size_of(words: int) -> int:
    """Return how many numbers stand for each of so many words: twice the root of their number, at most `LARGEST`."""
    return min(words, ceil(2 * sqrt(words)), LARGEST)


def read_width(words: Sequence[int]) -> int:
    """Return how many numbers are read of columns with so many words each, 0 being a column of numbers."""
    return sum(size_of(count) if count else 1 for count in words)
