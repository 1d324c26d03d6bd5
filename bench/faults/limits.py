"""Too little disk and too little memory: status 1 and a sentence, and what was there stays."""

import resource
import shlex
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.faults.base import DATA, OLD, QUICK, checkpoints, command, finish, start, told

BYTES = (0, 1, 512, 4096, 16384)
MEBIBYTES = (100, 200, 300, 400, 500, 600, 800, 1000, 1500, 2000, 3000, 4000)
LIBRARIES = 1000
"""MiB of address space below which torch or OpenBLAS may end the process as they load: the file alone is promised."""

COMMANDS = (
    ("train", DATA, *QUICK, "-o", "out"),
    ("predict", "-c", "1.safetensors", "-o", "out"),
    ("predict", DATA, "-c", "default", "-o", "out"),
    ("generate", "-o", "out"),
)


def main(times: int, seed: int) -> int:
    """Run commands under limits of files and memory; return how many did not end as promised."""
    failures, count = list[str](), 0
    with TemporaryDirectory() as name:
        folder = Path(name)
        whole = checkpoints(folder)[OLD]
        for _ in range(times):
            for arguments in COMMANDS:
                failures += [fault for size in BYTES for fault in limited(arguments, "-f", size, folder, whole)]
                failures += [fault for size in MEBIBYTES for fault in limited(arguments, "-v", size, folder, whole)]
                count += len(BYTES) + len(MEBIBYTES)
    return told(count, failures)


def limited(arguments: tuple[str, ...], limit: str, size: int, folder: Path, old: bytes) -> list[str]:
    """Run a command under a limit of the shell's `ulimit`; return what is wrong.

    Files are limited in bytes and memory in MiB.
    """
    path = folder / "out"
    path.write_bytes(old)
    kinds = {"-f": (resource.RLIMIT_FSIZE, size), "-v": (resource.RLIMIT_AS, size * 2**20)}
    kind, number = kinds[limit]
    program = (
        f"import os, resource; resource.setrlimit({kind}, ({number}, {number})); "
        f"os.execv({command()[0]!r}, {command(*arguments)!r})"
    )
    ended = finish(start([command()[0], "-c", program], folder))
    words = {"-f": ("limit", "temporary files"), "-v": ("memory",)}[limit]
    is_told = any(word in ended.stderr for word in words)
    fine = ended.status == 0 or (ended.status == 1 and is_told and path.read_bytes() == old)
    if limit == "-v" and size < LIBRARIES and path.read_bytes() == old:
        return []
    left = list(folder.glob(".rnncast-*.tmp"))
    said = [line for line in ended.stderr.splitlines() if line.startswith("Error")] or [ended.stderr[-150:]]
    if fine and ended.is_clean and not left:
        return []
    return [f"{shlex.join(arguments[:2])} with {limit} {size}: status {ended.status}, {said[0][:150]}, left {left}"]
