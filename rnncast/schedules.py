"""Schedules: how long a fit is, how far it is, and the learning rate on the way."""

import math
import time

from rnncast.config import TrainingConfig
from rnncast.ranks import SOLO, Ranks

REPORTS = 50
"""Validations and records of progress in a run, at most."""


class Clock:
    """Counts steps and seconds against what a run may take; ranks go by the clock of the slowest."""

    def __init__(
        self,
        training: TrainingConfig,
        num_windows: int,
        stop_at: int | None,
        judged: int = 0,
        ranks: Ranks = SOLO,
    ) -> None:
        per_epoch = math.ceil(num_windows / (training.batch_size or 1))
        limits = [training.max_steps, training.epochs and training.epochs * per_epoch]
        self.total = min((limit for limit in limits if limit is not None), default=per_epoch)
        self.last = self.total if stop_at is None else min(self.total, stop_at)
        self.limit = training.time_limit or math.inf
        # Judging a window costs about a third of training on it: so it takes a quarter of the time at most.
        self.interval = max(1, math.ceil(self.total / REPORTS), math.ceil(judged / (training.batch_size or 1)))
        self.step, self._ranks = 0, ranks
        self._began = time.perf_counter()

    def go_on(self, step: int, seconds: float) -> None:
        """Count on from so many steps, which took so many seconds."""
        self.step, self._began = step, time.perf_counter() - seconds

    @property
    def seconds(self) -> float:
        """Return the seconds since the run began."""
        return time.perf_counter() - self._began

    @property
    def _timed(self) -> float:
        """Return how much of the time is over, by one clock for all ranks."""
        return self._ranks.latest(self.seconds) / self.limit if math.isfinite(self.limit) else 0.0

    @property
    def fraction(self) -> float:
        """Return how much of the run is over, in steps or in time, whichever is further."""
        return min(1.0, max(self.step / self.total, self._timed))

    @property
    def done(self) -> bool:
        """Tell whether the run is over."""
        return self.step >= self.last or self._timed >= 1

    @property
    def planned(self) -> int:
        """Return the steps of the whole schedule: all, or those that the time allowed."""
        return self.step if self._timed >= 1 else self.total

    @property
    def due(self) -> bool:
        """Tell whether a record of progress is due."""
        return self.step % self.interval == 0 or self.done


def learning_rate(training: TrainingConfig, fraction: float) -> float:
    """Return the learning rate at `fraction` of a run: linear warm-up, then half a cosine or constant.

    Cosine: Loshchilov and Hutter 2017, arXiv 1608.03983, eq. 5, without restarts.
    """
    peak = training.learning_rate or 0.0
    if fraction < training.warmup:
        return peak * (0.05 + 0.95 * fraction / training.warmup)
    if training.schedule == "constant":
        return peak
    past = (fraction - training.warmup) / (1 - training.warmup)
    return peak * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * past)))
