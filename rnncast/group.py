"""A group: ranks that torchrun has started, on one machine or several, joined by torch.distributed.

Tensors on the CPU are added by Gloo, those on GPUs by NCCL. What is sent is numbers and text, never objects that would
run code where they arrive.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import timedelta
from functools import wraps
from typing import ParamSpec, TypeVar

import numpy as np
import torch
import torch.distributed as dist
from numpy.typing import NDArray
from torch import Tensor
from torch.distributed.distributed_c10d import PrefixStore
from torch.distributed.rendezvous import rendezvous

from rnncast.errors import DeviceError, RunError, first_line
from rnncast.process import Place
from rnncast.ranks import LEAD, Ranks

PATIENCE = timedelta(hours=12)
"""How long a rank waits for others that say nothing, as one does that ends its last trial; a death is seen at once."""

MEETING = timedelta(minutes=10)
"""How long a rank looks for the others in the beginning: torchrun may be gone, and nobody ever there."""

AT_ONCE = 2**28
"""Bytes that are sent in one message, at most."""

FAILED = "rnncast-failed"
"""Key of the shared store that counts the ranks that have failed."""

P = ParamSpec("P")
Result = TypeVar("Result")


def _together(ask: Callable[P, Result]) -> Callable[P, Result]:
    """Let a method that needs the other ranks say so where one of them is gone."""

    @wraps(ask)
    def asked(*given: P.args, **named: P.kwargs) -> Result:
        try:
            return ask(*given, **named)
        except RuntimeError as error:
            raise RunError(
                f"another rank of the run has ended, or does not answer: {first_line(error)}",
                "See what that rank said; with torchrun --max-restarts the run goes on from its last state.",
            ) from error

    return asked


class Group(Ranks):
    """Ranks that are joined."""

    def __init__(self, place: Place, counted: Callable[[str, int], int]) -> None:
        self.number, self.count = place.rank, place.ranks
        self._counted = counted
        self._all = dist.new_group(timeout=PATIENCE)  # those that have met may wait for longer
        self._sent: tuple[dist.Work, Tensor] | None = None

    @_together
    def add(self, tensors: Sequence[Tensor]) -> Sequence[Tensor]:
        """Return the sums of what all ranks give, in one exchange."""
        flat = torch.cat([tensor.reshape(-1) for tensor in tensors])
        dist.all_reduce(flat, group=self._all)
        parts = torch.split(flat, [tensor.numel() for tensor in tensors])
        return [part.reshape(tensor.shape) for part, tensor in zip(parts, tensors, strict=True)]

    @_together
    def take_first(self, tensors: Sequence[Tensor]) -> None:
        """Let tensors have the values that they have on the leading rank."""
        for tensor in tensors:
            dist.broadcast(tensor, LEAD, group=self._all)

    @_together
    def latest(self, number: float) -> float:
        """Return the largest of what all ranks give."""
        found = torch.tensor(number, dtype=torch.float64)
        dist.all_reduce(found, dist.ReduceOp.MAX, group=self._all)
        return found.item()

    @_together
    def gather(self, data: bytes) -> list[bytes]:
        """Return what each rank gives, on all of them."""
        return [self._told(rank, data) for rank in range(self.count)]

    def _told(self, rank: int, data: bytes) -> bytes:
        size = torch.tensor(len(data))
        dist.broadcast(size, rank, group=self._all)
        held = bytearray(data) if rank == self.number else bytearray(int(size))
        if held:  # of nothing torch makes no tensor
            for part in torch.split(torch.frombuffer(held, dtype=torch.uint8), AT_ONCE):
                dist.broadcast(part, rank, group=self._all)
        return bytes(held)

    @_together
    def send(self, values: NDArray[np.float64]) -> None:
        """Send numbers to the leading rank; the next call waits until they have come."""
        self._settle()
        tensor = torch.from_numpy(np.ascontiguousarray(values))
        work = dist.isend(tensor, LEAD, group=self._all)
        self._sent = None if work is None else (work, tensor)

    @_together
    def receive(self, rank: int, shape: tuple[int, ...]) -> NDArray[np.float64]:
        """Return on the leading rank the numbers that another has sent."""
        values = torch.empty(shape, dtype=torch.float64)
        dist.recv(values, rank, group=self._all)
        found: NDArray[np.float64] = values.numpy()
        return found

    @_together
    def wait(self) -> None:
        """Wait until all ranks are here, and what they sent has come."""
        self._settle()
        self.latest(0)

    def _settle(self) -> None:
        if self._sent is not None:
            self._sent[0].wait()
            self._sent = None

    def fails_first(self) -> bool:
        """Tell whether no other rank has said before that it fails; then it is this one that says why."""
        with suppress(RuntimeError):
            return self._counted(FAILED, 1) == 1
        return True


@contextmanager
def joined(place: Place) -> Iterator[Group]:
    """Give the group of the ranks that torchrun has started; on GPUs each has its own.

    Raises:
        DeviceError: they do not find each other.
    """
    backend, has_own = "gloo", torch.cuda.is_available() and torch.cuda.device_count() >= place.locals
    if has_own:
        torch.cuda.set_device(place.local)
        backend = "cpu:gloo,cuda:nccl"
    try:
        shared, rank, size = next(rendezvous("env://", timeout=MEETING))
        # It outlives a restart, with the addresses of the ranks that were there before.
        store = PrefixStore(f"rnncast/{place.restarts}/{size}", shared)
        dist.init_process_group(backend, timeout=MEETING, store=store, rank=rank, world_size=size)
        group = Group(place, store.add)
    except (RuntimeError, ValueError) as error:
        raise DeviceError(
            f"rank {place.rank} of {place.ranks} does not find the others: {first_line(error)}",
            "Start it with torchrun; unset RANK and WORLD_SIZE to run it alone.",
        ) from error
    yield group
    dist.destroy_process_group()
