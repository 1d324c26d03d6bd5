"""Regression: what future covariates do to the target, for networks that do not read them.

A series is counted in its past error s, as it is or in logarithms, and its seasonal differences are regressed
on those of the covariates. The effects are then taken out of the past, what is left is forecast, and those of
the steps ahead are put onto the forecast:

    u_t = y_t / s, or asinh(y_t / s)                                (1)
    u_t - u_(t-m) = d + b (x_t - x_(t-m)) + noise                   (2)
    forecast_(t+h) = f(u - b (x - mean x))_(t+h) + b (x_(t+h) - mean x)   (3)

(2) regresses the errors of the seasonal naive on its errors of the covariates. As it is linear, it takes the
same from both sides: season, level and drift cannot pass for an effect (Frisch and Waugh 1933).

Axes beside those of `windows`: W origins of each series, M windows, P penalties.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import isfinite
from typing import NamedTuple

import numpy as np

from rnncast.blend import Judged
from rnncast.metrics import Outcome, mase, seasonal_error
from rnncast.panel import FloatArray, IntArray, Panel, ranges

PENALTIES = np.geomspace(1e-3, 1e4, 36)
"""Penalties that are tried, [P], in the variance of a covariate's differences."""

VARIES = 1e-9
"""Share of a covariate's size that its differences exceed; less is rounding."""

FEWEST = 8
"""Windows below which nothing is told from errors."""

LEAST = 0.01
"""Share of the error that effects take away at least; less is a penalty that left nearly nothing of chance."""

LARGEST = 700.0
"""Largest logarithm that is taken back."""


@dataclass(frozen=True, slots=True)
class Regression:
    """Says what covariates do to the target.

    Attributes:
        coefficients: [C, Kf], what a unit of each future covariate, or a word of a categorical one, adds to each
            target, counted as in (1).
        logarithm: whether that is counted in logarithms: effects are then factors.
    """

    coefficients: tuple[tuple[float, ...], ...]
    logarithm: bool = False

    def __post_init__(self) -> None:
        """Check what may come from a file.

        Raises:
            ValueError: a number that is not finite, or targets with unlike numbers of coefficients.
        """
        finite = all(isfinite(number) for row in self.coefficients for number in row)
        if not finite or len({len(row) for row in self.coefficients}) != 1 or self.logarithm not in (True, False):
            raise ValueError("a regression's coefficients are not finite, or do not fit together")

    def part(self, panel: Panel, ends: IntArray, horizon: int) -> "Parted":
        """Take the effects out of a panel; past error and mean are those of the rows up to the first of `ends` [N, W].

        The covariates' rows after the origins are read, since they are known ahead; the target's are not.
        """
        known = panel.truncated(ends[:, 0] + 1)
        error = np.nan_to_num(seasonal_error(known, panel.season_length))  # [N, C]
        effects = _spelled_out(panel) @ np.array(self.coefficients).T  # [Rf, C]
        sums = np.add.reduceat(effects[_known_ahead(known)], np.cumsum(known.lengths) - known.lengths)
        mean = sums / known.lengths[:, None]  # [N, C]
        series, rows = np.repeat(np.arange(panel.num_series), panel.lengths), ranges(panel.offsets, panel.lengths)
        values, past = panel.values.copy(), effects[_known_ahead(panel)] - mean[series]
        values[rows] = _shifted(values[rows], -past, error[series], self.logarithm)
        steps = ends[..., None] + 1 + np.arange(horizon)  # [N, W, H]
        steps = np.minimum(steps, panel.future_lengths[:, None, None] - 1) + panel.future_offsets[:, None, None]
        ahead = effects[steps] - mean[:, None, None]  # [N, W, H, C]
        return Parted(replace(panel, values=values), ahead, error[:, None, None], self.logarithm)


class Parted(NamedTuple):
    """Holds series and the effects that are not in them.

    Attributes:
        rest: the series without the effects.
        ahead: [N, W, H, C], the effects after each origin.
        error: [N, 1, 1, C], what they are counted in.
        logarithm: whether they are counted in logarithms.
    """

    rest: Panel
    ahead: FloatArray
    error: FloatArray
    logarithm: bool

    def whole(self, values: FloatArray) -> FloatArray:
        """Return forecasts of the rest, [N, W, H, C] or [N, W, H, C, Q], with the effects."""
        more = (..., *(None,) * (values.ndim - 4))
        return _shifted(values, self.ahead[more], self.error[more], self.logarithm)


class Trial(NamedTuple):
    """Holds what past origins say about the covariates.

    Attributes:
        regression: what is to be used; None where the error is not clearly lower with it.
        gain: the share of the error that the better way of counting takes away.
        windows: M, from so many windows.
    """

    regression: Regression | None
    gain: float
    windows: int


