"""Saving: the one way by which a file comes to be, used by everything that writes.

At every moment the path holds the old file or the new one, whole. The bytes go to a new file of an
unpredictable name in the same folder, are synced, and the file is renamed over the target; whatever
interrupts this leaves the old file as it was and nothing beside it. Only a process that is killed outright
(kill -9, a power cut) leaves its new file behind; a later write to the same folder removes what is an hour old.
There is no lock: of two writers to one path the last whole file wins.
"""

import errno
import os
import re
import secrets
import stat
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import NamedTuple

from rnncast.errors import OutputError

StrPath = str | os.PathLike[str]

_ELSEWHERE = "Choose another output."
_FULL = "Free some space, or write to another disk."
_DENIED = ("permission is denied", "Ask for write access to the file and its folder, or choose another output.")
_CAUSES = {
    errno.ENOSPC: ("the disk is full", _FULL),
    errno.EDQUOT: ("the disk quota is used up", _FULL),
    errno.EFBIG: ("the file-size limit is reached", "Raise the limit (ulimit -f), or ask for a smaller output."),
    errno.EROFS: ("the disk is read-only", _ELSEWHERE),
    errno.ENOENT: ("the folder does not exist", "Create the folder first, or choose another output."),
    errno.ENOTDIR: ("a part of the path is a file, not a folder", _ELSEWHERE),
    errno.EACCES: _DENIED,
    errno.EPERM: _DENIED,
    errno.ENAMETOOLONG: ("the name is too long", "Choose a shorter name."),
    errno.ELOOP: ("its links lead in a circle", _ELSEWHERE),
}
_TEMPORARY = re.compile(r"\.rnncast-[0-9a-f]{32}\.tmp")
_STALE = 3600.0
"""Seconds after which a temporary file belongs to nobody: a write takes a few."""

_NO_FOLDER_SYNC = (errno.EINVAL, errno.ENOTSUP, errno.EACCES, errno.EPERM)


class _Target(NamedTuple):
    """Says which file is to be replaced, links followed, and with which mode; None follows the umask."""

    path: str
    mode: int | None

    @property
    def folder(self) -> str:
        return os.path.dirname(self.path)


def write(path: StrPath, data: bytes) -> None:
    """Make `path` hold `data`, replacing a file that is there; a link is followed to its target.

    An existing file keeps its mode, a new one gets the umask's.

    Raises:
        OutputError: it cannot be written, and is as it was before.
    """
    write_parts(path, (data,))


def write_parts(path: StrPath, parts: Iterable[bytes]) -> None:
    """Make `path` hold the parts one after the other, in the manner of `write`; none is needed before the one before.

    Raises:
        OutputError: it cannot be written, and is as it was before.
    """
    with _named(path):
        target = _target(path)
        _replace(target, parts)
        _sync_folder(target.folder)
    _clean(target.folder)


def write_text(path: StrPath, text: str) -> None:
    """Make `path` hold `text` as UTF-8, in the manner of `write`."""
    write(path, text.encode("utf-8", errors="backslashreplace"))


def check_writable(path: StrPath) -> None:
    """Refuse now what `write` would refuse later: a missing folder, no permission, no regular file.

    Raises:
        OutputError: `path` cannot be written.
    """
    with _named(path):
        target = _target(path)
        with _temporary(target.folder) as probe:
            _create(probe, (), target.mode)


def remove(path: StrPath) -> None:
    """Remove a file, where there is one that can be removed."""
    with suppress(OSError):
        os.unlink(path)


def make_folder(path: str) -> None:
    """Make a folder, with those that it lies in, where there is none.

    Raises:
        OutputError: it cannot be made.
    """
    try:
        os.makedirs(path, exist_ok=True)
    except OSError as error:
        reason = (error.strerror or "the system refuses").lower()
        raise OutputError(f"the folder '{path}' cannot be made: {reason}.", "Choose another.") from error


@contextmanager
def _named(path: StrPath) -> Iterator[None]:
    """Turn a failure of the system into one that names `path` as it was typed."""
    try:
        yield
    except OSError as error:
        other = (error.strerror or "the system refuses").lower()
        cause, hint = _CAUSES.get(error.errno or 0, (other, _ELSEWHERE))
        raise OutputError(f"'{os.fspath(path)}' cannot be written: {cause}.", hint) from error
    except ValueError as error:
        raise OutputError(f"{os.fspath(path)!r} cannot be written: no file can have this name.", _ELSEWHERE) from error


def _target(path: StrPath) -> _Target:
    real = os.path.realpath(path)
    try:
        found = os.stat(real)
    except FileNotFoundError:
        return _Target(real, None)
    if not stat.S_ISREG(found.st_mode):
        kind = "a folder" if stat.S_ISDIR(found.st_mode) else "no regular file"
        raise OutputError(f"'{os.fspath(path)}' cannot be written: it is {kind}.", _ELSEWHERE)
    if not os.access(real, os.W_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    return _Target(real, stat.S_IMODE(found.st_mode) & 0o777)


def _replace(target: _Target, parts: Iterable[bytes]) -> None:
    with _temporary(target.folder) as temporary:
        _create(temporary, parts, target.mode)
        os.replace(temporary, target.path)


@contextmanager
def _temporary(folder: str) -> Iterator[str]:
    """Give a free name in `folder`; if there is a file of that name afterwards, it is removed."""
    # The name owes nothing to the target's, which may already be as long as a name can be.
    name = os.path.join(folder, f".rnncast-{secrets.token_hex(16)}.tmp")
    try:
        yield name
    except FileExistsError:
        raise  # somebody else's file
    except BaseException:
        with suppress(OSError):
            os.unlink(name)
        raise
    with suppress(FileNotFoundError):
        os.unlink(name)


def _create(name: str, parts: Iterable[bytes], mode: int | None) -> None:
    """Create the file `name`, which must not exist, with all parts on the disk."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
    # Private until it has the mode that the old file had: nobody may read it in between.
    descriptor = os.open(name, flags, 0o666 if mode is None else 0o600)
    try:
        if mode is not None:
            os.chmod(descriptor if os.chmod in os.supports_fd else name, mode)
        for part in parts:
            _write_all(descriptor, part)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _write_all(descriptor: int, data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def _sync_folder(folder: str) -> None:
    """Put the renaming itself on the disk, where the system knows how to."""
    if os.name != "posix":
        return
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except PermissionError:
        return  # a folder that may be written but not listed
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in _NO_FOLDER_SYNC:
            raise
    finally:
        os.close(descriptor)


def _clean(folder: str) -> None:
    """Remove what killed writers left in `folder`; what cannot be removed is in nobody's way."""
    oldest = time.time() - _STALE
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            if _TEMPORARY.fullmatch(entry.name) and _is_stale(entry, oldest):
                with suppress(OSError):
                    os.unlink(entry.path)


def _is_stale(entry: os.DirEntry[str], oldest: float) -> bool:
    """Tell whether an entry is a regular file, no link, that was last written before `oldest`."""
    with suppress(OSError):
        found = entry.stat(follow_symlinks=False)
        return stat.S_ISREG(found.st_mode) and found.st_mtime < oldest
    return False
