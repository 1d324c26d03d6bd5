"""Draws: which windows a step learns from, each window once an epoch, in an order that takes no memory."""

import math

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

ROUNDS = 12
"""Rounds of the network that shuffles: four shuffle many numbers well (Luby and Rackoff 1988), few need more."""

AHEAD = 64
"""Steps whose windows are drawn at once: one at a time takes longer than a small network's step should."""


class Draws:
    """Says which windows each step learns from: a function of seed and step alone, so a run goes on from any step."""

    def __init__(self, num_windows: int, batch_size: int, seed: int) -> None:
        self.num_windows, self.batch_size, self.seed = num_windows, batch_size, seed
        self._block, self._drawn = (-1, -1), torch.empty(0)

    @property
    def per_epoch(self) -> int:
        """Return the steps of an epoch; the last one of them may draw fewer windows."""
        return math.ceil(self.num_windows / self.batch_size)

    def at(self, step: int) -> Tensor:
        """Return the numbers [B] of the windows of a step, counted from 0."""
        epoch, place = divmod(step, self.per_epoch)
        block, within = divmod(place, AHEAD)
        if self._block != (epoch, block):
            self._block, self._drawn = (epoch, block), self._draw(epoch, block * AHEAD * self.batch_size)
        return self._drawn[within * self.batch_size : (within + 1) * self.batch_size]

    def _draw(self, epoch: int, first: int) -> Tensor:
        places = np.arange(first, min(first + AHEAD * self.batch_size, self.num_windows), dtype=np.uint64)
        keys = np.random.SeedSequence((self.seed, epoch)).generate_state(ROUNDS, np.uint64).astype(np.uint64)
        return torch.from_numpy(shuffled(places, self.num_windows, keys).astype(np.int64))


def shuffled(places: NDArray[np.uint64], count: int, keys: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Return where a shuffle of the numbers below `count` puts those at `places`, without making the others.

    A Feistel network shuffles the numbers of an even number of bits; those that it leads out of the range go on
    until they are back (cycle walking: Black and Rogaway 2002, section 3).
    """
    half = np.uint64(max(1, ((count - 1).bit_length() + 1) // 2))
    found = _feistel(places, half, keys)
    while (out := found >= count).any():
        found[out] = _feistel(found[out], half, keys)
    return found


def _feistel(values: NDArray[np.uint64], half: np.uint64, keys: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Return the values shuffled among all numbers of twice `half` bits, by as many rounds as there are keys."""
    mask = (np.uint64(1) << half) - np.uint64(1)
    left, right = values >> half, values & mask
    for key in keys:
        left, right = right, left ^ (_mixed(right ^ key) & mask)
    return left << half | right


def _mixed(values: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Return the values with each bit spread over all: SplitMix64 (Steele et al. 2014, figure 14)."""
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))
