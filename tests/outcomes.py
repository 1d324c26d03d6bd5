"""Outcomes that metrics are tried on: made by hand, or at random with holes and zeros."""

import numpy as np

from rnncast.metrics import Outcome
from rnncast.panel import BoolArray, FloatArray

LEVELS = (0.1, 0.5, 0.9)


def outcome_of(
    actual: FloatArray, point: FloatArray, observed: BoolArray | None = None, spread: float = 1.0
) -> Outcome:
    """Return the outcome of arrays [N, W, H, C], with an interval of `spread` about the point and a past error of 1."""
    past = np.ones((*actual.shape[:2], actual.shape[3]))
    return Outcome(
        actual=actual,
        observed=np.ones(actual.shape, dtype=bool) if observed is None else observed,
        point=point,
        quantiles=point[..., None] + spread * np.array([-1.0, 0.0, 1.0]),
        quantile_levels=LEVELS,
        past_error=past,
        past_square=past,
    )


def one_series(actual: list[float], point: list[float]) -> Outcome:
    """Return the outcome of one forecast."""
    return outcome_of(np.array(actual)[None, None, :, None], np.array(point)[None, None, :, None])


def random_outcome(seed: int) -> Outcome:
    """Return the outcome of four series of two targets at three origins: the last is not seen, some past is unknown."""
    random = np.random.default_rng(seed)
    shape = (4, 3, 5, 2)
    actual = random.normal(size=shape)
    actual[random.random(shape) < 0.1] = 0
    point = np.where(random.random(shape) < 0.1, 0.0, random.normal(size=shape))
    observed = random.random(shape) < 0.7
    observed[3] = False
    past_error = random.random((4, 3, 2))
    past_error[1, 0], past_error[1, 1] = 0, np.nan
    quantiles = np.sort(random.normal(size=(*shape, 3)), axis=-1)
    return Outcome(actual, observed, point, quantiles, LEVELS, past_error, 2 * past_error**2)
