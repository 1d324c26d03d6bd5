"""Where the computing is done: the device and its threads."""

import torch

from rnncast import process
from rnncast.config import RunConfig
from rnncast.errors import DeviceError


def choose(run: RunConfig) -> torch.device:
    """Return the device to compute on and set its threads.

    Raises:
        DeviceError: the device does not exist on this machine.
    """
    torch.set_num_threads(run.threads or process.granted_threads())
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


def _best() -> str:
    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else "cpu"


def _first_line(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0].rstrip(".") + "."
