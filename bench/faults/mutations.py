"""Damaged and spliced checkpoints: a clear error or the right forecast, in bounded time and memory."""

import hashlib
import json
import os
import random
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import numpy as np
import safetensors.numpy

from bench.faults.base import DATA, told
from rnncast import api
from rnncast.errors import RnncastError

SECONDS, MEMORY = 10, 2.0
"""Most seconds of a load and a forecast, and most of what a good load takes, in units of that."""

SIGHT = "0" * 64
VALUES: tuple[Any, ...] = (None, True, -1, 0, 1, 3, 10**9, 2**63, 10**30, 0.5, -1e300, "", "x", "../x", [], {}, [[]])


class Outcome(NamedTuple):
    """Holds how a load and a forecast went: "error", "same", "other" or a fault; seconds, and MiB beyond the start."""

    word: str
    seconds: float
    peak: float


def main(times: int, seed: int) -> int:
    """Load so many mutants; return how many crashed, hung, took too much memory or lied."""
    draw, failures, counts = random.Random(seed), list[str](), dict[str, int]()
    with TemporaryDirectory() as name:
        path = Path(name) / "mutant.safetensors"
        whole = good()
        path.write_bytes(whole)
        expected = api.load(path).predict().to_csv()
        best = max(tried(path, expected).peak for _ in range(3))
        worst = Outcome("", 0.0, 0.0)
        for number in range(times):
            kind = list(KINDS)[number % len(KINDS)]
            path.write_bytes(KINDS[kind](whole, draw))
            found = tried(path, expected)
            counts[f"{kind}: {found.word}"] = counts.get(f"{kind}: {found.word}", 0) + 1
            worst = Outcome("", max(worst.seconds, found.seconds), max(worst.peak, found.peak))
            allowed = ("error", "same", "other") if kind in SEALED else ("error", "same")
            if found.word not in allowed or found.seconds > SECONDS or not found.peak <= MEMORY * best:
                failures.append(f"{kind}, number {number}: {found}")
    print(*(f"{word} {count}" for word, count in sorted(counts.items())), sep="\n")
    print(f"at most {worst.seconds:.2f} s and {worst.peak:.0f} MiB; a good load {best:.0f} MiB")
    return told(times, failures)


def good() -> bytes:
    """Return a small checkpoint with two members and an anchor."""
    forecaster = api.train(DATA, model="lstm", max_steps=2, hidden_size=4, ensemble=2, anchor="theta")
    with TemporaryDirectory() as folder:
        forecaster.save(Path(folder) / "c.safetensors")
        return (Path(folder) / "c.safetensors").read_bytes()


def tried(path: Path, expected: str) -> Outcome:
    """Load a file and forecast from it in a child, and return how that went."""
    began, (reader, writer) = time.perf_counter(), os.pipe()
    child = os.fork()
    if not child:
        Path("/proc/self/clear_refs").write_text("5")  # the peak begins anew
        before = _peak()
        code = _judged(path, expected)
        os.write(writer, f"{_peak() - before}".encode())
        os._exit(code)
    os.close(writer)
    with open(reader, "rb") as pipe:
        peak = float(pipe.read() or b"nan")
    _, status = os.waitpid(child, 0)
    code = os.waitstatus_to_exitcode(status)
    words = {0: "same", 3: "error", 4: "other", -signal.SIGALRM: "hung"}
    return Outcome(words.get(code, f"crashed with {code}"), time.perf_counter() - began, peak)


def _peak() -> float:
    """Return the most memory that this process has had, in MiB."""
    text = Path("/proc/self/status").read_text()
    return int(text.partition("VmHWM:")[2].split()[0]) / 1024


def _judged(path: Path, expected: str) -> int:
    signal.alarm(SECONDS)
    try:
        found = api.load(path).predict()
        return 0 if found.to_csv() == expected else 4
    except RnncastError:
        return 3
    except BaseException as error:
        print(f"{type(error).__name__}: {str(error)[:200]}", file=sys.stderr, flush=True)
        if os.environ.get("FAULTS_TRACE"):
            import traceback

            traceback.print_exc()
        return 5


