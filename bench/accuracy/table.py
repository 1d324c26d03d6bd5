"""The table of what was measured: seeds, mean, spread, seconds of CPU, and the bar."""

from collections.abc import Mapping, Sequence
from math import exp, inf, log
from statistics import fmean
from typing import Any, NamedTuple

from bench.accuracy.shapes import SHAPES
from bench.data import CLASSICS
from bench.peers import METHODS, reference

Record = Mapping[str, Any]


class Bar(NamedTuple):
    """Says between what a measure is to lie, and how that is written."""

    text: str = ""
    high: float = inf
    low: float = -inf

    def met(self, values: Sequence[float]) -> str:
        """Tell whether all values meet the bar, or their mean, or neither."""
        if not self.text:
            return ""
        if all(self.low <= value <= self.high for value in values):
            return "yes"
        return "by the mean" if self.low <= fmean(values) <= self.high else "no"


def at_most(high: float) -> Bar:
    """Return the bar that a measure may reach but not pass."""
    return Bar(f"{high:g}", high)


NO_BAR = Bar()
GAIN = Bar("above 0", low=0.0)
COVERS = Bar("0.77-0.83", 0.83, 0.77)
BELOW_NAIVE2 = {"smape / Naive2's": at_most(0.92), "mase / Naive2's": at_most(0.92)}
BESIDE_THETA = {"smape / Theta's": NO_BAR, "mase / Theta's": NO_BAR}
POINTS = {"smape": NO_BAR, "mase": NO_BAR}
FORKING = {"mase, all": NO_BAR, "mase, last": NO_BAR, "mase, gain": GAIN, "smape, gain": GAIN}
TEN_MINUTES = {"seconds": at_most(600)}


def _with_anchor(measure: str, bar: Bar) -> dict[str, Bar]:
    """Return a measure of the embedded model alone, and beside the anchor, held against the same bar."""
    return {measure: bar, f"{measure}, anchored": bar}


BARS: Mapping[str, Mapping[str, Bar]] = {
    "airline": {"mase": at_most(0.6), "seconds": at_most(20)},
    "hourly": {"OWA": at_most(0.41), **POINTS, "coverage-80": COVERS, **TEN_MINUTES},
    "weekly": {"OWA": at_most(0.739), **POINTS, "coverage-80": COVERS, **TEN_MINUTES},
    "yearly": {"OWA": at_most(0.778), **POINTS, "seconds": at_most(1800)},
    "quarterly": {**POINTS, **BELOW_NAIVE2, **BESIDE_THETA},
    "monthly": {**POINTS, **BELOW_NAIVE2, **BESIDE_THETA},
    "m1": {
        **POINTS,
        "coverage-80": COVERS,
        "wql": NO_BAR,
        "wql / AutoETS's": at_most(1),
        "wql / AutoARIMA's": at_most(1),
    },
    "classics": {
        "ratio to the best of three": at_most(1.02),
        **{f"ratio to {method}": at_most(0.97) for method in METHODS},
        "worst file, ratio to the best of three": at_most(1.15),
        "worst file, ratio to seasonal naive": at_most(1.02),
    },
    "etth1-96": {"MSE": at_most(0.351), "MAE": NO_BAR, **TEN_MINUTES},
    "etth1-192": {"MSE": at_most(0.392), "MAE": NO_BAR, **TEN_MINUTES},
    "etth1-336": {"MSE": at_most(0.423), "MAE": NO_BAR, **TEN_MINUTES},
    "etth1-720": {"MSE": at_most(0.466), "MAE": NO_BAR, **TEN_MINUTES},
    "ettm1-96": {"MSE": at_most(0.293), "MAE": NO_BAR, **TEN_MINUTES},
    **{f"shape-{name}": {"mase": NO_BAR, "ratio": at_most(1.05)} for name in SHAPES},
    "forking-hourly": FORKING,
    "forking-m1": FORKING,
    "zero-m1": {
        "mase / Theta's": at_most(0.96),
        "mase / Theta's, anchored": at_most(0.93),
        "mase / AutoETS's": at_most(1),
        "mase / AutoARIMA's": at_most(1),
        "wql / AutoETS's": at_most(0.9),
        "wql / AutoETS's, anchored": at_most(0.9),
        "coverage-80": COVERS,
        "coverage-80, anchored": COVERS,
    },
    "zero-weekly": _with_anchor("OWA", at_most(0.8)),
    "zero-hourly": _with_anchor("OWA", at_most(0.55)),
    "zero-yearly": _with_anchor("OWA", at_most(0.83)),
    "zero-files": {
        **_with_anchor("airline, last origin", at_most(0.55)),
        **_with_anchor("airline, median / AutoARIMA's", at_most(1)),
        **_with_anchor("mase / AutoTheta's", at_most(0.93)),
    },
}
"""What is shown of each subject, and the bar it is held against."""


