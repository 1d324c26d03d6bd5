"""Columns: how many of each kind a panel has, as a network must know it."""

from dataclasses import dataclass

from rnncast.panel import Panel
from rnncast.windows import calendar_seasons


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
