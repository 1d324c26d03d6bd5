"""Outliers: values far from all that the values before them led one to expect.

A Hampel filter (Hampel 1974; Davies and Gather 1993) that looks back only, made seasonal. A value is compared with
the median of the five before it, and with the values one and two seasons before, put on today's level by the median
difference of the five before them, or by the ratio of the medians. What is far from all of these is an outlier:

    u_t(l) = the lesser in size of y_t - y_(t-l) m_t / m_(t-l) and x_t - med5(x)_(t-1)                     (1)
    e_t = the least in size of y_t - m_t and u_t(l) of all l                                               (2)
    s_t = max(b_k, median of b_(k-4) .. b_k), b_k the nine-tenths quantile of |u(m)| in block k            (3)
    t is an outlier where |e_t| > 5 s_t, and the limit that it crosses lies at y_t - e_t +- 5 s_t          (4)

where m_t = med5(y)_(t-1) and x_t = y_t - y_(t-l), for l of one and two of each season, of which m is the shortest;
without a season (3) takes y_t - m_t. k is the last block that ended before t, of a season and ten values at least.
So what has stood at this point of the season before is none, a new level is none after three steps, nor is anything
where values as far off are usual. Where y_t = m_t nothing has moved, and b is infinite in a block of
which more than half has not: counts that are mostly zero have next to no outliers. All rests on values up to t alone.
Before two seasons, five values and a whole block nothing is told.

Axes: R rows of all series one after the other, N series, C targets; V values of one target that are told about,
K blocks.
"""

from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from rnncast.panel import BoolArray, FloatArray, IntArray, ranges

LIMIT = 5.0
"""Times the usual deviation beyond which a value is an outlier: of a Gaussian, about ten standard deviations."""

BLOCK = 10
"""Least values of a block."""

BLOCKS = 5
"""Blocks whose median says how large deviations usually are."""

QUANTILE = 0.9
"""Share of a block's deviations that are usual."""

CHUNK = 2**16
"""Rows that are worked on at once, about: what a processor's cache holds."""


class Outliers(NamedTuple):
    """Holds which values are outliers, and the limit that each crosses.

    Attributes:
        found: [R, C], true for an outlier.
        limit: [R, C], the nearest value that would be none; zero where `found` is false.
    """

    found: BoolArray
    limit: FloatArray


@np.errstate(over="ignore", invalid="ignore")
def find(
    values: FloatArray, observed: BoolArray, offsets: IntArray, lengths: IntArray, season_lengths: tuple[int, ...]
) -> Outliers:
    """Return the outliers among the observed values of each series and target, each told from values up to it.

    Args:
        values: [R, C], anything where not observed.
        observed: [R, C], true where a value was really seen.
        offsets: [N], first row of each series; series follow each other without a space between.
        lengths: [N], rows of each series; together R.
        season_lengths: steps of each season, shortest first; (1,) where there is none.
    """
    found, limit = np.zeros(values.shape, dtype=np.bool_), np.zeros(values.shape)
    for series in _chunks(lengths):
        rows = slice(offsets[series.start], offsets[series.stop - 1] + lengths[series.stop - 1])
        for column in range(values.shape[1]):
            at, limits = _found(values[rows, column], observed[rows, column], lengths[series], season_lengths)
            found[rows.start + at, column] = True
            limit[rows.start + at, column] = limits
    return Outliers(found, limit)


