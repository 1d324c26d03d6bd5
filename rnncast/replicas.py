"""Replicas: the gradient of a batch, found in parts by threads that share the weights.

Torch can share each operation of one step among threads instead; then they wait for each other at every step of a
recurrence. The work of a replica is a few large operations without Python, so replicas run side by side. Sums are
added in the order of the parts: the same threads give the same bytes.
"""

import copy
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial, reduce
from typing import NamedTuple, TypeVar

import numpy as np
import torch
from torch import Tensor, nn

from rnncast.device import compute_alone
from rnncast.dropout import draw_from
from rnncast.network import Network, Sight
from rnncast.ranks import Ranks
from rnncast.windows import Windows

PIECE = 8_000_000
"""Numbers of a pass that a CPU goes through at once: more are up to 8% faster, and take the more memory."""

Given = TypeVar("Given")
Found = TypeVar("Found")
Part = TypeVar("Part", bound=nn.Module)


class Sums(NamedTuple):
    """Holds what some windows add to a batch: the sums of its parts are those of the whole.

    Attributes:
        loss: [], over the steps that count.
        steps: [], how many count.
        gradients: of that loss, one for each weight that learns.
    """

    loss: Tensor
    steps: Tensor
    gradients: tuple[Tensor, ...]

    def plus(self, other: "Sums") -> "Sums":
        """Return the sums of both."""
        gradients = torch._foreach_add(self.gradients, other.gradients)
        return Sums(self.loss + other.loss, self.steps + other.steps, gradients)

    def over(self, ranks: Ranks) -> "Sums":
        """Return the sums of all ranks, of the same weights each."""
        loss, steps, *gradients = ranks.add([self.loss, self.steps, *self.gradients])
        return Sums(loss, steps, tuple(gradients))

    def means(self) -> tuple[Tensor, tuple[Tensor, ...]]:
        """Return the mean loss of a step that counts, and its gradient."""
        steps = self.steps.clamp(min=1)
        return self.loss / steps, torch._foreach_div(self.gradients, steps)


def at_once(network: Network, count: int) -> int:
    """Return how many of `count` windows a replica goes through at once; the sums of the pieces are those of all."""
    if network.static_loc.device.type != "cpu":
        return count
    return min(count, max(1, PIECE // network.numbers_per_window))


class Replicas:
    """Holds a network and its twins, which share the weights, and the threads that they run in.

    Attributes:
        weights: those that learn.
        chances: what the dropout of each draws from, on a CPU or a CUDA device.
    """

    def __init__(self, network: Network, count: int, seed: int) -> None:
        self.weights = [weight for weight in network.parameters() if weight.requires_grad]
        self._networks = [network, *(_twin(network) for _ in range(count - 1))]
        self._pool = ThreadPoolExecutor(count, initializer=compute_alone) if count > 1 else None
        where = network.static_loc.device
        replicas = self._networks if where.type in ("cpu", "cuda") else []
        self.chances = [torch.Generator(where).manual_seed(seed + number) for number in range(len(replicas))]
        for replica, chance in zip(replicas, self.chances, strict=True):
            replica.train()
            draw_from(replica, chance)

    def draw_anew(self, seed: Sequence[int]) -> None:
        """Let dropout draw what belongs to a seed, whatever it has drawn before."""
        first, *drawn = np.random.SeedSequence(seed).generate_state(1 + len(self.chances)).tolist()
        for chance, number in zip(self.chances, drawn, strict=True):
            chance.manual_seed(number)
        if not self.chances:  # elsewhere dropout draws from torch's own
            torch.manual_seed(first)

    def map(self, function: Callable[[Given], Found], items: Iterable[Given]) -> Iterator[Found]:
        """Return what a function makes of each item, several at a time."""
        return self._pool.map(function, items) if self._pool else map(function, items)

    def sums(self, windows: Windows, series: Tensor, ends: Tensor) -> Sums:
        """Return the sums over the windows of `series` [B] whose last past steps are `ends` [B]."""
        if not len(series):  # more ranks than windows
            nothing = self.weights[0].new_zeros(())
            return Sums(nothing, nothing, tuple(map(torch.zeros_like, self.weights)))
        parts = min(len(self._networks), len(series))
        shares = zip(self._networks, series.tensor_split(parts), ends.tensor_split(parts), strict=False)
        return reduce(Sums.plus, self.map(partial(self._of_part, windows), shares))

    def _of_part(self, windows: Windows, share: tuple[Network, Tensor, Tensor]) -> Sums:
        network, series, ends = share
        count = -(-len(series) // at_once(network, len(series)))
        pieces = zip(series.tensor_split(count), ends.tensor_split(count), strict=True)
        return reduce(Sums.plus, (self._of_piece(network, network.look(windows.batch(*piece))) for piece in pieces))

    def sums_of(self, sight: Sight) -> Sums:
        """Return the sums over windows that were looked at before, all found by the first replica."""
        return self._of_piece(self._networks[0], sight)

    def _of_piece(self, network: Network, sight: Sight) -> Sums:
        found = network.weighed_loss(sight)
        loss = found.mean * found.steps
        gradients = torch.autograd.grad(loss, self.weights, materialize_grads=True)
        # Some come turned, and a fused optimiser reads memory as it lies.
        return Sums(loss.detach(), found.steps, tuple(gradient.contiguous() for gradient in gradients))

    def close(self) -> None:
        """End the threads, after the parts that they are at."""
        if self._pool:
            self._pool.shutdown(cancel_futures=True)


def _twin(module: Part) -> Part:
    """Return a module with the same weights whose modules are its own, as dropout draws by itself in each."""
    twin = copy.copy(module)
    twin._modules = {name: child and _twin(child) for name, child in module._modules.items()}
    return twin
