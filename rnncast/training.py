"""The training loop: yields a record of progress at a time and prints nothing."""

import math
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import CancelledError
from dataclasses import dataclass, field, replace
from functools import partial, reduce

import torch
from torch import Tensor

from rnncast import registry
from rnncast.config import TrainingConfig
from rnncast.draws import Draws
from rnncast.errors import RunError
from rnncast.fits import Fit, Progress
from rnncast.network import Network, Sight
from rnncast.optimizers import Optimizer
from rnncast.ranks import SOLO, Ranks
from rnncast.replicas import Replicas, Sums, at_once
from rnncast.schedules import Clock, learning_rate
from rnncast.windows import Batch, WindowIndex, Windows

AHEAD = 16
"""Steps whose windows are looked at together at most."""


class Averaged:
    """Keeps an exponential moving average of the weights: Polyak and Juditsky 1992.

    The decay rises as (1 + t) / (10 + t) to `decay`, so that the random start is soon forgotten; with a
    decay of 0 the average is the last weights.
    """

    def __init__(self, network: Network, decay: float = 0.99) -> None:
        self._decay = decay
        self._source: list[Tensor] = list(network.parameters())
        self.values = [weight.detach().clone() for weight in self._source]

    @torch.no_grad()
    def update(self, step: int) -> None:
        """Take in the weights after `step` steps."""
        torch._foreach_lerp_(self.values, self._source, 1 - min(self._decay, (1 + step) / (10 + step)))

    @torch.no_grad()
    def swap(self) -> None:
        """Exchange the network's weights with the average; a second call undoes it."""
        for weight, value in zip(self._source, self.values, strict=True):
            kept = weight.detach().clone()
            weight.copy_(value)
            value.copy_(kept)


class Best:
    """Remembers the weights of the lowest validation loss, or the last finite ones without validation."""

    def __init__(self, patience: int | None) -> None:
        self.loss, self.step, self.waited, self.weights = math.inf, 0, 0, dict[str, Tensor]()
        self._patience = patience

    def offer(self, network: Network, step: int, validation: float | None) -> None:
        """Take the network's weights after `step` steps if they are better than what there is."""
        loss = -step if validation is None else validation
        if not loss < self.loss:
            self.waited += 1
            return
        self.loss, self.step, self.waited = loss, step, 0
        self.weights = {name: value.detach().clone() for name, value in network.state_dict().items()}

    @property
    def exhausted(self) -> bool:
        """Tell whether patience has run out."""
        return self._patience is not None and self.waited >= self._patience


