"""The engine: train, load, forecast, evaluate; what Python users and the commands both call."""

import os
import platform
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from os import PathLike
from typing import Any, TypedDict, Unpack

import numpy as np
import pandas as pd
import torch

from rnncast import __version__, checkpoint, device, packing, selection
from rnncast.checkpoint import Checkpoint
from rnncast.config import Config, DataConfig, RunConfig
from rnncast.ensemble import fit_members
from rnncast.errors import DataError, UsageError
from rnncast.evaluation import Plan, Scores, backtest, learned_rows
from rnncast.forecasting import forecast
from rnncast.frequency import format_stamps
from rnncast.network import Columns, Network, num_weights
from rnncast.panel import Forecast, IntArray, Panel
from rnncast.reading import Reading, panel_from_frame, panel_with_future, read_panel
from rnncast.rendering import views
from rnncast.training import Fit, Progress

Path = str | PathLike[str]
Data = pd.DataFrame | Path | Sequence[Path] | Reading
Ahead = pd.DataFrame | Path


class Settings(TypedDict, total=False):
    """The settings of `train`; each is described where `config` defines it."""

    target: tuple[str, ...]
    time: str
    id: tuple[str, ...]
    past_covariates: tuple[str, ...]
    future_covariates: tuple[str, ...]
    static_covariates: tuple[str, ...]
    freq: str
    season_length: tuple[int, ...]
    missing: str
    horizon: int
    context_length: int
    segment_length: int
    num_lags: int
    guess_season: int
    transform: str
    channels: str
    model: str
    hidden_size: int
    num_layers: int
    dropout: float
    activation: str
    residual: bool
    attention: bool
    loss: str
    quantiles: tuple[float, ...]
    optimizer: str
    learning_rate: float
    weight_decay: float
    clip_norm: float
    schedule: str
    warmup: float
    max_steps: int
    epochs: int
    patience: int
    time_limit: float
    batch_size: int
    origins: str
    ensemble: int
    seed: int
    test: int
    validation: int
    device: str
    precision: str
    threads: int


