"""The embedded model on series it has never seen: `rnncast predict DATA`, alone and beside the anchor."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from math import exp, log
from pathlib import Path
from statistics import fmean, median

import pandas as pd

from bench.accuracy import classics, m4
from bench.accuracy.base import Forecasts, Measured, Program, Setting
from bench.data import CLASSICS, M1, NUM_ORIGINS, Official, classic, m1, official, pooled
from bench.measuring import shared
from bench.peers import reference
from rnncast.baselines import forecast_baseline
from rnncast.panel import FloatArray

ANCHORS = {"": "none", ", anchored": "combined"}
"""What is added to a measure's name, and the anchor it is measured with; the second is the default."""

SERIES = {"yearly": 3000}
"""Most series that are forecast of a group of the M4 competition; the first ones."""


def competition(setting: Setting) -> Measured:
    """Return what M1 has: each frequency's MASE in units of Theta's, and WQL and coverage over all series."""
    data = {frequency: m1(frequency) for frequency in M1}
    theta = {name: pooled([part.score(_theta(part))])["mase"] for name, part in data.items()}
    peers = reference()["m1"]
    with Program(setting) as program:

        def scores(anchor: str) -> dict[str, float]:
            parts = {name: part.score(*_forecast(program, name, part, anchor)) for name, part in data.items()}
            mase = {name: pooled([part])["mase"] for name, part in parts.items()}
            whole = pooled(list(parts.values()))
            found = {f"mase / Theta's, {name}": mase[name] / theta[name] for name in data}
            found["mase / Theta's"] = _geometric(list(found.values()))
            for method in ("AutoETS", "AutoARIMA"):
                found[f"mase / {method}'s"] = _geometric([mase[name] / peers[name][method]["mase"] for name in data])
            found["wql / AutoETS's"] = whole["wql"] / peers["all"]["AutoETS"]["wql"]
            return found | {"coverage-80": whole["coverage-80"]}

        return program.measured(_both(scores))


def _forecast(program: Program, frequency: str, data: Official, anchor: str) -> Forecasts:
    path = str(shared(f"m1/M1-{frequency}-train.csv.gz"))
    return program.untrained(path, "-H", str(data.actual.shape[1]), "--anchor", anchor, ids=data.ids)


def group(name: str, setting: Setting) -> Measured:
    """Return the scores of a group of the M4 competition, of its first series where there are very many."""
    known = m4.GROUPS[name]
    with Program(setting) as program:
        path = program.folder / f"{name}.csv"
        first(shared(f"m4/{known.train}"), path, SERIES.get(name))
        data = official(str(path), f"m4/{known.test}", known.season_length)

        def scores(anchor: str) -> dict[str, float]:
            options = ("-H", str(known.horizon), "--anchor", anchor)
            return m4.score(data, program.untrained(str(path), *options, ids=data.ids))

        return program.measured(_both(scores))


def first(source: Path, target: Path, series: int | None) -> None:
    """Write the first series of a file that has one in each row."""
    pd.read_csv(source, dtype=str, keep_default_na=False, nrows=series).to_csv(target, index=False)


def files(setting: Setting) -> Measured:
    """Return the MASE of every classic file in units of AutoTheta's, and what airline passengers have."""
    peers = reference()["classics"]
    with Program(setting) as program:

        def scores(anchor: str) -> dict[str, float]:
            mase = {name: _by_origin(program, name, anchor) for name in CLASSICS}
            airline, its = mase["AirPassengers"], peers["AirPassengers"]["AutoARIMA"]["by_origin"]
            ratios = {name: fmean(found) / peers[name]["AutoTheta"]["mase"] for name, found in mase.items()}
            return {
                "mase / AutoTheta's": _geometric(list(ratios.values())),
                "airline, last origin": airline[-1],
                "airline, median / AutoARIMA's": median(airline) / median(its),
                **{f"mase / AutoTheta's, {name}": ratio for name, ratio in ratios.items()},
            }

        return program.measured(_both(scores))


def _by_origin(program: Program, name: str, anchor: str) -> list[float]:
    """Return the MASE of a classic file from each origin, of the rows up to there alone."""
    rolling, found = classic(name), []
    for origin in range(NUM_ORIGINS):
        past = program.folder / f"{name}-{origin + 1}.csv"
        classics.cut(name, rolling, origin, past)
        targets = [option for column in CLASSICS[name] for option in ("--target", column)]
        found.append(rolling.score(origin, program.untrained(str(past), "--anchor", anchor, *targets).point[0]))
    return found


def _both(scores: Callable[[str], Mapping[str, float]]) -> dict[str, float]:
    return {f"{name}{added}": value for added, anchor in ANCHORS.items() for name, value in scores(anchor).items()}


def _theta(data: Official) -> FloatArray:
    return forecast_baseline("theta", data.panel, data.actual.shape[1])[data.series, :, 0]


def _geometric(ratios: Sequence[float]) -> float:
    return exp(fmean(map(log, ratios)))


SUBJECTS: dict[str, Callable[[Setting], Measured]] = {
    "zero-m1": competition,
    **{f"zero-{name}": partial(group, name) for name in ("weekly", "hourly", "yearly")},
    "zero-files": files,
}
"""What can be measured, by name."""
