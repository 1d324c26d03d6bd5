"""Autoregressions: each value is a weighted sum of those before it, found by Burg's method, of an order by AICc.

Axes: K histories; B histories of a block, T steps of its longest, F steps ahead of the last value, P lags at most.
"""

from typing import NamedTuple

import numpy as np

from rnncast.baselines.base import LARGEST, Histories
from rnncast.panel import BoolArray, FloatArray, IntArray, Panel
from rnncast.recursions import blocks

FEWEST, MOST = 12, 60
"""Lags that are tried, one after the other: a season and one more, at least and at most so many."""

RECENT = 1024
"""Last steps of a history that are read: on training parts earlier ones were of no use, and take time."""

EXACT = 1e-24
"""Squared error that counts as none, in units of a history's largest value: less is rounding."""

REACH = 3
"""Times a history's range by which forecasts may lie outside it."""


class _Form(NamedTuple):
    """Holds what one form of histories says: AICc for each value [B], and the steps ahead [B, F]."""

    criterion: FloatArray
    ahead: FloatArray


def ar(panel: Panel, horizon: int) -> FloatArray:
    """Forecast an autoregression of the seasonally adjusted values (Box and Jenkins 1970).

    x_t = a_1 x_(t-1) + ... + a_p x_(t-p) + e_t  (1)

    x is one of three forms: the differences from value to value, those less their mean, or the values less
    theirs; of a history above zero its logarithms' too. The form and the order p with the lowest AICc
    forecast: n log s^2 + 2 q n / (n - q - 1) of n numbers x, q of them free, with the errors' variance s^2
    (Hurvich and Tsai 1989), to which a logarithm adds twice the sum of log(y). All is divided by n, since there are
    fewer differences than values. The weights a are those of Burg 1975, which never explode.
    """
    return _forecast(Histories.adjusted(panel), panel.season_length, horizon)


def seasonal_ar(panel: Panel, horizon: int) -> FloatArray:
    """Forecast the same of the values as they are, so that lags of a season and one step carry the season on."""
    return _forecast(Histories.of(panel), panel.season_length, horizon)


def _forecast(histories: Histories, season_length: int, horizon: int) -> FloatArray:
    """Return the forecasts [N, H, C] of what histories hold, kept within some ranges of them."""
    steps, lengths = histories.ahead(horizon), np.minimum(histories.lengths, RECENT)  # [K, H], [K]
    first = histories.offsets + histories.lengths - lengths
    forecast = np.zeros(steps.shape)
    for block in blocks(np.arange(len(lengths)), lengths, 1):
        step, count = np.arange(lengths[block].max()), lengths[block]
        values = histories.values[first[block, None] + np.minimum(step, count[:, None] - 1)]  # [B, T]
        lags = min(max(FEWEST, season_length + 1), MOST, len(step) - 1)
        ahead = _ahead(values, count, lags, int(steps[block].max()))
        low, high = values.min(axis=1, keepdims=True), values.max(axis=1, keepdims=True)
        ahead = np.clip(ahead, low - REACH * (high - low), high + REACH * (high - low))
        forecast[block] = np.take_along_axis(ahead, steps[block] - 1, axis=1)
    return histories.restore(forecast)


def _ahead(values: FloatArray, count: IntArray, lags: int, far: int) -> FloatArray:
    """Return the likeliest form's steps ahead [B, F] of the first `count` [B] of the values [B, T]."""
    positive: BoolArray = values.min(axis=1) > 0
    forms = _forms(values, count, lags, far)
    if positive.any():
        logs = np.log(values, where=positive[:, None], out=np.zeros_like(values))
        inside = np.arange(values.shape[1]) < count[:, None]
        density = np.where(positive, 2 * (logs * inside).sum(axis=1) / count, np.inf)
        for criterion, ahead in _forms(logs, count, lags, far):
            forms.append(_Form(criterion + density, np.exp(np.minimum(ahead, LARGEST))))
    best = np.argmin([form.criterion for form in forms], axis=0)
    found: FloatArray = np.stack([form.ahead for form in forms])[best, np.arange(len(best))]
    return found


