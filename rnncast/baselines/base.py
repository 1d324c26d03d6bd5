"""What baselines read: the rows really seen, and histories in flat arrays, as they are or freed from their season.

Axes: N series of the panel, C targets, H horizon; K histories, one for each series and target, and their
values one after the other [V]; B histories of a block, T steps of its longest, m steps of a season.
"""

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from rnncast.panel import BoolArray, FloatArray, IntArray, Panel
from rnncast.recursions import blocks

LARGEST = 50.0
"""Logarithm of the largest forecast, in units of the history's largest value: more is no forecast."""

CRITICAL = 1.645
"""The normal quantile of the M4 organisers' seasonality test, at 90%."""


def last_seen(panel: Panel) -> IntArray:
    """Return the row of the last observed step [N, C], the first row where none was observed."""
    end = np.maximum(panel.offsets + panel.lengths - 1, panel.offsets)
    if panel.observed[end].all():
        return np.repeat(end[:, None], panel.num_targets, axis=1)
    rows = np.where(panel.observed, np.arange(len(panel.values))[:, None], -1)  # [R, C]
    last: IntArray = np.maximum(np.maximum.accumulate(rows)[end], panel.offsets[:, None])
    return last


def first_seen(panel: Panel) -> IntArray:
    """Return the row of the first observed step [N, C], never after `last_seen`."""
    if panel.observed[panel.offsets].all():
        return np.repeat(panel.offsets[:, None], panel.num_targets, axis=1)
    rows = np.where(panel.observed, np.arange(len(panel.values))[:, None], len(panel.values))  # [R, C]
    first = np.minimum.accumulate(rows[::-1])[::-1][panel.offsets]
    return np.minimum(first, last_seen(panel))


class Season(NamedTuple):
    """Holds what was taken out of histories, a season that adds or multiplies: J of the K had one.

    Attributes:
        histories: [J], which.
        figure: [J, m], from the phase of the history's first step on.
        is_additive: [J], false where it multiplies.
    """

    histories: IntArray
    figure: FloatArray
    is_additive: BoolArray

    @classmethod
    def none(cls, season_length: int) -> "Season":
        """Return the season of histories that are as they were."""
        return cls(np.zeros(0, dtype=np.int64), np.zeros((0, season_length)), np.zeros(0, dtype=np.bool_))


@dataclass(frozen=True, slots=True, eq=False)
class Histories:
    """Holds the values of each series and target from the first to the last that was seen.

    Attributes:
        values: [V], seen values, gaps between them on a straight line; in units of a power of two for each
            history, so that squares neither overflow nor vanish.
        lengths: [K], at least 1.
        offsets: [K], where each begins in `values`.
        exponent: [K], of the power of two.
        gap: [K], steps from the last seen value to the series' end.
        is_negative: [K], whether a value is below zero.
        season: what was taken out of the values.
        shape: N and C; the history of series n and target c is number n C + c.
    """

    values: FloatArray
    lengths: IntArray
    offsets: IntArray
    exponent: IntArray
    gap: IntArray
    is_negative: BoolArray
    season: Season
    shape: tuple[int, int]

    @classmethod
    def of(cls, panel: Panel) -> "Histories":
        """Read a panel's histories as they are."""
        first, last = first_seen(panel).ravel(), last_seen(panel).ravel()  # [K]
        lengths = last - first + 1
        offsets = np.cumsum(lengths) - lengths
        values = _on_lines(panel, first, lengths, offsets)  # [V]
        is_negative = np.minimum.reduceat(values, offsets) < 0
        exponent = np.frexp(np.maximum.reduceat(np.abs(values), offsets))[1].astype(np.int64)
        return cls(
            values=np.ldexp(values, -np.repeat(exponent, lengths)),
            lengths=lengths,
            offsets=offsets,
            exponent=exponent,
            gap=np.repeat(panel.offsets + np.maximum(panel.lengths, 1) - 1, panel.num_targets) - last,
            is_negative=is_negative,
            season=Season.none(panel.season_length),
            shape=(panel.num_series, panel.num_targets),
        )

    @classmethod
    def adjusted(cls, panel: Panel) -> "Histories":
        """Read a panel's histories and take out the season where the M4 test finds one."""
        plain = cls.of(panel)
        season = _seasons(plain.values, plain.lengths, plain.offsets, panel.season_length)
        return replace(plain, values=_without(season, plain.values, plain.lengths, plain.offsets), season=season)

    def ahead(self, horizon: int) -> IntArray:
        """Return how many steps after the last seen value each forecast step lies, [K, H]."""
        steps: IntArray = self.gap[:, None] + np.arange(1, horizon + 1)
        return steps

    def restore(self, forecast: FloatArray) -> FloatArray:
        """Return forecasts [K, H] with their season and in the data's units, [N, H, C].

        A history without a negative value has no negative forecast.
        """
        histories, figure, is_additive = self.season
        steps = self.ahead(forecast.shape[1])[histories] + self.lengths[histories, None] - 1  # [J, H]
        seasonal = np.take_along_axis(figure, steps % figure.shape[1], axis=1)
        level = forecast[histories]
        forecast = forecast.copy()
        forecast[histories] = np.where(is_additive[:, None], level + seasonal, level * seasonal)
        forecast = np.where(self.is_negative[:, None], forecast, np.maximum(forecast, 0.0))
        forecast = np.ldexp(forecast, self.exponent[:, None])
        shaped: FloatArray = forecast.reshape(*self.shape, -1).swapaxes(1, 2)
        return shaped


