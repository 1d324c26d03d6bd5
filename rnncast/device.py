"""Where the computing is done: the device and its threads."""

from collections.abc import Sequence
from typing import NamedTuple

import torch

from rnncast import process
from rnncast.config import RunConfig
from rnncast.errors import DeviceError, first_line

WORTH_SHARING = 30_000_000
"""Multiplications of one pass from which on a second thread saves more than it costs."""


def choose(run: RunConfig) -> torch.device:
    """Return the device to compute on.

    Raises:
        DeviceError: the device does not exist on this machine.
    """
    name = _best() if run.device == "auto" else run.device
    try:
        device = torch.device(name)
        torch.zeros(1, device=device)
    except (RuntimeError, AssertionError) as error:
        raise DeviceError(
            f"device '{run.device}' cannot be used: {first_line(error)}",
            "Use --device auto, or --device cpu which always works.",
        ) from error
    return device


STREAMS = 4
"""Fits that a CUDA device runs side by side: one small network leaves most of it idle."""


class Sharing(NamedTuple):
    """Says how training shares a device: how many fits run side by side, and how many replicas each has."""

    fits: int = 1
    replicas: int = 1


def share(run: RunConfig, where: torch.device, works: Sequence[int], ranks: int = 1) -> Sharing:
    """Return how fits share the CPU threads that were asked for or are granted, and let torch use one an operation.

    Fits side by side cost nothing beside a replica's sum of gradients, but all replicas are busy to the end. Ranks
    go through the same fits in the same order, so each fits one at a time.

    Args:
        run: where `threads` may say how many.
        where: an accelerator has no use for replicas; a CUDA device runs a few fits side by side.
        works: multiplications of a step's pass of each fit, about.
        ranks: processes that share each step.
    """
    threads = run.threads or process.granted_threads()
    torch.set_num_threads(1)
    if where.type == "cuda" and ranks == 1:
        return Sharing(min(STREAMS, max(1, len(works))))
    if where.type != "cpu" or min(works, default=0) < ranks * WORTH_SHARING:
        return Sharing()
    count = len(works) if ranks == 1 else 1
    fits = min(range(1, min(count, threads) + 1), key=lambda fits: (-(-count // fits) / (threads // fits), -fits))
    return Sharing(fits, threads // fits)


def compute_alone() -> None:
    """Let torch use no thread but the one that this is called in, for each operation."""
    torch.set_num_threads(1)


def use_threads(run: RunConfig, work: int) -> None:
    """Let torch use the CPU threads that were asked for, or as many as `work` is worth and are granted.

    Args:
        run: where `threads` may say how many.
        work: multiplications of one pass, about; what is too small to share is faster on one thread.
    """
    shared = process.granted_threads() if work >= WORTH_SHARING else 1
    torch.set_num_threads(run.threads or shared)


def _best() -> str:
    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else "cpu"
