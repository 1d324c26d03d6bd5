"""Forking against one origin a window: the loss at all origins or at the last alone, in the same seconds of CPU.

Of one network by itself: what it is blended with in `auto` would hide the difference.
"""

from collections.abc import Callable
from typing import NamedTuple

import rnncast
from bench.accuracy.base import CHECKPOINT, Measured, Program, Setting
from bench.data import m1, pooled
from bench.measuring import shared

ALONE = ("--model", "lstm", "--ensemble", "1")

TOLERANCE = 0.05
"""Share by which the seconds of CPU may differ before the second run is done again with other steps."""


class Outcome(NamedTuple):
    """Holds a run's sMAPE and MASE, its seconds of CPU, and its optimiser steps."""

    scores: dict[str, float]
    cpu: float
    steps: int


def hourly(setting: Setting) -> Measured:
    """Compare on M4 hourly, by the scores on the held-out end of the training parts."""

    def run(program: Program, *options: str) -> dict[str, float]:
        scores = program.train(str(shared("m4/Hourly-train.csv.gz")), "--horizon", "48", *options)
        return next(iter(scores.values()))

    return _compare(setting, run)


def monthly(setting: Setting) -> Measured:
    """Compare on the monthly series of M1, by the scores on their test parts."""
    data = m1("monthly")

    def run(program: Program, *options: str) -> dict[str, float]:
        program.train(str(shared("m1/M1-monthly-train.csv.gz")), "--horizon", "18", *options)
        return pooled([data.score(*program.predict(data.ids))])

    return _compare(setting, run)


def _compare(setting: Setting, run: Callable[..., dict[str, float]]) -> Measured:
    """Return the scores of both ways and what forking gains; the single origin gets as many steps as fit its time."""
    with Program(setting) as program:
        forked = _outcome(program, run, "--origins", "all")
        single = _outcome(program, run, "--origins", "last")
        share = forked.cpu / single.cpu
        if abs(share - 1) > TOLERANCE:
            single = _outcome(program, run, "--origins", "last", "--max-steps", str(round(single.steps * share)))
    ways = {"all": forked, "last": single}
    found = {f"{metric}, {way}": ways[way].scores[metric] for metric in ("smape", "mase") for way in ways}
    found |= {f"CPU s, {way}": outcome.cpu for way, outcome in ways.items()}
    gains = {f"{metric}, gain": 1 - forked.scores[metric] / single.scores[metric] for metric in ("smape", "mase")}
    return program.measured(found | gains)


def _outcome(program: Program, run: Callable[..., dict[str, float]], *options: str) -> Outcome:
    before = program.cpu
    scores = run(program, *ALONE, *options)
    steps = rnncast.load(program.folder / CHECKPOINT).checkpoint.config.training.max_steps
    assert steps is not None, "a checkpoint says all its settings"
    return Outcome(scores, program.cpu - before, steps)
