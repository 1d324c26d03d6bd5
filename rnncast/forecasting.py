"""From networks and a panel to a forecast: the members' median, blended with an anchor, in the data's units.

Axes beside those of `windows`: W origins of each series.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
import torch
from torch import Tensor

from rnncast.baselines import forecast_baseline
from rnncast.blend import ALONE, EMBEDDED, FITTED, Blend, Source
from rnncast.bounds import UNBOUNDED, Bounds
from rnncast.errors import DataError, UsageError
from rnncast.frequency import format_stamps
from rnncast.network import Network
from rnncast.panel import BoolArray, FloatArray, Forecast, IntArray, Panel, series_name
from rnncast.regression import Regression
from rnncast.scaling import Units
from rnncast.windows import Batch, Windows

CHUNK = 2**25
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
    """

    networks: Sequence[Network]
    logarithm: bool
    blend: Blend = ALONE
    bounds: Bounds = UNBOUNDED
    regression: Regression | None = None

    @property
    def horizon(self) -> int:
        """Return the steps that the networks forecast at once."""
        return max(network.shape.horizon for network in self.networks)

    @property
    def kinds(self) -> dict[str, list[Network]]:
        """Return the networks by kind: those fitted to the data, and those that fold, as the embedded one does."""
        found: dict[str, list[Network]] = {}
        for network in sorted(self.networks, key=lambda network: network.shape.folds):
            found.setdefault(EMBEDDED if network.shape.folds else FITTED, []).append(network)
        return found

    @property
    def levels(self) -> tuple[float, ...]:
        """Return the quantile levels Q."""
        return self.networks[0].head.levels


def forecast(predictor: Predictor, panel: Panel, horizon: int) -> Forecast:
    """Forecast `horizon` steps from the end of every series.

    Beyond the networks' own horizon the forecast goes on from its own median, and the deviations of
    the quantiles add up as those of independent errors do.

    Raises:
        DataError: future covariates that are read and do not reach so far.
        UsageError: no step to forecast.
    """
    if horizon < 1:
        raise UsageError(f"horizon is {horizon}, expected at least 1 step.")
    if FITTED in predictor.kinds or predictor.regression is not None:
        _check_ahead(panel, horizon)
    predicted = predict(predictor, panel, panel.lengths[:, None] - 1, horizon)
    return Forecast(
        point=predicted.point[:, 0],
        quantiles=predicted.quantiles[:, 0],
        quantile_levels=predictor.levels,
        first=panel.start + panel.lengths,
        panel=panel,
        bounds=predictor.bounds,
    )


