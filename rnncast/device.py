"""Where the computing is done: the device and its threads."""

import torch

from rnncast import process
from rnncast.config import RunConfig
from rnncast.errors import DeviceError

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
            f"device '{run.device}' cannot be used: {_first_line(error)}",
            "Use --device auto, or --device cpu which always works.",
        ) from error
    return device


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


def _first_line(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0].rstrip(".") + "."
