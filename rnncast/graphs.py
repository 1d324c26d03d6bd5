"""The graph that is exported: from raw histories to forecasts in the data's units, in tensors alone.

It does what `forecasting.forecast` does from the end of every series, with the series laid side by side. Axes beside
those of `windows`: B series, T steps of the longest, which the others join later.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, cast

import torch
from torch import Tensor, nn

from rnncast import raw
from rnncast.forecasting import BEYOND, Predictor
from rnncast.network import Network, advanced
from rnncast.raw import Stillness, Units
from rnncast.scaling import MOST_READ
from rnncast.windows import Batch


@dataclass(frozen=True, slots=True)
class Rules:
    """Says how raw series are read.

    Attributes:
        missing: how gaps are filled.
        season: steps in the main season.
        calendar: the seasons whose phase networks read.
        num_series: how many series were trained on.
    """

    missing: str
    season: int
    calendar: tuple[int, ...]
    num_series: int


class Inputs(NamedTuple):
    """Holds what a graph reads; None is not read.

    Attributes:
        values: [B, T, C], float64, NaN where a value is missing or the series has not begun.
        origin: [B], ordinal of the last of the T steps on the time axis.
        series: [B], number of each series among those that were trained on; their count for any other.
        past: [B, T, Kp], past covariates; the first repeated where the series has not begun.
        future: [B, T + H, Kf], covariates known ahead, likewise.
        static: [B, S].
        anchor: [B, H, C], a baseline's forecast, which the networks' is blended with.
    """

    values: Tensor
    origin: Tensor | None = None
    series: Tensor | None = None
    past: Tensor | None = None
    future: Tensor | None = None
    static: Tensor | None = None
    anchor: Tensor | None = None


class Graph(nn.Module):
    """Forecasts `horizon` steps from the end of each series."""

    def __init__(self, predictor: Predictor, rules: Rules, horizon: int) -> None:
        super().__init__()
        self.predictor, self.rules, self.horizon = predictor, rules, horizon
        self.members = nn.ModuleList(cast(Sequence[Network], predictor.networks))

    def forward(self, inputs: dict[str, Tensor]) -> tuple[Tensor, ...]:
        """Return the point [B, H, C] and, where any are learned, the quantiles [B, H, C, Q], of `Inputs` by name."""
        read = Inputs(**inputs)
        seen = ~read.values.isnan()
        read = read._replace(values=raw.fill(read.values, seen, self.rules.missing, self.rules.season))
        point, quantiles = self._blended(read, seen)
        levels, still = self.predictor.levels, Stillness.of(read.values, seen, self.rules.season)
        never_negative = raw.extremes(read.values, seen)[0] >= 0
        held = still.hold(point, quantiles, levels)
        found = tuple(raw.within(self.predictor.bounds, part, never_negative) for part in held)
        return found if levels else found[:1]

    def _blended(self, read: Inputs, seen: Tensor) -> tuple[Tensor, Tensor]:
        """Return point and quantiles of the networks and the anchor; see `blend.Blend`."""
        blend = self.predictor.blend
        point, quantiles = self._networks(read, seen)
        spread = quantiles - point[..., None]
        if blend.widths:
            spread = spread * torch.tensor(blend.widths, dtype=spread.dtype)
        if read.anchor is not None:
            point = blend.share * point + (1 - blend.share) * read.anchor
        quantiles = spread + point[..., None]
        return point, quantiles.sort(dim=-1).values if quantiles.shape[-1] else quantiles

    def _networks(self, read: Inputs, seen: Tensor) -> tuple[Tensor, Tensor]:
        """Return what the networks of all kinds forecast, within the history's range widened by three times itself."""
        units = Units.of(read.values, seen, self.predictor.logarithm)
        reader, ends = Reader(read, seen, units, self.rules), raw.extremes(read.values, seen)
        kinds = []
        for kind, networks in self.predictor.kinds.items():
            parts = zip(*(self._member(cast(Network, network), reader) for network in networks), strict=True)
            middles = (_middle(part, self.predictor.weights(kind)) for part in parts)
            kinds.append([_clipped(units.invert(values), *ends) for values in middles])
        share = self.predictor.blend.embedded
        first, *others = kinds
        point, quantiles = (
            [(1 - share) * a + share * b for a, b in zip(first, others[0], strict=True)] if others else first
        )
        return point, quantiles

    def _member(self, network: Network, reader: "Reader") -> tuple[Tensor, Tensor]:
        """Return one network's forecast in units of the series, block after block of its own horizon."""
        length, reach = network.shape.context_length, network.shape.horizon
        side = (torch.tensor(network.levels) - 0.5).sign()  # [Q]
        batch = reader.batch(length, reach, 0)
        points, spreads = list[Tensor](), list[Tensor]()
        for done in range(0, self.horizon, reach):
            if points:
                batch = advanced(batch, reader.batch(length, reach, done), points[-1])
            point, quantiles = network.forecast(batch)
            spread = quantiles - point[..., None]
            if points:
                spread = side * (spread.square() + spreads[-1][:, -1:].square()).sqrt()
            points.append(point)
            spreads.append(spread)
        point, spread = (torch.cat(parts, dim=1)[:, : self.horizon].double() for parts in (points, spreads))
        return point, point[..., None] + spread


