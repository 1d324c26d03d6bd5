"""Keeping: fits that took long lie in a folder until all is done, so that what was interrupted goes on from there.

Each is a checkpoint, written whole or not at all. Its name has a digest of the rows that were learned from and of
every setting, so that a kept fit is never taken for another.
"""

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict
from typing import Any

import numpy as np

from rnncast import __version__, checkpoint, packing, saving
from rnncast.checkpoint import Checkpoint
from rnncast.config import Config
from rnncast.errors import CheckpointError
from rnncast.packing import Array
from rnncast.panel import Panel
from rnncast.process import granted_threads

DIGITS = 20
"""Hexadecimal digits of a digest that are in a name."""


class Keep:
    """Keeps checkpoints by name in a folder; without a folder nothing is kept.

    Attributes:
        reused: names of those that were found.
    """

    def __init__(self, folder: str | None) -> None:
        self._folder, self._touched = folder, list[str]()
        self.reused: list[str] = []
        if folder is not None:
            saving.check_writable(os.path.join(folder, "fit") if os.path.isdir(folder) else folder)

    def find(self, name: str) -> Checkpoint | None:
        """Return the checkpoint of a name, None where there is none, or none that is sound: then it is made anew."""
        if self._folder is None:
            return None
        path = self._path(name)
        try:
            found = checkpoint.load(path)
        except CheckpointError:
            return None
        self._touched.append(path)
        self.reused.append(name)
        return found

    def put(self, name: str, made: Checkpoint) -> None:
        """Keep a checkpoint.

        Raises:
            OutputError: it cannot be written.
        """
        if self._folder is None:
            return
        saving.make_folder(self._folder)
        checkpoint.save(self._path(name), made)
        self._touched.append(self._path(name))

    def clear(self) -> None:
        """Remove what was found or put, and the folder where nothing else is in it."""
        if self._folder is None:
            return
        for path in self._touched:
            saving.remove(path)
        with suppress(OSError):
            os.rmdir(self._folder)

    def _path(self, name: str) -> str:
        return os.path.join(self._folder or "", f"{name}.safetensors")


def name_of(label: str, panel: Panel, config: Config) -> str:
    """Return a name for the fit of a configuration to a panel, which begins with `label`."""
    run = {"device": config.run.device, "precision": config.run.precision}
    told = json.dumps([__version__, config.to_dict(), run, _digest_of(panel)], sort_keys=True)
    return f"{label}-{hashlib.sha256(told.encode()).hexdigest()[:DIGITS]}"


def begun(panel: Panel, config: Config, start: Checkpoint | None) -> dict[str, Any]:
    """Return what makes a training run what it is, by name, as JSON gives it back: other values, other weights."""
    settings = {name: value for section in config.to_dict().values() for name, value in section.items()}
    run = asdict(config.run) | {"threads": config.run.threads or granted_threads()}
    weights = start and _digest([*start.heldout, *start.final])
    told = settings | run | {"data": _digest_of(panel), "from": weights, "version": __version__}
    plain: dict[str, Any] = json.loads(json.dumps(told))
    return plain


def _digest_of(panel: Panel) -> str:
    arrays, texts = packing.pack(panel)
    return _digest([arrays], texts)


def _digest(parts: Sequence[Mapping[str, Array]], texts: Mapping[str, Any] | None = None) -> str:
    """Return a digest of arrays by name, and of texts."""
    shapes = [[name, str(array.dtype), array.shape] for part in parts for name, array in part.items()]
    digest = hashlib.sha256(json.dumps([texts, shapes], sort_keys=True).encode())
    for array in (array for part in parts for array in part.values()):
        digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()
