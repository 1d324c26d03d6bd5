"""Memory: how much of it this process may still take, and a refusal in time where that is too little.

Imports the standard library alone. Where a system does not say what is free, nothing is refused.
"""

import math
import os
from collections.abc import Iterator, Sequence
from contextlib import suppress

from rnncast.errors import RunError

ROOT = "/"
"""Where the files of the system lie that tell of memory."""

_VERSION_2 = ("sys/fs/cgroup", "memory.max", "memory.current")
_VERSION_1 = ("sys/fs/cgroup/memory", "memory.limit_in_bytes", "memory.usage_in_bytes")


def available() -> float:
    """Return the bytes that this process may still take: by the machine, its cgroups and its limits (ulimit -v)."""
    return max(0.0, min(_of_the_machine(), _of_limits(), *_of_cgroups(), math.inf))


def check(needed: float, purpose: str, hint: str = "Free some memory, or raise its limit.") -> None:
    """Refuse what needs more bytes than are available; `purpose` goes on "there is not enough memory".

    Raises:
        RunError: there is too little.
    """
    free = available()
    if needed > free:
        raise RunError(
            f"there is not enough memory {purpose}: about {shown(needed)} are needed, {shown(free)} are free.", hint
        )


def shown(count: float) -> str:
    """Return a number of bytes in the unit that it is read best in."""
    return f"{count / 2**30:.3g} GiB" if count >= 2**30 else f"{count / 2**20:.3g} MiB"


def _of_the_machine() -> float:
    for words in _lines("proc/meminfo"):
        if words[0] == "MemAvailable:":
            return int(words[1]) * 1024.0
    return math.inf


def _of_limits() -> float:
    try:
        import resource
    except ImportError:  # not on Windows
        return math.inf
    limit, _ = resource.getrlimit(resource.RLIMIT_AS)
    if limit == resource.RLIM_INFINITY:
        return math.inf
    for words in _lines("proc/self/statm"):
        return limit - int(words[0]) * float(os.sysconf("SC_PAGE_SIZE"))
    return float(limit)


def _of_cgroups() -> Iterator[float]:
    """Yield what this process's cgroups, and those that hold them, may still take."""
    for line in _lines("proc/self/cgroup"):
        number, controllers, path = line[0].split(":", 2)
        if number == "0" or "memory" in controllers.split(","):
            folder, limit, used = _VERSION_2 if number == "0" else _VERSION_1
            parts = path.strip("/").split("/")
            for depth in range(len(parts) + 1):
                yield _left(os.path.join(folder, *parts[:depth]), limit, used)


def _left(folder: str, limit: str, used: str) -> float:
    """Return what a cgroup may still take; files that it has read lately are given back when they are in the way."""
    most, now = (_number(os.path.join(folder, name)) for name in (limit, used))
    if most is None or now is None:
        return math.inf
    stat = {words[0]: words[-1] for words in _lines(os.path.join(folder, "memory.stat"))}
    return float(most - now + int(stat.get("inactive_file", 0)))


def _number(path: str) -> int | None:
    """Return the number that a file of the system holds, None where there is none or it says "max"."""
    for words in _lines(path):
        return int(words[0]) if words[0].isdigit() else None
    return None


def _lines(path: str) -> Iterator[Sequence[str]]:
    """Yield the words of every line of a file of the system, none where there is no such file."""
    with suppress(OSError), open(os.path.join(ROOT, path), encoding="ascii", errors="replace") as file:
        yield from filter(None, map(str.split, file))
