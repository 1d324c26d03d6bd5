"""Fails, and dies at, every system call of a save in turn: the old file stays, or the new one is there, whole."""

import errno
import os
import signal
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest import mock

from bench.faults.base import told
from rnncast import saving
from rnncast.errors import OutputError

CALLS = ("open", "write", "chmod", "fsync", "replace", "unlink", "stat", "close")
ERRORS = (errno.ENOSPC, errno.EIO, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EACCES, errno.EINTR)
PIECE = 1000
OLD, NEW = b"old" * 2000, b"new" * 2000

Deed = Callable[[], None]


def main(times: int = 1, seed: int = 0) -> int:
    """Fail and die everywhere; return how often a file was neither old nor new."""
    failures, count = list[str](), 0
    with TemporaryDirectory() as name:
        for call in CALLS:
            for number in range(1, counted(call, Path(name)) + 1):
                for error in ERRORS:
                    failures += failed(call, number, error, Path(name))
                failures += died(call, number, Path(name))
                count += len(ERRORS) + 1
    return told(count, failures)


def counted(call: str, folder: Path) -> int:
    """Return how often a save makes a system call."""
    numbers = []
    with watched(call, 0, lambda: None, numbers):
        saving.write(made(folder), NEW)
    return len(numbers)


def made(folder: Path) -> Path:
    """Return a file that holds the old bytes."""
    path = folder / "out"
    path.write_bytes(OLD)
    return path


def watched(call: str, number: int, deed: Deed, seen: list[int]) -> "mock._patch[Callable[..., object]]":
    """Let something happen at call `number` of a function of `os`; writes go in pieces."""
    real = getattr(os, call)

    def act(*arguments: object, **more: object) -> object:
        seen.append(len(seen) + 1)
        if len(seen) == number:
            deed()
        if call == "write":
            descriptor, data = arguments
            return real(descriptor, bytes(data)[:PIECE])  # type: ignore[call-overload]
        return real(*arguments, **more)

    return mock.patch.object(os, call, act)


def failed(call: str, number: int, error: int, folder: Path) -> list[str]:
    """Fail one call of a save with an error of the system; return what is wrong afterwards."""
    path = made(folder)

    def fail() -> None:
        raise OSError(error, os.strerror(error))

    try:
        with watched(call, number, fail, []):
            saving.write(path, NEW)
        outcomes = [NEW]
    except OutputError:
        outcomes = [OLD, NEW]  # new where the folder alone could not be synced
    left = [other.name for other in folder.iterdir() if other != path]
    what = f"{call} {number} with {errno.errorcode[error]}"
    wrong = [] if path.read_bytes() in outcomes else [f"{what}: neither the old file nor the new one"]
    if left and call != "unlink":
        wrong.append(f"{what}: {left} was left")
    for name in left:
        (folder / name).unlink()
    return wrong


def died(call: str, number: int, folder: Path) -> list[str]:
    """Kill a child at one call of a save; return what is wrong afterwards, also with the next save."""
    path = made(folder)
    child = os.fork()
    if not child:
        with watched(call, number, lambda: os.kill(os.getpid(), signal.SIGKILL), []):
            saving.write(path, NEW)
        os._exit(0)
    os.waitpid(child, 0)
    whole = path.read_bytes() in (OLD, NEW)
    saving.write(path, NEW)
    again = path.read_bytes() == NEW
    for other in folder.iterdir():
        if other != path:
            other.unlink()
    return [] if whole and again else [f"killed at {call} {number}: the file is not whole"]