class Loop:
    """Takes optimiser steps on randomly drawn windows and sums up what happened in between records.

    What a run has learned is in the network, the optimizer and the average; what a step draws, in its number.

    Attributes:
        cancelled: ends a fit at its next step; another thread may set it.
        loss: the sum since the last record; a tensor, as the norm is, for the device is not waited for.
        norm: the largest since then.
        steps: taken since then.
        parts: in which a batch is gone through, more than one where the device has too little memory for it.
    """

    cancelled = False

    def __init__(
        self,
        network: Network,
        windows: Windows,
        index: WindowIndex,
        training: TrainingConfig,
        replicas: int = 1,
        ranks: Ranks = SOLO,
    ) -> None:
        """Prepare to train `network`, with `replicas` that find the gradient of a batch, or of a rank's share."""
        self.network, self.windows, self.index, self.training = network, windows, index, training
        self.ranks = ranks
        build = registry.find(registry.OPTIMIZERS, training.optimizer, "optimizer").load()
        self.optimizer: Optimizer = build(network.parameters(), training)
        self.averaged = Averaged(network) if training.averaging else Averaged(network, decay=0.0)
        self.replicas = Replicas(network, replicas, training.seed)
        self.draws = Draws(len(index), training.batch_size or 1, training.seed)
        self._device = windows.values.device
        self.parts = 1
        self._ahead, self._sights = self._steps_ahead(replicas), (-1, list[Sight]())
        self._reset()

    def _reset(self) -> None:
        self.loss, self.norm = torch.zeros((2,), device=self._device).unbind()
        self.steps = 0

    def meet(self, steps: int) -> None:
        """Let all ranks begin with the weights of the leading one, after the same number of steps.

        Raises:
            RunError: they have not taken as many.
        """
        if self.ranks.latest(steps) != -self.ranks.latest(-steps):
            raise RunError(
                "ranks would go on from different steps.",
                "Let all of them see the same folder, for that is where a run puts aside where it is.",
            )
        self.ranks.take_first(list(self.network.state_dict().values()))

    def step(self, number: int, fraction: float) -> None:
        """Take optimiser step `number`, from 1 on, at `fraction` of the run; nothing here waits for the device.

        Raises:
            CancelledError: the run was cancelled.
        """
        if self.ranks.any(self.cancelled):
            raise CancelledError
        if self.ranks.count > 1:
            self.replicas.draw_anew((self.training.seed, number, self.ranks.number))
        self.optimizer.rate = learning_rate(self.training, fraction)
        loss = self._find_gradient(number - 1)
        norm = torch.nn.utils.clip_grad_norm_(self.replicas.weights, self.training.clip_norm or math.inf)
        self.optimizer.step()
        self.averaged.update(number)
        self.loss, self.norm = self.loss + loss, torch.maximum(self.norm, norm)
        self.steps += 1

    def _find_gradient(self, step: int) -> Tensor:
        """Leave the gradient of the mean loss of the windows of a step in the weights; return the loss.

        Each rank goes through its share of them. What ranks give is added and then divided: the mean of their means
        would be another number where more steps count on one than on the other.
        """
        loss, gradients = self._sums_of(step).over(self.ranks).means()
        for weight, gradient in zip(self.replicas.weights, gradients, strict=True):
            weight.grad = gradient
        return loss

    def _sums_of(self, step: int) -> Sums:
        """Return the sums over this rank's windows of a step."""
        if self._ahead > 1:
            return self.replicas.sums_of(self._seen(step))
        series, ends = self._located(self.draws.at(step).tensor_split(self.ranks.count)[self.ranks.number])
        sums = None
        while sums is None:
            sums = self._sums(series, ends)
        return sums

    def _located(self, windows: Tensor) -> list[Tensor]:
        return [numbers.to(self._device) for numbers in self.index.locate(windows)]

    @torch.no_grad()
    def _seen(self, step: int) -> Sight:
        """Return what the network sees of the windows of a step; several steps are looked at together."""
        block, within = divmod(step, self._ahead)
        if self._sights[0] != block:
            drawn = [self.draws.at(block * self._ahead + place) for place in range(self._ahead)]
            sight = self.network.look(self.windows.batch(*self._located(torch.cat(drawn))))
            self._sights = block, sight.split([len(windows) for windows in drawn])
        return self._sights[1][within]

    def _steps_ahead(self, replicas: int) -> int:
        """Return how many steps' windows are looked at together: of small ones many, as looking costs much there."""
        is_shared = replicas * self.ranks.count > 1
        if is_shared or self._device.type != "cpu" or self.network.learns_to_see:
            return 1
        return min(AHEAD, at_once(self.network, AHEAD * self.draws.batch_size) // self.draws.batch_size)

    def _sums(self, series: Tensor, ends: Tensor) -> Sums | None:
        """Return the sums over windows, None where the device has no memory for them: next time in twice the parts.

        What the parts add up to is what the whole batch would have given.
        """
        pieces = zip(series.tensor_split(self.parts), ends.tensor_split(self.parts), strict=True)
        try:
            return reduce(Sums.plus, (self.replicas.sums(self.windows, *piece) for piece in pieces))
        except torch.OutOfMemoryError:
            if self.parts >= len(series):
                raise
        self.parts = min(2 * self.parts, len(series))
        if self._device.type == "cuda":
            torch.cuda.empty_cache()
        return None

    def close(self) -> None:
        """Take no step any more."""
        self.cancelled = True
        self.replicas.close()

    def record(self, name: str, clock: Clock, validation: float | None) -> Progress:
        """Return what happened since the last record."""
        progress = Progress(
            fit=name,
            step=clock.step,
            total_steps=clock.total,
            loss=self.loss.item() / max(self.steps, 1),
            validation=validation,
            learning_rate=self.optimizer.rate,
            gradient_norm=self.norm.item(),
            seconds=clock.seconds,
        )
        self._reset()
        return progress


@dataclass(slots=True, eq=False)
class Standing:
    """Holds where a fit is.

    Attributes:
        loop: what it has learned.
        clock: how far it is.
        best: the best weights so far.
        history: its records so far.
        is_over: whether it takes no step any more.
    """

    loop: Loop
    clock: Clock
    best: Best
    history: list[Progress] = field(default_factory=list)
    is_over: bool = False


Follow = Callable[[str, Standing], None]


def fit(
    loop: Loop,
    name: str,
    validation: Sequence[Batch] = (),
    stop_at: int | None = None,
    follow: Follow = lambda name, standing: None,
) -> Generator[Progress, None, Fit]:
    """Train the loop's network in place, yielding progress; it ends with the best averaged weights.

    Args:
        loop: the network, its windows and its settings; `max_steps`, `epochs`, `time_limit` say how long.
        name: what the records call this fit.
        validation: batches whose last origins judge the weights, those before the first step too; without
            any, the last weights win.
        stop_at: stop after so many steps of the schedule, as a refit does at the known best step.
        follow: is told of the fit before it begins, may move it to where it was, and may look where it is
            from then on, but between two steps.

    Raises:
        RunError: the loss is not a number any more and no sound weights came before.
        CancelledError: the loop was cancelled.
    """
    judged = sum(len(batch.target) for batch in validation)
    clock, best = Clock(loop.training, len(loop.index), stop_at, judged, loop.ranks), Best(loop.training.patience)
    standing = Standing(loop, clock, best, is_over=not clock.last)
    follow(name, standing)
    loop.meet(clock.step)
    if not best.weights and (validation or not clock.last):  # what the network starts from may be the best there is
        best.offer(loop.network, 0, validate(loop, validation))
    loop.network.train()
    while not standing.is_over:
        loop.step(clock.step + 1, clock.fraction)
        clock.step += 1
        if clock.due:
            yield _reached(name, standing, validation)
    loop.network.load_state_dict(best.weights)
    return Fit(best.step, clock.planned, tuple(standing.history))


def _reached(name: str, standing: Standing, validation: Sequence[Batch]) -> Progress:
    """Judge the average of the weights, keep it where it is the best, and return the record."""
    loop, clock, best = standing.loop, standing.clock, standing.best
    loop.averaged.swap()
    progress = loop.record(name, clock, validate(loop, validation))
    if progress.diverged and best.step == 0:
        raise RunError(
            f"the loss is not a number any more after {clock.step} steps, before any weights were good.",
            "Lower --lr or --clip-norm, or look for extreme values with 'rnncast inspect'.",
        )
    if not progress.diverged:
        best.offer(loop.network, progress.step, progress.validation)
    loop.averaged.swap()
    standing.is_over = progress.diverged or clock.done or best.exhausted
    standing.history.append(replace(progress, is_last=standing.is_over))
    return standing.history[-1]


def validate(loop: Loop, batches: Sequence[Batch]) -> float | None:
    """Return the mean loss after the last origins of `batches`, which ranks and replicas share; None without any."""
    if not batches:
        return None
    network, ranks = loop.network, loop.ranks
    network.eval()
    own = loop.replicas.map(partial(_judge, network), batches[ranks.number :: ranks.count])
    losses = list(own) or [torch.zeros((), device=network.static_loc.device)]
    network.train()
    return float(ranks.add([torch.stack(losses).sum()])[0]) / sum(len(batch.target) for batch in batches)


@torch.no_grad()
def _judge(network: Network, batch: Batch) -> Tensor:
    """Return the sum of the losses after the last origins."""
    return network.loss(batch, last_only=True) * len(batch.target)
