"""A sealed file: tensors in one safetensors file, with a JSON header that is checked against every changed bit.

The metadata has one key, `rnncast`: a JSON object with `format_version` and, first of all, `checksum`: SHA-256 of
the whole file with 64 zeros in the checksum's place. Reading runs no code: the bytes are parsed by safetensors.
"""

import hashlib
import json
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO, NamedTuple

import numpy as np
import safetensors.numpy
from safetensors import SafetensorError

from rnncast import memory, saving
from rnncast.errors import CheckpointError, OutputError
from rnncast.packing import Array

REMEDY = "Give the file that 'rnncast train' wrote with --checkpoint, or train again."

LONGEST_HEADER, MOST_TENSORS = 2**26, 100_000
"""Bytes and tensors that a header may have at most."""

NO_CHECKSUM = "0" * 64


class Sealed(NamedTuple):
    """Holds what a file has: the header without its checksum, and the tensors by name."""

    header: dict[str, Any]
    tensors: dict[str, Array]


def write(path: str, sealed: Sealed) -> None:
    """Write a file; the path holds the old one or the new one at every moment.

    Raises:
        OutputError: it cannot be written.
    """
    text = json.dumps({"checksum": NO_CHECKSUM, **sealed.header}, allow_nan=False)
    if 2 * len(text) > LONGEST_HEADER:
        raise OutputError(f"'{path}' cannot be written: its header would be too long.", "Train on fewer categories.")
    data = safetensors.numpy.save(sealed.tensors, metadata={"rnncast": text})
    saving.write(path, data.replace(NO_CHECKSUM.encode(), checksum(data, NO_CHECKSUM).encode(), 1))


def read(path: str, newest: int) -> Sealed:
    """Read a file of a format version from 1 to `newest`, whose every number is finite.

    What the header claims is held against the file's size before the rest is read.

    Raises:
        CheckpointError: there is none, it is damaged, or a newer rnncast wrote it.
        RunError: it does not fit into the memory that is free.
    """
    with _opened(path) as file:
        header = _header(path, file)
        if header.get("format_version") not in range(1, newest + 1):
            raise CheckpointError(
                f"{path} has format version {header.get('format_version')}, this rnncast reads 1 to {newest}.",
                "It was written by a newer rnncast: upgrade rnncast, or train again.",
            )
        data = _content(path, file)
    stored = str(header.pop("checksum", None))
    if stored != checksum(data, stored):
        raise CheckpointError(f"{path} is damaged: its checksum does not match its contents.", REMEDY)
    return Sealed(header, _tensors(path, data))


def content(path: str) -> bytes:
    """Return what is in a regular file.

    Raises:
        CheckpointError: there is none, or it cannot be read.
        RunError: it does not fit into the memory that is free.
    """
    with _opened(path) as file:
        return _content(path, file)


def _content(path: str, file: BinaryIO) -> bytes:
    memory.check(2 * _size(file), f"to read {path}")
    file.seek(0)
    return file.read()


def is_sealed(path: str) -> bool:
    """Tell from its name and first bytes whether a file means to be one: a header's length, then JSON."""
    if path.endswith(".safetensors"):
        return True
    try:
        with _opened(path) as file:
            return file.read(9)[7:] == b"\0{"
    except CheckpointError:
        return False


@contextmanager
def _opened(path: str) -> Iterator[BinaryIO]:
    """Give a regular file to read from; a FIFO is not waited for."""
    try:
        with open(path, "rb", opener=_regular) as file:
            yield file
    except FileNotFoundError as error:
        raise CheckpointError(f"there is no checkpoint {path}.", "Make one with 'rnncast train DATA'.") from error
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise CheckpointError(f"{path} cannot be read: {reason}.", REMEDY) from error


def _regular(path: str, flags: int) -> int:
    descriptor = os.open(path, flags | getattr(os, "O_NONBLOCK", 0))
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise CheckpointError(f"{path} is not a regular file.", REMEDY)
    return descriptor


def _size(file: BinaryIO) -> int:
    return os.fstat(file.fileno()).st_size


def _header(path: str, file: BinaryIO) -> dict[str, Any]:
    """Return what the metadata say, once the tensors that the file claims to have end where it ends."""
    length, size = int.from_bytes(file.read(8), "little"), _size(file)
    try:
        if length > min(size - 8, LONGEST_HEADER):
            raise ValueError("its header is longer than it can be")
        layout = json.loads(file.read(length))
        header = json.loads(layout.pop("__metadata__")["rnncast"])
        if not isinstance(header, dict):
            raise ValueError("the metadata is no object")
        end = 8 + length + max((entry["data_offsets"][1] for entry in layout.values()), default=0)
    except (ValueError, KeyError, TypeError, IndexError, AttributeError, RecursionError) as error:
        raise CheckpointError(f"{path} is not an rnncast checkpoint.", REMEDY) from error
    if len(layout) > MOST_TENSORS or end != size:
        raise CheckpointError(f"{path} is damaged: it does not hold the tensors that its header lists.", REMEDY)
    return header


def _tensors(path: str, data: bytes) -> dict[str, Array]:
    try:
        tensors = safetensors.numpy.load(data)
    except (SafetensorError, KeyError, ValueError) as error:  # a type that numpy lacks is a KeyError
        raise CheckpointError(f"{path} is no sound safetensors file: {error}", REMEDY) from error
    for name, array in tensors.items():
        if array.dtype.kind in "fc" and not np.isfinite(array).all():
            raise CheckpointError(f"{path} is not sound: {name} has values that are not finite.", REMEDY)
    return tensors


def checksum(data: bytes, stored: str) -> str:
    """Return the checksum of a file whose bytes hold `stored` in the checksum's place."""
    place, text = data.find(stored.encode()), memoryview(data)
    digest = hashlib.sha256(text[:place])
    digest.update(NO_CHECKSUM.encode())
    digest.update(text[place + len(NO_CHECKSUM) :])
    return digest.hexdigest()