@dataclass(frozen=True, slots=True, eq=False)
class Forecaster:
    """A trained forecaster: a checkpoint, and where it computes."""

    checkpoint: Checkpoint
    run: RunConfig = field(default_factory=RunConfig)

    @property
    def horizon(self) -> int:
        """Return the steps that it was trained to forecast."""
        return self.checkpoint.config.window.horizon or 1

    def forecast(self, data: Data | None = None, horizon: int | None = None, future: Ahead | None = None) -> Forecast:
        """Forecast from the end of `data`, or of what it was trained on.

        Args:
            data: a data frame or paths; None is the data of the training run.
            horizon: steps; default as trained. Beyond that it goes on from its own median.
            future: a table with the future covariates of the steps ahead.

        Raises:
            DataError: data that do not fit the checkpoint.
        """
        panel = (self.own(future) if data is None else self.read(data, future)).panel
        horizon = horizon or self.horizon
        _check_ahead(panel, horizon)
        return forecast(self._networks("final", panel.num_series), panel, horizon, self._logarithm)

    def predict(
        self,
        data: Data | None = None,
        horizon: int | None = None,
        future: Ahead | None = None,
        levels: Sequence[int] = (80, 95),
    ) -> pd.DataFrame:
        """Return `forecast` as a data frame: ids, time, forecast, and an interval for each of `levels` in percent."""
        return views.frame(views.forecast_table(self.forecast(data, horizon, future), levels))

    def backtest(
        self,
        data: Data | None = None,
        horizon: int | None = None,
        windows: int | None = None,
        stride: int | None = None,
    ) -> Scores:
        """Forecast from several origins in rows that the weights have not learned from, and score that.

        Rows after those of the training run are forecast with the final weights, rows that the
        training run held out with the weights that were fitted without them.

        Args:
            data: a data frame or paths; None is the data of the training run.
            horizon: steps forecast from each origin; default as trained.
            windows: number of origins; default as many as fit.
            stride: steps from one origin to the next; default one horizon.

        Raises:
            UsageError: so many origins would reach into rows that were learned from.
            DataError: data that do not fit the checkpoint, or are too short.
        """
        panel = self._own_rows() if data is None else self.read(data).panel
        horizon = horizon or self.horizon
        which, learned = self._unlearned(panel, horizon)
        plan = _plan(panel, learned, horizon, windows, stride or horizon)
        name = self.checkpoint.config.model.model
        return backtest(name, self._networks(which, panel.num_series * plan.windows), panel, plan, self._logarithm)

    def evaluate(
        self,
        data: Data | None = None,
        horizon: int | None = None,
        windows: int | None = None,
        stride: int | None = None,
    ) -> pd.DataFrame:
        """Return the scores of `backtest` as a data frame: a row for the model and each baseline."""
        return views.frame(views.scores_table(self.backtest(data, horizon, windows, stride)))

    def save(self, path: Path) -> None:
        """Write the checkpoint to `path`, whole or not at all."""
        checkpoint.save(os.fspath(path), self.checkpoint)

    def read(self, data: Data, future: Ahead | None = None) -> Reading:
        """Read `data` with the columns' roles of the training run.

        Raises:
            DataError: columns or a frequency other than the checkpoint's.
        """
        reading = read(data, self.checkpoint.config.data, future)
        if Columns.of(reading.panel) != self.checkpoint.columns:
            raise DataError(
                f"{', '.join(reading.sources)} has other columns than the checkpoint was trained on.",
                f"It was trained on {', '.join(self.checkpoint.panel.target_names)}.",
            )
        return reading

    def own(self, future: Ahead | None = None) -> Reading:
        """Return the data of the training run, with the future covariates of a table after their end.

        Raises:
            DataError: a table that cannot be used.
            UsageError: there are no future covariates.
        """
        own = Reading(self.checkpoint.panel, self.checkpoint.config.data, layout="")
        if future is None:
            return own
        panel, notes = panel_with_future(own.panel, own.roles, _path(future))
        return replace(own, panel=panel, notes=notes)

    @property
    def _logarithm(self) -> bool:
        return self.checkpoint.config.window.transform == "log"

    def _networks(self, which: str, num_windows: int) -> list[Network]:
        networks = self.checkpoint.networks(which, device.choose(self.run))
        for network in networks:
            device.use_threads(self.run, num_windows * network.shape.num_origins * num_weights(network))
            network.half_precision = self.run.precision == "bf16"
        return networks

    def _own_rows(self) -> Panel:
        if self.checkpoint.is_whole:
            return self.checkpoint.panel
        raise UsageError(
            "the checkpoint holds only the last rows of its data, too few to evaluate on.",
            "Name the data: rnncast evaluate DATA.",
        )

    def _unlearned(self, panel: Panel, horizon: int) -> tuple[str, IntArray]:
        """Return which weights to use, and how many rows of each series [N] they have learned from."""
        final = learned_rows(panel, self.checkpoint.panel, np.zeros_like(self.checkpoint.held_out))
        if (panel.lengths - final).min() >= min(horizon, panel.lengths.min()):
            return "final", final
        return "heldout", learned_rows(panel, self.checkpoint.panel, self.checkpoint.held_out)


def train(data: Data, **settings: Unpack[Settings]) -> Forecaster:
    """Train a forecaster on a data frame or on files, with every setting that is not given told from the data.

    The end of every series is held out, the fit is measured on it next to the baselines, and then all
    rows are fitted: see `Forecaster.checkpoint.report`.

    Raises:
        DataError: data that cannot be used.
        UsageError: settings that do not fit.
        RunError: training failed.
    """
    config = Config.of(settings)
    running = training(read(data, config.data), config)
    while True:
        try:
            next(running)
        except StopIteration as done:
            result: Forecaster = done.value
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


def about(forecaster: Forecaster, path: str, data: Sequence[str] = ()) -> dict[str, Any]:
    """Return how a result was made, for machines: `path` is the checkpoint's, as typed."""
    config = forecaster.checkpoint.config
    return {
        **source(data),
        "model": config.model.model,
        "checkpoint": path,
        "horizon": config.window.horizon,
        "frequency": config.data.freq,
    }


def read(data: Data, config: DataConfig, future: Ahead | None = None) -> Reading:
    """Read a data frame, a path or several paths as a panel; what has been read stays as it is."""
    if isinstance(data, Reading):
        return data
    if isinstance(data, pd.DataFrame):
        if future is not None and not isinstance(future, pd.DataFrame):
            raise UsageError("the data are a data frame and the future data are not.", "Give both in one kind.")
        return panel_from_frame(data, config, extra_future=future)
    if isinstance(future, pd.DataFrame):
        raise UsageError("the future data are a data frame and the data are not.", "Give both in one kind.")
    paths = [data] if isinstance(data, str | PathLike) else data
    return read_panel([os.fspath(path) for path in paths], config, None if future is None else os.fspath(future))


