"""Start from a checkpoint's weights: which settings stay, and which weights have not seen what is held out."""

from dataclasses import asdict, fields, replace
from typing import Any

import numpy as np

from rnncast import selection
from rnncast.checkpoint import Checkpoint, Weights
from rnncast.config import Config, DataConfig, ModelConfig, TrainingConfig, WindowConfig
from rnncast.errors import UsageError
from rnncast.panel import Panel
from rnncast.recognising import learned_rows

SLOWER, SHORTER = 3, 2
"""Learning rate and steps are divided by these, unless they are given: the weights are near where they should be."""

TRAINED_ANEW = {field.name for field in fields(TrainingConfig)} - {"loss", "quantiles", "ensemble", "origins"}
"""Settings that weights do not depend on."""


def continued(start: Checkpoint, asked: Config) -> tuple[Config, ...]:
    """Return every member's configuration: what it reads and computes stays, how it is trained may be asked for anew.

    Raises:
        UsageError: a setting that would need other weights.
    """
    for given, default, kept in (
        (asked.data, DataConfig(), start.config.data),
        (asked.window, WindowConfig(), start.config.window),
        (asked.model, ModelConfig(), start.config.model),
        (asked.training, TrainingConfig(), start.config.training),
    ):
        _check_kept(asdict(given), asdict(default), asdict(kept))
    return tuple(_member(member, asked, number) for number, member in enumerate(start.members))


def _check_kept(given: dict[str, Any], default: dict[str, Any], kept: dict[str, Any]) -> None:
    """Raise a UsageError for a setting of the network that is given and is not the checkpoint's."""
    for name, value in given.items():
        if name not in TRAINED_ANEW and value not in (default[name], kept[name]):
            raise UsageError(
                f"{name} is {value!r}, and the checkpoint's weights were fitted with {kept[name]!r}.",
                "Leave it out, or train without --from.",
            )


def _member(member: Config, asked: Config, number: int) -> Config:
    """Return a member's configuration with what was asked for about training."""
    own, default = member.training, TrainingConfig()
    changed = {
        field.name: getattr(asked.training, field.name)
        for field in fields(TrainingConfig)
        if getattr(asked.training, field.name) != getattr(default, field.name)
    }
    steps = selection.TUNING if own.max_steps == 0 else own.max_steps and max(1, own.max_steps // SHORTER)
    training = replace(own, learning_rate=(own.learning_rate or 1e-3) / SLOWER, max_steps=steps)
    training = replace(training, **(changed | {"seed": asked.training.seed + number}))
    given = {name: value for name, value in asdict(asked.bounds).items() if value is not None}
    return replace(member, training=training, bounds=replace(member.bounds, **given), run=asked.run)


def weights(start: Checkpoint, panel: Panel, before: Panel) -> tuple[tuple[Weights, ...], tuple[Weights, ...]]:
    """Return each member's weights to start the fits from that are measured, and the final ones.

    Weights that have learned from a row that is held out would be measured on what they know, so the
    checkpoint's held-out weights stand in for them; validation rows they may know.

    Raises:
        UsageError: the checkpoint has learned from rows that are to be held out, or keeps numbers of other series.
    """
    keeps_series = any(name.startswith("smoothing.") for weights in start.final for name in weights)
    if keeps_series and not np.array_equal(panel.ids, start.panel.ids):
        raise UsageError(
            f"{start.config.model.model} keeps numbers of every series, and these are not those it was trained on.",
            "Give the same series in the same order, or train without --from.",
        )
    for measured, spared in ((start.final, np.zeros_like(start.held_out)), (start.heldout, start.held_out)):
        if (learned_rows(panel, start.panel, spared) <= before.lengths).all():
            return measured, start.final
    raise UsageError(
        "the checkpoint has learned from rows that are to be held out, so its scores on them would say nothing.",
        "Give newer rows, or --test 0 to measure nothing.",
    )
