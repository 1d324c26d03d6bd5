"""Blend: what validation says about networks: their shares beside an anchor, and how wide intervals are to be.

Axes: M windows (series times origins), H horizon, C targets, Q quantile levels.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations, product
from math import isclose
from typing import NamedTuple

import numpy as np

from rnncast import classes
from rnncast.panel import BoolArray, FloatArray

QUARTERS = 4
"""Steps from none to all in which shares are tried."""

FITTED, EMBEDDED, ANCHOR = "fitted", "embedded", "anchor"
"""What is blended: networks fitted to the data, the embedded one, and a baseline."""

USUAL: Mapping[tuple[str, ...], tuple[float, ...]] = {
    (FITTED, ANCHOR): (0.5, 0.5),
    (EMBEDDED, ANCHOR): (0.75, 0.25),
    (FITTED, EMBEDDED): (0.5, 0.5),
    (FITTED, EMBEDDED, ANCHOR): (0.5, 0.25, 0.25),
}
"""Shares that stand until the windows tell the sources apart."""

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


class Source(NamedTuple):
    """Holds what networks of one kind forecast: point [..., H, C] and quantiles [..., H, C, Q]."""

    point: FloatArray
    quantiles: FloatArray


class Judged(NamedTuple):
    """Holds forecasts from origins that were not learned from, beside what came.

    Attributes:
        actual: [M, H, C].
        observed: [M, H, C], where it was seen.
        networks: by kind, FITTED before EMBEDDED, of M windows.
        anchor: [M, H, C], the anchor's forecast; None where there is none.
        past_error: [M, C], the seasonal naive's mean error before the origin: what errors are counted in.
        is_class: whether what is forecast are the probabilities of classes, see `classes`.
    """

    actual: FloatArray
    observed: BoolArray
    networks: Mapping[str, Source]
    anchor: FloatArray | None
    past_error: FloatArray
    is_class: bool = False


@dataclass(frozen=True, slots=True)
class Blend:
    """Says how a forecast is made of the networks' and the anchor's.

    network = (1 - embedded) fitted + embedded embedded's
    point = share network + (1 - share) anchor
    quantile_q = point + width_q (network's quantile_q - network's point)

    The networks of a kind forecast their median, or their mean by weights.

    Attributes:
        anchor: the baseline beside the networks; None where there is none.
        share: of the networks, 0 to 1.
        widths: [Q], one for each quantile level; empty where all are 1.
        embedded: the embedded network's share among the networks, where there are fitted ones too.
        weights: of each network among those of its kind; empty where their median is taken.
    """

    anchor: str | None = None
    share: float = 1.0
    widths: tuple[float, ...] = ()
    embedded: float = 0.0
    weights: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        """Check what may come from a file.

        Raises:
            ValueError: a number out of its bounds.
        """
        if (
            not 0 <= self.share <= 1
            or not 0 <= self.embedded <= 1
            or not all(NARROWEST <= width <= WIDEST for width in self.widths)
            or not all(0 < weight <= 1 for weight in self.weights)
        ):
            raise ValueError("a blend's share, width or weight is out of bounds")

    def networks(self, kinds: Mapping[str, Source]) -> Source:
        """Return the networks' forecast of those of each kind."""
        first, *others = kinds.values()
        return Source(*(_mix(b, a, self.embedded) for a, b in zip(first, others[0], strict=True))) if others else first

    def point(self, network: FloatArray, anchor: FloatArray | None) -> FloatArray:
        """Return the point forecast of the networks' and the anchor's, both of one shape."""
        return network if anchor is None else _mix(network, anchor, self.share)

    def quantiles(self, spread: FloatArray, point: FloatArray) -> FloatArray:
        """Return the quantiles [..., Q] around `point` [...] of the networks' distances from their own point."""
        found: FloatArray = spread * np.array(self.widths) if self.widths else spread.copy()
        found += point[..., None]
        found.sort(axis=-1)
        return found


ALONE = Blend()
"""The networks' forecast as it is."""


def fit_blend(judged: Judged, anchor: str | None, levels: Sequence[float], calibrate: bool) -> Blend:
    """Return the blend with `anchor` that the judged windows ask for."""
    blend = _shared(judged, anchor)
    return calibrated(judged, blend, levels) if calibrate else blend


def calibrated(judged: Judged, blend: Blend, levels: Sequence[float]) -> Blend:
    """Return the blend with the widths that the judged windows ask for."""
    return replace(blend, widths=_widths(judged, blend, levels))


