"""Keeping: fits that took long lie in a folder until all is done, so that what was interrupted goes on from there.

Each is a checkpoint, written whole or not at all. Its name has a digest of the rows that were learned from and of
every setting, so that a kept fit is never taken for another.
"""

import hashlib
import json
import os
from contextlib import suppress

from rnncast import __version__, checkpoint, packing, saving
from rnncast.checkpoint import Checkpoint
from rnncast.config import Config
from rnncast.errors import CheckpointError, OutputError
from rnncast.panel import Panel

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
        try:
            os.makedirs(self._folder, exist_ok=True)
        except OSError as error:
            reason = (error.strerror or "the system refuses").lower()
            raise OutputError(f"the folder '{self._folder}' cannot be made: {reason}.", "Choose another.") from error
        checkpoint.save(self._path(name), made)
        self._touched.append(self._path(name))

    def clear(self) -> None:
        """Remove what was found or put, and the folder where nothing else is in it."""
        if self._folder is None:
            return
        for path in self._touched:
            with suppress(OSError):
                os.unlink(path)
        with suppress(OSError):
            os.rmdir(self._folder)

    def _path(self, name: str) -> str:
        return os.path.join(self._folder or "", f"{name}.safetensors")


def name_of(label: str, panel: Panel, config: Config) -> str:
    """Return a name for the fit of a configuration to a panel, which begins with `label`."""
    digest = hashlib.sha256()
    arrays, texts = packing.pack(panel)
    run = {"device": config.run.device, "precision": config.run.precision}
    told = [__version__, config.to_dict(), run, texts, [[name, str(a.dtype), a.shape] for name, a in arrays.items()]]
    digest.update(json.dumps(told, sort_keys=True).encode())
    for array in arrays.values():
        digest.update(array.tobytes())
    return f"{label}-{digest.hexdigest()[:DIGITS]}"
