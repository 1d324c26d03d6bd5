"""Ranks: the processes that share one run, what each of them may ask of all, and the one that is alone.

Every rank draws the same windows, finds the sums of its share, and `add` gives all of them the sums of the whole. So
whatever decides how a run goes on is the same number on every rank, and no rank has to be told.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from torch import Tensor

LEAD = 0
"""The rank that writes, and talks."""


class Ranks(ABC):
    """Processes that do the same in the same order; each method but those on one rank is to be called by all.

    Attributes:
        number: which of them this one is, from 0 on.
        count: how many there are.
    """

    number: int
    count: int

    @property
    def leads(self) -> bool:
        """Tell whether this is the rank that writes, and talks."""
        return self.number == LEAD

    @abstractmethod
    def add(self, tensors: "Sequence[Tensor]") -> "Sequence[Tensor]":
        """Return the sums of what all ranks give, the same bits on each."""

    @abstractmethod
    def take_first(self, tensors: "Sequence[Tensor]") -> None:
        """Let tensors have the values that they have on the leading rank."""

    def any(self, flag: bool) -> bool:
        """Tell whether any rank says so."""
        return self.latest(float(flag)) > 0

    @abstractmethod
    def latest(self, number: float) -> float:
        """Return the largest of what all ranks give."""

    @abstractmethod
    def gather(self, data: bytes) -> list[bytes]:
        """Return what each rank gives, on all of them."""

    @abstractmethod
    def send(self, values: "NDArray[np.float64]") -> None:
        """Send numbers from this rank to the leading one; the next call waits until they have come."""

    @abstractmethod
    def receive(self, rank: int, shape: tuple[int, ...]) -> "NDArray[np.float64]":
        """Return on the leading rank the numbers of this shape that another has sent."""

    @abstractmethod
    def wait(self) -> None:
        """Wait until all ranks are here, and what they sent has come."""


class Solo(Ranks):
    """The only process of its run."""

    number, count = 0, 1

    def add(self, tensors: "Sequence[Tensor]") -> "Sequence[Tensor]":
        """Return them."""
        return tensors

    def take_first(self, tensors: "Sequence[Tensor]") -> None:
        """Do nothing."""

    def latest(self, number: float) -> float:
        """Return it."""
        return number

    def gather(self, data: bytes) -> list[bytes]:
        """Return it."""
        return [data]

    def send(self, values: "NDArray[np.float64]") -> None:
        """Fail: there is nobody to send to."""
        raise AssertionError("a process that is alone sends nothing")

    def receive(self, rank: int, shape: tuple[int, ...]) -> "NDArray[np.float64]":
        """Fail: there is nobody to receive from."""
        raise AssertionError("a process that is alone receives nothing")

    def wait(self) -> None:
        """Do nothing."""


SOLO = Solo()
