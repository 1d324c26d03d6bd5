"""Ranks that are threads of the test, so that what they share is seen without starting processes."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from queue import Queue
from threading import Barrier, BrokenBarrierError
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from rnncast.ranks import Ranks

Result = TypeVar("Result")


class Threads(Ranks):
    """A rank that is a thread; all of them share a table on which each lays what it gives."""

    def __init__(self, number: int, table: list[Any], barrier: Barrier, posts: list["Queue[Any]"]) -> None:
        self.number, self.count = number, len(table)
        self._table, self._barrier, self._posts = table, barrier, posts

    def _exchange(self, given: Any) -> list[Any]:
        self._table[self.number] = given
        self._barrier.wait()
        found = list(self._table)
        self._barrier.wait()
        return found

    def add(self, tensors: Sequence[Tensor]) -> Sequence[Tensor]:
        found = self._exchange([tensor.clone() for tensor in tensors])
        return [sum(parts[1:], parts[0]) for parts in zip(*found, strict=True)]

    def take_first(self, tensors: Sequence[Tensor]) -> None:
        first, *_ = self._exchange([tensor.clone() for tensor in tensors])
        for tensor, value in zip(tensors, first, strict=True):
            tensor.copy_(value)

    def latest(self, number: float) -> float:
        return float(max(self._exchange(number)))

    def gather(self, data: bytes) -> list[bytes]:
        return self._exchange(data)

    def send(self, values: NDArray[np.float64]) -> None:
        self._posts[self.number].put(values)

    def receive(self, rank: int, shape: tuple[int, ...]) -> NDArray[np.float64]:
        found: NDArray[np.float64] = self._posts[rank].get(timeout=60)
        assert found.shape == shape
        return found

    def wait(self) -> None:
        self._exchange(None)


def together(count: int, run: Callable[[Ranks], Result]) -> list[Result]:
    """Return what each of some ranks gives; one that fails takes the others with it."""
    barrier, table, posts = Barrier(count, timeout=60), [None] * count, [Queue() for _ in range(count)]

    def alone(number: int) -> Result:
        try:
            return run(Threads(number, table, barrier, posts))
        except BaseException:
            barrier.abort()
            raise

    with ThreadPoolExecutor(count) as pool:
        begun = [pool.submit(alone, number) for number in range(count)]
    own = [done for done in begun if not isinstance(done.exception(), BrokenBarrierError)]  # the others miss these
    return [done.result() for done in (begun if len(own) == count else own)]