def markdown(records: Sequence[Record]) -> str:
    """Return two tables in Markdown: measures against bars, and the classic files against the peers."""
    latest = {(record["name"], record["seed"]): record for record in records}
    together = _classics(list(latest.values()))
    latest |= {("classics", record["seed"]): record for record in together}
    lines = ["| what | measure | each seed | mean | spread | CPU s | bar | met |", "| --- " * 8 + "|"]
    for name, bars in BARS.items():
        runs = [record for key, record in sorted(latest.items()) if key[0] == name]
        for number, (measure, bar) in enumerate(bars.items() if runs else ()):
            said = (name, f"{fmean(run['cpu'] for run in runs):,.0f}") if number == 0 else ("", "")
            lines.append(_row(*said, measure, runs, bar))
    return "\n".join([*lines, *_by_file(list(latest.values()))])


def _row(name: str, cpu: str, measure: str, runs: Sequence[Record], bar: Bar) -> str:
    values = [run["scores"].get(measure, run.get(measure)) for run in runs]
    each, spread = ", ".join(map(_number, values)), max(values) - min(values)
    cells = [name, measure, each, _number(fmean(values)), _number(spread), cpu, bar.text, bar.met(values)]
    return f"| {' | '.join(cells)} |"


def _number(value: float) -> str:
    return f"{value:.3f}" if abs(value) < 100 else f"{value:,.0f}"


def _classics(records: Sequence[Record]) -> list[Record]:
    """Return a record of all classic files together for every seed with which each of them was measured."""
    found: list[Record] = []
    for seed in sorted({record["seed"] for record in records}):
        runs = {
            record["name"].removeprefix("classic-"): record
            for record in records
            if record["seed"] == seed and record["name"].startswith("classic-")
        }
        if len(runs) == len(CLASSICS):
            scores = summary({name: run["scores"]["mase"] for name, run in runs.items()}, reference()["classics"])
            took = {key: sum(run[key] for run in runs.values()) for key in ("seconds", "cpu")}
            found.append({"name": "classics", "seed": seed, "scores": scores, **took})
    return found


def summary(mase: Mapping[str, float], peers: Mapping[str, Any]) -> dict[str, float]:
    """Return the geometric means of the ratios to the peers, and the worst files."""
    to_best = [mine / best(peers[name]) for name, mine in mase.items()]
    scores = {"ratio to the best of three": _geometric(to_best)}
    for method in METHODS:
        known = {name: peers[name][method]["mase"] for name in mase}
        scores[f"ratio to {method}"] = _geometric([mase[name] / its for name, its in known.items() if its])
    naive = [mine / peers[name]["seasonal-naive"]["mase"] for name, mine in mase.items()]
    scores["worst file, ratio to the best of three"] = max(to_best)
    scores["worst file, ratio to seasonal naive"] = max(naive)
    return scores


def best(peers: Mapping[str, Any]) -> float:
    """Return the least MASE of the peers on a file; one that did not come to all origins has none."""
    return min(float(peers[method]["mase"]) for method in METHODS if peers[method]["mase"])


def _geometric(ratios: Sequence[float]) -> float:
    return exp(fmean(map(log, ratios)))


def _by_file(records: Sequence[Record]) -> list[str]:
    """Return the lines of the table of the classic files: the mean MASE over the seeds beside the peers'."""
    columns = ("file", "rnncast", "seasonal naive", *METHODS, "ratio to the best of three")
    lines = ["", f"| {' | '.join(columns)} |", "| --- " * len(columns) + "|"]
    for name in CLASSICS:
        values = [record["scores"]["mase"] for record in records if record["name"] == f"classic-{name}"]
        if values:
            peers, mine = reference()["classics"][name], fmean(values)
            theirs = [peers[key]["mase"] for key in ("seasonal-naive", *METHODS)]
            cells = [mine, *theirs, mine / best(peers)]
            lines.append(f"| {name} | {' | '.join('' if cell is None else _number(cell) for cell in cells)} |")
    return lines if len(lines) > 3 else []
