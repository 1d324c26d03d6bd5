"""From networks and a panel to a forecast: the members' median, blended with an anchor, in the data's units.

Axes beside those of `windows`: W origins of each series.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import compress
from typing import NamedTuple

import numpy as np

from rnncast import standing
from rnncast.baselines import forecast_baseline
from rnncast.blend import ALONE, EMBEDDED, FITTED, Blend, Source
from rnncast.bounds import UNBOUNDED, Bounds
from rnncast.carrying import Carrier
from rnncast.casting import AnyNetwork, joined
from rnncast.errors import UsageError
from rnncast.intervals import within
from rnncast.panel import FloatArray, Forecast, IntArray, Panel
from rnncast.reading import Ahead, check_ahead
from rnncast.regression import Regression
from rnncast.scaling import Units
from rnncast.shares import WHOLE, Share

CHUNK = 2**22
"""Numbers that a network computes with at once, about; keeps memory flat for large panels."""

BEYOND = 3
"""Times a history's range by which networks may forecast outside it."""


@dataclass(frozen=True, slots=True, eq=False)
class Predictor:
    """Holds what forecasts: networks, the units they compute in, what is added to them, and bounds.

    Attributes:
        networks: the members, of one head; farther than its own horizon each goes on from its own median.
        logarithm: whether series without a negative value are counted in logarithms.
        blend: the anchor's share, and the widths of the intervals.
        bounds: what forecasts keep.
        regression: what future covariates do, where the networks do not read them and it is known.
        carriers: of each network that which carries its states from forecast to forecast of one series, None where it
            reads each window anew; empty where all do.
    """

    networks: Sequence[AnyNetwork]
    logarithm: bool
    blend: Blend = ALONE
    bounds: Bounds = UNBOUNDED
    regression: Regression | None = None
    carriers: Sequence[Carrier | None] = ()

    @property
    def horizon(self) -> int:
        """Return the steps that the networks forecast at once."""
        return max(network.shape.horizon for network in self.networks)

    @property
    def kinds(self) -> dict[str, list[AnyNetwork]]:
        """Return the networks by kind: those fitted to the data, and those that fold, as the embedded one does."""
        found: dict[str, list[AnyNetwork]] = {}
        for network in sorted(self.networks, key=lambda network: network.shape.folds):
            found.setdefault(EMBEDDED if network.shape.folds else FITTED, []).append(network)
        return found

    def weights(self, kind: str) -> list[float]:
        """Return the weights of the networks of a kind; none where their median is taken."""
        return list(compress(self.blend.weights, self._are(kind)))

    def voices(self, kind: str) -> "Voices":
        """Return the networks of a kind, and what belongs to them."""
        return Voices(self.kinds[kind], self.weights(kind), list(compress(self.carriers, self._are(kind))))

    def _are(self, kind: str) -> list[bool]:
        return [network.shape.folds == (kind == EMBEDDED) for network in self.networks]

    @property
    def levels(self) -> tuple[float, ...]:
        """Return the quantile levels Q."""
        return self.networks[0].levels


class Voices(NamedTuple):
    """Holds networks of one kind, what each weighs, and what carries its states; without weights they say a median."""

    networks: Sequence[AnyNetwork]
    weights: Sequence[float]
    carriers: Sequence[Carrier | None]

    def middle(self, forecasts: Sequence[FloatArray], is_class: bool) -> FloatArray:
        """Return the networks' forecast of those of each, the mean of probabilities where none has a weight."""
        if len(forecasts) == 1:
            return forecasts[0]
        if self.weights:
            return np.average(forecasts, axis=0, weights=self.weights)
        found: FloatArray = (np.mean if is_class else np.median)(forecasts, axis=0)
        return found


def forecast(predictor: Predictor, panel: Panel, horizon: int, known: Ahead | None = None) -> Forecast:
    """Return `forecasts` of all series in one."""
    parts = list(forecasts(predictor, panel, horizon, known))
    point, quantiles, first = (
        np.concatenate([getattr(part, name) for part in parts]) for name in ("point", "quantiles", "first")
    )
    return replace(parts[0], point=point, quantiles=quantiles, first=first, panel=panel)


def forecasts(
    predictor: Predictor, panel: Panel, horizon: int, known: Ahead | None = None, share: Share = WHOLE
) -> Iterator[Forecast]:
    """Forecast `horizon` steps from the end of every series, and yield some series after the other.

    Beyond the networks' own horizon the forecast goes on from its own median, and the deviations of
    the quantiles add up as those of independent errors do. `known` says what else the future covariates hold.
    What an anchor tells from all series together, it tells from those that are forecast together. `share` says which
    of them are this process's.

    Raises:
        DataError: future covariates that are read and do not reach so far.
        UsageError: no step to forecast, or bounds of classes.
    """
    if horizon < 1:
        raise UsageError(f"horizon is {horizon}, expected at least 1 step.")
    if panel.classes and predictor.bounds != UNBOUNDED:
        raise UsageError("--min, --max and --integer are of numbers, and the target is of classes.", "Leave them out.")
    if FITTED in predictor.kinds or predictor.regression is not None:
        check_ahead(panel, horizon, known)
    return share.over(panel, partial(_forecast, predictor, horizon))