def flipped(whole: bytes, draw: random.Random) -> bytes:
    """Return a file in which one to eight bits are flipped."""
    data = bytearray(whole)
    for _ in range(draw.choice((1, 1, 1, 2, 8))):
        data[draw.randrange(len(data))] ^= 1 << draw.randrange(8)
    return bytes(data)


def truncated(whole: bytes, draw: random.Random) -> bytes:
    """Return a file that is cut short."""
    return whole[: draw.randrange(len(whole))]


def spliced(whole: bytes, draw: random.Random) -> bytes:
    """Return a file of which a stretch stands elsewhere, is doubled, cut out or zeroed; or with another length."""
    a, b, c = sorted(draw.randrange(len(whole)) for _ in range(3))
    claim = draw.choice((0, 1, 2**31, 2**62, 2**64 - 1, len(whole), draw.randrange(len(whole))))
    return draw.choice(
        (
            whole[:a] + whole[b:c] + whole[a:b] + whole[c:],
            whole[:b] + whole[a:],
            whole[:a] + whole[b:],
            whole[:a] + bytes(b - a) + whole[b:],
            claim.to_bytes(8, "little") + whole[8:],
        )
    )


def sealed_again(whole: bytes, change: Callable[[dict[str, Any], dict[str, Any]], None]) -> bytes:
    """Return a file whose header and tensors `change` has altered, with a checksum that is right again."""
    length = int.from_bytes(whole[:8], "little")
    header = json.loads(json.loads(whole[8 : 8 + length])["__metadata__"]["rnncast"])
    tensors = safetensors.numpy.load(whole)
    header["checksum"] = SIGHT
    change(header, tensors)
    data = safetensors.numpy.save(tensors, metadata={"rnncast": json.dumps(header)})
    return data.replace(SIGHT.encode(), hashlib.sha256(data).hexdigest().encode(), 1)


def another_setting(whole: bytes, draw: random.Random) -> bytes:
    """Return a sound file in whose header a value is another one, or missing."""

    def change(header: dict[str, Any], tensors: dict[str, Any]) -> None:
        holder: Any = header
        while True:
            keys = list(holder) if isinstance(holder, dict) else list(range(len(holder)))
            key = draw.choice([key for key in keys if key != "checksum"])
            if isinstance(holder[key], dict | list) and holder[key] and draw.random() < 0.9:
                holder = holder[key]
                continue
            if draw.random() < 0.1:
                del holder[key]
            else:
                holder[key] = draw.choice(VALUES)
            return

    return sealed_again(whole, change)


def another_tensor(whole: bytes, draw: random.Random) -> bytes:
    """Return a sound file in which a tensor has other numbers, another shape or another type, or is missing."""

    def change(header: dict[str, Any], tensors: dict[str, Any]) -> None:
        name = draw.choice(list(tensors))
        array = tensors[name]
        factor = draw.choice((0, -1, 1e30, 2**62, float("nan"), float("inf")))
        with np.errstate(all="ignore"):
            changed = draw.choice(
                (
                    lambda: (array.astype(np.float64) * factor).astype(array.dtype),
                    lambda: array.T.copy(),
                    lambda: array[:-1].copy(),
                    lambda: np.concatenate([array, array]),
                    lambda: array.astype(draw.choice((np.float64, np.float16, np.int64, np.uint8, np.bool_))),
                    lambda: np.zeros((0, *array.shape[1:]), array.dtype),
                    lambda: None,
                )
            )()
        if changed is None:
            del tensors[name]
        else:
            tensors[name] = changed

    return sealed_again(whole, change)


SEALED = {"another setting": another_setting, "another tensor": another_tensor}
"""Mutants whose checksum is right: they say something else, and may be forecast from."""
KINDS: dict[str, Callable[[bytes, random.Random], bytes]] = {
    "flipped": flipped, "truncated": truncated, "spliced": spliced, **SEALED,
}  # fmt: skip