def _mix(network: FloatArray, anchor: FloatArray, share: float) -> FloatArray:
    mixed: FloatArray = anchor if share == 0 else network if share == 1 else share * network + (1 - share) * anchor
    return mixed


def _shared(judged: Judged, anchor: str | None) -> Blend:
    """Return the blend whose shares are nearest to the usual ones, of those within one standard error of the best.

    One standard error: Breiman et al. 1984, section 3.4.3, here of the windows' differences from the
    lowest, so that a few windows leave what is usual and thousands decide. Shares with twice the lowest error are
    never taken: where a source is exact it forecasts alone. Where distances are even, the networks' share is larger.
    """
    sources = [*judged.networks, *([] if judged.anchor is None else [ANCHOR])]
    if len(sources) == 1:
        return Blend(anchor)
    shares = _simplex(len(sources))
    tried = [_with_shares(sources, each, anchor) for each in shares]
    usual = USUAL[tuple(sources)]
    errors = np.stack([window_errors(judged, _point(judged, blend)) for blend in tried])  # [S, M]
    errors = errors[:, np.isfinite(errors).all(axis=0)]
    count = errors.shape[1]
    if not count:
        return _with_shares(sources, usual, anchor)
    mean = errors.mean(axis=1)  # [S]
    above = errors - errors[np.argmin(mean)]  # [S, M]
    doubt = above.std(axis=1, ddof=1) * np.sqrt(OVERLAP / count) if count > 1 else np.full(len(tried), np.inf)
    fits = (above.mean(axis=1) <= doubt) & (mean <= TOO_MUCH * mean.min())
    far = [sum(abs(a - b) for a, b in zip(each, usual, strict=True)) for each in shares]
    return tried[min(np.flatnonzero(fits).tolist(), key=lambda n: (far[n], -tried[n].share))]


def _simplex(count: int) -> list[tuple[float, ...]]:
    """Return the shares of so many sources that add up to 1, in quarters."""
    numbers = product(range(QUARTERS + 1), repeat=count)
    return [tuple(n / QUARTERS for n in each) for each in numbers if sum(each) == QUARTERS]


def _with_shares(sources: Sequence[str], shares: Sequence[float], anchor: str | None) -> Blend:
    """Return the blend that gives each of the sources its share."""
    given = dict(zip(sources, shares, strict=True))
    networks = given.get(FITTED, 0.0) + given.get(EMBEDDED, 0.0)
    both = FITTED in given and EMBEDDED in given
    return Blend(anchor, networks, embedded=given[EMBEDDED] / networks if both and networks else 0.0)


def _point(judged: Judged, blend: Blend) -> FloatArray:
    return blend.point(blend.networks(judged.networks).point, judged.anchor)


def window_errors(judged: Judged, point: FloatArray) -> FloatArray:
    """Return the mean absolute scaled error of each window [M]; NaN where nothing was seen or scaled.

    Of classes it is the mean of -log p of what came.
    """
    if judged.is_class:
        return _surprises(judged, point)
    error = np.where(judged.observed, np.abs(judged.actual - point), 0.0).sum(axis=1)  # [M, C]
    seen = judged.observed.sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray((error / seen / judged.past_error).mean(axis=1))


def _surprises(judged: Judged, point: FloatArray) -> FloatArray:
    """Return the mean of -log p of the classes that came in each window [M]; NaN where nothing was seen."""
    seen = judged.observed[..., 0]  # [M, H], all indicators of a step or none
    surprise = classes.surprise(np.where(judged.observed, judged.actual, 0.0), point)
    count = seen.sum(axis=1)
    mean: FloatArray = np.full(len(count), np.nan)
    np.divide(np.where(seen, surprise, 0.0).sum(axis=1), count, out=mean, where=count > 0)
    return mean


def _widths(judged: Judged, blend: Blend, levels: Sequence[float]) -> tuple[float, ...]:
    """Return the factors by which the central intervals held what they should have: split conformal prediction.

    The score of a step is how many half-widths it lies from the point (Papadopoulos et al. 2008's normalised
    residual), and the factor of the interval between levels q and 1 - q the (1 - 2 q)-quantile of the scores
    with the correction for a finite sample (Lei et al. 2018, algorithm 2). Few windows draw it toward 1.
    """
    network = blend.networks(judged.networks)
    spread = network.quantiles - network.point[..., None]  # [M, H, C, Q]
    error = (judged.actual - blend.point(network.point, judged.anchor))[judged.observed]  # [S]
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
