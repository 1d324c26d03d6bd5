"""How far a score would move with other series and other origins: intervals by resampling both.

Axes: N series, W forecast origins, B resamples.
"""

from dataclasses import dataclass
from math import nan
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from rnncast.metrics import Score
from rnncast.panel import FloatArray, IntArray

CountArray = NDArray[np.uint8]

DRAWS = 1000
"""Resamples that an interval is told from."""

CELLS = 2**16
"""Numbers that are computed with at once, about: what a processor's cache holds."""


class Interval(NamedTuple):
    """Names the ends of an interval."""

    low: float
    high: float


@dataclass(frozen=True, slots=True, eq=False)
class Resamples:
    """Says how often each series and each origin is in each of B resamples: the same ones for all that is compared.

    Attributes:
        series: [B, N].
        origins: [B, W].
        is_varied: whether there was anything to resample: of one series with a few origins there is not.
    """

    series: CountArray
    origins: CountArray
    is_varied: bool

    @classmethod
    def draw(
        cls, num_series: int, num_origins: int, overlap: int = 1, draws: int = DRAWS, seed: int = 0
    ) -> "Resamples":
        """Draw series one by one, and origins by blocks on a circle (Politis and Romano 1992).

        Series and origins are drawn apart and crossed, as in the pigeonhole bootstrap (Owen 2007), since what happens
        after an origin happens to all series. A block is as long as forecasts overlap, and as the cube root of W
        (Kuensch 1989); where no two blocks fit in, the origins stay as they are.

        Args:
            num_series: N.
            num_origins: W.
            overlap: how many origins the steps of one forecast reach, see `overlap_of`.
            draws: B.
            seed: of the draws.
        """
        random = np.random.default_rng(seed)
        block = max(overlap, round(num_origins ** (1 / 3)))
        is_blocked = num_origins >= 2 * block
        origins, series = np.ones((draws, num_origins), dtype=np.uint8), np.empty((draws, num_series), dtype=np.uint8)
        for number in range(draws):
            series[number] = _counts(random.integers(num_series, size=num_series))
            if is_blocked:
                first = random.integers(num_origins, size=(-(-num_origins // block), 1))
                origins[number] = _counts(((first + np.arange(block)) % num_origins).ravel()[:num_origins])
        return cls(series, origins, is_blocked or num_series > 1)

    def overall(self, score: Score) -> FloatArray:
        """Return a metric's value over all series in each resample [B], NaN where undefined."""
        values = np.empty(len(self.series))
        size = max(1, CELLS // max(score.total.shape))
        for first in range(0, len(values), size):
            part = slice(first, first + size)
            origins = self.origins[part].T.astype(np.float64)  # [W, b]
            total, count = _summed(score.total, origins), score.count @ origins  # [N, b]
            values[part] = score.whole(total, count, self.series[part].T.astype(np.float64))
        return values

    def interval(self, values: FloatArray, percent: float = 95) -> Interval:
        """Return the ends between which `percent` of a metric's `values` in the resamples lie (Efron 1979).

        Any function of metrics will do: a difference of two, or a ratio. The ends are NaN where there was nothing to
        resample.
        """
        known = values[~np.isnan(values)]
        if not self.is_varied or not len(known):
            return Interval(nan, nan)
        tail = 0.5 - percent / 200
        # Ends are values that were drawn: between infinite ones nothing can be interpolated.
        return Interval(
            low=float(np.quantile(known, tail, method="lower")),
            high=float(np.quantile(known, 1 - tail, method="higher")),
        )


def overlap_of(horizon: int, stride: int) -> int:
    """Return how many origins `stride` steps apart a forecast of `horizon` steps reaches: 1 where none overlap."""
    return -(-horizon // stride)


def _counts(numbers: IntArray) -> IntArray:
    """Return how often each number below their count is among the numbers."""
    return np.bincount(numbers, minlength=len(numbers))


def _summed(total: FloatArray, times: FloatArray) -> FloatArray:
    """Return sums [N, b] of totals [N, W], each counted so many `times` [W, b]; infinite only where one is in it."""
    finite = np.isfinite(total)
    sums: FloatArray = np.where(finite, total, 0.0) @ times
    return sums if finite.all() else np.where((~finite).astype(np.float64) @ times > 0, np.inf, sums)