def _forms(values: FloatArray, count: IntArray, lags: int, far: int) -> list[_Form]:
    """Return the forms of values or their logarithms: a single value goes on level."""
    last = np.take_along_axis(values, count[:, None] - 1, axis=1)  # [B, 1]
    found = [_Form(np.where(count > 1, np.inf, 0.0), np.repeat(last, far, axis=1))]
    for has_mean in (False, True) if values.shape[1] > 1 else ():
        criterion, ahead = _form(np.diff(values, axis=1), count - 1, lags, far, has_mean)
        found.append(_Form(np.where(count > 1, criterion, np.inf), last + ahead.cumsum(axis=1)))
    return [*found, _form(values, count, lags, far, has_mean=True)]


def _form(values: FloatArray, count: IntArray, lags: int, far: int, has_mean: bool) -> _Form:
    """Return what an autoregression of the first `count` [B] of the values [B, T] says, less their mean or not."""
    inside = np.arange(values.shape[1]) < count[:, None]
    number = np.maximum(count, 1)
    mean = has_mean * (values * inside).sum(axis=1, keepdims=True) / number[:, None]
    weights, criterion = _burg((values - mean) * inside, inside, number, min(lags, values.shape[1] - 1), has_mean + 1)
    past = count[:, None] - 1 - np.arange(weights.shape[1])  # [B, P], the last first
    recent = np.where(past >= 0, np.take_along_axis(values - mean, np.maximum(past, 0), axis=1), 0.0)
    ahead = np.zeros((len(values), far))
    for step in range(far):
        ahead[:, step] = np.einsum("bp,bp->b", weights, recent)  # (1)
        recent = np.concatenate([ahead[:, step, None], recent[:, :-1]], axis=1) if recent.shape[1] else recent
    return _Form(criterion / number, mean + ahead)


def _burg(
    values: FloatArray, inside: BoolArray, count: IntArray, lags: int, free: int
) -> tuple[FloatArray, FloatArray]:
    """Return the weights [B, P] of the order with the lowest AICc, zero beyond it, and that AICc [B].

    f_t = b_t = x_t                                            (2)
    k_p = 2 sum f_t b_(t-1) / sum (f_t^2 + b_(t-1)^2)          (3)
    f_t, b_t become f_t - k_p b_(t-1), b_(t-1) - k_p f_t       (4)
    a_i becomes a_i - k_p a_(p-i), a_p = k_p                   (5)
    s^2 becomes s^2 (1 - k_p^2)                                (6)

    Args:
        values: [B, T], zero where they are not `inside`.
        inside: [B, T], where a history is.
        count: [B], its steps.
        lags: P.
        free: numbers that are found beside the weights.
    """
    weights, best = np.zeros((len(values), lags)), np.zeros((len(values), lags))
    variance = (values**2).sum(axis=1) / count
    lowest = _aicc(variance, count, free)
    ahead, behind = values[:, 1:], values[:, :-1] * inside[:, 1:]  # f_t, b_(t-1); (2)
    for order in range(1, lags + 1):
        product, squares = np.einsum("bt,bt->b", ahead, behind), np.einsum("bt,bt->b", ahead, ahead)
        squares += np.einsum("bt,bt->b", behind, behind)
        reflection = np.divide(2 * product, squares, out=np.zeros_like(squares), where=squares > 0)  # (3)
        share = reflection[:, None]
        before = weights[:, : order - 1]
        weights[:, : order - 1] = before - share * before[:, ::-1]  # (5)
        weights[:, order - 1] = reflection
        variance = variance * (1 - reflection**2)  # (6)
        criterion = _aicc(variance, count, free + order)
        better = criterion < lowest
        lowest, best[better] = np.where(better, criterion, lowest), weights[better]
        ahead, behind = (
            (ahead - share * behind)[:, 1:],
            (behind - share * ahead)[:, :-1] * inside[:, order + 1 :],
        )  # (4)
    return best, lowest


def _aicc(variance: FloatArray, count: IntArray, free: int) -> FloatArray:
    """Return AICc [B]; infinite where too few values tell so many numbers."""
    left = count - free - 1
    spent = np.divide(2 * free * count, left, out=np.full(len(count), np.inf), where=left > 0)
    return np.asarray(count * np.log(np.maximum(variance, EXACT)) + spent)
