"""The engine: train, load, compare, tune; what Python users and the commands both call."""

from __future__ import annotations

import os
from collections.abc import Generator, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar, Unpack

from rnncast import __version__, checkpoint, embedded, holdout, measuring, registry
from rnncast.checkpoint import Checkpoint
from rnncast.config import Config, ModelConfig, RunConfig, Settings
from rnncast.errors import UsageError
from rnncast.exported import Exported
from rnncast.fits import Progress
from rnncast.forecaster import Ahead, Data, Forecaster, Path, read
from rnncast.horizons import default_horizon
from rnncast.ranks import SOLO, Ranks
from rnncast.reading import Reading, as_classes
from rnncast.rendering.frames import Frame, frame

if TYPE_CHECKING:
    from rnncast.comparing import Asked
    from rnncast.tuning import Trials

__all__ = [
    "Ahead",
    "Data",
    "Forecaster",
    "Path",
    "about",
    "compare",
    "load",
    "prepared",
    "read",
    "source",
    "train",
    "tune",
    "untrained",
    "untrained_before",
]

Start: TypeAlias = "Forecaster | str | None"
Result = TypeVar("Result")


def train(data: Data, start: Start = None, **settings: Unpack[Settings]) -> Forecaster:
    """Train a forecaster on a data frame or on files, with every setting that is not given told from the data.

    The end of every series is held out, the fit is measured on it next to the baselines, and then all
    rows are fitted: see `Forecaster.checkpoint.report`. With `start` the networks begin with its weights, a
    third of its learning rate and half of its steps, unless they are given: fine-tuning. "default" is the
    embedded model.

    Raises:
        DataError: data that cannot be used.
        UsageError: settings that do not fit.
        RunError: training failed.
    """
    config = Config.of(settings)
    reading, resolved, known = prepared(data, config, start)
    return Forecaster(_finished(holdout.run(reading, resolved, known)), config.run, reading.kind)


def prepared(
    data: Data, config: Config, start: Start, ranks: Ranks = SOLO
) -> tuple[Reading, Config, Checkpoint | None]:
    """Return what `holdout.run` takes; with a checkpoint to start from, the data are read with its columns' roles."""
    if isinstance(start, Forecaster):
        return start.read(data, ranks=ranks), config, start.checkpoint
    if start is None:
        reading = read(data, config.data, ranks=ranks)
        is_asked = config.training.loss in registry.CLASS_HEADS and not reading.panel.classes
        return as_classes(reading) if is_asked else reading, config, None
    if start != registry.EMBEDDED:
        raise UsageError(
            f"there is no model '{start}' to start from.", f"Load a checkpoint, or say '{registry.EMBEDDED}'."
        )
    return read(data, config.data, ranks=ranks), _pretrained(config), None


def untrained(data: Data, future: Ahead | None = None, **settings: Unpack[Settings]) -> Forecaster:
    """Return the embedded model as a forecaster of `data`, at once: its weights are taken as they are.

    Past origins of the data say how much of its forecast is mixed with the statistical anchor's, and how wide
    the intervals are. With `test` rows they know nothing of those, which can then be evaluated.

    Raises:
        DataError: data that cannot be used.
        UsageError: settings that do not fit.
    """
    asked = Config.of({"test": 0, "anchor": "combined", **settings, "max_steps": 0})
    reading = read(data, asked.data, future)
    return Forecaster(_finished(holdout.run(reading, _pretrained(asked))), asked.run, reading.kind)


def untrained_before(data: Data, windows: int | None, stride: int | None, **settings: Unpack[Settings]) -> Forecaster:
    """Return `untrained` of a forecaster that knows nothing of the rows that `Forecaster.backtest` is to measure on.

    Raises:
        DataError: data that cannot be used.
        UsageError: settings that do not fit.
    """
    reading = read(data, Config.of(settings).data)
    steps = settings.get("horizon") or default_horizon(reading.panel)
    settings["horizon"], settings["test"] = steps, measuring.measured_rows(reading.panel, steps, windows, stride)
    return untrained(reading, **settings)


def compare(data: Data, asked: Asked | None = None, **settings: Unpack[Settings]) -> Frame:
    """Return a row for each model and baseline, the best first, all measured from the same origins.

    Raises:
        DataError: data that cannot be used.
        UsageError: settings that do not fit.
        RunError: training failed.
    """
    from rnncast import comparing, keeping  # they load torch, as `tuning` does, which most of what is done needs not
    from rnncast.rendering.leaderboard import leaderboard_table

    reading, config, _ = prepared(data, Config.of(settings), None)
    board = _finished(comparing.compare(reading, config, asked or comparing.Asked(), keeping.Keep(None)))
    return frame(leaderboard_table(board, {}), reading.kind)


def tune(data: Data, asked: Trials | None = None, **settings: Unpack[Settings]) -> tuple[Forecaster, Frame]:
    """Search the settings that are not given; return a forecaster of the best ones, and a row for each trial.

    Raises:
        DataError: data that cannot be used.
        DeviceError: the extra `tune` is not there.
        UsageError: settings that do not fit, or nothing to search.
        RunError: training failed.
    """
    from rnncast import tuning
    from rnncast.rendering.trials import trials_table

    reading, config, _ = prepared(data, Config.of(settings), None)
    found = _finished(tuning.search(reading, settings, asked or tuning.Trials()))
    fit, _ = _finished(tuning.conclude(reading, settings, found))
    return Forecaster(fit, config.run, reading.kind), frame(trials_table(found, {}), reading.kind)


def _pretrained(config: Config) -> Config:
    """Return the configuration with the embedded model.

    Raises:
        UsageError: another model is asked for.
    """
    if config.model.model not in (ModelConfig().model, embedded.MODEL):
        raise UsageError(f"the embedded model is no {config.model.model}.", "Leave --model out.")
    return config.with_settings({"model": embedded.MODEL})


def _finished(running: Generator[Progress, None, Result]) -> Result:
    """Run to the end and return what is returned there."""
    while True:
        try:
            next(running)
        except StopIteration as done:
            result: Result = done.value
            return result


def load(path: Path, run: RunConfig | None = None) -> Forecaster:
    """Read a checkpoint; this can run no code.

    Raises:
        CheckpointError: there is none, or it is damaged.
    """
    return Forecaster(checkpoint.load(os.fspath(path)), run or RunConfig())


def source(data: Sequence[str]) -> dict[str, Any]:
    """Return what a result is about, for machines: the names as typed."""
    return {"version": __version__, "data": list(data)}


def about(forecaster: Forecaster | Exported, path: str, data: Sequence[str] = ()) -> dict[str, Any]:
    """Return how a result was made, for machines: `path` is the checkpoint's, as typed."""
    config = forecaster.config
    return {
        **source(data),
        "model": config.model.model,
        "checkpoint": path,
        "horizon": config.window.horizon,
        "frequency": config.data.freq,
    }
