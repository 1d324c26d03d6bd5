"""Whether one forecaster is better than another, or was only luckier at these origins.

Axes: N series, W forecast origins, T differences.
"""

from dataclasses import dataclass
from math import atan, cos, nan, pi, sin, sqrt
from typing import Literal

import numpy as np

from rnncast.metrics import Score
from rnncast.panel import FloatArray

FEWEST_ORIGINS = 5
"""With fewer origins than this, and more series, the series are tested: t of so few differences tells nothing."""

SIGNIFICANT = 0.05
"""Chance below which one forecaster is called better than another."""

ROUNDING = 1e-10
"""Spread of differences, in units of their mean, that is rounding alone."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """Holds how much the losses of one forecaster differ from those of another, and how surely.

    Attributes:
        difference: the first's mean loss less the second's: below 0 the first is better.
        statistic: the modified statistic of Diebold and Mariano; NaN where it cannot be told.
        p_value: how often a difference so large, either way, comes by chance between equals; NaN where unknown.
        count: T, how many differences were tested.
        over: what they are of: "origins", each the mean over its series, or "series", each over its origins.
    """

    difference: float
    statistic: float
    p_value: float
    count: int
    over: Literal["origins", "series"]

    def is_better(self, significance: float = SIGNIFICANT) -> bool:
        """Tell whether the first forecaster is better, and not by chance."""
        return self.difference < 0 and self.p_value < significance

    def is_worse(self, significance: float = SIGNIFICANT) -> bool:
        """Tell whether the second forecaster is better, and not by chance."""
        return self.difference > 0 and self.p_value < significance


def compare(first: Score, second: Score, overlap: int = 1) -> Comparison:
    """Test two scores of one metric at the same origins (Diebold and Mariano 1995; Harvey, Leybourne and Newbold 1997).

    d_t = mean over series of L1_t - L2_t                                 (1)
    V = (g_0 + 2 (g_1 + ... + g_(h-1))) / T                               (2), g_k the autocovariances of d
    S = mean d / sqrt(V) sqrt((T + 1 - 2 h + h (h - 1) / T) / T)          (3), of Student's t with T - 1 degrees

    L is the loss over all steps of a forecast from origin t, and h the number of origins that one reaches, where the
    paper has one step and h steps ahead. A metric that weighs series alike, such as MASE, lets all of them speak.

    Args:
        first: of the forecaster that may be better.
        second: of the other.
        overlap: h, see `spread.overlap_of`.
    """
    with np.errstate(invalid="ignore"):
        apart = first.cells - second.cells  # [N, W]
    by_origin, by_series = _means(apart), _means(apart.T)
    if len(by_origin) < min(FEWEST_ORIGINS, len(by_series)):
        return _tested(by_series, 1, "series")
    return _tested(by_origin, overlap, "origins")


def _means(apart: FloatArray) -> FloatArray:
    """Return the mean of each column [T] that holds a number, over the rows that do."""
    known = ~np.isnan(apart)
    count = known.sum(axis=0)
    total = np.where(known, apart, 0.0).sum(axis=0)
    means: FloatArray = total[count > 0] / count[count > 0]
    return means


def _tested(differences: FloatArray, lags: int, over: Literal["origins", "series"]) -> Comparison:
    """Return the test of differences [T] that are correlated with those fewer than `lags` away."""
    count = len(differences)
    if not count:
        return Comparison(nan, nan, nan, 0, over)
    mean = float(differences.mean())
    if not differences.any():
        return Comparison(0.0, 0.0, 1.0, count, over)
    if count <= max(lags, 1) or not np.isfinite(differences).all():
        return Comparison(mean, nan, nan, count, over)
    variance = _variance(differences, lags)
    if variance <= (ROUNDING * mean) ** 2 / count:
        return Comparison(mean, nan, nan, count, over)
    correction = (count + 1 - 2 * lags + lags * (lags - 1) / count) / count
    statistic = mean / sqrt(variance) * sqrt(correction)
    return Comparison(mean, statistic, two_sided(statistic, count - 1), count, over)


def _variance(differences: FloatArray, lags: int) -> float:
    """Return (2), with the weights of Bartlett, 1 - k / h, where it is not positive (Newey and West 1987)."""
    count, centred = len(differences), differences - differences.mean()
    shifted = [centred[lag:] @ centred[: count - lag] / count for lag in range(lags)]
    weights = np.full(lags, 2.0)
    weights[0] = 1.0
    plain = float(weights @ shifted) / count
    return plain if plain > 0 else float((weights * (1 - np.arange(lags) / lags)) @ shifted) / count


def two_sided(statistic: float, degrees: int) -> float:
    """Return the probability that Student's t is farther from 0 than `statistic`, for whole degrees of freedom.

    One less A(t|v) of Abramowitz and Stegun (1964), 26.7.3 for odd and 26.7.4 for even v; theta = atan(t / sqrt(v)).
    """
    angle, is_odd = atan(abs(statistic) / sqrt(degrees)), degrees % 2
    number = np.arange(1, (degrees - 2) // 2 + 1)
    terms = np.cumprod((2 * number - 1 + is_odd) / (2 * number + is_odd) * cos(angle) ** 2)
    series = sin(angle) * (1 + float(terms.sum()))
    if not is_odd:
        return max(1 - series, 0.0)
    within = angle + (cos(angle) * series if degrees > 1 else 0.0)
    return max(1 - 2 / pi * within, 0.0)
