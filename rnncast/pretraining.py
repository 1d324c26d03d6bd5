"""Pretraining: the embedded network, fitted to made-up series alone, in pieces of any length."""

import hashlib
import json
import math
import os
import time
from collections.abc import Generator, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from rnncast import device, embedded, process, registry, sealed, selection
from rnncast.building import build
from rnncast.columns import Columns
from rnncast.config import Config
from rnncast.embedded import Embedded
from rnncast.errors import CheckpointError, UsageError
from rnncast.evaluation import backtest, plan_origins
from rnncast.fits import Progress
from rnncast.forecasting import Predictor
from rnncast.lessons import Course, Lesson, lesson
from rnncast.network import Network
from rnncast.optimizers import Optimizer
from rnncast.packing import Array
from rnncast.panel import Panel
from rnncast.schedules import learning_rate
from rnncast.sealed import Sealed
from rnncast.shapes import LARGEST_HORIZON
from rnncast.training import Averaged

STATE_VERSION = 1

DECAY = 0.999
"""Of the weights' moving average."""

JUDGED = 24
"""Lessons that judge the average weights; no step learns from them."""

REPORT, KEEP, TIDY = 100, 1000, 20
"""Steps from one record of progress to the next, from one kept state to the next, and until memory is tidied."""

WINDOWS = 3
"""Origins of a series at which the weights are measured on real data."""

MOMENTS = ("exp_avg", "exp_avg_sq")
"""What AdamW remembers of each weight."""

ALONE = Columns(targets=1, past=0, future=0, static=0, phases=0)


@dataclass(slots=True, eq=False)
class Pupil:
    """Holds what changes while the network learns, and can be put aside.

    Attributes:
        network: as it is after `step` steps.
        seconds: spent so far, by all runs together.
    """

    network: Network
    optimizer: Optimizer
    averaged: Averaged
    step: int = 0
    seconds: float = 0.0

    @classmethod
    def new(cls, config: Config, where: torch.device) -> "Pupil":
        """Return a pupil that knows nothing, with weights from the configuration's seed."""
        torch.manual_seed(config.training.seed)
        network = build(config, ALONE, np.zeros((1, 0), dtype=np.str_)).to(where)
        network.half_precision = config.run.precision == "bf16"
        optimizer = registry.OPTIMIZERS["adamw"].load()(network.parameters(), config.training)
        return cls(network, optimizer, Averaged(network, DECAY))

    def begin_with(self, weights: Mapping[str, Array]) -> None:
        """Let the network, and the average, have other weights.

        Raises:
            UsageError: they are those of a network of other sizes.
        """
        try:
            self.network.take(weights)
        except RuntimeError as error:
            raise UsageError(
                "the model to begin with has weights of other sizes than were asked for.",
                "Give the --hidden-size, --layers and --option that it was made with.",
            ) from error
        self.averaged = Averaged(self.network, DECAY)

    def learn(self, read: Lesson) -> tuple[Tensor, Tensor]:
        """Take one step on a lesson; return its loss and the gradient's norm before clipping."""
        network = self.network.viewing(read.shape)
        network.zero_grad(set_to_none=True)
        loss = network.loss(read.batch)
        loss.backward()  # type: ignore[no-untyped-call]
        norm = torch.nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
        if torch.isfinite(norm):  # one batch without a finite loss must not cost the weights
            self.optimizer.step()
        self.step += 1
        self.averaged.update(self.step)
        return loss.detach(), norm

    def average(self) -> dict[str, Array]:
        """Return the averaged weights."""
        self.averaged.swap()
        weights = self.network.weights
        self.averaged.swap()
        return weights

    @torch.no_grad()
    def judge(self, course: Course) -> float:
        """Return the mean loss of the averaged weights on lessons that are never learned from."""
        self.averaged.swap()
        losses = []
        for number in range(JUDGED):
            read = lesson(replace(course, seed=-1), self.network.shape, number, self.network.static_loc.device)
            losses.append(self.network.viewing(read.shape).loss(read.batch, last_only=True).clamp(max=20.0))
        self.averaged.swap()
        return float(torch.stack(losses).mean())

    def put_aside(self, path: str, header: Mapping[str, Any]) -> None:
        """Write everything to a file.

        Raises:
            OutputError: it cannot be written.
        """
        tensors = {f"weights/{name}": value for name, value in self.network.state_dict().items()}
        for number, (weight, average) in enumerate(zip(self.network.parameters(), self.averaged.values, strict=True)):
            tensors[f"average/{number}"] = average
            tensors |= {f"{moment}/{number}": self.optimizer.state[weight][moment] for moment in MOMENTS}
        whole = {**header, "format_version": STATE_VERSION, "step": self.step, "seconds": self.seconds}
        sealed.write(path, Sealed(whole, {name: value.detach().cpu().numpy() for name, value in tensors.items()}))

    def take_up(self, path: str, header: Mapping[str, Any]) -> None:
        """Go on from a file.

        Raises:
            CheckpointError: it is damaged, or was begun with other settings than `header` says.
        """
        found = sealed.read(path, STATE_VERSION)
        if {name: found.header.get(name) for name in header} != dict(header):
            raise CheckpointError(
                f"{path} was begun with other settings.", "Give the same ones to go on, or remove it to begin anew."
            )
        where = self.network.static_loc.device
        tensors = {name: torch.from_numpy(array.copy()).to(where) for name, array in found.tensors.items()}
        try:
            weights = {name: tensors[f"weights/{name}"] for name in self.network.state_dict()}
            self.network.load_state_dict(weights)
            self.step, self.seconds = int(found.header["step"]), float(found.header["seconds"])
            for number, weight in enumerate(self.network.parameters()):
                self.averaged.values[number].copy_(tensors[f"average/{number}"])
                moments = {moment: tensors[f"{moment}/{number}"].reshape(weight.shape) for moment in MOMENTS}
                self.optimizer.state[weight] = {"step": torch.tensor(float(self.step), device=where), **moments}
        except (KeyError, RuntimeError, ValueError) as error:
            raise CheckpointError(f"{path} does not hold what it should.", "Remove it to begin anew.") from error