def _forecast(predictor: Predictor, horizon: int, panel: Panel) -> Forecast:
    """Forecast some series."""
    predicted = predict(predictor, panel, panel.lengths[:, None] - 1, horizon)
    return Forecast(
        point=predicted.point[:, 0],
        quantiles=predicted.quantiles[:, 0],
        quantile_levels=predictor.levels,
        first=panel.start + panel.lengths,
        panel=panel,
        bounds=predictor.bounds,
    )


def predict(
    predictor: Predictor, panel: Panel, ends: IntArray, horizon: int, anchor: FloatArray | None = None
) -> Source:
    """Forecast `horizon` steps after each of the steps `ends` [N, W], rising along W.

    Nothing after an origin reaches its forecast; units come from the rows up to the first one.

    Args:
        predictor: what forecasts.
        panel: what is forecast.
        ends: the origins' steps, counted from 0.
        horizon: H.
        anchor: the anchor's forecasts [N, W, H, C], where they are known already.
    """
    if panel.classes:
        return _blended(predictor, panel, ends, horizon, anchor)
    lowest, highest = panel.extremes(ends)
    if predictor.regression is None:
        found = _blended(predictor, panel, ends, horizon, anchor)
    else:
        parted = predictor.regression.part(panel, ends, horizon)
        parts = (parted.whole(values) for values in _blended(predictor, parted.rest, ends, horizon, None))
        found = _clipped(Source(*parts), lowest, highest)
    found = standing.hold(found, panel, ends, predictor.levels)
    return Source(*(within(predictor.bounds, values, lowest >= 0) for values in found))


def _blended(predictor: Predictor, panel: Panel, ends: IntArray, horizon: int, anchor: FloatArray | None) -> Source:
    """Return the forecast of the networks and the anchor, without bounds; `anchor` where it is known already."""
    blend = predictor.blend
    network = blend.networks(predict_kinds(predictor, panel, ends, horizon))
    if blend.anchor is None or blend.share == 1:
        anchor = None
    elif anchor is None:
        anchor = anchor_forecasts(blend.anchor, panel, ends, horizon, predictor.horizon)
    point = blend.point(network.point, anchor)
    return Source(point, blend.quantiles(network.quantiles - network.point[..., None], point))


def predict_kinds(predictor: Predictor, panel: Panel, ends: IntArray, horizon: int) -> dict[str, Source]:
    """Return what the networks of each kind forecast after each of the steps `ends` [N, W], not yet blended.

    Numbers stay within the history's range, widened by three times itself.
    """
    units = Units.of(panel.truncated(ends[:, 0] + 1), predictor.logarithm)
    found = {kind: _network_forecasts(predictor.voices(kind), units, panel, ends, horizon) for kind in predictor.kinds}
    if panel.classes:
        return found
    lowest, highest = panel.extremes(ends)
    return {kind: _clipped(source, lowest, highest) for kind, source in found.items()}


def anchor_forecasts(name: str, panel: Panel, ends: IntArray, horizon: int, trained: int) -> FloatArray:
    """Return an anchor's forecasts [N, W, H, C], those of the trained horizon first.

    What past errors weigh depends on the horizon, and the first steps are not to change with how many are asked for.
    """
    near = baseline_forecasts(name, panel, ends, trained)[:, :, :horizon]
    if horizon <= trained:
        return near
    return np.concatenate([near, baseline_forecasts(name, panel, ends, horizon)[:, :, trained:]], axis=2)


def _clipped(source: Source, lowest: FloatArray, highest: FloatArray) -> Source:
    """Return forecasts within a history's range, given its extremes [N, W, C], widened by three times itself."""
    seen = lowest <= highest
    reach = BEYOND * np.subtract(highest, lowest, out=np.zeros_like(lowest), where=seen)
    least, most = np.where(seen, lowest - reach, -np.inf), np.where(seen, highest + reach, np.inf)
    least, most = least[:, :, None], most[:, :, None]  # [N, W, 1, C]
    return Source(np.clip(source.point, least, most), np.clip(source.quantiles, least[..., None], most[..., None]))


def baseline_forecasts(name: str, panel: Panel, ends: IntArray, horizon: int) -> FloatArray:
    """Return a baseline's forecasts after each of the steps `ends` [N, W], [N, W, H, C]."""
    return np.stack([forecast_baseline(name, panel.truncated(end + 1), horizon) for end in ends.T], axis=1)


def _network_forecasts(voices: Voices, units: Units, panel: Panel, ends: IntArray, horizon: int) -> Source:
    """Return the middle of the networks' forecasts in the data's units; by chunks."""
    networks = voices.networks
    carriers = voices.carriers or [None] * len(networks)
    casts: list[Callable[[IntArray, IntArray, int], list[Source]]] = [
        cast if carrier is None else carrier.through(cast, panel, units)
        for carrier, cast in zip(carriers, networks[0].lay(networks, panel, units), strict=True)
    ]
    series, origins = np.repeat(np.arange(len(ends)), ends.shape[1]), ends.ravel()
    size = max(1, CHUNK // max(network.numbers_per_window for network in networks))
    found = []
    for first in range(0, len(series), size):
        chunk = slice(first, first + size)
        parts = [joined(cast(series[chunk], origins[chunk], horizon), networks[0].levels, horizon) for cast in casts]
        middle = Source(*(voices.middle(part, bool(panel.classes)) for part in zip(*parts, strict=True)))
        found.append(Source(*(units.invert(values, series[chunk]) for values in middle)))
    restored = (np.concatenate(parts) for parts in zip(*found, strict=True))
    return Source(*(values.reshape(*ends.shape, *values.shape[1:]) for values in restored))
