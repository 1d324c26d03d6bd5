"""Information criteria: how well a model fits what it learned from, less what its size alone would have fitted.

For errors that are normal with one variance, whose estimate is the mean squared error (Burnham and Anderson 2002,
section 2.2.1), up to a constant that is the same for all models of the same rows:

    AIC = n ln(mean squared error) + 2 K          (1), Akaike 1974
    BIC = n ln(mean squared error) + K ln n       (2), Schwarz 1978

K is the number of weights, and one for the variance. Both are asymptotic: they ask for many more values than weights,
and for weights that can be told apart. A network has neither, since it stops early, is regularised, and its units can
change places: its weights count for far less than their number, so that both, (2) above all, choose too small ones.
"""

from collections.abc import Callable, Mapping
from math import log

from rnncast.errors import UsageError


def aic(squared_error: float, count: int, weights: int) -> float:
    """Return (1) of a mean squared error of `count` values."""
    return _fit(squared_error, count) + 2 * (weights + 1)


def bic(squared_error: float, count: int, weights: int) -> float:
    """Return (2) of a mean squared error of `count` values."""
    return _fit(squared_error, count) + (weights + 1) * log(count)


CRITERIA: Mapping[str, Callable[[float, int, int], float]] = {"aic": aic, "bic": bic}


def _fit(squared_error: float, count: int) -> float:
    if not squared_error > 0:
        raise UsageError("an information criterion is undefined where a fit makes no error.", "Leave --criterion out.")
    return count * log(squared_error)
