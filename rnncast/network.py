"""The network that is trained: scaling, model, decoder and head joined by composition."""

from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor, nn

from rnncast import registry
from rnncast.config import Config
from rnncast.decoders import DirectDecoder
from rnncast.heads import Head
from rnncast.models.base import Model, Size
from rnncast.panel import Panel
from rnncast.scaling import causal_scale
from rnncast.windows import Batch, calendar_seasons


@dataclass(frozen=True, slots=True)
class Shape:
    """Says what a network reads and writes; with the model's size it rebuilds the network.

    Attributes:
        context_length: L, steps read.
        horizon: H, steps forecast.
        segment_length: steps from one origin to the next; the model makes one step a segment.
        num_lags: how many of the last values the model reads at each origin.
        guess_season: the forecast starts from the seasonal naive of this season; 0 from the level.
        season_length: steps in the main season.
        targets: C of one window as the model sees it: 1 for independent channels.
        past: Kp, future: Kf, static: S, phases: M.
        origins: "all" trains every origin of a window, "last" only the last one.
    """

    context_length: int
    horizon: int
    segment_length: int
    num_lags: int
    guess_season: int
    season_length: int
    targets: int
    past: int
    future: int
    static: int
    phases: int
    origins: str = "all"

    @property
    def num_origins(self) -> int:
        """Return O, how many origins lie in a window."""
        return self.context_length // self.segment_length

    @property
    def num_inputs(self) -> int:
        """Return F, how many numbers the model reads at each origin."""
        covariates = self.segment_length * (self.past + self.future)
        return self.targets * (self.num_lags + 2) + covariates + 2 * self.phases


class Output(NamedTuple):
    """Holds a forecast from each origin, in units of the series.

    Attributes:
        params: [B, O, H, C, P], what the head reads, relative to `guess` and in units of `scale`.
        guess: [B, O, H, C].
        scale: [B, O, C].
    """

    params: Tensor
    guess: Tensor
    scale: Tensor

    def restore(self, values: Tensor) -> Tensor:
        """Return [B, O, H, C] or [B, O, H, C, Q] in units of the series."""
        shape = (*self.guess.shape, *(1,) * (values.ndim - self.guess.ndim))
        return self.guess.reshape(shape) + values * self.scale[:, :, None].expand_as(self.guess).reshape(shape)


