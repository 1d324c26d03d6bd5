"""The benchmark data: classic files with rolling origins, and panels that come with a test part.

Axes: N series, H horizon, W origins.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import pandas as pd

from bench.measuring import shared
from rnncast.api import read
from rnncast.config import DataConfig
from rnncast.horizons import default_horizon
from rnncast.interval_metrics import coverage_80, wql
from rnncast.metrics import Outcome, Score, mase, seasonal_error, smape
from rnncast.panel import FloatArray, IntArray, Panel

DECILES = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
METRICS = {"smape": smape, "mase": mase, "wql": wql, "coverage-80": coverage_80}

CLASSICS: Mapping[str, tuple[str, ...]] = {
    "AirPassengers": (),
    "ausbeer": (),
    "bike-sharing-day": (),
    "daily-female-births": (),
    "daily-min-temperatures": (),
    "googl-stock": ("Close",),
    "heart-rate": (),
    "monthly-milk": (),
    "monthly-sunspots": (),
    "pjm-load-hourly": (),
    "retail-sales": (),
    "wp-peyton-manning": (),
}
"""The classic files, and the target where a file has several columns that could be meant."""

NUM_ORIGINS = 5

M1 = {"yearly": 1, "quarterly": 4, "monthly": 12}
"""The frequencies of the M1 competition, and how many steps make a season."""


class Rolling(NamedTuple):
    """Holds one series, its usual horizon, and how many of its steps are known at each origin [W].

    Origins lie a horizon apart and the last horizon ends with the series.
    """

    panel: Panel
    horizon: int
    ends: IntArray

    def score(self, origin: int, forecast: FloatArray) -> float:
        """Return the MASE of a forecast [H] from an origin, by the seasonal error of the steps before it."""
        first = self.panel.offsets + self.ends[origin]
        actual, observed = self.panel.at(first, self.horizon)  # [1, H, 1]
        past_error = seasonal_error(self.past(origin), self.panel.season_length)
        point = forecast[None, None, :, None]
        no_quantiles = np.empty((*point.shape, 0))
        return mase(Outcome(actual[:, None], observed[:, None], point, no_quantiles, (), past_error[:, None])).overall

    def past(self, origin: int) -> Panel:
        """Return the panel up to an origin."""
        return self.panel.truncated(self.ends[origin : origin + 1])

    def values(self, origin: int) -> FloatArray:
        """Return the values up to an origin, gaps filled."""
        return self.panel.values[: self.ends[origin], 0]


def classic(name: str) -> Rolling:
    """Return a classic file as rnncast reads it, all else by default."""
    path = str(shared(f"classic/{name}.csv"))
    panel = read(path, DataConfig(target=CLASSICS[name])).panel
    horizon = default_horizon(panel)
    return Rolling(panel, horizon, panel.lengths[0] - horizon * np.arange(NUM_ORIGINS, 0, -1))


class Official(NamedTuple):
    """Holds training parts, and what came after them [N, H]; series without a test part are left out."""

    panel: Panel
    series: IntArray
    actual: FloatArray

    @property
    def ids(self) -> list[str]:
        """Return the ids of the N series."""
        return [str(name) for name in self.panel.ids[self.series, 0]]

    def values(self, number: int) -> FloatArray:
        """Return the training part of one of the N series."""
        first, series = self.panel.offsets, self.series[number]
        return self.panel.values[first[series] :][: self.panel.lengths[series], 0]

    def score(self, point: FloatArray, quantiles: FloatArray | None = None) -> dict[str, Score]:
        """Score forecasts [N, H] and their deciles [N, H, 9], if there are any, by every metric."""
        deep = (slice(None), None, slice(None), None)  # [N, H] as [N, 1, H, 1]
        none = np.empty((*point.shape, 0))
        past_error = seasonal_error(self.panel, self.panel.season_length)[self.series]
        outcome = Outcome(
            actual=self.actual[deep],
            observed=np.ones_like(self.actual[deep], dtype=np.bool_),
            point=point[deep],
            quantiles=(none if quantiles is None else quantiles)[deep],
            quantile_levels=() if quantiles is None else DECILES,
            past_error=past_error[:, None],
        )
        return {name: metric(outcome) for name, metric in METRICS.items()}


def official(train: str, test: str, season_length: int) -> Official:
    """Return the series of a file of training parts that a file of test parts goes on with."""
    panel = read(str(shared(train)), DataConfig(season_length=(season_length,))).panel
    table = pd.read_csv(shared(test), index_col=0)
    table = table.loc[:, table.notna().any()]
    series = np.flatnonzero(np.isin(panel.ids[:, 0], table.index.to_numpy(dtype=str)))
    return Official(panel, series, table.loc[panel.ids[series, 0]].to_numpy(dtype=np.float64))


def m1(frequency: str) -> Official:
    """Return the series of the M1 competition of one frequency."""
    return official(f"m1/M1-{frequency}-train.csv.gz", f"m1/M1-{frequency}-test.csv.gz", M1[frequency])


def pooled(parts: list[dict[str, Score]]) -> dict[str, float]:
    """Return every metric over the series of several sets together, as over one."""
    return {name: _joined([part[name] for part in parts]).overall for name in METRICS}


def _joined(scores: list[Score]) -> Score:
    total, count = (np.concatenate(parts) for parts in zip(*((s.total, s.count) for s in scores), strict=True))
    return replace(scores[0], total=total, count=count)
