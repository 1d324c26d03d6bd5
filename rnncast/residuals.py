"""Residuals: whether what is left over still follows a pattern."""

import math
from typing import NamedTuple

import numpy as np

from rnncast.panel import BoolArray, FloatArray

FEWEST = 8
"""Residuals of a series below which nothing is tested."""


class Autocorrelation(NamedTuple):
    """Holds a test of residuals for autocorrelation.

    Attributes:
        correlation: that of neighbours, the mean over series.
        statistic: of Ljung and Box, the sum over series.
        degrees: its degrees of freedom: the lags of all series together.
        p_value: how often one so large comes by chance of residuals without a pattern; NaN where too few are known.
    """

    correlation: float
    statistic: float
    degrees: int
    p_value: float


def autocorrelation(residuals: FloatArray, known: BoolArray, season_length: int) -> Autocorrelation:
    """Test residuals [K, T] of K series for autocorrelation (Ljung and Box 1978, equation 4).

    r_k = sum_t e_t e_(t-k) / sum_t e_t^2,  Q = n (n + 2) sum_k r_k^2 / (n - k)

    over the lags up to 10, or two seasons, and a fifth of n at most (Hyndman and Athanasopoulos 2021, section 5.4). The
    mean is taken off first. Series are added up as if they were independent.

    Args:
        residuals: [K, T], of successive steps.
        known: [K, T], false where there is none.
        season_length: steps of a season.
    """
    count = known.sum(axis=1)  # [K]
    mean = np.where(known, residuals, 0.0).sum(axis=1) / np.maximum(count, 1)
    centred = np.where(known, residuals - mean[:, None], 0.0)
    energy = (centred**2).sum(axis=1)
    usable = (count >= FEWEST) & (energy > 0)
    centred, energy, count = centred[usable], energy[usable], count[usable]
    most = np.minimum(2 * season_length if season_length > 1 else 10, count // 5)  # [K]
    statistic, first = np.zeros(len(count)), np.zeros(len(count))
    for lag in range(1, int(most.max(initial=0)) + 1):
        correlation = (centred[:, lag:] * centred[:, :-lag]).sum(axis=1) / energy
        statistic += np.where(lag <= most, count * (count + 2) * correlation**2 / np.maximum(count - lag, 1), 0.0)
        first = correlation if lag == 1 else first
    if not len(count):
        return Autocorrelation(float("nan"), float("nan"), 0, float("nan"))
    total, degrees = float(statistic.sum()), int(most.sum())
    return Autocorrelation(float(first.mean()), total, degrees, chi_square_tail(total, degrees))


def chi_square_tail(statistic: float, degrees: int) -> float:
    """Return the probability that chi-square is above `statistic`: a finite sum over k below v / 2, k + v / 2 whole.

    Q = sum of e^(-x/2) (x/2)^k / G(k + 1), and for odd v erfc of the root of x / 2: Abramowitz and Stegun 1964,
    26.4.4 and 26.4.5.
    """
    half = statistic / 2
    if half <= 0:
        return 1.0
    powers = np.arange(degrees % 2 / 2, degrees / 2)
    terms = (math.exp(power * math.log(half) - half - math.lgamma(power + 1)) for power in powers.tolist())
    return min(1.0, math.erfc(math.sqrt(half)) * (degrees % 2) + math.fsum(terms))