def configured(asked: Config) -> Config:
    """Return the settings of the network that is embedded, with what was asked for."""
    default = {
        "horizon": LARGEST_HORIZON,
        "context_length": selection.FOLDED_STEPS,
        "segment_length": 1,
        "num_lags": selection.FOLDED_LAGS,
        "guess_season": 0,
        "season_length": (1,),
        "scaling": "causal",
        "hidden_size": 128,
        "num_layers": 2,
        "dropout": 0.0,
        "learning_rate": 3e-3,
        "max_steps": 15_000,
    }
    return asked.filled(default).with_settings({"model": "folding", "warmup": 0.03})


def run(
    config: Config, course: Course, path: str, panels: Mapping[str, Panel], start: Embedded | None = None
) -> Generator[Progress, None, Embedded]:
    """Pretrain, or go on where the last run stopped; write the embedded model to `path`, and yield progress.

    A run that reaches its time limit leaves its state beside the path, from which the next goes on.

    Args:
        config: as `configured` gives it; `time_limit` is of this piece.
        course: what is learned from.
        path: of the embedded model.
        panels: real series, by name, on which the weights are measured; nothing is learned or chosen by them.
        start: a model whose weights the course begins with.

    Raises:
        CheckpointError: the state of the last run is damaged, or was begun with other settings.
        OutputError: a file cannot be written.
        UsageError: the path has a model that is finished, or another one; weights that do not fit the settings.
    """
    pupil, state = Pupil.new(config, device.choose(config.run)), f"{path}.state"
    header = _header(config, course, start)
    if start is not None:
        pupil.begin_with(start.weights)
    if os.path.exists(state):
        pupil.take_up(state, header)
    elif os.path.exists(path):
        raise UsageError(f"{path} is there, and no {state} to go on from.", "Remove it to begin anew.")
    device.use_threads(config.run, course.rows * pupil.network.num_weights)
    for progress in _learn(pupil, config, course):
        yield progress
        if progress.step % KEEP == 0:
            pupil.put_aside(state, header)
    pupil.put_aside(state, header)
    model = Embedded(embedded.needed(config), pupil.average(), {})
    scores = {name: measured(model, panel) for name, panel in panels.items()}
    report = {"steps": pupil.step, "seconds": round(pupil.seconds), "course": header["course"], "scores": scores}
    embedded.save(path, model._replace(report=report))
    if pupil.step == config.training.max_steps:
        with suppress(FileNotFoundError):
            os.remove(state)
    return model._replace(report=report)


def _header(config: Config, course: Course, start: Embedded | None) -> dict[str, Any]:
    """Return what a state must have been begun with, as JSON gives it back."""
    begun = {
        "config": config.with_settings({"time_limit": None}).to_dict(),
        "course": asdict(course),
        "start": start and _digest(start.weights),
    }
    plain: dict[str, Any] = json.loads(json.dumps(begun))
    return plain


def _digest(weights: Mapping[str, Array]) -> str:
    """Return the SHA-256 of weights in the order of their names."""
    digest = hashlib.sha256()
    for name in sorted(weights):
        digest.update(weights[name].tobytes())
    return digest.hexdigest()


def _learn(pupil: Pupil, config: Config, course: Course) -> Generator[Progress, None, None]:
    """Take the steps that are left, as far as time allows, yielding progress."""
    training, began, before = config.training, time.perf_counter(), pupil.seconds
    total, limit = training.max_steps or 1, training.time_limit or math.inf
    seen: list[Tensor] = []
    while pupil.step < total and time.perf_counter() - began < limit:
        pupil.optimizer.rate = learning_rate(training, pupil.step / total)
        read = lesson(course, pupil.network.shape, pupil.step, pupil.network.static_loc.device)
        seen.append(torch.stack(pupil.learn(read)))
        pupil.seconds = before + time.perf_counter() - began
        if pupil.step % TIDY == 0:
            process.give_back_memory()
        if pupil.step % REPORT == 0 or pupil.step == total:
            loss, norm = torch.stack(seen).nanmedian(dim=0).values.tolist()
            yield Progress(
                fit="pretraining",
                step=pupil.step,
                total_steps=total,
                loss=loss,
                validation=pupil.judge(course) if pupil.step % KEEP == 0 or pupil.step == total else None,
                learning_rate=pupil.optimizer.rate,
                gradient_norm=norm,
                seconds=pupil.seconds,
            )
            seen.clear()


def measured(model: Embedded, panel: Panel) -> dict[str, dict[str, float | None]]:
    """Return the scores of the weights as they are and of the baselines, from the last origins of real series."""
    settings = {name: value for name, value in model.settings.items() if name != "model"}
    config = selection.resolve(Config.of({**settings, "model": "folding", "test": 0, "validation": 0}), panel)[0]
    network = build(config, Columns.of(panel), panel.ids)
    network.take(model.weights)
    horizon = config.window.horizon or 1
    plan = plan_origins(panel, np.zeros_like(panel.lengths), horizon, WINDOWS)
    scores = backtest("pretrained", Predictor([network], config.window.transform == "log"), panel, plan)
    return scores.plain()
