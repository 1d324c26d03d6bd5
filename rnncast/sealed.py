"""A sealed file: tensors in one safetensors file, with a JSON header that is checked against every changed bit.

The metadata has one key, `rnncast`: a JSON object with `format_version` and, first of all, `checksum`: SHA-256 of
the whole file with 64 zeros in the checksum's place. Reading runs no code: the bytes are parsed by safetensors.
"""

import hashlib
import json
import os
import stat
from typing import Any, NamedTuple

import safetensors.numpy
from safetensors import SafetensorError

from rnncast import saving
from rnncast.errors import CheckpointError
from rnncast.packing import Array

REMEDY = "Give the file that 'rnncast train' wrote with --checkpoint, or train again."

_NO_CHECKSUM = "0" * 64


class Sealed(NamedTuple):
    """Holds what a file has: the header without its checksum, and the tensors by name."""

    header: dict[str, Any]
    tensors: dict[str, Array]


def write(path: str, sealed: Sealed) -> None:
    """Write a file; the path holds the old one or the new one at every moment.

    Raises:
        OutputError: it cannot be written.
    """
    text = json.dumps({"checksum": _NO_CHECKSUM, **sealed.header}, allow_nan=False)
    data = safetensors.numpy.save(sealed.tensors, metadata={"rnncast": text})
    saving.write(path, data.replace(_NO_CHECKSUM.encode(), _checksum(data, _NO_CHECKSUM).encode(), 1))


def read(path: str, newest: int) -> Sealed:
    """Read a file of a format version from 1 to `newest`.

    Raises:
        CheckpointError: there is none, it is damaged, or a newer rnncast wrote it.
    """
    data = _read(path)
    try:
        header = _header(data)
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise CheckpointError(f"{path} is not an rnncast checkpoint.", REMEDY) from error
    if header.get("format_version") not in range(1, newest + 1):
        raise CheckpointError(
            f"{path} has format version {header.get('format_version')}, this rnncast reads 1 to {newest}.",
            "It was written by a newer rnncast: upgrade rnncast, or train again.",
        )
    stored = str(header.pop("checksum", None))
    if stored != _checksum(data, stored):
        raise CheckpointError(f"{path} is damaged: its checksum does not match its contents.", REMEDY)
    try:
        return Sealed(header, safetensors.numpy.load(data))
    except SafetensorError as error:
        raise CheckpointError(f"{path} is no sound safetensors file: {error}", REMEDY) from error


def is_sealed(path: str) -> bool:
    """Tell from its name and first bytes whether a file means to be one: a header's length, then JSON."""
    if path.endswith(".safetensors"):
        return True
    try:
        return _read(path, 9)[7:] == b"\0{"
    except CheckpointError:
        return False


def _read(path: str, count: int = -1) -> bytes:
    """Return a regular file's first `count` bytes, or all; a FIFO is not waited for."""
    try:
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
        try:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise CheckpointError(f"{path} is not a regular file.", REMEDY)
            with open(descriptor, "rb", closefd=False) as file:
                return file.read(count)
        finally:
            os.close(descriptor)
    except FileNotFoundError as error:
        raise CheckpointError(f"there is no checkpoint {path}.", "Make one with 'rnncast train DATA'.") from error
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise CheckpointError(f"{path} cannot be read: {reason}.", REMEDY) from error


def _header(data: bytes) -> dict[str, Any]:
    length = int.from_bytes(data[:8], "little")
    header = json.loads(json.loads(data[8 : 8 + length])["__metadata__"]["rnncast"])
    if not isinstance(header, dict):
        raise ValueError("the metadata is no object")
    return header


def _checksum(data: bytes, stored: str) -> str:
    """Return the checksum of a file whose bytes hold `stored` in the checksum's place."""
    place, text = data.find(stored.encode()), memoryview(data)
    digest = hashlib.sha256(text[:place])
    digest.update(_NO_CHECKSUM.encode())
    digest.update(text[place + len(_NO_CHECKSUM) :])
    return digest.hexdigest()
