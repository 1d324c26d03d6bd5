"""The forecaster: a checkpoint at work, and how the data that it is given are read."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from os import PathLike
from typing import TYPE_CHECKING, TypeAlias, Unpack

import numpy as np
import pandas as pd

from rnncast import checkpoint, holidays, measuring, parted
from rnncast.bounds import BoundsSettings
from rnncast.checkpoint import Checkpoint
from rnncast.columns import Columns
from rnncast.config import Config, DataConfig, RunConfig
from rnncast.diagnosing import Diagnosis, diagnose
from rnncast.errors import DataError, RnncastError, UsageError
from rnncast.evaluation import Scores, Wanted, backtest, plan_origins
from rnncast.following import Follower
from rnncast.forecasting import Predictor, forecast, forecasts
from rnncast.frequency import to_stamps
from rnncast.measuring import Measured
from rnncast.panel import Forecast, Panel
from rnncast.ranks import SOLO, Ranks
from rnncast.reading import Ahead as Known
from rnncast.reading import Reading, Words, panel_from_frame, read_panel, to_pandas, with_future
from rnncast.rendering import views
from rnncast.rendering.frames import Frame, frame, of_kind
from rnncast.rendering.scores import scores_table
from rnncast.shares import WHOLE, Share
from rnncast.zones import aware

if TYPE_CHECKING:
    from narwhals.typing import IntoDataFrame, IntoSeries

Path = str | PathLike[str]
Data: TypeAlias = "IntoDataFrame | IntoSeries | Path | Sequence[Path] | Reading"
Ahead: TypeAlias = "IntoDataFrame | Path"


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Forecaster:
    """A trained forecaster: a checkpoint, where it computes, and the library whose data frames it was trained on."""

    checkpoint: Checkpoint
    run: RunConfig = field(default_factory=RunConfig)
    kind: str = "pandas"

    def __repr__(self) -> str:
        from rnncast.markup import notebook  # it loads what draws charts, which most of what is done needs not

        return f"<Forecaster: {notebook.line(self.checkpoint)}>"

    def _repr_html_(self) -> str:
        """Return what a notebook shows: a summary, and a chart of the first series' forecast."""
        from rnncast.markup import notebook

        own = self.own()
        try:
            shown: Forecast | str = self.forecast(replace(own, panel=own.panel.only(np.arange(1))))
        except RnncastError as error:
            shown = error.message
        return notebook.card(self.checkpoint, shown)

    @property
    def config(self) -> Config:
        """Return the settings of the training run, resolved."""
        return self.checkpoint.config

    @property
    def horizon(self) -> int:
        """Return the steps that it was trained to forecast."""
        return self.checkpoint.config.window.horizon or 1

    def forecast(
        self,
        data: Data | None = None,
        horizon: int | None = None,
        future: Ahead | None = None,
        **bounds: Unpack[BoundsSettings],
    ) -> Forecast:
        """Return `forecasts` of all series in one."""
        return forecast(*self._asked(data, horizon, future, **bounds))

    def forecasts(
        self,
        data: Data | None = None,
        horizon: int | None = None,
        future: Ahead | None = None,
        share: Share = WHOLE,
        **bounds: Unpack[BoundsSettings],
    ) -> Iterator[Forecast]:
        """Forecast from the end of `data`, or of what it was trained on, and yield some series after the other.

        Args:
            data: a data frame of pandas, polars or pyarrow, or paths; None is the data of the training run.
            horizon: steps; default as trained. Beyond that it goes on from its own median.
            future: a table with the future covariates of the steps ahead.
            share: which of the series are this process's, where several forecast them.
            bounds: `minimum`, `maximum` and `integer`, instead of those of the training run.

        Raises:
            DataError: data that do not fit the checkpoint.
            UsageError: bounds that leave nothing.
        """
        return forecasts(*self._asked(data, horizon, future, **bounds), share=share)

    def _asked(
        self, data: Data | None, horizon: int | None, future: Ahead | None, **bounds: Unpack[BoundsSettings]
    ) -> tuple[Predictor, Panel, int, Known | None]:
        """Return what forecasts, what is forecast, how far, and what is known of it."""
        kept = replace(self.checkpoint.config.bounds, **bounds)
        reading = self._reading(data, future)
        predictor = replace(self.predictor("final", reading.panel.num_series), bounds=kept)
        steps = self.horizon if horizon is None else horizon
        panel = holidays.reaching(reading.panel, self.checkpoint.config.data.holidays, steps)
        return predictor, panel, steps, reading.ahead

    def follower(self, horizon: int | None = None, **bounds: Unpack[BoundsSettings]) -> Follower:
        """Return what forecasts after each row of a stream.

        Args:
            horizon: steps; default as trained.
            bounds: `minimum`, `maximum` and `integer`, instead of those of the training run.

        Raises:
            UsageError: the checkpoint needs to know what a row does not tell, or bounds that leave nothing.
        """
        kept = replace(self.checkpoint.config.bounds, **bounds)
        predictor = replace(self.predictor("final", 1), bounds=kept)
        return Follower(predictor, self.checkpoint, self.horizon if horizon is None else horizon)

    def _reading(self, data: Data | None, future: Ahead | None) -> Reading:
        return self.own(future) if data is None else self.read(data, future)

    def predict(
        self,
        data: Data | None = None,
        horizon: int | None = None,
        future: Ahead | None = None,
        levels: Sequence[int] = (80, 95),
        **bounds: Unpack[BoundsSettings],
    ) -> Frame:
        """Return `forecast` as a data frame: ids, time, forecast, and an interval for each of `levels` in percent.

        It is of the library that `data`, else the data of the training run, were of; pandas' of files.
        """
        reading = self._reading(data, future)
        found = self.forecast(reading, horizon, **bounds)
        table = frame(views.forecast_table(found, levels))
        time = found.panel.time
        if time.name is not None and time.freq is not None and not time.freq.isdigit():
            ordinals = found.first[:, None] + np.arange(found.horizon)
            stamps = to_stamps(ordinals.ravel(), time)
            table[time.name] = stamps if time.zone is None else aware(stamps, time.zone)
        return of_kind(table, reading.kind)

    def backtest(
        self,
        data: Data | None = None,
        horizon: int | None = None,
        windows: int | None = None,
        stride: int | None = None,
        **measured: Unpack[Measured],
    ) -> Scores:
        """Forecast from several origins in rows that the weights have not learned from, and score that.

        Rows after those of the training run are forecast with the final weights, rows that the
        training run held out with the weights that were fitted without them.

        Args:
            data: a data frame or paths; None is the data of the training run.
            horizon: steps forecast from each origin; default as trained.
            windows: number of origins; default as many as fit.
            stride: steps from one origin to the next; default one horizon.
            measured: `baselines`, the names of those to stand beside the model, the usual ones by default; `levels`,
                central intervals in percent; `standardised`, whether values are less their mean over their standard
                deviation in the training part.

        Raises:
            UsageError: so many origins would reach into rows that were learned from.
            DataError: data that do not fit the checkpoint, or are too short.
        """
        panel = self._own_rows() if data is None else self.read(data).panel
        horizon = self.horizon if horizon is None else horizon
        which, learned = measuring.unlearned(self.checkpoint, panel, horizon)
        plan = plan_origins(panel, learned, horizon, windows, stride)
        name, wanted = self.checkpoint.config.model.model, Wanted(measured.get("baselines"), measured.get("levels", ()))
        scores = backtest(name, self.predictor(which, panel.num_series * plan.windows), panel, plan, wanted)
        if not measured.get("standardised"):
            return scores
        return scores.standardised(*measuring.standards(self.checkpoint, panel, which, plan))

    def glimpse(self, most: int) -> Scores:
        """Return the first series' backtest on the rows that the training run held out, without baselines."""
        own = self.own()
        few = own.panel.only(np.arange(min(most, own.panel.num_series)))
        return self.backtest(replace(own, panel=few), baselines=())

    def diagnose(self, scores: Scores) -> Diagnosis:
        """Say what the errors of the model in a `backtest` are like.

        Raises:
            UsageError: the target is of classes.
        """
        which, _ = measuring.unlearned(self.checkpoint, scores.panel, scores.plan.horizon)
        return diagnose(self.predictor(which, scores.panel.num_series), scores)

    def evaluate(
        self,
        data: Data | None = None,
        horizon: int | None = None,
        windows: int | None = None,
        stride: int | None = None,
        **measured: Unpack[Measured],
    ) -> Frame:
        """Return the scores of `backtest` as a data frame: a row for the model and each baseline."""
        scores, kind = self._scored(data, horizon, windows, stride, **measured)
        return frame(scores_table(scores), kind)

    def predictions(
        self,
        data: Data | None = None,
        horizon: int | None = None,
        windows: int | None = None,
        stride: int | None = None,
        **measured: Unpack[Measured],
    ) -> Frame:
        """Return the forecasts of `backtest` beside what came, as a data frame: see `rendering.predictions`."""
        from rnncast.rendering.predictions import predictions  # it loads what writes Parquet

        scores, kind = self._scored(data, horizon, windows, stride, **measured)
        return of_kind(predictions(scores), kind)

    def _scored(self, data: Data | None, *origins: int | None, **measured: Unpack[Measured]) -> tuple[Scores, str]:
        """Return a `backtest`, and the library whose data frames its results are to be."""
        reading = None if data is None else self.read(data)
        return self.backtest(reading, *origins, **measured), self.kind if reading is None else reading.kind

    def save(self, path: Path) -> None:
        """Write the checkpoint to `path`, whole or not at all."""
        checkpoint.save(os.fspath(path), self.checkpoint)

    def read(self, data: Data, future: Ahead | None = None, ranks: Ranks = SOLO) -> Reading:
        """Read `data` with the columns' roles and the words of the training run; ranks may read a part each.

        Raises:
            DataError: columns or a frequency other than the checkpoint's.
        """
        reading = read(data, self.checkpoint.config.data, future, self.checkpoint.panel.words, ranks)
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
        own = Reading(self.checkpoint.panel, self.checkpoint.config.data, layout="", kind=self.kind)
        return own if future is None else with_future(own, _path_or_frame(future))

    def predictor(self, which: str, num_windows: int) -> Predictor:
        """Return what forecasts with the "final" or the "heldout" weights."""
        networks = self.checkpoint.casting(which, self.run, num_windows)
        kept, config = self.checkpoint, self.checkpoint.config
        return Predictor(networks, config.window.transform == "log", kept.blend, config.bounds, kept.regression)

    def _own_rows(self) -> Panel:
        if self.checkpoint.is_whole:
            return self.checkpoint.panel
        raise UsageError(
            "the checkpoint holds only the last rows of its data, too few to evaluate on.",
            "Name the data: rnncast evaluate DATA.",
        )


