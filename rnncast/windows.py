"""A panel as windows, addressed by index and gathered on the device in one operation.

Axes, here and everywhere: B batch, L context_length, H horizon, O origins, C targets, Kp past and Kf
future covariates, S static covariates, F model inputs, D model features, P distribution parameters,
Q quantile levels, N series, R rows of all series, T length of a series. Batch first, time second,
channels last.

Memory is the panel's, once, in float32: a window is `values[first + arange]`, never a stored copy.
"""

import copy
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from rnncast.columns import calendar_seasons
from rnncast.panel import IntArray, Panel
from rnncast.scaling import MOST_READ, ROWS, Units


class Batch(NamedTuple):
    """Holds B windows of L past and H future steps.

    Attributes:
        target: [B, L + H, C], in units of each series; zero outside the series.
        observed: [B, L + H, C], true where a value was seen, never outside the series.
        past: [B, L, Kp], past covariates; the nearest known outside the series.
        future: [B, L + H, Kf], covariates known ahead; the nearest known where there are none.
        static: [B, S].
        phase: [B, L + H, M], position in each of M seasons, from 0 to 1; M is 0 without a calendar.
        ordinal: [B], of the first of the L steps on the time axis.
        series: [B, C], the number of each series and target among those that were trained on.
        loc: [B, C], of the series' units: `loc + scale * target` is the data's value, or its logarithm.
        scale: [B, C], of the series' units.
    """

    target: Tensor
    observed: Tensor
    past: Tensor
    future: Tensor
    static: Tensor
    phase: Tensor
    ordinal: Tensor
    series: Tensor
    loc: Tensor
    scale: Tensor


def separate(batch: Batch) -> Batch:
    """Return a batch of B x C windows of one target each: channels become rows, each with all covariates."""
    targets = batch.target.shape[2]
    if targets == 1:
        return batch
    return Batch(*(_channels_as_rows(name, values, targets) for name, values in batch._asdict().items()))


def _channels_as_rows(name: str, values: Tensor, targets: int) -> Tensor:
    """Return [B x C, ..., 1] of what the batch has for each target, and B x C rows of what it has for all."""
    if name in ("series", "loc", "scale"):
        return values.reshape(-1, 1)
    if name in ("target", "observed"):
        return values.movedim(2, 1).flatten(0, 1)[..., None]
    return values.repeat_interleave(targets, dim=0)


