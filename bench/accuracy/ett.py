"""Electricity transformer temperature, all seven columns, by the protocol of the long-horizon papers.

Twelve months to learn from, four to validate, four to test; standardised by the first twelve; a forecast from every
origin whose horizon lies within the test months, the context reaching back before them; squared and absolute error
over all steps, columns and origins.
"""

from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

import rnncast
from bench.accuracy.base import CHECKPOINT, Measured, Program, Setting
from bench.measuring import shared
from rnncast.forecasting import Predictor, predict
from rnncast.panel import IntArray, Panel

CONTEXT = 720
MONTH = 30 * 24

CHUNK = 256
"""Origins forecast from at once."""


class Task(NamedTuple):
    """Names a file, the rows of one hour in it, and the horizon."""

    file: str
    per_hour: int
    horizon: int

    @property
    def test(self) -> int:
        """Return how many rows are tested on, which is as many as validate."""
        return 4 * MONTH * self.per_hour


TASKS = {f"etth1-{horizon}": Task("ETTh1.csv", 1, horizon) for horizon in (96, 192, 336, 720)} | {
    "ettm1-96": Task("ETTm1.csv.gz", 4, 96)
}


def measure(name: str, setting: Setting) -> Measured:
    """Return the errors on the test months; what the forecasts from all their origins take is not counted."""
    task = TASKS[name]
    with Program(setting) as program:
        data = program.folder / "standardised.csv"
        columns = standardise(task, data)
        targets = [option for column in columns for option in ("--target", column)]
        lengths = ("--horizon", str(task.horizon), "--context", str(CONTEXT))
        held_out = ("--test", str(task.test), "--validation", str(task.test))
        program.train(str(data), *targets, *lengths, *held_out)
        return program.measured(score(task, data, program.folder / CHECKPOINT))


def standardise(task: Task, path: Path) -> list[str]:
    """Write the protocol's rows, standardised by those that are learned from; return the names of the columns."""
    learned = 3 * task.test
    table = pd.read_csv(shared(f"ett/{task.file}")).iloc[: learned + 2 * task.test]
    columns = list(table.columns[1:])
    values = table[columns].to_numpy(dtype=np.float64)
    table[columns] = (values - values[:learned].mean(axis=0)) / values[:learned].std(axis=0)
    table.to_csv(path, index=False)
    return columns


def score(task: Task, data: Path, checkpoint: Path) -> dict[str, float]:
    """Return MSE and MAE of the weights that were fitted without the test rows.

    Not through `rnncast evaluate --stride 1`, which makes baselines too.
    """
    forecaster = rnncast.load(checkpoint)
    panel = forecaster.read(data).panel
    predictor = forecaster.predictor("heldout", CHUNK)
    return errors(predictor, panel, origins(int(panel.lengths[0]), task.test, task.horizon), task.horizon)


def origins(rows: int, test: int, horizon: int) -> IntArray:
    """Return the rows after which there is a whole horizon of test rows, the last before them first."""
    return np.arange(rows - test - 1, rows - horizon)


def errors(predictor: Predictor, panel: Panel, ends: IntArray, horizon: int) -> dict[str, float]:
    """Return the mean squared and absolute error of the forecasts from the origins `ends`, chunk by chunk."""
    squared, absolute = [], []
    for chunk in np.array_split(ends, -(-len(ends) // CHUNK)):
        found = predict(predictor, panel, chunk[None], horizon)
        error = found.point[0] - panel.values[chunk[:, None] + np.arange(1, horizon + 1)]  # [B, H, C]
        squared.append((error**2).sum())
        absolute.append(np.abs(error).sum())
    count = len(ends) * horizon * panel.num_targets
    return {"MSE": float(np.sum(squared)) / count, "MAE": float(np.sum(absolute)) / count}
