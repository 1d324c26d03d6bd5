"""An exported model at work: an ONNX file, see `manifest`, run by onnxruntime without torch."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Unpack

import numpy as np

from rnncast import holidays, process, sealed
from rnncast.bounds import BoundsSettings
from rnncast.columns import Columns
from rnncast.config import Config
from rnncast.errors import CheckpointError, DataError, RunError, UsageError
from rnncast.forecasting import anchor_forecasts
from rnncast.manifest import MISSING, About, parse
from rnncast.packing import Array
from rnncast.panel import Forecast, IntArray, Panel
from rnncast.reading import Reading, check_ahead, read_panel
from rnncast.shares import WHOLE, Share

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

REMEDY = "Give the file that 'rnncast export' wrote, or export again."

NUMBERS = 2**22
"""Numbers of histories that a graph reads at once, about."""


@dataclass(frozen=True, slots=True, eq=False)
class Exported:
    """An exported model, as `forecaster.Forecaster` stands for a checkpoint."""

    about: About
    session: "InferenceSession"

    @property
    def horizon(self) -> int:
        """Return the steps that it forecasts."""
        return self.about.horizon

    @property
    def config(self) -> Config:
        """Return the settings of the training run."""
        return self.about.config

    def read(self, data: Sequence[str], future: str | None = None) -> Reading:
        """Read `data` with the columns' roles and the words of the training run.

        Raises:
            DataError: columns other than those that were trained on.
        """
        reading = read_panel(list(data), self.config.data, future, self.about.words)
        if Columns.of(reading.panel) != self.about.columns:
            raise DataError(
                f"{', '.join(reading.sources)} has other columns than the model was trained on.",
                f"It was trained on {', '.join(self.about.target_names)}.",
            )
        return reading

    def forecasts(
        self,
        reading: Reading,
        horizon: int | None = None,
        share: Share = WHOLE,
        **bounds: Unpack[BoundsSettings],
    ) -> Iterator[Forecast]:
        """Forecast from the end of every series, and yield some series after the other, as `share` says.

        Raises:
            DataError: future covariates that are read and do not reach so far.
            UsageError: bounds, or more steps than the graph has.
        """
        steps = self.horizon if horizon is None else horizon
        if steps > self.horizon:
            raise UsageError(
                f"the exported model forecasts {self.horizon} steps, not {steps}.",
                f"Export it for more: rnncast export FILE.onnx --horizon {steps}.",
            )
        if bounds:
            raise UsageError(
                f"{next(iter(bounds))} is given, and the exported model has bounds of its own.",
                "Give --min, --max and --integer to 'rnncast export'.",
            )
        panel = holidays.reaching(reading.panel, self.config.data.holidays, self.horizon)
        if "future" in self.about.inputs:
            check_ahead(panel, self.horizon, reading.ahead)
        return share.over(panel, partial(self._forecast, steps))

    def _forecast(self, steps: int, panel: Panel) -> Forecast:
        point, quantiles = run(self.session, self.about, panel)
        return Forecast(
            point=point[:, :steps],
            quantiles=quantiles[:, :steps],
            quantile_levels=self.about.levels,
            first=panel.start + panel.lengths,
            panel=panel,
            bounds=self.config.bounds,
        )


def load(path: str) -> Exported:
    """Read an exported model.

    Raises:
        CheckpointError: there is none, it is damaged, or a newer rnncast wrote it.
        DeviceError: the extra `export` is not there.
    """
    data = sealed.content(path)
    try:
        about = parse(data)
        return Exported(about, start(data))
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError, UsageError) as error:
        what = " ".join(str(error).split())[:200]
        raise CheckpointError(f"{path} is no model that rnncast can run: {what}", REMEDY) from error


def start(data: bytes) -> "InferenceSession":
    """Return what runs a model.

    Raises:
        DeviceError: the extra `export` is not there.
        ValueError: onnxruntime refuses it.
    """
    process.forbid_telemetry()
    try:
        import onnxruntime
    except ImportError as error:
        raise MISSING from error
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3  # errors
    options.intra_op_num_threads = process.granted_threads()
    try:
        return onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # what it raises has no name that is promised
        raise ValueError(str(error)) from error


def run(session: "InferenceSession", about: About, panel: Panel) -> tuple[Array, Array]:
    """Return point [N, H, C] and quantiles [N, H, C, Q] after the end of every series.

    Raises:
        RunError: it fails, for want of memory or because it is damaged.
    """
    read, found = feed(panel, about), list[Sequence[Array]]()
    size = max(1, NUMBERS // read["values"][0].size)
    for first in range(0, panel.num_series, size):
        try:
            found.append(session.run(None, {name: part[first : first + size] for name, part in read.items()}))
        except Exception as error:  # as above
            raise RunError(f"onnxruntime could not run the model: {' '.join(str(error).split())[:200]}") from error
    point, *more = (np.concatenate(parts) for parts in zip(*found, strict=True))
    return point, more[0] if more else np.empty((*point.shape, 0))


def feed(panel: Panel, about: About) -> dict[str, Array]:
    """Return what a graph reads of a panel, whose series are laid side by side and end together."""
    steps = np.arange(-int(panel.lengths.max()), 0) + panel.lengths[:, None]  # [N, T], negative before the first
    rows = panel.offsets[:, None] + np.maximum(steps, 0)
    seen = panel.observed[rows] & (steps >= 0)[..., None]  # [N, T, C]
    found: dict[str, Array] = {"values": np.where(seen, panel.values[rows], np.nan)}
    for name in about.inputs[1:]:
        found[name] = _beside(name, panel, rows, about)
    return found


def _beside(name: str, panel: Panel, rows: IntArray, about: About) -> Array:
    """Return what a graph reads beside the values in some `rows` [N, T]."""
    match name:
        case "origin":
            return panel.start + panel.lengths - 1
        case "series":
            return _numbers(panel, about.ids)
        case "past":
            return panel.past_covariates[rows]
        case "future":
            ahead = np.arange(-rows.shape[1], about.horizon) + panel.lengths[:, None]  # [N, T + H]
            return panel.future_covariates[
                panel.future_offsets[:, None] + np.clip(ahead, 0, panel.future_lengths[:, None] - 1)
            ]
        case "static":
            return panel.static_covariates
        case _:
            ends = panel.lengths[:, None] - 1
            return anchor_forecasts(str(about.anchor), panel, ends, about.horizon, about.trained)[:, 0]


def _numbers(panel: Panel, ids: Collection[Sequence[str]]) -> IntArray:
    """Return the number of each series among those trained on, and their count for all others."""
    places = {tuple(names): place for place, names in enumerate(ids)}
    return np.array([places.get(tuple(names), len(places)) for names in panel.ids.tolist()], dtype=np.int64)
