"""Metrics of classes: how much of the probability went to what came, one number for each series and one for all.

They follow the rules of `metrics`: first each series by itself, then the mean over series; what was not observed does
not count, and a forecast that is not a number counts as the worst there is. Actual values are indicators, forecasts
the probabilities of the same classes, see `classes`.
"""

import numpy as np

from rnncast import classes
from rnncast.metrics import Outcome, Score, series_means
from rnncast.panel import FloatArray


def log_loss(outcome: Outcome) -> Score:
    """Score the mean of -log p of the class that came: the logarithmic score (Good 1952; Gneiting and Raftery 2007).

    No probability counts as less than 1e-7, so that one class taken for impossible costs 16 and not all.
    """
    surprise = classes.surprise(_actual(outcome), outcome.point)  # [N, W, H]
    return _score(np.where(np.isnan(surprise), np.inf, surprise), outcome)


def accuracy(outcome: Outcome) -> Score:
    """Score the share of steps at which the likeliest class came; of equally likely ones the first is taken."""
    likeliest = classes.whole(outcome.point).argmax(axis=-1)  # [N, W, H]
    is_right = (likeliest == classes.numbers(_actual(outcome))) & ~np.isnan(outcome.point).any(axis=-1)
    return _score(is_right.astype(np.float64), outcome)


def brier(outcome: Outcome) -> Score:
    """Score the mean of the sum over classes of (p_k - y_k)^2, y_k being 1 for the class that came (Brier 1950, eq. 2).

    Lies between 0 and 2; of two classes it is twice the square of what the probability of one is off.
    """
    apart = classes.whole(outcome.point) - classes.whole(_actual(outcome))  # [N, W, H, K]
    return _score(np.nan_to_num((apart**2).sum(axis=-1), nan=2.0), outcome)


def _actual(outcome: Outcome) -> FloatArray:
    return np.where(outcome.observed, outcome.actual, 0.0)


def _score(values: FloatArray, outcome: Outcome) -> Score:
    """Return the score of values [N, W, H]."""
    return series_means(values[..., None], outcome.observed[..., :1])  # all indicators of a step or none
