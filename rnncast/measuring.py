"""Measuring a checkpoint: which of its weights have not learned from what they are measured on, and in what units."""

from typing import TypedDict

import numpy as np

from rnncast import scoring
from rnncast.checkpoint import Checkpoint
from rnncast.errors import UsageError
from rnncast.evaluation import Plan
from rnncast.panel import FloatArray, IntArray, Panel
from rnncast.recognising import learned_rows
from rnncast.selection import validation_rows

ORIGINS = 5
"""Origins by default, as far as half of the series holds them."""


class Measured(TypedDict, total=False):
    """What a backtest measures, see `forecaster.Forecaster.backtest`."""

    baselines: tuple[str, ...]
    levels: tuple[int, ...]
    standardised: bool


def unlearned(checkpoint: Checkpoint, panel: Panel, horizon: int) -> tuple[str, IntArray]:
    """Return which weights to measure, and how many rows of each series [N] they have learned from.

    They are the "final" ones where a horizon is left that these have not learned from, else the "heldout" ones.
    """
    final = learned_rows(panel, checkpoint.panel, np.zeros_like(checkpoint.held_out))
    if (panel.lengths - final).min() >= min(horizon, panel.lengths.min()):
        return "final", final
    return "heldout", learned_rows(panel, checkpoint.panel, checkpoint.held_out)


def standards(checkpoint: Checkpoint, panel: Panel, which: str, plan: Plan) -> tuple[FloatArray, FloatArray]:
    """Return mean and standard deviation of the rows that weights were fitted to, validation rows left out, [N, C].

    Of series that were not learned from they are those before the first origin.
    """
    spared = np.zeros_like(checkpoint.held_out)
    if which == "heldout":
        before = checkpoint.panel.truncated(checkpoint.panel.lengths - checkpoint.held_out)
        config = checkpoint.config
        spared = checkpoint.held_out + validation_rows(before, config.training.validation, config.window.horizon or 1)
    rows = learned_rows(panel, checkpoint.panel, spared)
    return scoring.standards(panel.scored.truncated(np.where(rows > 0, rows, plan.first + 1)))


def measured_rows(panel: Panel, horizon: int, windows: int | None, stride: int | None) -> int:
    """Return the rows that so many origins take, five by default.

    Raises:
        UsageError: more than half of the longest series.
    """
    rows = horizon + ((windows or ORIGINS) - 1) * (stride or horizon)
    half = int(panel.lengths.max()) // 2
    if windows and rows > half:
        raise UsageError(
            f"{windows} windows of {horizon} steps need {rows} rows, and half of the longest series are {half}.",
            "Ask for fewer --windows, or a shorter --stride or --horizon.",
        )
    return rows