def _on_lines(panel: Panel, first: IntArray, lengths: IntArray, offsets: IntArray) -> FloatArray:
    """Return the values [V] from the rows `first` [K] on; what was not seen lies on a line between its neighbours."""
    position = np.arange(lengths.sum())
    rows = position + np.repeat(first - offsets, lengths)
    columns = np.repeat(np.arange(len(first)) % panel.num_targets, lengths)
    values: FloatArray = panel.values[rows, columns]
    seen = panel.observed[rows, columns]
    if not seen.all():
        seen[offsets] = True  # it is, but where nothing at all was seen
        values = np.interp(position, position[seen], values[seen])
    return values


def _seasons(values: FloatArray, lengths: IntArray, offsets: IntArray, season_length: int) -> Season:
    """Return the season of the histories that have one: those of three seasons or more that pass the M4 test."""
    enough = np.flatnonzero(lengths >= 3 * season_length) if season_length > 1 else np.zeros(0, dtype=np.int64)
    found = [Season.none(season_length)]
    for block in blocks(enough, lengths[enough], 1):
        steps = np.arange(lengths[block].max())
        inside = steps < lengths[block, None]  # [B, T]
        dense = np.where(inside, values[offsets[block, None] + np.minimum(steps, lengths[block, None] - 1)], 0.0)
        passed = _is_seasonal(dense, inside, season_length)
        dense, inside, block = dense[passed], inside[passed], block[passed]
        is_additive: BoolArray = np.where(inside, dense, 1.0).min(axis=1, initial=1.0) <= 0
        found.append(Season(block, _figure(dense, inside, is_additive, season_length), is_additive))
    return Season(*(np.concatenate(parts) for parts in zip(*found, strict=True)))


def _is_seasonal(dense: FloatArray, inside: BoolArray, season_length: int) -> BoolArray:
    """Tell where the autocorrelation at the season stands out by Bartlett's formula, as the M4 organisers test.

    |r_m| > 1.645 sqrt((1 + 2 sum of r_k^2 for k below m) / n)
    """
    count = inside.sum(axis=1)
    centred = np.where(inside, dense - (dense.sum(axis=1) / count)[:, None], 0.0)  # [B, T]
    size = int(2 ** np.ceil(np.log2(dense.shape[1] + season_length + 1)))
    power = np.abs(np.fft.rfft(centred, size)) ** 2
    covariance = np.fft.irfft(power, size)[:, : season_length + 1]  # [B, m + 1]
    varies = centred.max(axis=1) - centred.min(axis=1) > 1e-12
    correlation = covariance / np.where(varies, (centred**2).sum(axis=1), 1.0)[:, None]
    limit = CRITICAL * np.sqrt((1 + 2 * (correlation[:, 1:-1] ** 2).sum(axis=1)) / count)
    seasonal: BoolArray = varies & (np.abs(correlation[:, -1]) > limit)
    return seasonal


def _figure(dense: FloatArray, inside: BoolArray, is_additive: BoolArray, season_length: int) -> FloatArray:
    """Return the seasonal figure [B, m] of the classical decomposition: the mean by phase of what the trend leaves.

    The trend is the mean of the season around a step, of both when it is even (Kendall and Stuart 1983).
    """
    half = season_length // 2
    total = np.concatenate([np.zeros((len(dense), 1)), dense.cumsum(axis=1)], axis=1)  # [B, T + 1]
    around = total[:, 2 * half + 1 :] - total[:, : -2 * half - 1]  # [B, T - 2 half]
    if season_length % 2 == 0:
        around -= (dense[:, : -2 * half] + dense[:, 2 * half :]) / 2
    trend = around / season_length
    middle = dense[:, half : half + trend.shape[1]]
    whole = inside[:, 2 * half :]  # the window's last step exists
    ratio = np.divide(middle, trend, out=np.zeros_like(trend), where=whole & ~is_additive[:, None])
    rest = np.where(is_additive[:, None], middle - trend, ratio) * whole
    seasons = -(-(half + rest.shape[1]) // season_length)
    padding = (0, 0), (half, seasons * season_length - half - rest.shape[1])
    rest, counted = (
        np.pad(part, padding).reshape(-1, seasons, season_length) for part in (rest, whole.astype(np.float64))
    )
    figure = rest.sum(axis=1) / counted.sum(axis=1)  # [B, m]
    mean = figure.mean(axis=1, keepdims=True)
    normed: FloatArray = np.where(
        is_additive[:, None], figure - mean, figure / np.where(is_additive[:, None], 1.0, mean)
    )
    return normed


def _without(season: Season, values: FloatArray, lengths: IntArray, offsets: IntArray) -> FloatArray:
    """Return the values [V] without their season."""
    count = lengths[season.histories]
    which = np.repeat(np.arange(len(count)), count)
    step = np.arange(len(which)) - np.repeat(np.cumsum(count) - count, count)
    rows = offsets[season.histories][which] + step
    seasonal, is_additive = season.figure[which, step % season.figure.shape[1]], season.is_additive[which]
    adjusted = values.copy()
    adjusted[rows] = np.where(is_additive, values[rows] - seasonal, values[rows] / np.where(is_additive, 1.0, seasonal))
    return adjusted
