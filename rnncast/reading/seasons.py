"""Seasons: told by the settings, by the frequency, or for series without dates by autocorrelation.

The steps from value to value are free of any trend. Their autocorrelation at lag m, a mean over the
sampled series, is high for every multiple of the season, so the shortest lag that comes near the best
is the season. White noise differenced gives about 0 beyond lag 1, a trend and a random walk too.
"""

import numpy as np

from rnncast import aliases, cleaning
from rnncast.config import DataConfig
from rnncast.panel import FloatArray, IntArray, Panel

CANDIDATES = (4, 7, 12, 24, 48, 52, 96, 168, 336)
_SERIES = 200
_STEPS = 2000
_ROUNDING = 1e-12
# A season beyond the day's 24 hours must be clearer: M4's weekly series reach 0.27 at 52, and networks that are
# fitted to them gain nothing by it.
CLEAR, CLEAR_LONG = 0.2, 0.3
_LONG = 24


def tell(panel: Panel, data: DataConfig) -> tuple[int, ...]:
    """Return the season lengths of a panel that may still have gaps, shortest first."""
    freq = panel.time.freq or data.freq
    if data.season_length:
        return tuple(sorted(set(data.season_length)))
    if freq and not freq.isdecimal():
        return aliases.season_lengths(freq)
    some = panel.part(_sampled(panel.num_series))
    values = cleaning.fill(some.values, some.observed, some.offsets, some.lengths, "interpolate")
    return detect(values, some.offsets, some.lengths)


def detect(values: FloatArray, offsets: IntArray, lengths: IntArray, clear_long: float = CLEAR_LONG) -> tuple[int, ...]:
    """Return the season lengths of the first target, shortest first; (1,) where none is clear.

    Args:
        values: [R, C], finite.
        offsets: [N], first row of each series.
        lengths: [N], rows of each series.
        clear_long: least autocorrelation of a season of more than 24 steps.
    """
    picked = _sampled(len(offsets))
    first = np.maximum(offsets[picked], offsets[picked] + lengths[picked] - _STEPS)
    stop = offsets[picked] + lengths[picked]
    # A sample, so the loop has a bounded length.
    stretches = (values[a:b, 0].astype(np.float64) for a, b in zip(first.tolist(), stop.tolist(), strict=True))
    scores = np.array([_scores(stretch) for stretch in stretches])
    known = ~np.isnan(scores)  # [sampled, candidates]
    mean = np.nansum(scores, axis=0) / np.maximum(known.sum(axis=0), 1)
    mean[known.mean(axis=0) < 0.5] = 0.0
    # Of chance, a mean over that many steps stays below: four standard errors.
    chance = 4 / np.sqrt((known * (stop - first)[:, None]).sum(axis=0).clip(1))
    needed = np.maximum(np.where(np.array(CANDIDATES) > _LONG, clear_long, CLEAR), chance)
    clear = {season: float(mean[i]) for i, season in enumerate(CANDIDATES) if mean[i] > needed[i]}
    if not clear:
        return (1,)
    best = max(clear.values())
    shortest = next(season for season, score in clear.items() if score >= 0.75 * best)
    week = 7 * shortest
    return (shortest, week) if clear.get(week) == best else (shortest,)


def _sampled(count: int) -> IntArray:
    return np.linspace(0, count - 1, min(count, _SERIES)).astype(np.int64)


def _scores(values: FloatArray) -> FloatArray:
    """Return the autocorrelation of the steps at each candidate, NaN where the series is too short."""
    largest = float(np.abs(values).max(initial=0.0))
    # Over the largest, so that nothing overflows; what is left of an exact trend is rounding.
    steps = np.diff(values / largest / 2) if largest > 0 else np.zeros(max(len(values) - 1, 0))
    steps = steps - steps.mean() if len(steps) else steps
    steps[np.abs(steps) < _ROUNDING] = 0.0
    energy = float(steps @ steps)
    found = np.full(len(CANDIDATES), np.nan)
    for i, season in enumerate(CANDIDATES):
        if len(values) >= 3 * season and len(steps) > season:
            found[i] = float(steps[season:] @ steps[:-season]) / energy if energy > 0 else 0.0
    return found
