"""Optimisers by name, each with the settings that suit recurrent networks."""

from collections.abc import Iterable

from torch import nn, optim

from rnncast.config import TrainingConfig


def adamw(weights: Iterable[nn.Parameter], training: TrainingConfig) -> optim.Optimizer:
    """Adam with decoupled weight decay: Loshchilov and Hutter 2019, arXiv 1711.05101."""
    return optim.AdamW(weights, lr=_rate(training), weight_decay=training.weight_decay, fused=True)


def adam(weights: Iterable[nn.Parameter], training: TrainingConfig) -> optim.Optimizer:
    """Adam, weight decay in the gradient: Kingma and Ba 2015, arXiv 1412.6980."""
    return optim.Adam(weights, lr=_rate(training), weight_decay=training.weight_decay, fused=True)


def sgd(weights: Iterable[nn.Parameter], training: TrainingConfig) -> optim.Optimizer:
    """Stochastic gradient descent with Nesterov momentum 0.9: Sutskever et al. 2013."""
    rate = _rate(training)
    return optim.SGD(weights, lr=rate, momentum=0.9, nesterov=True, weight_decay=training.weight_decay)


def rmsprop(weights: Iterable[nn.Parameter], training: TrainingConfig) -> optim.Optimizer:
    """RMSprop with decay 0.99: Tieleman and Hinton 2012, lecture 6.5."""
    return optim.RMSprop(weights, lr=_rate(training), weight_decay=training.weight_decay)


def _rate(training: TrainingConfig) -> float:
    if training.learning_rate is None:
        raise ValueError("the learning rate is resolved before training")
    return training.learning_rate
