"""Footprint: the memory that fitting a network takes, told from two windows, and a refusal where there is less."""

import torch
from torch import Tensor

from rnncast import memory
from rnncast.errors import RunError
from rnncast.network import Network
from rnncast.windows import Batch

COPIES = 8
"""Of the weights: with their gradients, two moments, the average, the best ones, and what is under way."""

UNDER_WAY = 2.0
"""Memory of a step over what the forward pass keeps: gradients of the same shapes come and go."""

USED = 0.8
"""Share of what is free that a fit may take."""


def is_doubtful(work: int) -> bool:
    """Tell whether a step of so many multiplications could take more than what is free.

    A product leaves one number at most, so that most fits need not be weighed.
    """
    return UNDER_WAY * 4 * work > USED * memory.available()


def check(network: Network, two: Batch, count: int) -> None:
    """Refuse a fit whose steps of `count` windows take more memory than there is.

    Args:
        network: as it will be fitted.
        two: two windows, as they will be read; the second says what each more takes.
        count: windows of a step.

    Raises:
        RunError: there is not enough memory; it says which batch there is enough for.
    """
    first = kept(network, Batch(*(part[:1] for part in two)))
    each = UNDER_WAY * max(1, kept(network, two) - first)
    room = USED * _free(two.target.device) - COPIES * _size(list(network.parameters())) - max(0.0, first - each)
    if room >= count * each:
        return
    smaller = f"Take --batch-size {int(room / each)} or less, or lower" if room >= each else "Lower"
    raise RunError(
        f"there is not enough memory to train: a batch of {count} windows takes about {memory.shown(count * each)}, "
        f"and {memory.shown(max(0.0, room))} are free for it.",
        f"{smaller} --context, --hidden-size or --layers.",
    )


def kept(network: Network, windows: Batch) -> int:
    """Return the bytes that a pass over some windows keeps for the gradients, without the weights."""
    known = {weight.untyped_storage().data_ptr() for weight in network.state_dict().values()}
    found: dict[int, int] = {}

    def note(tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in known:
            found[storage.data_ptr()] = storage.nbytes()
        return tensor

    with torch.random.fork_rng(_devices(windows)), torch.autograd.graph.saved_tensors_hooks(note, lambda kept: kept):
        network.loss(windows)
    return sum(found.values())


def _free(device: torch.device) -> float:
    return float(torch.cuda.mem_get_info(device)[0]) if device.type == "cuda" else memory.available()


def _devices(windows: Batch) -> list[torch.device]:
    """Return the devices besides the CPU whose random numbers a pass may draw."""
    return [windows.target.device] if windows.target.device.type == "cuda" else []


def _size(tensors: list[Tensor]) -> int:
    return sum(tensor.numel() * tensor.element_size() for tensor in tensors)
