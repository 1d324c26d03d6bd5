"""What the measurements share: rnncast as a user runs it, timed, and its forecasts as arrays.

Axes: N series, H horizon.
"""

import csv
import io
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import NamedTuple, Self

import numpy as np
import pandas as pd

from bench.measuring import Run, rnncast
from rnncast.panel import FloatArray

CHECKPOINT = "rnncast.safetensors"

LEVELS = (20, 40, 60, 80)
"""Intervals that make the nine deciles, the forecast being the fifth."""


class Setting(NamedTuple):
    """Says how everything is trained: the seed, and options beside it, none for the defaults."""

    seed: int
    options: tuple[str, ...] = ()


class Measured(NamedTuple):
    """Holds scores by name, and what all processes took together: seconds and seconds of CPU."""

    scores: dict[str, float]
    seconds: float
    cpu: float


class Forecasts(NamedTuple):
    """Holds what `rnncast predict` printed: the forecast [N, H] and the deciles [N, H, 9]."""

    point: FloatArray
    deciles: FloatArray


class Program:
    """Runs rnncast in a folder of its own and sums up what it takes; leaving the context removes the folder."""

    def __init__(self, setting: Setting) -> None:
        self.setting = setting
        self.seconds = self.cpu = self.peak = 0.0
        self._temporary = TemporaryDirectory()
        self.folder = Path(self._temporary.name)

    def __enter__(self) -> Self:
        """Return the program."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Remove the folder."""
        self._temporary.cleanup()

    def train(self, data: str, *options: str) -> dict[str, dict[str, float]]:
        """Train, and return what was printed on the held-out rows: metrics by model, the network first."""
        common = ("--seed", str(self.setting.seed), "--format", "csv")
        done = self._run("train", data, *common, *self.setting.options, *options)
        rows = list(csv.DictReader(io.StringIO(done.output)))
        return {row.pop("model"): {key: float(text or "nan") for key, text in row.items()} for row in rows}

    def predict(self, ids: Sequence[str] | None = None) -> Forecasts:
        """Return the forecasts of the series called `ids`, in that order; None is the one series there is."""
        return self._forecasts((), ids)

    def untrained(self, data: str, *options: str, ids: Sequence[str] | None = None) -> Forecasts:
        """Return the embedded model's forecasts of the series called `ids`, or of the one there is."""
        return self._forecasts((data, "--checkpoint", "default", *options), ids)

    def _forecasts(self, arguments: Sequence[str], ids: Sequence[str] | None) -> Forecasts:
        self._run("predict", *arguments, "--levels", ",".join(map(str, LEVELS)), "-o", "forecast.csv")
        return read_forecasts(self.folder / "forecast.csv", ids)

    def measured(self, scores: dict[str, float]) -> Measured:
        """Return scores beside what they took."""
        return Measured(scores, self.seconds, self.cpu)

    def _run(self, *arguments: str) -> Run:
        done = rnncast(*arguments, folder=self.folder)
        self.seconds += done.seconds
        self.cpu += done.cpu
        self.peak = max(self.peak, done.peak)
        return done


def read_forecasts(path: Path, ids: Sequence[str] | None) -> Forecasts:
    """Read a table of forecasts, in which the series come one after the other, in the order of `ids`."""
    table = pd.read_csv(path, dtype={0: str})
    names = [f"lo-{level}" for level in reversed(LEVELS)] + ["forecast"] + [f"hi-{level}" for level in LEVELS]
    values = table[names].to_numpy(dtype=np.float64)  # [N H, 9]
    series = np.zeros(1, dtype=np.str_) if ids is None else table.iloc[:, 0].unique()
    position = {name: number for number, name in enumerate(series)}
    order = [0] if ids is None else [position[name] for name in ids]
    values = values.reshape(len(series), -1, len(names))[order]  # [N, H, 9]
    return Forecasts(values[..., len(LEVELS)], values)
