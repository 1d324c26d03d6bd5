"""Fits: what is asked of them, how far they are, and what they found."""

import math
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, TypeVar

from rnncast.packing import Array
from rnncast.panel import IntArray, Panel
from rnncast.ranks import SOLO, Ranks
from rnncast.states import States

Result = TypeVar("Result")

EXPLODED = 1e3
"""Gradient norm, before clipping, from which on gradients are said to explode."""


@dataclass(frozen=True, slots=True)
class Progress:
    """Tells how far a fit is.

    Attributes:
        fit: which fit it is, such as "held-out 1/3".
        step: optimiser steps done, of `total_steps`.
        loss: mean training loss since the last record, in units of the scale at the origins.
        validation: loss on the validation windows, None without any.
        learning_rate: the last step's.
        gradient_norm: the largest since the last record, before clipping.
        seconds: since the fit began.
        is_last: no record of this fit comes after it.
    """

    fit: str
    step: int
    total_steps: int
    loss: float
    validation: float | None
    learning_rate: float
    gradient_norm: float
    seconds: float
    is_last: bool = False

    @property
    def exploding(self) -> bool:
        """Tell whether gradients exploded since the last record."""
        return not self.gradient_norm < EXPLODED

    @property
    def diverged(self) -> bool:
        """Tell whether the loss is not a number any more."""
        return not math.isfinite(self.loss) or not math.isfinite(self.validation or 0.0)


@dataclass(frozen=True, slots=True, eq=False)
class Fit:
    """Holds what a fit found: the best step, the steps its schedule had, and how it went."""

    best_step: int
    planned_steps: int
    history: tuple[Progress, ...]


JUDGED = 2048
"""Most validation windows that judge the weights; of more, every k-th is taken."""

UNCHANGED = Fit(0, 0, ())
"""How a network that is taken as it is was fitted."""


class Judging(NamedTuple):
    """Says from which windows weights are judged while they are fitted.

    Attributes:
        panel: the series that are learned from, with the validation rows after them.
        ends: [N, W], the origins' steps.
    """

    panel: Panel
    ends: IntArray


@dataclass(frozen=True, slots=True, eq=False)
class Round:
    """Says what one round of fits, one for each member, learns from.

    Attributes:
        name: what the round is for, said in its records.
        panel: the rows that are learned from.
        judging: what chooses the step whose weights are kept; None fits without.
        earlier: the same members' fits with validation, which tell how long to fit now; may be empty.
        start: each member's weights to start from; empty for weights by chance.
        states: where the fits are, and were when the run was stopped before.
        ranks: the processes that share each step.
    """

    name: str
    panel: Panel
    judging: Judging | None = None
    earlier: Sequence[Fit] = ()
    start: Sequence[Mapping[str, Array]] = ()
    states: States = field(default_factory=States)
    ranks: Ranks = SOLO


def through(
    running: Generator[Progress, None, Result], change: Callable[[Progress], Progress]
) -> Generator[Progress, None, Result]:
    """Yield each record of a run as `change` gives it, and return what the run returns."""
    while True:
        try:
            progress = next(running)
        except StopIteration as done:
            result: Result = done.value
            return result
        yield change(progress)
