"""Metrics of quantiles and intervals, one number for each series and one for all.

They follow the rules of `metrics`: first each series by itself, then the mean over series; what was not observed does
not count, and a quantile that is not a number counts as the worst there is. What rests on a level that a model has not
learned is undefined. A central interval of P percent [l, u] lies between the levels 0.5 - P / 200 and 0.5 + P / 200.

Axes: N series, W forecast origins, H horizon, C targets, Q quantile levels.
"""

from collections.abc import Callable, Sequence
from functools import partial
from math import isclose

import numpy as np

from rnncast import registry
from rnncast.metrics import Outcome, Score, overflowing, scaled, series_means
from rnncast.panel import FloatArray


def at_levels(levels: Sequence[float]) -> dict[str, Callable[[Outcome], Score]]:
    """Return the metrics that each quantile level and each central interval of them has, by name.

    They are called pinball-0.1 by their level, coverage-80, width-80 and msis-80 by their percentage.
    """
    lower = [level for level in levels if level < 0.5 and _index(levels, 1 - level) is not None]
    percents = [round(100 - 200 * level, 6) for level in lower]
    return {
        f"{family}-{number:g}": partial(entry.load(), **{name: number})
        for table, name, numbers in (
            (registry.LEVEL_METRICS, "level", levels),
            (registry.CENTRAL_METRICS, "percent", percents),
        )
        for family, entry in table.items()
        for number in numbers
    }


@overflowing
def wql(outcome: Outcome) -> Score:
    """Score the weighted quantile loss: twice the mean pinball loss over levels, over the sum of |y|.

    The sum of `crps` over the sum of |y|: with evenly spread levels it approaches the CRPS in units of the data's mean
    size (Gneiting and Ranjan 2011; Salinas et al. 2020). The overall value is the ratio of the two sums over all
    series; a series whose observed values are all zero has no value of its own and is left out.
    """
    size = np.abs(outcome.seen).sum(axis=(2, 3))  # [N, W]
    return Score(crps(outcome).total, size if outcome.quantile_levels else np.zeros_like(size), is_pooled=True)


@overflowing
def crps(outcome: Outcome) -> Score:
    """Score twice the mean pinball loss over levels (Gneiting and Ranjan 2011).

    With evenly spread levels it approaches the CRPS, in the data's units; of the median alone it is the MAE.
    """
    if not outcome.quantile_levels:
        return _undefined(outcome)
    seen, loss = outcome.seen, np.zeros(outcome.actual.shape)  # [N, W, H, C]
    for index, level in enumerate(outcome.quantile_levels):  # all at once would take memory for each level
        loss += pinball(seen, outcome.quantiles[..., index : index + 1], (level,))[..., 0]
    return series_means(2 / len(outcome.quantile_levels) * _worst(loss), outcome.observed)


@overflowing
def pinball_loss(outcome: Outcome, level: float) -> Score:
    """Score the mean pinball loss of the quantile of one level (Koenker and Bassett 1978)."""
    index = _index(outcome.quantile_levels, level)
    if index is None:
        return _undefined(outcome)
    loss = pinball(outcome.seen, outcome.quantiles[..., index : index + 1], (level,))[..., 0]
    return series_means(_worst(loss), outcome.observed)


def coverage(outcome: Outcome, percent: float) -> Score:
    """Score the share of values inside a central interval, its ends included (Christoffersen 1998)."""
    ends = _ends(outcome, percent)
    if ends is None:
        return _undefined(outcome)
    actual = outcome.seen
    inside = (ends[0] <= actual) & (actual <= ends[1])
    return series_means(inside.astype(np.float64), outcome.observed)


def coverage_80(outcome: Outcome) -> Score:
    """Score the share of actuals inside the central 80% interval; 0.8 is ideal."""
    return coverage(outcome, 80)


@overflowing
def width(outcome: Outcome, percent: float) -> Score:
    """Score the mean width u - l of a central interval: its sharpness (Gneiting, Balabdaoui and Raftery 2007)."""
    ends = _ends(outcome, percent)
    return _undefined(outcome) if ends is None else series_means(_worst(ends[1] - ends[0]), outcome.observed)


@overflowing
def msis(outcome: Outcome, percent: float) -> Score:
    """Score a central interval by the mean of its interval score over the past error (Makridakis et al. 2020).

    u - l + 2 / a (l - y) 1{y < l} + 2 / a (y - u) 1{y > u}, with a = 1 - percent / 100

    The interval score is that of Winkler (1972; Gneiting and Raftery 2007, eq. 43). The M4 competition takes 95%.
    Origins whose past error is zero or unknown do not count.
    """
    ends = _ends(outcome, percent)
    if ends is None:
        return _undefined(outcome)
    (lower, upper), actual = ends, outcome.seen
    outside = np.maximum(lower - actual, 0.0) + np.maximum(actual - upper, 0.0)
    return scaled(_worst(upper - lower + 2 / (1 - percent / 100) * outside), outcome.past_error, outcome)


@overflowing
def pinball(actual: FloatArray, quantiles: FloatArray, levels: tuple[float, ...]) -> FloatArray:
    """Return max(q (y - f), (q - 1) (y - f)) at each level q (Koenker and Bassett 1978).

    Args:
        actual: [...].
        quantiles: [..., Q].
        levels: the Q levels.

    Returns:
        [..., Q].
    """
    level = np.asarray(levels, dtype=np.float64)
    excess = actual[..., None] - quantiles  # [..., Q]
    return np.maximum(level * excess, (level - 1) * excess)


def _ends(outcome: Outcome, percent: float) -> tuple[FloatArray, FloatArray] | None:
    """Return the ends of a central interval, each [N, W, H, C]; None where its levels were not learned."""
    low, high = (_index(outcome.quantile_levels, 0.5 + side * percent / 200) for side in (-1, 1))
    return None if low is None or high is None else (outcome.quantiles[..., low], outcome.quantiles[..., high])


def _index(levels: Sequence[float], level: float) -> int | None:
    matches = (index for index, known in enumerate(levels) if isclose(known, level, abs_tol=1e-9))
    return next(matches, None)


def _worst(values: FloatArray) -> FloatArray:
    return np.nan_to_num(values, nan=np.inf, posinf=np.inf)


def _undefined(outcome: Outcome) -> Score:
    return Score(*np.zeros((2, *outcome.actual.shape[:2])))