def _check_ahead(panel: Panel, horizon: int) -> None:
    """Raise a DataError that names the first stamp whose future covariates are missing."""
    short = np.flatnonzero(panel.future_lengths < panel.lengths + horizon)
    if len(short) and panel.future_names:
        first = short[0]
        stamp = format_stamps(panel.start[first : first + 1] + panel.future_lengths[first], panel.time)[0]
        names = ", ".join(panel.future_names)
        raise DataError(
            f"{series_name(panel.ids, first)} has no {names} at {stamp}, which a forecast of {horizon} steps needs.",
            "Give them with --future-data FILE, or as rows at the end of the data with an empty target.",
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
    lowest, highest = panel.extremes(ends)
    if predictor.regression is None:
        found = _blended(predictor, panel, ends, horizon, anchor)
    else:
        parted = predictor.regression.part(panel, ends, horizon)
        parts = (parted.whole(values) for values in _blended(predictor, parted.rest, ends, horizon, None))
        found = _clipped(Source(*parts), lowest, highest)
    return Source(*(_within(predictor.bounds, values, lowest >= 0) for values in found))


def _blended(predictor: Predictor, panel: Panel, ends: IntArray, horizon: int, anchor: FloatArray | None) -> Source:
    """Return the forecast of the networks and the anchor, without bounds; `anchor` where it is known already."""
    blend = predictor.blend
    network = blend.networks(predict_kinds(predictor, panel, ends, horizon))
    if blend.anchor is None or blend.share == 1:
        anchor = None
    elif anchor is None:
        anchor = _anchor_forecasts(blend.anchor, panel, ends, horizon, predictor.horizon)
    point = blend.point(network.point, anchor)
    return Source(point, blend.quantiles(network.quantiles - network.point[..., None], point))


def predict_kinds(predictor: Predictor, panel: Panel, ends: IntArray, horizon: int) -> dict[str, Source]:
    """Return what the networks of each kind forecast after each of the steps `ends` [N, W], not yet blended.

    They stay within the history's range, widened by three times itself.
    """
    lowest, highest = panel.extremes(ends)
    units = Units.of(panel.truncated(ends[:, 0] + 1), predictor.logarithm)
    return {
        kind: _clipped(_network_forecasts(networks, units, panel, ends, horizon), lowest, highest)
        for kind, networks in predictor.kinds.items()
    }


def _anchor_forecasts(name: str, panel: Panel, ends: IntArray, horizon: int, trained: int) -> FloatArray:
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


def _within(bounds: Bounds, values: FloatArray, never_negative: BoolArray) -> FloatArray:
    """Return [N, W, H, C] or [N, W, H, C, Q] within the bounds.

    Without a minimum, it is zero for histories [N, W, C] that have none below.
    """
    if bounds.minimum is None:
        floor = np.where(never_negative, 0.0, -np.inf)[:, :, None]
        values = np.maximum(values, floor.reshape(*floor.shape, *(1,) * (values.ndim - 4)))
    return bounds.keep(values)


@torch.inference_mode()
def _network_forecasts(networks: Sequence[Network], units: Units, panel: Panel, ends: IntArray, horizon: int) -> Source:
    """Return the median of the networks' forecasts in the data's units, a chunk at a time."""
    windows = _windows(networks[0], panel, units)
    series, origins = np.repeat(np.arange(len(ends)), ends.shape[1]), ends.ravel()
    size = max(1, CHUNK // max(network.numbers_per_window for network in networks))
    points, quantiles = [], []
    for network in networks:
        network.eval()
    for first in range(0, len(series), size):
        chunk = slice(first, first + size)
        parts = [_member(network, windows, series[chunk], origins[chunk], horizon) for network in networks]
        points.append(_median([part.point for part in parts]))
        quantiles.append(_median([part.quantiles for part in parts]))
    restored = (units.invert(np.concatenate(parts), series) for parts in (points, quantiles))
    return Source(*(values.reshape(*ends.shape, *values.shape[1:]) for values in restored))


def _windows(network: Network, panel: Panel, units: Units) -> Windows:
    """Lay a panel on the network's device."""
    numbers = None if network.smoothing is None else network.smoothing.find(panel.ids)
    return Windows(
        panel, units, network.shape.context_length, network.shape.horizon, network.static_loc.device, numbers
    )


def _median(values: Sequence[FloatArray]) -> FloatArray:
    return values[0] if len(values) == 1 else np.median(np.stack(values), axis=0)


def _member(network: Network, windows: Windows, series: IntArray, ends: IntArray, horizon: int) -> Source:
    """Return one network's forecast in units of the series, block after block of its own horizon."""
    device, length = windows.values.device, network.shape.context_length
    windows = windows.reading(length, network.shape.horizon)
    index, origin = torch.from_numpy(series).to(device), torch.from_numpy(ends).to(device)
    side = (torch.tensor(network.head.levels, device=device) - 0.5).sign()  # [Q], below or above the median
    blocks: list[tuple[Tensor, Tensor]] = []
    batch = windows.batch(index, origin)
    for done in range(0, horizon, network.shape.horizon):
        if blocks:
            batch = _advance(batch, windows.batch(index, origin + done), blocks[-1][0], length)
        point, quantiles = network.forecast(batch)
        spread = quantiles - point[..., None]  # [B, H, C, Q]
        if blocks:
            spread = side * (spread.square() + blocks[-1][1][:, -1:].square()).sqrt()
        blocks.append((point, spread))
    point, spread = (torch.cat(parts, dim=1)[:, :horizon] for parts in zip(*blocks, strict=True))
    return Source(_array(point), _array(point[..., None] + spread))


def _advance(batch: Batch, later: Batch, point: Tensor, length: int) -> Batch:
    """Return the batch one block later, with the block's point forecast as its newest past.

    Past covariates stay at their last value: a backtest has rows after the origin, which must not be read.
    """
    target, observed = later.target.clone(), later.observed.clone()
    target[:, :length] = torch.cat([batch.target[:, :length], point], dim=1)[:, -length:]
    known = torch.ones_like(point, dtype=torch.bool)
    observed[:, :length] = torch.cat([batch.observed[:, :length], known], dim=1)[:, -length:]
    held = batch.past[:, -1:].expand(-1, point.shape[1], -1)  # [B, H, Kp]
    past = torch.cat([batch.past, held], dim=1)[:, -length:]
    return later._replace(target=target, observed=observed, past=past)


def _array(values: Tensor) -> FloatArray:
    return values.cpu().double().numpy()


def interval(forecast: Forecast, level: int) -> tuple[FloatArray, FloatArray]:
    """Return the lower and upper bounds [N, H, C] that should hold `level` percent of what comes.

    Between the learned quantile levels the values are interpolated over the standard normal quantile of
    the level, and beyond them extended along the line through the median and the outermost level: a
    normal tail. They keep the forecast's bounds, with the point between them.

    Raises:
        UsageError: a level that is no percentage between 0 and 100.
    """
    if not 0 < level < 100:
        raise UsageError(f"an interval of {level} percent cannot be given, only of 1 to 99.")
    normal = NormalDist()
    knots = np.array([normal.inv_cdf(q) for q in forecast.quantile_levels])
    wanted = [normal.inv_cdf(0.5 - level / 200), normal.inv_cdf(0.5 + level / 200)]
    never_negative = forecast.panel.extremes(forecast.panel.lengths[:, None] - 1)[0] >= 0  # [N, 1, C]
    lower, upper = (
        _within(forecast.bounds, _at_level(forecast.quantiles, forecast.point, knots, z)[:, None], never_negative)[:, 0]
        for z in wanted
    )
    return np.minimum(lower, forecast.point), np.maximum(upper, forecast.point)  # whatever rounding did


def _at_level(quantiles: FloatArray, point: FloatArray, knots: FloatArray, z: float) -> FloatArray:
    """Return the value at standard normal quantile `z`, [N, H, C], given those at `knots` [Q]."""
    outer = 0 if z < knots[0] else -1 if z > knots[-1] else None
    if outer is not None:
        share = z / knots[outer] if z * knots[outer] > 0 else 1.0
        extended: FloatArray = point + (quantiles[..., outer] - point) * max(share, 1.0)
        return extended
    right = int(np.clip(np.searchsorted(knots, z), 1, len(knots) - 1)) if len(knots) > 1 else 0
    left = max(right - 1, 0)
    width = knots[right] - knots[left]
    share = (z - knots[left]) / width if width else 0.0
    between: FloatArray = quantiles[..., left] * (1 - share) + quantiles[..., right] * share
    return between
