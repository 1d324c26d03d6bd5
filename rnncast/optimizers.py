"""Optimisers by name, each with the settings that suit recurrent networks.

They call the functions below torch's own classes, which load torch's compiler when one is built: two seconds of CPU and
50 MiB for what is never compiled here.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.optim.adam import adam as move_by_adam
from torch.optim.rmsprop import rmsprop as move_by_rmsprop
from torch.optim.sgd import sgd as move_by_sgd

from rnncast.config import TrainingConfig


class Step(NamedTuple):
    """Holds what a step moves, and by what.

    Attributes:
        weights: those with a gradient.
        gradients: one for each of them.
        noted: what is noted of each of them, by name.
        rate: the learning rate.
        decay: of the weights.
    """

    weights: list[Tensor]
    gradients: list[Tensor]
    noted: Mapping[str, list[Tensor]]
    rate: float
    decay: float


class Optimizer:
    """Moves weights down their gradients.

    Attributes:
        weights: what it moves.
        rate: the learning rate of the next step.
        state: what it has noted of each weight so far, by name as torch has it.
    """

    def __init__(
        self,
        weights: Iterable[nn.Parameter],
        training: TrainingConfig,
        move: Callable[[Step], None],
        noted: Sequence[str],
    ) -> None:
        """Prepare to `move` weights, in steps that note so much of each of them, at first zeros."""
        if training.learning_rate is None:
            raise ValueError("the learning rate is resolved before training")
        self.weights, self.rate, self._decay = list(weights), training.learning_rate, training.weight_decay
        self.state: dict[Tensor, dict[str, Tensor]] = {}
        self._move, self._noted = move, noted

    @torch.no_grad()
    def step(self) -> None:
        """Move each weight that has a gradient."""
        weights: list[Tensor] = [weight for weight in self.weights if weight.grad is not None]
        for weight in weights:
            if not self.state.get(weight):
                self.state[weight] = {name: _nothing(name, weight) for name in self._noted}
        noted = {name: [self.state[weight][name] for weight in weights] for name in self._noted}
        gradients = [weight.grad for weight in weights if weight.grad is not None]
        self._move(Step(weights, gradients, noted, self.rate, self._decay))


def adamw(weights: Iterable[nn.Parameter], training: TrainingConfig) -> Optimizer:
    """Adam with decoupled weight decay: Loshchilov and Hutter 2019, arXiv 1711.05101."""
    return Optimizer(weights, training, partial(_adam, decoupled=True), ("step", "exp_avg", "exp_avg_sq"))


def adam(weights: Iterable[nn.Parameter], training: TrainingConfig) -> Optimizer:
    """Adam, weight decay in the gradient: Kingma and Ba 2015, arXiv 1412.6980."""
    return Optimizer(weights, training, partial(_adam, decoupled=False), ("step", "exp_avg", "exp_avg_sq"))


def sgd(weights: Iterable[nn.Parameter], training: TrainingConfig) -> Optimizer:
    """Stochastic gradient descent with Nesterov momentum 0.9: Sutskever et al. 2013."""
    return Optimizer(weights, training, _sgd, ("momentum_buffer",))


def rmsprop(weights: Iterable[nn.Parameter], training: TrainingConfig) -> Optimizer:
    """RMSprop with decay 0.99: Tieleman and Hinton 2012, lecture 6.5."""
    return Optimizer(weights, training, _rmsprop, ("step", "square_avg"))


def _nothing(name: str, weight: Tensor) -> Tensor:
    """Return what is noted of a weight before the first step."""
    return weight.new_zeros(()) if name == "step" else torch.zeros_like(weight)


def _adam(step: Step, decoupled: bool) -> None:
    move_by_adam(
        step.weights,
        step.gradients,
        step.noted["exp_avg"],
        step.noted["exp_avg_sq"],
        [],
        step.noted["step"],
        fused=True,
        decoupled_weight_decay=decoupled,
        amsgrad=False,
        beta1=0.9,
        beta2=0.999,
        lr=step.rate,
        weight_decay=step.decay,
        eps=1e-8,
        maximize=False,
    )


def _sgd(step: Step) -> None:
    move_by_sgd(
        step.weights,
        step.gradients,
        list[Tensor | None](step.noted["momentum_buffer"]),
        weight_decay=step.decay,
        momentum=0.9,
        lr=step.rate,
        dampening=0.0,
        nesterov=True,
        maximize=False,
    )


def _rmsprop(step: Step) -> None:
    move_by_rmsprop(
        step.weights,
        step.gradients,
        step.noted["square_avg"],
        [],
        [],
        step.noted["step"],
        lr=step.rate,
        alpha=0.99,
        eps=1e-8,
        weight_decay=step.decay,
        momentum=0.0,
        centered=False,
    )
