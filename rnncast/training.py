"""The training loop: yields a record of progress at a time and prints nothing."""

import math
import time
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from rnncast import registry
from rnncast.config import TrainingConfig
from rnncast.errors import RunError
from rnncast.network import Network
from rnncast.windows import Batch, WindowIndex, Windows

REPORTS = 50
"""Validations and records of progress in a run, at most."""

EXPLODED = 1e3
"""Gradient norm, before clipping, from which on gradients are said to explode."""


@dataclass(frozen=True, slots=True)
class Progress:
    """Tells how far a fit is.

    Attributes:
        fit: which fit it is, such as "held-out 1/3".
        step: optimiser steps done, of `total_steps`.
        loss: mean training loss since the last record, in units of the scale at the origins.
        validation: loss on the validation windows, None without any.
        learning_rate: the last step's.
        gradient_norm: the largest since the last record, before clipping.
        seconds: since the fit began.
    """

    fit: str
    step: int
    total_steps: int
    loss: float
    validation: float | None
    learning_rate: float
    gradient_norm: float
    seconds: float

    @property
    def exploding(self) -> bool:
        """Tell whether gradients exploded since the last record."""
        return not self.gradient_norm < EXPLODED

    @property
    def diverged(self) -> bool:
        """Tell whether the loss is not a number any more."""
        return not math.isfinite(self.loss) or not math.isfinite(self.validation or 0.0)


@dataclass(frozen=True, slots=True, eq=False)
class Fit:
    """Holds what a fit found: the best step, the steps its schedule had, and how it went."""

    best_step: int
    planned_steps: int
    history: tuple[Progress, ...]


class Clock:
    """Counts steps and seconds against what a run may take."""

    def __init__(self, training: TrainingConfig, num_windows: int, stop_at: int | None, judged: int = 0) -> None:
        per_epoch = math.ceil(num_windows / (training.batch_size or 1))
        limits = [training.max_steps, training.epochs and training.epochs * per_epoch]
        self.total = min((limit for limit in limits if limit is not None), default=per_epoch)
        self.last = self.total if stop_at is None else min(self.total, stop_at)
        self.limit = training.time_limit or math.inf
        # Judging a window costs about a third of training on it: so it takes a quarter of the time at most.
        self.interval = max(1, math.ceil(self.total / REPORTS), math.ceil(judged / (training.batch_size or 1)))
        self.step = 0
        self._began = time.perf_counter()

    @property
    def seconds(self) -> float:
        """Return the seconds since the run began."""
        return time.perf_counter() - self._began

    @property
    def fraction(self) -> float:
        """Return how much of the run is over, in steps or in time, whichever is further."""
        timed = self.seconds / self.limit if math.isfinite(self.limit) else 0.0
        return min(1.0, max(self.step / self.total, timed))

    @property
    def done(self) -> bool:
        """Tell whether the run is over."""
        return self.step >= self.last or self.seconds >= self.limit

    @property
    def planned(self) -> int:
        """Return the steps of the whole schedule: all, or those that the time allowed."""
        return self.step if self.seconds >= self.limit else self.total

    @property
    def due(self) -> bool:
        """Tell whether a record of progress is due."""
        return self.step % self.interval == 0 or self.done


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
        self.loss, self.step, self.weights = math.inf, 0, dict[str, Tensor]()
        self._patience, self._waited = patience, 0

    def offer(self, network: Network, step: int, validation: float | None) -> None:
        """Take the network's weights after `step` steps if they are better than what there is."""
        loss = -step if validation is None else validation
        if not loss < self.loss:
            self._waited += 1
            return
        self.loss, self.step, self._waited = loss, step, 0
        self.weights = {name: value.detach().clone() for name, value in network.state_dict().items()}

    @property
    def exhausted(self) -> bool:
        """Tell whether patience has run out."""
        return self._patience is not None and self._waited >= self._patience


