"""Blend: what validation says about a network: its share beside an anchor, and how wide its intervals are to be.

Axes: M windows (series times origins), H horizon, C targets, Q quantile levels.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from math import isclose
from typing import NamedTuple

import numpy as np

from rnncast.panel import BoolArray, FloatArray

SHARES = (0.0, 0.25, 0.5, 0.75, 1.0)
"""Shares of the networks that are tried; one half stands until the windows tell them apart."""

TOO_MUCH = 2
"""Times the lowest error that a share may not exceed, however few the windows are."""

OVERLAP = 2
"""Windows that hold every step: neighbours share half of their steps, so half as many say as much."""

DOUBT = 8
"""Windows whose widths count as much as none: so little is known from a few, which overlap by half."""

MANY = 30
"""Windows from which on intervals may be made narrower: a few, all of one quiet stretch, may only widen them."""

NARROWEST, WIDEST = 0.25, 4.0
"""Bounds of the factor on an interval's width."""


class Judged(NamedTuple):
    """Holds forecasts from origins that were not learned from, beside what came.

    Attributes:
        actual: [M, H, C].
        observed: [M, H, C], where it was seen.
        point: [M, H, C], the networks' forecast.
        quantiles: [M, H, C, Q].
        anchor: [M, H, C], the anchor's forecast; None where there is none.
        past_error: [M, C], the seasonal naive's mean error before the origin: what errors are counted in.
    """

    actual: FloatArray
    observed: BoolArray
    point: FloatArray
    quantiles: FloatArray
    anchor: FloatArray | None
    past_error: FloatArray


@dataclass(frozen=True, slots=True)
class Blend:
    """Says how a forecast is made of the networks' and the anchor's.

    point = share network + (1 - share) anchor
    quantile_q = point + width_q (network's quantile_q - network's point)

    Attributes:
        anchor: the baseline beside the networks; None where there is none.
        share: of the networks, 0 to 1.
        widths: [Q], one for each quantile level; empty where all are 1.
    """

    anchor: str | None = None
    share: float = 1.0
    widths: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        """Check what may come from a file.

        Raises:
            ValueError: a number out of its bounds.
        """
        if not 0 <= self.share <= 1 or not all(NARROWEST <= width <= WIDEST for width in self.widths):
            raise ValueError("a blend's share or width is out of bounds")

    def point(self, network: FloatArray, anchor: FloatArray | None) -> FloatArray:
        """Return the point forecast of the networks' and the anchor's, both of one shape."""
        return network if anchor is None else _mix(network, anchor, self.share)

    def quantiles(self, spread: FloatArray, point: FloatArray) -> FloatArray:
        """Return the quantiles [..., Q] around `point` [...] of the networks' distances from their own point."""
        widths = np.array(self.widths) if self.widths else 1.0
        return np.sort(point[..., None] + spread * widths, axis=-1)


ALONE = Blend()
"""The networks' forecast as it is."""


def fit_blend(judged: Judged, anchor: str | None, levels: Sequence[float], calibrate: bool) -> Blend:
    """Return the blend with `anchor` that the judged windows ask for."""
    share = 1.0 if judged.anchor is None else _share(judged, judged.anchor)
    blend = Blend(anchor, share)
    if not calibrate or not levels:
        return blend
    return replace(blend, widths=_widths(judged, blend.point(judged.point, judged.anchor), levels))


def _mix(network: FloatArray, anchor: FloatArray, share: float) -> FloatArray:
    mixed: FloatArray = anchor if share == 0 else network if share == 1 else share * network + (1 - share) * anchor
    return mixed


def _share(judged: Judged, anchor: FloatArray) -> float:
    """Return the share nearest to one half whose error is within one standard error of the lowest.

    One standard error: Breiman et al. 1984, section 3.4.3, here of the windows' differences from the
    lowest, so that a few windows leave one half and thousands decide. A share with twice the lowest error is
    never taken: where one of the two is exact it forecasts alone. Where halves lie even, the network's.
    """
    errors = np.stack([_errors(judged, _mix(judged.point, anchor, share)) for share in SHARES])  # [5, M]
    errors = errors[:, np.isfinite(errors).all(axis=0)]
    count = errors.shape[1]
    if not count:
        return 0.5
    mean = errors.mean(axis=1)  # [5]
    above = errors - errors[np.argmin(mean)]  # [5, M]
    doubt = above.std(axis=1, ddof=1) * np.sqrt(OVERLAP / count) if count > 1 else np.full(len(SHARES), np.inf)
    fits = (above.mean(axis=1) <= doubt) & (mean <= TOO_MUCH * mean.min())
    fitting = [share for share, is_fitting in zip(SHARES, fits, strict=True) if is_fitting]
    return min(fitting, key=lambda share: (abs(share - 0.5), -share))


def _errors(judged: Judged, point: FloatArray) -> FloatArray:
    """Return the mean absolute scaled error of each window [M]; NaN where nothing was seen or scaled."""
    error = np.where(judged.observed, np.abs(judged.actual - point), 0.0).sum(axis=1)  # [M, C]
    seen = judged.observed.sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray((error / seen / judged.past_error).mean(axis=1))


def _widths(judged: Judged, point: FloatArray, levels: Sequence[float]) -> tuple[float, ...]:
    """Return the factors by which the central intervals held what they should have: split conformal prediction.

    The score of a step is how many half-widths it lies from the point (Papadopoulos et al. 2008's normalised
    residual), and the factor of the interval between levels q and 1 - q the (1 - 2 q)-quantile of the scores
    with the correction for a finite sample (Lei et al. 2018, algorithm 2). Few windows draw it toward 1.
    """
    spread = judged.quantiles - judged.point[..., None]  # [M, H, C, Q]
    error = (judged.actual - point)[judged.observed]  # [S]
    windows = int(judged.observed.any(axis=(1, 2)).sum())
    widths = np.ones(len(levels))
    for low, high in combinations(range(len(levels)), 2):
        if isclose(levels[low] + levels[high], 1):  # quantiles of no central interval stay as they are
            side = np.where(error < 0, -spread[..., low][judged.observed], spread[..., high][judged.observed])
            widths[[low, high]] = _width(np.abs(error), side, levels[high] - levels[low], windows)
    return tuple(widths.tolist())


def _width(error: FloatArray, side: FloatArray, covered: float, windows: int) -> float:
    """Return the factor on `side` [S] that covers the share `covered` of `error` [S]."""
    usable = side > 0
    if not usable.any():
        return 1.0
    scores = np.sort(error[usable] / side[usable])
    rank = min(int(np.ceil((len(scores) + 1) * covered)), len(scores))
    factor = max(float(scores[rank - 1]), 1e-9) ** (windows / (windows + DOUBT))
    return float(np.clip(factor, NARROWEST if windows >= MANY else 1.0, WIDEST))