def read(
    data: Data,
    config: DataConfig,
    future: Ahead | None = None,
    words: Words | None = None,
    ranks: Ranks = SOLO,
) -> Reading:
    """Read a data frame, a path or several paths as a panel; what has been read stays as it is.

    `words` are those of the categorical columns, where they are known already. Of several files `ranks` may read a
    part each, and have the whole panel all of them.
    """
    if isinstance(data, Reading):
        return data
    ahead = None if future is None else _path_or_frame(future)
    if not isinstance(data, str | PathLike | Sequence):
        if isinstance(ahead, str):
            raise UsageError("the data are a data frame and the future data are not.", "Give both in one kind.")
        table, kind = to_pandas(data)
        return replace(panel_from_frame(table, config, extra_future=ahead, words=words), kind=kind)
    if not isinstance(ahead, str | None):
        raise UsageError("the future data are a data frame and the data are not.", "Give both in one kind.")
    paths = [os.fspath(path) for path in ([data] if isinstance(data, str | PathLike) else data)]
    joined = parted.read(paths, config, ranks) if ahead is None and not words else None
    return joined or read_panel(paths, config, ahead, words)


def _path_or_frame(future: Ahead) -> str | pd.DataFrame:
    return os.fspath(future) if isinstance(future, str | PathLike) else to_pandas(future)[0]
