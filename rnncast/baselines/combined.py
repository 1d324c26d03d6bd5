"""The mean of other baselines, each weighted by how near it was to what came at past origins of the data itself.

Axes: N series, C targets, H horizon, K past origins of a series, P of all together; M baselines.
"""

import numpy as np

from rnncast import registry
from rnncast.baselines.base import Histories
from rnncast.panel import FloatArray, Panel

MEMBERS = ("naive", "seasonal-naive", "drift", "theta", "damped", "holt-winters", "ar", "seasonal-ar")
UNTRIED = ("naive", "theta", "damped")
"""What is averaged where no series is long enough to try anything."""

ORIGINS = 8
"""Most past origins of a series."""

WORK = 8000
"""Most past origins of all histories, one for each series and target, together."""

SAMPLE = 1000
"""Histories that are enough to tell which baselines do well on data of this kind."""

WORST = 1e12
"""Largest ratio of two errors: beside a baseline that never fails the others have no weight, but a number."""


def combined(panel: Panel, horizon: int) -> FloatArray:
    """Forecast the mean of other baselines, weighted by their past errors (Bates and Granger 1969).

    w_nk ~ (e_nk / min_k e_nk)^-4 (E_k / min_k E_k)^-4  (1)
    E_k = mean_n (e_nk / mean_k e_nk)                   (2)

    e_nk is the mean absolute error of baseline k on series n from up to eight origins half a horizon apart.
    What all series say, E, is known far better than what one says. Of the 17 most accurate methods of the M4
    competition 12 were combinations (Makridakis et al. 2020).
    """
    forecasts = np.stack([_forecast(name, panel, horizon) for name in MEMBERS], axis=-1)  # [N, H, C, M]
    mean = np.einsum("nhcm,ncm->nhc", forecasts, _weights(panel, horizon))
    is_negative = Histories.of(panel).is_negative.reshape(-1, 1, panel.num_targets)
    bounded: FloatArray = np.where(is_negative, mean, np.maximum(mean, 0.0))
    return bounded


def _weights(panel: Panel, horizon: int) -> FloatArray:
    """Return w [N, C, M], which add up to 1."""
    errors, sample = _errors(panel, horizon), _sample(panel)
    weights = _own(errors) * _pooled(errors if sample is panel else _errors(sample, horizon))
    shares: FloatArray = weights / weights.sum(axis=-1, keepdims=True)
    return shares


def _forecast(name: str, panel: Panel, horizon: int) -> FloatArray:
    forecast: FloatArray = registry.BASELINES[name].load()(panel, horizon)
    return forecast


def _sample(panel: Panel) -> Panel:
    """Return a panel of at most about SAMPLE histories, evenly spaced."""
    count = max(1, SAMPLE // panel.num_targets)
    if count >= panel.num_series:
        return panel
    return panel.only(np.arange(count) * panel.num_series // count)


def _errors(panel: Panel, horizon: int) -> FloatArray:
    """Return the mean absolute errors e [N, C, M] over past origins; NaN where there is none.

    A forecast rests on two seasons and two steps at least, and on eight.
    """
    origins = min(ORIGINS, WORK // (panel.num_series * panel.num_targets))
    ends = panel.lengths[:, None] - horizon - max(1, horizon // 2) * np.arange(origins)  # [N, K]
    series, number = np.nonzero(ends >= max(2 * panel.season_length + 2, 8))  # [P]
    count = np.zeros((panel.num_series, panel.num_targets, 1))
    total = np.zeros((panel.num_series, panel.num_targets, len(MEMBERS)))
    if len(series):
        whole, lengths = panel.only(series), ends[series, number]
        actual, seen = whole.at(whole.offsets + lengths, horizon)  # [P, H, C]
        np.add.at(count, series, seen.sum(axis=1)[..., None])
        for member, name in enumerate(MEMBERS):
            distance = np.abs(_forecast(name, whole.truncated(lengths), horizon) - actual)
            np.add.at(total[..., member], series, np.where(seen, distance, 0.0).sum(axis=1))
    return np.divide(total, count, out=np.full_like(total, np.nan), where=count > 0)


def _own(errors: FloatArray) -> FloatArray:
    """Return the first factor of (1), [N, C, M]: 1 for all of a series without an origin."""
    return _ratio(np.where(np.isnan(errors), 1.0, errors)) ** -4


def _pooled(errors: FloatArray) -> FloatArray:
    """Return the second factor of (1), [M]."""
    known = errors[~np.isnan(errors[..., 0])]  # [N C, M]
    if not len(known):
        return np.isin(MEMBERS, UNTRIED).astype(np.float64)
    mean = known.mean(axis=1, keepdims=True)
    shares = np.divide(known, mean, out=np.ones_like(known), where=mean > 0)
    return _ratio(shares.mean(axis=0)) ** -4


def _ratio(errors: FloatArray) -> FloatArray:
    """Return errors [..., M] over the least of the last axis; at most WORST, and 1 for the least even if it is 0."""
    least = errors.min(axis=-1, keepdims=True)
    ratio: FloatArray = np.where(errors > least, WORST, 1.0)
    np.divide(errors, least, out=ratio, where=errors / WORST < least)
    return ratio