def _chunks(lengths: IntArray) -> Iterator[slice]:
    """Yield the series in groups of so many rows, or of one series."""
    cuts = np.flatnonzero(np.diff(np.cumsum(lengths) // CHUNK)) + 1
    yield from (slice(first, last) for first, last in pairwise([0, *cuts.tolist(), len(lengths)]))


def _found(
    values: FloatArray, seen: BoolArray, lengths: IntArray, season_lengths: tuple[int, ...]
) -> tuple[IntArray, FloatArray]:
    """Return the rows of the outliers in one target's values [R], and the limits that they cross."""
    step = ranges(np.zeros_like(lengths), lengths)  # [R]
    series = np.repeat(np.arange(len(lengths)), lengths)  # [R]
    lags = sorted(number * season for season in season_lengths for number in (1, 2) if season > 1)
    least, usual = _deviations(_held(values, seen, step), step, lags)  # [R]
    told = np.flatnonzero(seen & ~np.isnan(least))  # [V]
    deviation = least[told]
    counts = np.bincount(series[told], minlength=len(lengths))
    allowed = LIMIT * _spread(np.abs(usual[told]), counts, max(BLOCK, season_lengths[0]))  # [V]
    far = np.flatnonzero(np.abs(deviation) > allowed)
    return told[far], values[told[far]] - deviation[far] + np.copysign(allowed[far], deviation[far])


def _held(values: FloatArray, seen: BoolArray, step: IntArray) -> FloatArray:
    """Return values [R] with each gap holding the last value before it; NaN before the first of a series."""
    if seen.all():
        return values
    rows = np.arange(len(values))
    last = np.maximum.accumulate(np.where(seen, rows, -1))
    return np.where(last >= rows - step, values[last], np.nan)


def _deviations(values: FloatArray, step: IntArray, lags: list[int]) -> tuple[FloatArray, FloatArray]:
    """Return (2) and what (3) is taken of, each [R]; NaN where a part reaches to before the series."""
    level = _median_before(values, step)
    least = usual = values - level
    for lag in lags:
        earlier, then = _before(values, step, lag), _before(level, step, lag)
        change = values - earlier
        added = change - _median_before(change, step)
        growth = np.divide(level, then, out=np.full_like(level, np.nan), where=level * then > 0)
        grown = values - earlier * growth
        seasonal = np.where(np.abs(grown) < np.abs(added), grown, added)
        usual = seasonal if lag == lags[0] else usual
        least = np.where(np.abs(least) < np.abs(seasonal), least, seasonal)  # NaN where there is no such lag
    return least, np.where(values == level, 0.0, usual)


def _before(values: FloatArray, step: IntArray, lag: int) -> FloatArray:
    """Return what stood `lag` steps before in the same series, NaN before its first step."""
    earlier = np.full_like(values, np.nan)
    earlier[lag:] = values[:-lag]
    earlier[step < lag] = np.nan
    return earlier


def _median_before(values: FloatArray, step: IntArray) -> FloatArray:
    """Return the median of the five values before each step of its series, NaN where there are fewer.

    Of two pairs the larger minimum and the smaller maximum lie in the middle, and the median of all five is that of
    these two and the fifth.
    """
    one, two, fifth = (_before(values, step, lag) for lag in (1, 2, 5))
    low, high = np.minimum(one, two), np.maximum(one, two)
    low, high = np.maximum(low, _before(low, step, 2)), np.minimum(high, _before(high, step, 2))
    median: FloatArray = np.maximum(np.minimum(low, high), np.minimum(np.maximum(low, high), fifth))
    return median


def _spread(size: FloatArray, counts: IntArray, block: int) -> FloatArray:
    """Return (3) for each value [V], infinite before the first whole block of a series.

    Args:
        size: |u| of the values that are told about.
        counts: [N], how many of them each series has.
        block: values of a block.
    """
    blocks = counts // block  # [N]
    first = np.cumsum(counts) - counts
    whole = ranges(first, blocks * block).reshape(-1, block)  # [K, block]
    rank = int(QUANTILE * block) - 1
    parted = np.partition(size[whole], (block // 2, rank), axis=1)  # [K, block]
    quantile = np.where(parted[:, block // 2] > 0, parted[:, rank], np.inf)  # [K]
    usual = np.maximum(quantile, _median_of_last(quantile, blocks))
    number = ranges(np.zeros_like(counts), counts) // block  # [V], the block that a value lies in
    before = np.repeat(np.cumsum(blocks) - blocks, counts) + number - 1
    return np.where(number > 0, usual[np.maximum(before, 0)] if len(usual) else np.inf, np.inf)


def _median_of_last(values: FloatArray, counts: IntArray) -> FloatArray:
    """Return the median of the last five values up to each, of fewer at a series' begin."""
    place = ranges(np.zeros_like(counts), counts)
    window = np.arange(len(values))[:, None] - np.arange(BLOCKS)
    known = np.where(np.arange(BLOCKS) <= place[:, None], values[np.maximum(window, 0)], np.nan)
    return np.nanmedian(known, axis=1) if len(values) else values
