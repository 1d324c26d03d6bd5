"""The organisers' own benchmark submissions to the M4 competition, scored here and as they published them."""

from typing import NamedTuple

import pandas as pd

from bench.accuracy.m4 import GROUPS, submission
from bench.data import Official, pooled
from bench.measuring import shared
from rnncast.metrics import owa

METHODS = ("Naive2", "Naive", "sNaive", "SES")
COMPLETE = ("hourly", "weekly", "yearly")
"""The groups of which all series are here."""


class Line(NamedTuple):
    """Names a score, and holds what was found and what was published, both of three digits."""

    group: str
    method: str
    metric: str
    found: float
    published: float

    def __str__(self) -> str:
        apart = self.found - self.published
        return f"{self.group:8}{self.method:8}{self.metric:6}{self.found:8.3f}{self.published:11.3f}{apart:12.3f}"


def main() -> None:
    """Print every score of every submission beside the published one, and how many of them differ."""
    print(f"{'group':8}{'method':8}{'metric':6}{'found':>8}{'published':>11}{'difference':>12}")
    lines = [line for group in COMPLETE for line in compare(group)]
    print(*lines, sep="\n")
    print(f"{sum(line.found != line.published for line in lines)} of {len(lines)} differ   bar 0")


def compare(group: str) -> list[Line]:
    """Return sMAPE, MASE and OWA of each submission for a group, all series of it."""
    data, known = GROUPS[group].data(), _published()
    scores = {method: _score(method, data) for method in METHODS}
    return [
        Line(group, method, metric, found, round(float(known.at[method, f"{metric}_{group.title()}"]), 3))
        for method, own in scores.items()
        for metric, found in _named(own, scores["Naive2"]).items()
    ]


def _score(method: str, data: Official) -> dict[str, float]:
    """Return the scores of a submission, of three digits: OWA was published of such."""
    return {name: round(value, 3) for name, value in pooled([data.score(submission(method, data))]).items()}


def _named(own: dict[str, float], naive2: dict[str, float]) -> dict[str, float]:
    return {"sMAPE": own["smape"], "MASE": own["mase"], "OWA": round(float(owa(own, naive2)), 3)}


def _published() -> pd.DataFrame:
    return pd.read_csv(shared("m4/published-scores.csv"), index_col="method_id")