class Windows:
    """Keeps a panel on the device and gathers windows of it.

    Rows at or after a series' `lengths` are never read as seen, so windows of a truncated panel know
    nothing of what was cut off.
    """

    def __init__(
        self,
        panel: Panel,
        units: Units,
        context_length: int,
        horizon: int,
        device: torch.device,
        numbers: IntArray | None = None,
    ) -> None:
        """Lay `panel` on the device; `numbers` [N, C] is the batches' `series` where others were trained on."""
        self.context_length, self.horizon = context_length, horizon
        first = np.cumsum(panel.lengths) - panel.lengths  # rows are laid out anew, without what was cut off
        self.has_gaps = not bool(panel.observed.all())
        self.values, self.observed, self.past = self._laid(panel, units, device)  # [R, C], [R, C], [R, Kp]
        self.future = _float(panel.future_covariates, device)  # [Rf, Kf]
        self.static = _float(panel.static_covariates, device)  # [N, S]
        self.first, self.lengths = _long(first, device), _long(panel.lengths, device)  # [N]
        self.future_first = _long(panel.future_offsets, device)  # [N]
        self.future_lengths = _long(panel.future_lengths, device)  # [N]
        self.start = _long(panel.start, device)  # [N]
        own = np.arange(panel.num_series * panel.num_targets).reshape(panel.num_series, panel.num_targets)
        self.numbers = _long(own if numbers is None else numbers, device)  # [N, C]
        self.loc, self.scale = (_float(part, device) for part in (units.loc, units.scale))  # [N, C]
        self.seasons = torch.tensor(calendar_seasons(panel), device=device, dtype=torch.int64)  # [M]
        self.steps = torch.arange(1 - context_length, horizon + 1, device=device)  # [L + H]

    def _laid(self, panel: Panel, units: Units, device: torch.device) -> tuple[Tensor, Tensor, Tensor]:
        """Return the targets in units, which were seen, and the past covariates; nothing else is held meanwhile."""
        rows, targets = panel.num_rows, panel.num_targets
        values = torch.empty((rows, targets), device=device)
        past = torch.empty((rows, panel.past_covariates.shape[1]), device=device)
        seen = torch.ones((rows if self.has_gaps else 1, targets), dtype=torch.bool, device=device)
        done = 0
        for series in panel.stretches(ROWS, ROWS):
            part = panel.part(series)
            here = slice(done, done + part.num_rows)
            values[here] = _float(units.apply(part.values, np.repeat(series, part.lengths)), device)
            past[here] = _float(part.past_covariates, device)
            if self.has_gaps:
                seen[here] = torch.from_numpy(part.observed).to(device)
            done = here.stop
        return values, seen.expand(rows, targets), past  # one row for all where every value was seen

    def reading(self, context_length: int, horizon: int) -> "Windows":
        """Return windows with another number of steps before and after the origin, on the same memory."""
        other = copy.copy(self)
        other.context_length, other.horizon = context_length, horizon
        other.steps = torch.arange(1 - context_length, horizon + 1, device=self.steps.device)
        return other

    def batch(self, series: Tensor, ends: Tensor) -> Batch:
        """Return the windows of the series [B] whose last past step is `ends` [B], counted from 0."""
        steps = ends[:, None] + self.steps  # [B, L + H]
        lengths = self.lengths[series, None]
        inside = (steps >= 0) & (steps < lengths)
        rows = self.first[series, None] + torch.minimum(steps.clamp(min=0), lengths - 1)
        observed = self.observed[rows] & inside[..., None]  # [B, L + H, C]
        target = torch.where(inside[..., None], self.values[rows], 0.0)
        if self.has_gaps:
            target = self._hold_at_origin(target, observed, inside)
        return Batch(
            target,
            observed,
            self.past[rows[:, : self.context_length]],
            self._future(series, steps),
            self.static[series],
            self._phase(series, steps),
            self.start[series] + steps[:, 0],
            self.numbers[series],
            self.loc[series],
            self.scale[series],
        )

    def _hold_at_origin(self, target: Tensor, observed: Tensor, inside: Tensor) -> Tensor:
        """Let a gap that reaches the origin repeat the last value seen, or zero: its fill knew of later rows."""
        length = self.context_length
        steps = torch.arange(length, device=target.device)[None, :, None]
        seen = observed[:, :length]
        last = torch.where(seen, steps, -1).amax(dim=1, keepdim=True)  # [B, 1, C]
        held = target[:, :length].gather(1, last.clamp(min=0))
        held = torch.where(last >= 0, held, 0.0)
        trailing = (steps > last) & inside[:, :length, None]
        return torch.cat([torch.where(trailing, held, target[:, :length]), target[:, length:]], dim=1)

    def _future(self, series: Tensor, steps: Tensor) -> Tensor:
        if not self.future.shape[1]:
            return self.future.new_zeros((*steps.shape, 0))
        lengths = self.future_lengths[series, None]
        rows = self.future_first[series, None] + torch.minimum(steps.clamp(min=0), lengths - 1)
        return self.future[rows]  # [B, L + H, Kf]

    def _phase(self, series: Tensor, steps: Tensor) -> Tensor:
        ordinals = self.start[series, None] + steps  # [B, L + H]
        return (ordinals[..., None] % self.seasons) / self.seasons  # [B, L + H, M]


def _float(values: np.ndarray[tuple[int, ...], np.dtype[np.float64]], device: torch.device) -> Tensor:
    return torch.from_numpy(values.clip(-MOST_READ, MOST_READ).astype(np.float32)).to(device)


def _long(values: np.ndarray[tuple[int, ...], np.dtype[np.int64]], device: torch.device) -> Tensor:
    return torch.from_numpy(values.astype(np.int64)).to(device)


class WindowIndex:
    """Numbers the windows that training draws from: every origin after a whole segment is in one at least.

    With all origins trained, a window that ends at step e trains the origins before it too, so the first
    window is the first full context, or for a short series the whole of it. With the last origin only, a
    series too short for a full context has windows from its middle on.
    """

    def __init__(self, panel: Panel, context_length: int, segment_length: int, origins: str) -> None:
        last = panel.lengths - 2  # an origin needs one step after it
        full = context_length - 1
        if origins == "all":
            first = np.minimum(full, last - segment_length + 1)
        else:
            first = np.where(last >= full, full, last // 2)
        counts = np.maximum(last - np.maximum(first, 0) + 1, 0)
        self.last = torch.from_numpy(last)
        self.ends = torch.from_numpy(np.cumsum(counts))
        self.counts = torch.from_numpy(counts)

    def __len__(self) -> int:
        """Return the number of windows."""
        return int(self.ends[-1])

    def locate(self, index: Tensor) -> tuple[Tensor, Tensor]:
        """Return the series [B] and the last past step [B] of the windows with these numbers [B]."""
        series = torch.searchsorted(self.ends, index, right=True)
        back = self.ends[series] - 1 - index
        return series, self.last[series] - back
