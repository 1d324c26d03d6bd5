"""Assessment: how far a model's scores can be trusted, and how it stands against the best baseline."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any

from rnncast.evaluation import Scores
from rnncast.scoring import Plain
from rnncast.significance import Comparison, compare
from rnncast.spread import Interval, Resamples, overlap_of


@dataclass(frozen=True, slots=True)
class Standing:
    """Says which baseline is the best, by which metric, and how the model differs from it at the same origins."""

    metric: str
    baseline: str
    comparison: Comparison

    @property
    def is_told(self) -> bool:
        """Return whether chance can be told from skill here: from one origin of one series it cannot."""
        return isfinite(self.comparison.p_value)

    def plain(self) -> dict[str, Any]:
        """Return it as plain values; what cannot be told is None."""
        found = self.comparison
        numbers = {"difference": found.difference, "statistic": found.statistic, "p_value": found.p_value}
        told = {name: value if isfinite(value) else None for name, value in numbers.items()}
        return {"baseline": self.baseline, "metric": self.metric, **told, "count": found.count, "over": found.over}


def spread(scores: Scores, metrics: Sequence[str]) -> dict[str, Interval]:
    """Return the interval of 95% of each of the model's metrics over resampled origins and series.

    Metrics without one are left out: all of them where there is but one origin of one series.
    """
    plan, panel = scores.plan, scores.panel
    resamples = Resamples.draw(panel.num_series, plan.windows, overlap_of(plan.horizon, plan.stride))
    found = {}
    for metric in metrics if resamples.is_varied else ():
        values = scores.value(scores.model, metric, resamples.overall)
        interval = None if values is None else resamples.interval(values)
        if interval is not None and isfinite(interval.low) and isfinite(interval.high):
            found[metric] = interval
    return found


def leading(scores: Plain) -> tuple[str, str]:
    """Return the metric that decides between forecasters, and the baseline that is the best by it."""
    model, *baselines = scores
    if "log-loss" in scores[model]:
        metric = "log-loss"
    else:
        metric = "mae" if any(row["mase"] is None for row in scores.values()) else "mase"
    return metric, min(baselines, key=lambda name: _order(scores[name][metric]))


def against_best(scores: Scores) -> Standing | None:
    """Test the model against the best baseline at the same origins; None where there is no baseline."""
    if len(scores.outcomes) < 2:
        return None
    metric, best = leading(scores.plain())
    overlap = overlap_of(scores.plan.horizon, scores.plan.stride)
    return Standing(metric, best, compare(scores.score(scores.model, metric), scores.score(best, metric), overlap))


def _order(value: float | None) -> float:
    return float("inf") if value is None else value
