"""Classes: a target of words as indicators, and forecasts of indicators as probabilities.

Of K classes, 0 .. K - 1, all but the first have an indicator, 1 where the class is said and 0 elsewhere, as the first
is where all others are 0; two classes have one. So a categorical target is K - 1 targets of numbers that are forecast
together, and a forecast of them holds the probabilities of the same classes: the first one's is what is left.

Axes: K classes.
"""

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

LEAST = 1e-7
"""Least probability that a class counts as given: as near to none as single precision tells."""


def indicators(numbers: FloatArray, count: int) -> FloatArray:
    """Return the indicators [..., K - 1] of classes [...], of which there are `count`; NaN where a class is NaN."""
    said: FloatArray = np.where(np.isnan(numbers)[..., None], np.nan, numbers[..., None] == np.arange(1, count))
    return said


def numbers(indicators: FloatArray) -> IntArray:
    """Return the classes [...] of indicators [..., K - 1]."""
    found: IntArray = (indicators @ np.arange(1, indicators.shape[-1] + 1)).astype(np.int64)
    return found


def whole(indicators: FloatArray) -> FloatArray:
    """Return the values of all classes [..., K], of indicators or of probabilities [..., K - 1]."""
    return np.concatenate([1 - indicators.sum(axis=-1, keepdims=True), indicators], axis=-1)


def surprise(actual: FloatArray, forecast: FloatArray) -> FloatArray:
    """Return -log p, p being the forecast's probability of the class that came, [...], of two [..., K - 1]."""
    given: FloatArray = -np.log(np.clip((whole(actual) * whole(forecast)).sum(axis=-1), LEAST, 1.0))
    return given