class Network(nn.Module):
    """Forecasts from every origin of a window what is left after a good guess.

    y_(o+h) = guess_(o,h) + scale_o * head(decoder(model(x_1 .. x_o), k_(o+h)))

    where x_o are the last values relative to the level at o, in units of the spread at o. With
    `half_precision` the model and the decoder compute in bfloat16; scaling and loss never do.
    """

    half_precision = False

    def __init__(self, shape: Shape, model: Model, state_size: int, head: Head) -> None:
        super().__init__()
        self.shape, self.model, self.head = shape, model, head
        self.decoder = DirectDecoder(
            state_size + shape.targets * shape.num_lags,
            shape.future,
            shape.horizon,
            shape.targets * head.num_parameters,
        )
        for name, size in (("past", shape.past), ("future", shape.future), ("static", shape.static)):
            self.register_buffer(f"{name}_loc", torch.zeros(size))
            self.register_buffer(f"{name}_scale", torch.ones(size))

    def fold(self, batch: Batch) -> Batch:
        """Return a batch as `forward` takes it: independent channels become rows."""
        return separate(batch) if self.shape.targets == 1 else batch

    def forward(self, batch: Batch, last_only: bool = False) -> Output:
        """Return the forecasts from all origins, or from the last one, of a batch as `fold` gives it."""
        batch = self._standardised(batch)
        past, seen = batch.target[:, : self.shape.context_length], batch.observed[:, : self.shape.context_length]
        origins = self._origins(past.device)
        loc, scale = (
            values[:, origins]  # [B, O, C]
            for values in causal_scale(past, seen, self.shape.season_length)
        )
        relative = self._lags(past, seen, loc, scale)  # [B, O, C x K]
        inputs = self._inputs(batch, relative, seen)  # [B, O, F]
        kept = slice(-1, None) if last_only else slice(None)
        with torch.autocast(past.device.type, dtype=torch.bfloat16, enabled=self.half_precision):
            states = self.model(inputs, batch.static)  # [B, O, D]
            future = self._ahead(batch.future, origins[kept])  # [B, O, H, Kf]
            params = self.decoder(torch.cat([states, relative], dim=-1)[:, kept], future)
        params = params.float().unflatten(-1, (self.shape.targets, self.head.num_parameters))  # [B, O, H, C, P]
        return Output(params, self._guess(past, seen, loc[:, kept], origins[kept]), scale[:, kept])

    def loss(self, batch: Batch, last_only: bool = False) -> Tensor:
        """Return the mean loss over the seen steps after the origins that count, or after the last."""
        last_only = last_only or self.shape.origins == "last"
        batch = self.fold(batch)
        output = self(batch, last_only)
        origins = self._origins(batch.target.device)[-output.scale.shape[1] :]
        residual = (self._ahead(batch.target, origins) - output.guess) / output.scale[:, :, None]
        counted = self._ahead(batch.observed, origins)  # [B, O, H, C]
        if not last_only:
            counted = counted & self._counted(batch.observed)[:, origins, None]
        losses = self.head.loss(output.params, residual)
        return (losses * counted).sum() / counted.sum().clamp(min=1)

    def forecast(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """Return the point [B, H, C] and the quantiles [B, H, C, Q] after the windows' last step."""
        targets = batch.target.shape[2]
        output = self(self.fold(batch), last_only=True)
        point = output.restore(self.head.point(output.params))[:, 0]
        quantiles = output.restore(self.head.quantiles(output.params))[:, 0]
        if self.shape.targets != targets:  # rows become channels again
            point, quantiles = (values[:, :, 0].unflatten(0, (-1, targets)) for values in (point, quantiles))
            point, quantiles = point.movedim(1, 2), quantiles.movedim(1, 2)
        return point, quantiles

    def _origins(self, device: torch.device) -> Tensor:
        """Return the step of each origin in the window, [O]; the last is the last past step."""
        step, count = self.shape.segment_length, self.shape.num_origins
        return self.shape.context_length - 1 - step * torch.arange(count - 1, -1, -1, device=device)

    def _lags(self, past: Tensor, seen: Tensor, loc: Tensor, scale: Tensor) -> Tensor:
        """Return the last values before each origin, relative to it, [B, O, C x K]; 0 where unknown."""
        size, step = self.shape.num_lags, self.shape.segment_length
        lead = size - (past.shape[1] - (self.shape.num_origins - 1) * step)
        values = _windows(past, lead, size, step)  # [B, O, C, K]
        known = _windows(_started(seen), lead, size, step)
        relative = (values - loc[..., None]) / scale[..., None]
        return torch.where(known, relative, 0.0).clamp(-50, 50).flatten(2)

    def _inputs(self, batch: Batch, relative: Tensor, seen: Tensor) -> Tensor:
        """Return what the model reads at each origin, [B, O, F]."""
        origins = self._origins(seen.device)
        length, step = self.shape.context_length, self.shape.segment_length
        age = seen.cumsum(dim=1)[:, origins].log1p() / 5  # [B, O, C], how much was seen
        angle = 2 * torch.pi * batch.phase[:, origins]  # [B, O, M]
        parts = [relative.asinh(), seen[:, origins].to(relative.dtype), age, angle.sin(), angle.cos()]
        for covariates in (batch.past, batch.future[:, :length]):
            if covariates.shape[-1]:
                whole = covariates[:, length - step * len(origins) :]
                parts.append(whole.unflatten(1, (len(origins), step)).flatten(2))  # [B, O, s x K]
        return torch.cat(parts, dim=-1)

    def _guess(self, past: Tensor, seen: Tensor, loc: Tensor, origins: Tensor) -> Tensor:
        """Return the seasonal naive from each origin, [B, O, H, C]; the level where it is not known."""
        horizon, season = self.shape.horizon, self.shape.guess_season
        if season == 0:
            return loc[:, :, None].expand(-1, -1, horizon, -1)
        ahead = torch.arange(horizon, device=past.device) % season  # [H]
        steps = origins[:, None] + 1 + ahead - season  # [O, H]
        known = (steps >= 0)[None, :, :, None] & _started(seen)[:, steps.clamp(min=0)]
        return torch.where(known, past[:, steps.clamp(min=0)], loc[:, :, None])

    def _ahead(self, values: Tensor, origins: Tensor) -> Tensor:
        """Return the H steps after each origin, [B, O, H, K], of [B, L + H, K]."""
        return values[:, origins[:, None] + 1 + torch.arange(self.shape.horizon, device=values.device)]

    def _counted(self, observed: Tensor) -> Tensor:
        """Return at which steps an origin counts, [B, L, C]: those seen, after a season at least.

        An origin inside a gap does not count, since the gap's fill knows of later steps.
        """
        seen = observed[:, : self.shape.context_length]
        least = max(1, min(self.shape.season_length + 1, self.shape.context_length // 3))
        return seen & (seen.cumsum(dim=1) >= least)

    def _standardised(self, batch: Batch) -> Batch:
        return batch._replace(
            past=(batch.past - self.past_loc) / self.past_scale,
            future=(batch.future - self.future_loc) / self.future_scale,
            static=(batch.static - self.static_loc) / self.static_scale,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """Counts what a panel has beside its rows: targets C, covariates Kp, Kf, S and seasons M with a calendar."""

    targets: int
    past: int
    future: int
    static: int
    phases: int

    @classmethod
    def of(cls, panel: Panel) -> "Columns":
        """Count the columns of a panel."""
        return cls(
            targets=panel.num_targets,
            past=panel.past_covariates.shape[1],
            future=panel.future_covariates.shape[1],
            static=panel.static_covariates.shape[1],
            phases=len(calendar_seasons(panel)),
        )


def build(config: Config, columns: Columns) -> Network:
    """Build an untrained network from a resolved configuration, on the current default device."""
    window, sizes = config.window, config.model
    shape = Shape(
        context_length=_resolved(window.context_length),
        horizon=_resolved(window.horizon),
        segment_length=_resolved(window.segment_length),
        num_lags=_resolved(window.num_lags),
        guess_season=_resolved(window.guess_season),
        season_length=config.data.season_length[0],
        targets=columns.targets if window.channels == "joint" else 1,
        past=columns.past,
        future=columns.future,
        static=columns.static,
        phases=columns.phases,
        origins=config.training.origins,
    )
    size = Size(
        inputs=shape.num_inputs,
        static=shape.static,
        hidden=_resolved(sizes.hidden_size),
        layers=_resolved(sizes.num_layers),
        dropout=sizes.dropout or 0.0,
        activation=sizes.activation,
        residual=sizes.residual,
        attention=sizes.attention,
    )
    model = registry.find(registry.MODELS, sizes.model, "model").load()(size)
    head = registry.find(registry.HEADS, config.training.loss, "loss").load()(config.training.quantiles)
    return Network(shape, model, size.hidden, head)


def num_weights(network: Network) -> int:
    """Return how many weights a network has."""
    return sum(weight.numel() for weight in network.parameters())


def _resolved(value: int | None) -> int:
    if value is None:
        raise ValueError("a configuration is resolved before a network is built")
    return value


def separate(batch: Batch) -> Batch:
    """Return a batch of B x C windows of one target each: channels become rows, each with all covariates."""
    targets = batch.target.shape[2]
    if targets == 1:
        return batch
    target, observed = (values.movedim(2, 1).flatten(0, 1)[..., None] for values in batch[:2])
    return Batch(target, observed, *(values.repeat_interleave(targets, dim=0) for values in batch[2:]))


def _started(seen: Tensor) -> Tensor:
    """Return where at least one value was seen up to the step, [B, L, C]: filled after, unknown before."""
    return seen.cumsum(dim=1) > 0


def _windows(values: Tensor, lead: int, size: int, step: int) -> Tensor:
    """Return windows of `size` steps, `step` apart, the first beginning `lead` steps before the start."""
    padded = nn.functional.pad(values, (0, 0, max(lead, 0), 0))[:, max(-lead, 0) :]
    return padded.unfold(1, size, step)
