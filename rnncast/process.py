"""What must be set before torch loads: threads that sleep, memory that stays, and how many cores there are.

Imports the standard library alone. Where a setting does not apply (another libc, another system),
nothing happens.
"""

import ctypes
import os
from typing import NamedTuple

M_TRIM_THRESHOLD, M_TOP_PAD, M_MMAP_THRESHOLD, M_ARENA_MAX = -1, -2, -3, -8
"""Parameters of glibc's mallopt(3)."""


def prepare() -> None:
    """Set the process up for many small parallel steps; call it before torch or numpy is imported.

    OpenMP threads that spin at barriers cost several times the work when another process wants the
    core, so they sleep. glibc gives each step's work areas back to the kernel and takes them anew, at
    the price of page faults, so it is told to keep them, in one arena for all threads: the others cannot hold
    large blocks, which are then mapped anew. What Apple's GPUs lack is done by the CPU. Products in numpy
    are small: threads of its own would wait for each other longer than they compute.
    """
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    os.environ.setdefault("GOMP_SPINCOUNT", "0")
    os.environ.setdefault("PYTORCH_ENABLE_MPS_FALLBACK", "1")
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    forbid_telemetry()
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):
        return
    if not mallopt(M_MMAP_THRESHOLD, 2**30):
        mallopt(M_MMAP_THRESHOLD, 2**25)  # the most that some versions of glibc take
    mallopt(M_TRIM_THRESHOLD, 2**30)
    mallopt(M_TOP_PAD, 2**26)
    mallopt(M_ARENA_MAX, 1)


def forbid_telemetry() -> None:
    """Keep onnxruntime from writing an identity of the machine into the home folder; call it before it is imported."""
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"


def give_back_memory() -> None:
    """Return to the system what is free: among steps of ever other sizes it is holes that add up to gigabytes."""
    try:
        ctypes.CDLL(None).malloc_trim(0)
    except (AttributeError, OSError, TypeError):
        return


class Place(NamedTuple):
    """Says which of the processes that torchrun started this one is, counted from 0, and how many there are.

    Attributes:
        rank: among all of them.
        ranks: how many; 1 without torchrun.
        local: among those of this machine.
        locals: how many of them.
        restarts: how often all were started anew after one had failed.
    """

    rank: int = 0
    ranks: int = 1
    local: int = 0
    locals: int = 1
    restarts: int = 0


_VARIABLES = ("RANK", "WORLD_SIZE", "LOCAL_RANK", "LOCAL_WORLD_SIZE", "TORCHELASTIC_RESTART_COUNT")


def place() -> Place:
    """Return what torchrun's variables say, or that this process is alone."""
    if not all(os.environ.get(name, "").isdecimal() for name in _VARIABLES[:2]):
        return Place()
    said = [os.environ.get(name, "") for name in _VARIABLES]
    found = Place(*(int(text) if text.isdecimal() else usual for text, usual in zip(said, Place(), strict=True)))
    return found if found.rank < found.ranks else Place()


def granted_threads() -> int:
    """Return how many cores this process may really use: affinity, the cgroup's quota, its share among ranks."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(cores, _quota() or cores) // max(1, place().locals))


def _quota() -> int | None:
    """Return the cgroup v2 quota in whole cores, None where there is none."""
    try:
        with open("/sys/fs/cgroup/cpu.max", encoding="ascii") as file:
            quota, period = file.read().split()
    except (OSError, ValueError):
        return None
    return None if quota == "max" else max(1, round(int(quota) / int(period)))