class Loop:
    """Takes optimiser steps on randomly drawn windows and sums up what happened in between records."""

    def __init__(self, network: Network, windows: Windows, index: WindowIndex, training: TrainingConfig) -> None:
        self.network, self.windows, self.index, self.training = network, windows, index, training
        build = registry.find(registry.OPTIMIZERS, training.optimizer, "optimizer").load()
        self.optimizer: torch.optim.Optimizer = build(network.parameters(), training)
        self.averaged = Averaged(network) if training.averaging else Averaged(network, decay=0.0)
        self._draws = _draws(len(index), training.batch_size or 1, training.seed)
        self._device = windows.values.device
        self._reset()

    def _reset(self) -> None:
        self._loss, self._norm = torch.zeros((2,), device=self._device).unbind()
        self._steps = 0

    def step(self, number: int, fraction: float) -> None:
        """Take optimiser step `number` at `fraction` of the run; nothing here waits for the device."""
        for group in self.optimizer.param_groups:
            group["lr"] = learning_rate(self.training, fraction)
        series, ends = self.index.locate(next(self._draws))
        batch = self.windows.batch(series.to(self._device), ends.to(self._device))
        self.optimizer.zero_grad(set_to_none=True)
        loss = self.network.loss(batch)
        loss.backward()  # type: ignore[no-untyped-call]
        norm = torch.nn.utils.clip_grad_norm_(self.network.parameters(), self.training.clip_norm or math.inf)
        self.optimizer.step()
        self.averaged.update(number)
        self._loss, self._norm = self._loss + loss.detach(), torch.maximum(self._norm, norm)
        self._steps += 1

    def record(self, name: str, clock: Clock, validation: float | None) -> Progress:
        """Return what happened since the last record."""
        progress = Progress(
            fit=name,
            step=clock.step,
            total_steps=clock.total,
            loss=self._loss.item() / max(self._steps, 1),
            validation=validation,
            learning_rate=self.optimizer.param_groups[0]["lr"],
            gradient_norm=self._norm.item(),
            seconds=clock.seconds,
        )
        self._reset()
        return progress


def fit(
    loop: Loop, name: str, validation: Sequence[Batch] = (), stop_at: int | None = None
) -> Generator[Progress, None, Fit]:
    """Train the loop's network in place, yielding progress; it ends with the best averaged weights.

    Args:
        loop: the network, its windows and its settings; `max_steps`, `epochs`, `time_limit` say how long.
        name: what the records call this fit.
        validation: batches whose last origins judge the weights, those before the first step too; without
            any, the last weights win.
        stop_at: stop after so many steps of the schedule, as a refit does at the known best step.

    Raises:
        RunError: the loss is not a number any more and no sound weights came before.
    """
    judged = sum(len(batch.target) for batch in validation)
    clock, best = Clock(loop.training, len(loop.index), stop_at, judged), Best(loop.training.patience)
    history: list[Progress] = []
    if validation or not clock.last:  # what the network starts from may be the best there is
        best.offer(loop.network, 0, validate(loop.network, validation))
    loop.network.train()
    while clock.last and (clock.step == 0 or not (clock.done or best.exhausted)):
        loop.step(clock.step + 1, clock.fraction)
        clock.step += 1
        if not clock.due:
            continue
        loop.averaged.swap()
        progress = loop.record(name, clock, validate(loop.network, validation))
        if progress.diverged and best.step == 0:
            raise RunError(
                f"the loss is not a number any more after {clock.step} steps, before any weights were good.",
                "Lower --lr or --clip-norm, or look for extreme values with 'rnncast inspect'.",
            )
        history.append(progress)
        yield progress
        if progress.diverged:
            break
        best.offer(loop.network, progress.step, progress.validation)
        loop.averaged.swap()
    loop.network.load_state_dict(best.weights)
    return Fit(best.step, clock.planned, tuple(history))


@torch.no_grad()
def validate(network: Network, batches: Sequence[Batch]) -> float | None:
    """Return the mean loss after the last origins of `batches`, None without any."""
    if not batches:
        return None
    network.eval()
    losses = torch.stack([network.loss(batch, last_only=True) * len(batch.target) for batch in batches])
    network.train()
    return float(losses.sum()) / sum(len(batch.target) for batch in batches)


def learning_rate(training: TrainingConfig, fraction: float) -> float:
    """Return the learning rate at `fraction` of a run: linear warm-up, then half a cosine or constant.

    Cosine: Loshchilov and Hutter 2017, arXiv 1608.03983, eq. 5, without restarts.
    """
    peak = training.learning_rate or 0.0
    if fraction < training.warmup:
        return peak * (0.05 + 0.95 * fraction / training.warmup)
    if training.schedule == "constant":
        return peak
    past = (fraction - training.warmup) / (1 - training.warmup)
    return peak * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * past)))


def _draws(num_windows: int, batch_size: int, seed: int) -> Iterator[Tensor]:
    """Yield batches of window numbers, epoch after epoch, each window once an epoch."""
    generator = torch.Generator().manual_seed(seed)
    while True:
        yield from torch.split(torch.randperm(num_windows, generator=generator), batch_size)