def _path(future: Ahead) -> pd.DataFrame | str:
    return future if isinstance(future, pd.DataFrame) else os.fspath(future)


def training(reading: Reading, config: Config) -> Generator[Progress, None, Forecaster]:
    """Fit without the held-out rows, measure on them, fit on all rows; yield progress on the way.

    Raises:
        DataError: a series is too short.
        UsageError: settings that do not fit the data.
        RunError: training failed.
    """
    panel = reading.panel
    config = selection.resolve(replace(config, data=reading.roles), panel)
    where = device.choose(config.run)
    held_out = selection.holdout(panel.lengths, config.training.test or 0)
    before = panel.truncated(panel.lengths - held_out)
    validation = selection.holdout(before.lengths, config.training.validation or 0)
    judged = before if validation.any() else None
    half = config.with_settings({"time_limit": _share_of_time(config)})
    learned = before.truncated(before.lengths - validation)
    networks, fits = yield from fit_members("held-out", half, learned, judged, (), where)
    report: dict[str, Any] = {"steps": [fit.best_step for fit in fits]}
    if held_out.any():
        plan = Plan(panel.lengths - held_out - 1, 1, int(held_out.max()), config.window.horizon or 1)
        scores = backtest(config.model.model, networks, panel, plan, config.window.transform == "log")
        report["scores"] = views.plain(scores)
    final, refits = yield from fit_members("final", half, panel, None, fits if judged else (), where)
    context = config.window.context_length or 1
    kept, is_whole = packing.tail(panel, context + int(held_out.max()))
    return Forecaster(
        Checkpoint(
            config=config,
            columns=Columns.of(panel),
            heldout=tuple(network.state_dict() for network in networks),
            final=tuple(network.state_dict() for network in final),
            panel=kept,
            held_out=held_out,
            is_whole=is_whole,
            report=report,
            history=[record for one in (*fits, *refits) for record in _history(one)],
            versions={"rnncast": __version__, "torch": torch.__version__, "python": platform.python_version()},
        ),
        config.run,
    )


def _share_of_time(config: Config) -> float | None:
    """Return the seconds that one fit may take: every member is fitted twice."""
    limit = config.training.time_limit
    return limit and limit / 2 / (config.training.ensemble or 1)


def _history(fit: Fit) -> list[Mapping[str, Any]]:
    """Return a fit's records as plain values, without what differs from run to run."""
    return [
        {
            "fit": progress.fit,
            "step": progress.step,
            "loss": progress.loss,
            "validation": progress.validation,
            "learning_rate": progress.learning_rate,
        }
        for progress in fit.history
        if not progress.diverged
    ]


def _plan(panel: Panel, learned: IntArray, horizon: int, windows: int | None, stride: int) -> Plan:
    """Return from which origins to forecast: the last `windows` that rest on no learned row after them."""
    known = np.where(learned > 0, learned, np.maximum(panel.lengths // 2, panel.lengths - 5 * horizon))
    free = int((panel.lengths - known).max())
    if windows is None:
        windows = max(1, (free - horizon) // stride + 1)
    needed = horizon + (windows - 1) * stride
    if needed > free and (windows > 1 or free == 0):
        what = "a window" if windows == 1 else f"{windows} windows"
        raise UsageError(
            f"{what} of {horizon} steps {'needs' if windows == 1 else 'need'} {needed} rows that the weights have not "
            f"learned from, and there are {free or 'none'}.",
            f"Train with --test {needed}, ask for fewer --windows, or give newer rows.",
        )
    return Plan(np.maximum(panel.lengths - needed, np.maximum(known, 1)) - 1, windows, stride, horizon)


def _check_ahead(panel: Panel, horizon: int) -> None:
    """Raise a DataError that names the first stamp whose future covariates are missing."""
    if not panel.future_names:
        return
    short = np.flatnonzero(panel.future_lengths < panel.lengths + horizon)
    if len(short):
        first = short[0]
        stamp = format_stamps(panel.start[first : first + 1] + panel.future_lengths[first], panel.time)[0]
        name = f"series '{'/'.join(panel.ids[first])}'" if panel.id_names else "the series"
        raise DataError(
            f"{name} has no {', '.join(panel.future_names)} at {stamp}, which a forecast of {horizon} steps needs.",
            "Give them with --future-data FILE, or as rows at the end of the data with an empty target.",
        )
