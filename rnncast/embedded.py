"""The embedded model: a small recurrent network that was fitted to made-up series alone, and lies in the package."""

import os
from collections.abc import Mapping
from functools import cache
from typing import Any, NamedTuple

import numpy as np

from rnncast import sealed
from rnncast.config import Config
from rnncast.errors import CheckpointError, UsageError
from rnncast.packing import Array
from rnncast.sealed import Sealed

MODEL = "pretrained"
"""What it is called among the models."""

PATH = os.path.join(os.path.dirname(__file__), "weights", "default.safetensors")

FORMAT_VERSION = 1


NEEDED = (
    "hidden_size",
    "num_layers",
    "num_lags",
    "guess_season",
    "channels",
    "scaling",
    "residual",
    "skip",
    "attention",
    "option",
    "loss",
    "quantiles",
)
"""Settings that weights cannot do without."""


class Embedded(NamedTuple):
    """Holds the embedded model.

    Attributes:
        settings: those its weights were fitted with, and cannot do without.
        weights: by name, in single precision.
        report: what pretraining cost and found, as plain values.
    """

    settings: Mapping[str, Any]
    weights: Mapping[str, Array]
    report: Mapping[str, Any]


def save(path: str, model: Embedded) -> None:
    """Write an embedded model, its weights in half precision.

    Raises:
        OutputError: it cannot be written.
    """
    header = {"format_version": FORMAT_VERSION, "settings": dict(model.settings), "report": dict(model.report)}
    sealed.write(path, Sealed(header, {name: weight.astype(np.float16) for name, weight in model.weights.items()}))


@cache
def load(path: str = PATH) -> Embedded:
    """Read an embedded model, the package's own by default.

    Raises:
        CheckpointError: there is none, or it is damaged.
    """
    header, tensors = sealed.read(path, FORMAT_VERSION)
    if not isinstance(header.get("settings"), dict):
        raise CheckpointError(f"{path} is no embedded model.", "Install rnncast anew.")
    weights = {name: array.astype(np.float32) for name, array in tensors.items()}
    return Embedded(header["settings"], weights, header.get("report", {}))


def needed(config: Config) -> dict[str, Any]:
    """Return the settings that weights which were fitted with a configuration cannot do without."""
    flat = _flat(config)
    return {"model": MODEL} | {name: flat[name] for name in NEEDED}


def applied(config: Config) -> Config:
    """Return what was asked for with the settings that the embedded model cannot do without.

    Raises:
        UsageError: a setting that would need other weights.
    """
    own = _own()
    for name in _misfits(config):
        raise UsageError(
            f"{name} is {_flat(config)[name]!r}, and the embedded model's weights were fitted with {own[name]!r}.",
            f"Leave it out, or take another --model than {MODEL}.",
        )
    return config.with_settings(own)


def suits(config: Config) -> bool:
    """Tell whether the embedded model can do what was asked for."""
    return not _misfits(config)


def _own() -> dict[str, Any]:
    return {name: tuple(value) if isinstance(value, list) else value for name, value in load().settings.items()}


def _misfits(config: Config) -> list[str]:
    """Return the settings that would need other weights."""
    asked, default = _flat(config), _flat(Config())
    return [name for name, value in _own().items() if asked[name] not in (default[name], value)]


def _flat(config: Config) -> dict[str, Any]:
    return {name: value for section in config.to_dict().values() for name, value in section.items()}
