"""From networks and a panel to a forecast: the members' median, in the data's units."""

from collections.abc import Sequence
from statistics import NormalDist
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from rnncast.errors import DataError, UsageError
from rnncast.frequency import format_stamps
from rnncast.network import Network
from rnncast.panel import FloatArray, Forecast, IntArray, Panel, series_name
from rnncast.scaling import Units
from rnncast.windows import Batch, Windows

CHUNK = 2**25
"""Numbers that a network computes with at once, about; keeps memory flat for large panels."""


class Predicted(NamedTuple):
    """Holds forecasts from B origins: point [B, H, C] and quantiles [B, H, C, Q]."""

    point: FloatArray
    quantiles: FloatArray


def forecast(networks: Sequence[Network], panel: Panel, horizon: int, logarithm: bool) -> Forecast:
    """Forecast `horizon` steps from the end of every series.

    Beyond the networks' own horizon the forecast goes on from its own median, and the deviations of
    the quantiles add up as those of independent errors do.

    Raises:
        DataError: future covariates that do not reach so far.
        UsageError: no step to forecast.
    """
    if horizon < 1:
        raise UsageError(f"horizon is {horizon}, expected at least 1 step.")
    _check_ahead(panel, horizon)
    windows = forecast_windows(networks, panel, logarithm)
    predicted = predict_from(networks, windows, np.arange(panel.num_series), panel.lengths - 1, horizon)
    return Forecast(
        point=predicted.point,
        quantiles=predicted.quantiles,
        quantile_levels=networks[0].head.levels,
        first=panel.start + panel.lengths,
        panel=panel,
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


class ForecastWindows(NamedTuple):
    """Holds a panel on the device and the units it is in there.

    Attributes:
        windows: the panel on the device.
        units: what the windows are in.
        first_negative: [N, C], the first step at which a series was seen below zero.
    """

    windows: Windows
    units: Units
    first_negative: IntArray

    def restore(self, values: FloatArray, series: IntArray, ends: IntArray) -> FloatArray:
        """Return [B, H, C] or [B, H, C, Q] in the data's units, not below zero where a series never was."""
        never = ends[:, None] < self.first_negative[series]  # [B, C]
        floor = np.where(never, 0.0, -np.inf).reshape(len(series), 1, -1, *(1,) * (values.ndim - 3))
        return np.maximum(self.units.invert(values, series), floor)


def forecast_windows(
    networks: Sequence[Network], panel: Panel, logarithm: bool, units_from: Panel | None = None
) -> ForecastWindows:
    """Lay a panel on the networks' device; its units come from `units_from`, the part before the first origin."""
    units = Units.of(units_from or panel, logarithm)
    shape = networks[0].shape
    device = next(networks[0].parameters()).device
    windows = Windows(panel, units, shape.context_length, shape.horizon, device)
    return ForecastWindows(windows, units, _first_negative(panel))


def _first_negative(panel: Panel) -> IntArray:
    """Return the first step of each series [N, C] that was seen below zero, past its end if there is none."""
    first = np.repeat(panel.lengths[:, None], panel.num_targets, axis=1)
    rows, targets = np.nonzero((panel.values < 0) & panel.observed & panel.row_mask()[:, None])
    series = np.searchsorted(panel.offsets, rows, side="right") - 1
    np.minimum.at(first, (series, targets), rows - panel.offsets[series])
    return first


@torch.inference_mode()
def predict_from(
    networks: Sequence[Network], where: ForecastWindows, series: IntArray, ends: IntArray, horizon: int
) -> Predicted:
    """Forecast `horizon` steps of the series [B] after the steps `ends` [B], a chunk at a time."""
    shape = networks[0].shape
    numbers = shape.num_origins * (shape.num_inputs + 4 * networks[0].decoder.steps.in_features)
    size = max(1, CHUNK // numbers)
    points, quantiles = [], []
    for network in networks:
        network.eval()
    for first in range(0, len(series), size):
        chunk = slice(first, first + size)
        parts = [_member(network, where.windows, series[chunk], ends[chunk], horizon) for network in networks]
        points.append(_median([part.point for part in parts]))
        quantiles.append(_median([part.quantiles for part in parts]))
    restored = (where.restore(np.concatenate(parts), series, ends) for parts in (points, quantiles))
    return Predicted(*restored)


def _median(values: Sequence[FloatArray]) -> FloatArray:
    return values[0] if len(values) == 1 else np.median(np.stack(values), axis=0)


def _member(network: Network, windows: Windows, series: IntArray, ends: IntArray, horizon: int) -> Predicted:
    """Return one network's forecast in units of the series, block after block of its own horizon."""
    device, length = windows.values.device, network.shape.context_length
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
    return Predicted(_array(point), _array(point[..., None] + spread))


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
    normal tail.

    Raises:
        UsageError: a level that is no percentage between 0 and 100.
    """
    if not 0 < level < 100:
        raise UsageError(f"an interval of {level} percent cannot be given, only of 1 to 99.")
    normal = NormalDist()
    knots = np.array([normal.inv_cdf(q) for q in forecast.quantile_levels])
    wanted = [normal.inv_cdf(0.5 - level / 200), normal.inv_cdf(0.5 + level / 200)]
    lower, upper = (_at_level(forecast.quantiles, forecast.point, knots, z) for z in wanted)
    return lower, upper


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
