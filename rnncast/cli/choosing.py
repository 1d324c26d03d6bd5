"""Which model forecasts: a checkpoint's, or without one the embedded."""

import os
from dataclasses import fields
from typing import TYPE_CHECKING, Any

import click

from rnncast import registry
from rnncast.cli.options import Talk
from rnncast.errors import UsageError
from rnncast.ranks import SOLO, Ranks

if TYPE_CHECKING:
    from rnncast.api import Forecaster
    from rnncast.exported import Exported
    from rnncast.reading import Reading

CHECKPOINT = "rnncast.safetensors"

EXPORTED = ".onnx"
"""How the names of exported models end."""

checkpoint_option = click.option(
    "-c", "--checkpoint", envvar="RNNCAST_CHECKPOINT", metavar="FILE",
    help="Checkpoint that 'rnncast train' wrote, or set RNNCAST_CHECKPOINT; "
    f"'{registry.EMBEDDED}' is the embedded model.  "
    f"[default: {CHECKPOINT}, the embedded model where there is none]",
)  # fmt: skip


anchor_option = click.option(
    "--anchor", type=click.Choice(("none", *registry.BASELINES)), metavar="NAME",
    help="Baseline that the embedded model is blended with.  [default: combined]",
)  # fmt: skip


def is_embedded(checkpoint: str | None, data: tuple[str, ...]) -> bool:
    """Tell whether the embedded model forecasts: asked for by name, or there is data and no checkpoint."""
    if checkpoint is None:
        return bool(data) and not os.path.exists(CHECKPOINT)
    return checkpoint == registry.EMBEDDED


def name(checkpoint: str | None, data: tuple[str, ...]) -> str:
    """Return what a result calls the checkpoint."""
    return registry.EMBEDDED if is_embedded(checkpoint, data) else checkpoint or CHECKPOINT


def load(
    checkpoint: str | None,
    data: tuple[str, ...],
    future: str | None,
    settings: dict[str, Any],
    ranks: Ranks = SOLO,
) -> "tuple[Forecaster, Reading]":
    """Return a checkpoint's forecaster and the data as it reads them, without any its own.

    Raises:
        CheckpointError: there is none, or it is damaged.
        UsageError: a setting that the checkpoint has.
    """
    forecaster = own(checkpoint, settings)
    return forecaster, forecaster.read(data, future, ranks) if data else forecaster.own(future)


def fitted(checkpoint: str | None, data: tuple[str, ...], settings: dict[str, Any]) -> "Forecaster":
    """Return the forecaster of a checkpoint; the embedded model is none that was fitted.

    Raises:
        CheckpointError: there is none, or it is damaged.
        UsageError: the embedded model would forecast, or a setting that the checkpoint has.
    """
    if is_embedded(checkpoint, data):
        raise UsageError("--follow needs a checkpoint.", "Make one with 'rnncast train DATA', and name it with -c.")
    return own(checkpoint, settings)


def own(checkpoint: str | None, settings: dict[str, Any]) -> "Forecaster":
    """Return the forecaster of a checkpoint.

    Raises:
        CheckpointError: there is none, or it is damaged.
        UsageError: a setting that the checkpoint has.
    """
    from rnncast import api
    from rnncast.config import RunConfig

    run = {field.name: settings[field.name] for field in fields(RunConfig) if field.name in settings}
    settled = sorted(set(settings) - set(run))
    if settled:
        raise UsageError(
            f"{settled[0].replace('_', ' ')} is given, and the checkpoint says how its data are read and blended.",
            f"Leave it out, or take the embedded model: --checkpoint {registry.EMBEDDED}.",
        )
    return api.load(checkpoint or CHECKPOINT, RunConfig(**run))


def load_any(
    checkpoint: str | None, data: tuple[str, ...], future: str | None, settings: dict[str, Any], ranks: Ranks
) -> "tuple[Forecaster | Exported, Reading]":
    """Return what forecasts, a checkpoint or an exported model, and the data as it reads them; see `load`."""
    if checkpoint is not None and checkpoint.endswith(EXPORTED):
        return _load_exported(checkpoint, data, future, settings)
    return load(checkpoint, data, future, settings, ranks)


def _load_exported(
    path: str, data: tuple[str, ...], future: str | None, settings: dict[str, Any]
) -> "tuple[Exported, Reading]":
    """Return an exported model and the data as it reads them.

    Raises:
        CheckpointError: there is none, or it is damaged.
        UsageError: there are no data, or a setting that the model has.
    """
    from rnncast import exported

    if settings:
        raise UsageError(
            f"{min(settings).replace('_', ' ')} is given, and the exported model says how it reads and computes.",
            "Leave it out, or give the checkpoint that it was exported from.",
        )
    if not data:
        raise UsageError(f"{path} holds no data.", f"Name the data: rnncast predict -c {path} DATA.")
    model = exported.load(path)
    return model, model.read(data, future)


def read(
    data: tuple[str, ...], future: str | None, settings: dict[str, Any], talk: Talk, ranks: Ranks = SOLO
) -> "Reading":
    """Return the data for the embedded model, and say that it forecasts and what it does not read.

    Raises:
        UsageError: there are no data.
    """
    from rnncast import api
    from rnncast.config import Config

    if not data:
        raise UsageError("the embedded model has no data of its own.", "Name the data, as in: rnncast predict DATA.")
    reading = api.read(data, Config.of(settings).data, future, ranks=ranks)
    talk.notes(["the embedded model forecasts, pretrained on made-up series; 'rnncast train' fits one to the data."])
    ignored, ahead = [*reading.panel.past_names, *reading.panel.static_names], reading.panel.future_names
    if ignored:
        talk.notes([f"it does not read {', '.join(ignored)}."])
    if ahead:
        talk.notes([f"a regression adds the effects of {', '.join(ahead)} where past origins say that it helps (-v)."])
    return reading


def explain(forecaster: "Forecaster", talk: Talk) -> None:
    """Say in detail what the data were told by, and what validation gave."""
    for line in forecaster.checkpoint.report["reasons"]:
        talk.detail(line)


def say_reach(talk: Talk, horizon: int, trained: int) -> None:
    """Say that a forecast reaches farther than was learned, where it does."""
    if horizon > trained:
        talk.note(
            f"Note: {horizon} steps are more than the {trained} that the checkpoint was trained for; "
            "beyond them the forecast goes on from what it forecast."
        )