def fit_regression(panel: Panel, logarithm: bool) -> Regression:
    """Return the regression (2) on all rows of a panel, all series together."""
    lag = np.where(panel.lengths > panel.season_length, panel.season_length, 1)  # [N], as past errors have it
    counts = np.maximum(panel.lengths - lag, 0)
    series = np.repeat(np.arange(panel.num_series), counts)  # [D], one for each difference
    first, ahead = ranges(panel.offsets, counts), ranges(panel.future_offsets, counts)
    later, later_ahead = first + lag[series], ahead + lag[series]
    error = seasonal_error(panel, panel.season_length)[series]  # [D, C]
    scale = np.where(error > 0, error, 1.0)
    before, after = (_counted(panel.values[rows] / scale, logarithm) for rows in (first, later))  # [D, C]
    seen = panel.observed[later] & panel.observed[first] & (error > 0)  # [D, C]
    covariates = _spelled_out(panel)  # [Rf, Kf]
    size = np.abs(covariates).max(axis=0)
    size[size == 0] = 1.0
    covariates /= size
    change = covariates[later_ahead] - covariates[ahead]  # [D, Kf]
    found = [_ridge(change[one], moved[one]) for moved, one in zip((after - before).T, seen.T, strict=True)]
    with np.errstate(over="ignore"):
        coefficients = np.array(found) / size  # [C, Kf]
    return Regression(tuple(map(tuple, np.where(np.isfinite(coefficients), coefficients, 0.0).tolist())), logarithm)


def window_errors(judged: Judged, point: FloatArray) -> FloatArray:
    """Return the mean absolute scaled error of forecasts [M, H, C] in each window, [M]; NaN where it is undefined."""
    actual, observed, found = judged.actual[:, None], judged.observed[:, None], point[:, None]  # [M, 1, H, C]
    none = np.empty((*found.shape, 0))
    return mase(Outcome(actual, observed, found, none, (), judged.past_error[:, None])).per_series


def best_of(plain: FloatArray, others: Sequence[FloatArray], overlap: float) -> tuple[int | None, float, int]:
    """Return which of `others` has clearly lower errors than `plain`, all [M]; the lowest's gain; how many windows.

    Clearly is by a hundredth and by more than one standard error of the windows' differences (as in Breiman et
    al. 1984, section 3.4.3), of which `overlap` say as much as one.
    """
    errors = np.stack([plain, *others])
    errors = errors[:, np.isfinite(errors).all(axis=0)]  # [1 + others, M]
    count = errors.shape[1]
    if count < FEWEST or not errors[0].any():
        return None, 0.0, count
    best = int(np.argmin(errors[1:].mean(axis=1)))
    gains = errors[0] - errors[1 + best]  # [M]
    gain, doubt = float(gains.mean() / errors[0].mean()), gains.std(ddof=1) * np.sqrt(overlap / count)
    return best if gains.mean() > doubt and gain > LEAST else None, gain, count


def width(words: Sequence[int]) -> int:
    """Return how many coefficients a target has for covariates of so many words each, 0 being a column of numbers."""
    return sum(max(count, 1) for count in words)


def _spelled_out(panel: Panel) -> FloatArray:
    """Return the future covariates with a column for each word that is 1 where it is said; anew, to be written to."""
    parts = []
    for column, name in zip(panel.future_covariates.T, panel.future_names, strict=True):
        words = np.arange(1, len(panel.words.get(name, ())) + 1)
        parts.append(column[:, None] == words if len(words) else column[:, None])
    return np.concatenate(parts, axis=1).astype(np.float64)


def _known_ahead(panel: Panel) -> IntArray:
    """Return the rows of the future covariates that belong to the rows of a panel."""
    return ranges(panel.future_offsets, panel.lengths)


def _counted(values: FloatArray, logarithm: bool) -> FloatArray:
    return np.arcsinh(values) if logarithm else values


def _shifted(values: FloatArray, effects: FloatArray, error: FloatArray, logarithm: bool) -> FloatArray:
    """Return values with effects added where they are counted; a series that never moved has none."""
    scale = np.where(error > 0, error, 1.0)
    effects = np.where(error > 0, effects, 0.0)
    if not logarithm:
        return np.asarray(values + scale * effects)
    return np.asarray(scale * np.sinh(np.clip(np.arcsinh(values / scale) + effects, -LARGEST, LARGEST)))


def _ridge(covariates: FloatArray, target: FloatArray) -> FloatArray:
    """Return the coefficients [K] of `target` [D] on `covariates` [D, K] by ridge regression with a constant.

    Each covariate is counted in its own spread (Hoerl and Kennard 1970, equation 2.1). The penalty is the one of
    the least generalised cross-validation, which stands for leaving out one row after the other (Golub, Heath and
    Wahba 1979, equation 1.4); both follow from the eigenvalues of the covariates' correlations.
    """
    count = len(target)
    if count < 3:
        return np.zeros(covariates.shape[1])
    spread = covariates.std(axis=0)
    varies = spread > VARIES
    usual = (covariates - covariates.mean(axis=0)) / np.where(varies, spread, np.inf)  # [D, K]
    target = target - target.mean()
    eigenvalues, axes = np.linalg.eigh(usual.T @ usual / count)  # [K], [K, K]
    eigenvalues = np.maximum(eigenvalues, 0.0)
    along = axes.T @ (usual.T @ target) / count  # [K]
    damped = eigenvalues + PENALTIES[:, None]  # [P, K]
    fitted = along / damped
    left = target @ target / count - 2 * fitted @ along + fitted**2 @ eigenvalues  # [P], mean square of what is left
    free = 1 - (1 + (eigenvalues / damped).sum(axis=1)) / count  # [P], share of freedom that is left
    best = np.argmin(left / np.maximum(free, VARIES) ** 2)
    coefficients: FloatArray = axes @ fitted[best] / np.where(varies, spread, np.inf)
    return coefficients
