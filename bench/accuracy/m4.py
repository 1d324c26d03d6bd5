"""Groups of the M4 competition: OWA, as its rules have it, and intervals, on the official test parts."""

from typing import NamedTuple

import numpy as np
import pandas as pd

from bench.accuracy.base import Forecasts, Measured, Program, Setting
from bench.data import Official, official, pooled
from bench.measuring import shared
from rnncast.baselines import forecast_baseline
from rnncast.panel import FloatArray


class Group(NamedTuple):
    """Names a group's files, its season and its horizon."""

    train: str
    test: str
    season_length: int
    horizon: int

    def data(self) -> Official:
        """Read the group; of a part, the series that have both a training and a test part."""
        return official(f"m4/{self.train}", f"m4/{self.test}", self.season_length)


GROUPS = {
    "hourly": Group("Hourly-train.csv.gz", "Hourly-test.csv.gz", 24, 48),
    "weekly": Group("Weekly-train.csv.gz", "Weekly-test.csv.gz", 1, 13),
    "yearly": Group("Yearly-train.csv.gz", "Yearly-test.csv.gz", 1, 6),
    "quarterly": Group("Quarterly-train-part.csv.gz", "Quarterly-test.csv.gz", 4, 8),
    "monthly": Group("Monthly-train-part.csv.gz", "Monthly-test-part.csv.gz", 12, 18),
}


def measure(name: str, setting: Setting) -> Measured:
    """Train on a group's training file, all series of it, and score the forecasts of those with a test part."""
    group = GROUPS[name]
    data = group.data()
    with Program(setting) as program:
        program.train(str(shared(f"m4/{group.train}")), "--horizon", str(group.horizon))
        return program.measured(score(data, program.predict(data.ids)))


def score(data: Official, forecasts: Forecasts) -> dict[str, float]:
    """Return the metrics, OWA, and how sMAPE and MASE stand to those of Naive2 and Theta on the same series."""
    found = pooled([data.score(*forecasts)])
    naive2 = _points(data, submission("Naive2", data))
    theta = _points(data, forecast_baseline("theta", data.panel, data.actual.shape[1])[data.series, :, 0])
    ratios = {
        f"{metric} / {name}'s": found[metric] / other[metric]
        for name, other in (("Naive2", naive2), ("Theta", theta))
        for metric in ("smape", "mase")
    }
    owa = (ratios["smape / Naive2's"] + ratios["mase / Naive2's"]) / 2
    return {"OWA": owa, **found, **ratios}


def _points(data: Official, point: FloatArray) -> dict[str, float]:
    return pooled([data.score(point)])


def submission(method: str, data: Official) -> FloatArray:
    """Return what the organisers submitted for the series [N, H]."""
    table = pd.read_csv(shared(f"m4/submission-{method}.csv.gz"), index_col=0)
    return table.loc[data.ids].to_numpy(dtype=np.float64)[:, : data.actual.shape[1]]
