"""Workloads: what is trained on, the same for every program. Imports numpy inside, for interpreters that have it."""

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class Workload(NamedTuple):
    """Says what a network is, and what it reads.

    Attributes:
        cell: "lstm", "gru" or "rnn".
        hidden: numbers in a state.
        layers: one above the other.
        batch: windows of a step.
        context: steps read.
        horizon: steps forecast.
        features: numbers read at a step.
        series: how many.
        length: of each.
    """

    cell: str
    hidden: int = 128
    layers: int = 1
    batch: int = 256
    context: int = 168
    horizon: int = 24
    features: int = 1
    series: int = 200
    length: int = 2000

    @property
    def sequences(self) -> int:
        """Return how many windows there are: an epoch."""
        return self.series * (self.length - self.context - self.horizon + 1)

    @property
    def multiplications(self) -> int:
        """Return the multiplications and additions of matrix products for one window, forward and back."""
        gates = {"lstm": 4, "gru": 3, "rnn": 1}[self.cell] * self.hidden
        widths = [self.features] + [self.hidden] * (self.layers - 1)
        step = sum(2 * gates * (width + self.hidden) for width in widths)
        return 3 * (self.context * step + 2 * self.hidden * self.horizon)


HOURLY = {cell: Workload(cell) for cell in ("lstm", "gru", "rnn")}

TEXTBOOK = {
    "textbook-lstm": Workload("lstm", 50, 2, 32, 60, 1, 1, 1, 1060),
    "textbook-rnn-2": Workload("rnn", 128, 2, 32, 10, 1, 2, 1, 10_010),
    "textbook-rnn-3": Workload("rnn", 128, 3, 32, 10, 1, 2, 1, 10_010),
}
"""The workloads of widely read introductions: 1,000 sequences of 60; 10,000 of 10 with 2 features."""

SERIES = {f"series-{count}": Workload("lstm", 64, 1, 256, 48, 24, 1, count, 80) for count in (100, 10_000, 1_000_000)}

WORKLOADS = HOURLY | TEXTBOOK | SERIES


def panel(workload: Workload) -> "NDArray[np.float32]":
    """Return series [N, T, F] of a day's and a week's season, a trend and noise."""
    import numpy as np

    random = np.random.default_rng(0)
    shape, steps = (workload.series, 1, workload.features), np.arange(workload.length)[:, None]
    day, week = random.uniform(0.5, 2, (2, *shape))
    phase, later = random.uniform(0, 2 * np.pi, (2, *shape))
    values = 10 + day * np.sin(2 * np.pi * steps / 24 + phase) + week * np.sin(2 * np.pi * steps / 168 + later)
    values = values + random.normal(0, 1e-3, shape) * steps
    noisy: NDArray[np.float32] = (values + 0.3 * random.standard_normal(values.shape)).astype(np.float32)
    return noisy
