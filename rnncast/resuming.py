"""Resuming: what a fit has learned as plain arrays, and a fit that goes on from them as if it had never stopped."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

import torch
from torch import Tensor

from rnncast.errors import CheckpointError
from rnncast.fits import Progress
from rnncast.states import REMEDY, State, States
from rnncast.training import Loop, Standing

_NUMBERS = [field.name for field in fields(Progress) if field.name not in ("fit", "is_last")]
"""The numbers of a record."""


@dataclass(frozen=True, slots=True)
class Fitting:
    """A fit that is followed."""

    standing: Standing

    @property
    def is_over(self) -> bool:
        """Tell whether it takes no step any more."""
        return self.standing.is_over

    def stop(self) -> None:
        """Let it end before its next step."""
        self.standing.loop.cancelled = True

    def state(self) -> State:
        """Return where it is; one that is over needs its best weights alone."""
        loop, clock, best = self.standing.loop, self.standing.clock, self.standing.best
        plain = {
            "is_over": self.is_over,
            "step": clock.step,
            "seconds": clock.seconds,
            "batch_size": loop.draws.batch_size,
            "best": [best.loss if math.isfinite(best.loss) else None, best.step, best.waited],
            "steps": loop.steps,
            "history": [_plain(record) for record in self.standing.history],
        }
        found = {f"best/{name}": value for name, value in best.weights.items()}
        found |= {} if self.is_over else _learned(loop)
        arrays = {name: value.detach().cpu().numpy().copy() for name, value in found.items()}
        return State(plain | {"tensors": sorted(arrays)}, arrays)


def follow(states: States, name: str, standing: Standing) -> None:
    """Move a fit to where it was, if that is known, and look at it from now on.

    Raises:
        CheckpointError: what is known is of another network.
    """
    known = states.found(name)
    if known is not None:
        try:
            _take_up(standing, name, known.plain, {key: torch.from_numpy(a.copy()) for key, a in known.tensors.items()})
        except (KeyError, RuntimeError, TypeError, ValueError) as error:
            raise CheckpointError(f"the state of '{name}' does not hold what it should.", REMEDY) from error
    states.follow(name, Fitting(standing))


def _learned(loop: Loop) -> dict[str, Tensor]:
    """Return what a loop has learned, and what its next step draws from."""
    found = {f"weights/{name}": value for name, value in loop.network.state_dict().items()}
    found |= {f"average/{number}": value for number, value in enumerate(loop.averaged.values)}
    found |= {f"chance/{number}": chance.get_state() for number, chance in enumerate(loop.replicas.chances)}
    for number, weight in enumerate(loop.optimizer.weights):
        noted = loop.optimizer.state.get(weight, {})
        found |= {f"optimizer/{number}/{key}": value for key, value in noted.items() if isinstance(value, Tensor)}
    return found | {"sums": torch.stack([loop.loss, loop.norm])}


def _take_up(standing: Standing, name: str, plain: Mapping[str, Any], tensors: Mapping[str, Tensor]) -> None:
    loop, clock, best = standing.loop, standing.clock, standing.best
    if sorted(tensors) != plain["tensors"]:
        raise ValueError("tensors are missing")
    if plain["batch_size"] != loop.draws.batch_size:
        raise CheckpointError(
            f"the run took {plain['batch_size']} windows a step, and would take {loop.draws.batch_size} now.",
            f"Give --batch-size {plain['batch_size']}, or leave --resume out.",
        )
    like = loop.network.state_dict()
    known = {key: _fitting(tensors[f"best/{key}"], value) for key, value in like.items() if f"best/{key}" in tensors}
    loss, step, waited = plain["best"]
    best.loss, best.step, best.waited = math.inf if loss is None else float(loss), int(step), int(waited)
    best.weights = known if len(known) == len(like) else {}
    standing.history.extend(_record(name, values) for values in plain["history"])
    standing.is_over = bool(plain["is_over"])
    clock.go_on(int(plain["step"]), float(plain["seconds"]))
    if standing.is_over:
        if not best.weights:
            raise ValueError("a fit without weights")
        return
    _learn(loop, tensors)
    loop.steps = int(plain["steps"])


def _learn(loop: Loop, tensors: Mapping[str, Tensor]) -> None:
    """Let a loop know what `_learned` gave."""
    device = loop.network.static_loc.device
    loop.network.load_state_dict({key: tensors[f"weights/{key}"] for key in loop.network.state_dict()})
    for number, value in enumerate(loop.averaged.values):
        value.copy_(_fitting(tensors[f"average/{number}"], value))
    for number, chance in enumerate(loop.replicas.chances):
        chance.set_state(tensors[f"chance/{number}"])
    for number, weight in enumerate(loop.optimizer.weights):
        own = f"optimizer/{number}/"
        noted = {key.removeprefix(own): value.to(device) for key, value in tensors.items() if key.startswith(own)}
        if any(value.dim() and value.shape != weight.shape for value in noted.values()):
            raise ValueError("an optimizer of other weights")
        loop.optimizer.state[weight] = noted
    loop.loss, loop.norm = tensors["sums"].to(device).unbind()


def _fitting(value: Tensor, like: Tensor) -> Tensor:
    """Return a value on the device of another, whose shape and type it must have."""
    if value.shape != like.shape or value.dtype != like.dtype:
        raise ValueError(f"a tensor of shape {tuple(value.shape)}, expected {tuple(like.shape)}")
    return value.to(like.device)


def _plain(record: Progress) -> list[Any]:
    """Return the numbers of a record; what is not finite as text, which JSON has no number for."""
    values = [getattr(record, name) for name in (*_NUMBERS, "is_last")]
    return [str(value) if isinstance(value, float) and not math.isfinite(value) else value for value in values]


def _record(name: str, values: Sequence[Any]) -> Progress:
    """Return the record of a fit of which these are the numbers."""
    numbers: list[Any]
    *numbers, is_last = (float(value) if isinstance(value, str) else value for value in values)
    known: dict[str, Any] = dict(zip(_NUMBERS, numbers, strict=True))
    return Progress(fit=name, is_last=bool(is_last), **known)