def _middle(forecasts: Sequence[Tensor], weights: Sequence[float]) -> Tensor:
    """Return the mean by weights of several forecasts, or without weights their median."""
    if len(forecasts) == 1:
        return forecasts[0]
    if weights:
        shares = (weight / sum(weights) for weight in weights)
        return torch.stack([share * values for share, values in zip(shares, forecasts, strict=True)]).sum(dim=0)
    rising, half = torch.stack(list(forecasts)).sort(dim=0).values, len(forecasts) // 2
    return rising[half] if len(forecasts) % 2 else (rising[half - 1] + rising[half]) / 2


def _clipped(values: Tensor, lowest: Tensor, highest: Tensor) -> Tensor:
    """Return [B, H, C] or [B, H, C, Q] within a history's range, widened by three times itself."""
    seen, shape = lowest <= highest, (*lowest.shape, *(1,) * (values.ndim - 3))
    reach = BEYOND * torch.where(seen, highest - lowest, 0.0)
    least, most = torch.where(seen, lowest - reach, -torch.inf), torch.where(seen, highest + reach, torch.inf)
    return torch.minimum(torch.maximum(values, least.reshape(shape)), most.reshape(shape))


class Reader:
    """Gathers the windows at the end of each series, as `windows.Windows` does."""

    def __init__(self, read: Inputs, seen: Tensor, units: Units, rules: Rules) -> None:
        self.read, self.seen, self.rules = read, seen, rules
        self.target = units.apply(read.values).float()  # [B, T, C]
        affine = (part[:, 0].clamp(-MOST_READ, MOST_READ).float() for part in (units.loc, units.scale))
        self.loc, self.scale = affine  # [B, C]

    def batch(self, length: int, horizon: int, later: int) -> Batch:
        """Return windows of so many steps, whose last past step lies `later` than the end of the series."""
        lead = (0, 0, length, 0)
        target, observed = (nn.functional.pad(part, lead)[:, -length:] for part in (self.target, self.seen))
        ahead = (0, 0, 0, horizon)
        steps = torch.arange(1 - length, horizon + 1) + later  # [L + H]
        ordinals = self._ordinals(steps)
        seasons = torch.tensor(self.rules.calendar, dtype=torch.int64)
        return Batch(
            nn.functional.pad(_held(target, observed), ahead),
            nn.functional.pad(observed, ahead),
            self._covariates(self.read.past, steps[:length]),
            self._covariates(self.read.future, steps),
            self.target.new_zeros(self.target.shape[0], 0) if self.read.static is None else self.read.static.float(),
            (ordinals[..., None] % seasons) / seasons,  # [B, L + H, M]
            ordinals[:, 0],
            self._numbers(),
            self.loc,
            self.scale,
        )

    def _covariates(self, covariates: Tensor | None, steps: Tensor) -> Tensor:
        """Return what is known at `steps` [S] after the series' end; the nearest known where nothing is."""
        if covariates is None:
            return self.target.new_zeros(self.target.shape[0], steps.shape[0], 0)
        rows = (steps + (self.target.shape[1] - 1)).clamp(min=0).clamp(max=covariates.shape[1] - 1)
        return covariates[:, rows].clamp(-MOST_READ, MOST_READ).float()

    def _ordinals(self, steps: Tensor) -> Tensor:
        """Return the ordinals of `steps` [S] after the series' end, [B, S]."""
        if self.read.origin is None:
            return steps.expand(self.target.shape[0], -1)
        return self.read.origin[:, None] + steps

    def _numbers(self) -> Tensor:
        """Return the number of each series and target among those that were trained on, [B, C]."""
        targets, count = self.target.shape[2], self.rules.num_series
        if self.read.series is None:
            return torch.full_like(self.loc, count * targets, dtype=torch.int64)
        series = self.read.series[:, None]  # [B, 1]
        known = (series >= 0) & (series < count)
        return torch.where(known, series * targets + torch.arange(targets), count * targets)


def _held(target: Tensor, observed: Tensor) -> Tensor:
    """Return windows [B, L, C] with a gap at their end on the last value seen, or on zero."""
    steps = torch.arange(target.shape[1])[None, :, None]
    last = torch.where(observed, steps, -1).amax(dim=1, keepdim=True)  # [B, 1, C]
    held = torch.where(last >= 0, target.gather(1, last.clamp(min=0)), 0.0)
    return torch.where(steps > last, held, target)
