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

USUAL_ORIGINS = 4096
"""Origins whose errors say what is usual before training."""


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
        scaling: "causal" finds level and spread at each origin, "series" takes a series' own.
        skip: the decoder reads the lags too, beside the state.
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
    scaling: str = "causal"
    skip: bool = True
    origins: str = "all"

    @property
    def num_origins(self) -> int:
        """Return O, how many origins lie in a window."""
        return self.context_length // self.segment_length

    @property
    def at_origins(self) -> slice:
        """Return at which of the L steps the origins lie; the last one is the last step."""
        first = self.context_length - 1 - self.segment_length * (self.num_origins - 1)
        return slice(first, self.context_length, self.segment_length)

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
    past_loc: Tensor
    past_scale: Tensor
    future_loc: Tensor
    future_scale: Tensor
    static_loc: Tensor
    static_scale: Tensor

    def __init__(self, shape: Shape, model: Model, state_size: int, head: Head) -> None:
        super().__init__()
        self.shape, self.model, self.head = shape, model, head
        self.decoder = DirectDecoder(
            state_size + shape.skip * shape.targets * shape.num_lags,
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
        loc, scale = self._scaling(past, seen)  # [B, O, C]
        count = seen.cumsum(dim=1)  # [B, L, C], how much was seen; nothing is known before the first
        relative = self._lags(past, count > 0, loc, scale)  # [B, O, C x K]
        inputs = self._inputs(batch, relative, count)  # [B, O, F]
        kept = slice(-1, None) if last_only else slice(None)
        with torch.autocast(past.device.type, dtype=torch.bfloat16, enabled=self.half_precision):
            states = self.model(inputs, batch.static)  # [B, O, D]
            future = self._ahead(batch.future)[:, kept]  # [B, O, H, Kf]
            read = torch.cat([states, relative], dim=-1) if self.shape.skip else states
            params = self.decoder(read[:, kept], future)
        params = params.float().reshape(*params.shape[:-1], self.shape.targets, -1)  # [B, O, H, C, P]
        return Output(params, self._guess(past, count > 0, loc)[:, kept], scale[:, kept])

    def loss(self, batch: Batch, last_only: bool = False) -> Tensor:
        """Return the mean loss over the seen steps after the origins that count, or after the last."""
        last_only = last_only or self.shape.origins == "last"
        batch = self.fold(batch)
        output = self(batch, last_only)
        residual, counted = self._residual(batch, output, last_only)
        residual = torch.where(counted, residual, 0.0)  # else 0 x inf, which is no number, could come in below
        losses = self.head.loss(output.params, residual)
        return (losses * counted).sum() / counted.sum().clamp(min=1)

    @torch.no_grad()
    def start_from(self, batch: Batch) -> None:
        """Let the untrained network forecast the guess with the spread of the guess's errors in this batch.

        So its intervals need not be found from nothing, which would take many steps.
        """
        batch = self.fold(batch)
        output = self(batch)
        residual, counted = self._residual(batch, output, last_only=False)
        errors = torch.where(counted, residual, torch.nan).flatten(0, 1)[-USUAL_ORIGINS:]  # [M, H, C]
        self.decoder.start_from(self.head.initial(errors).nan_to_num(0.0).flatten(1))  # [H, C x P]

    def _residual(self, batch: Batch, output: Output, last_only: bool) -> tuple[Tensor, Tensor]:
        """Return what the guess left over, in units of the scale, and where it counts, [B, O, H, C]."""
        kept = slice(-1, None) if last_only else slice(None)
        residual = (self._ahead(batch.target)[:, kept] - output.guess) / output.scale[:, :, None]
        counted = self._ahead(batch.observed)[:, kept]
        if not last_only:
            counted = counted & self._counted(batch.observed)[:, self.shape.at_origins, None]
        return residual, counted

    def forecast(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """Return the point [B, H, C] and the quantiles [B, H, C, Q] after the windows' last step."""
        targets = batch.target.shape[2]
        output = self(self.fold(batch), last_only=True)
        point = output.restore(self.head.point(output.params))[:, 0]
        quantiles = output.restore(self.head.quantiles(output.params))[:, 0]
        if self.shape.targets != targets:  # rows become channels again
            point, quantiles = (
                values[:, :, 0].reshape(-1, targets, *values[:, :, 0].shape[1:]).movedim(1, 2)
                for values in (point, quantiles)
            )
        return point, quantiles

    def _scaling(self, past: Tensor, seen: Tensor) -> tuple[Tensor, Tensor]:
        """Return level and spread at each origin, [B, O, C]; 0 and 1 are those of the whole series."""
        if self.shape.scaling == "series":
            level = torch.zeros_like(past[:, self.shape.at_origins])
            return level, torch.ones_like(level)
        loc, scale = causal_scale(past, seen, self.shape.season_length)
        return loc[:, self.shape.at_origins], scale[:, self.shape.at_origins]

    def _lags(self, past: Tensor, known: Tensor, loc: Tensor, scale: Tensor) -> Tensor:
        """Return the last values before each origin, relative to it, [B, O, C x K]; 0 where unknown."""
        values, known = (self._before(steps, self.shape.num_lags) for steps in (past, known))  # [B, O, C, K]
        relative = (values - loc[..., None]) / scale[..., None]
        return torch.where(known, relative, 0.0).clamp(-50, 50).flatten(2)

    def _inputs(self, batch: Batch, relative: Tensor, count: Tensor) -> Tensor:
        """Return what the model reads at each origin, [B, O, F]."""
        origins, length = self.shape.at_origins, self.shape.context_length
        seen = batch.observed[:, origins].to(relative.dtype)  # [B, O, C]
        age = count[:, origins].log1p() / 5  # [B, O, C]
        angle = 2 * torch.pi * batch.phase[:, origins]  # [B, O, M]
        parts = [_asinh(relative), seen, age, angle.sin(), angle.cos()]
        for covariates in (batch.past, batch.future[:, :length]):
            if covariates.shape[-1]:
                whole = covariates[:, length - self.shape.segment_length * self.shape.num_origins :]
                parts.append(whole.reshape(len(whole), self.shape.num_origins, -1))  # [B, O, s x K]
        return torch.cat(parts, dim=-1)

    def _guess(self, past: Tensor, known: Tensor, loc: Tensor) -> Tensor:
        """Return the seasonal naive from each origin, [B, O, H, C]; the level where it is not known."""
        horizon, season = self.shape.horizon, self.shape.guess_season
        if season == 0:
            return loc[:, :, None].expand(-1, -1, horizon, -1)
        values, known = (self._before(steps, season) for steps in (past, known))  # [B, O, C, m]
        last = torch.where(known, values, loc[..., None]).movedim(-1, 2)  # [B, O, m, C]
        return last.repeat(1, 1, -(-horizon // season), 1)[:, :, :horizon]

    def _before(self, values: Tensor, size: int) -> Tensor:
        """Return the last `size` steps up to each origin, [B, O, C, size], of [B, L, C]; a view after the padding."""
        lead = size - 1 - self.shape.at_origins.start
        padded = nn.functional.pad(values, (0, 0, max(lead, 0), 0))[:, max(-lead, 0) :]
        return padded.unfold(1, size, self.shape.segment_length)

    def _ahead(self, values: Tensor) -> Tensor:
        """Return the H steps after each origin, [B, O, H, K], of [B, L + H, K]; a view."""
        later = values[:, self.shape.at_origins.start + 1 :]
        return later.unfold(1, self.shape.horizon, self.shape.segment_length).movedim(-1, 2)

    def _counted(self, observed: Tensor) -> Tensor:
        """Return at which steps an origin counts, [B, L, C]: those seen, after a season and five steps at least.

        Before, the spread rests on too little to be a unit. An origin inside a gap of any channel does
        not count, since the gap's fill knows of later steps.
        """
        seen = observed[:, : self.shape.context_length]
        least = max(1, min(max(self.shape.season_length, 4) + 1, self.shape.context_length // 3))
        return seen.all(dim=2, keepdim=True) & (seen.cumsum(dim=1) >= least)

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
        guess_season=min(_resolved(window.guess_season), _resolved(window.context_length) + _resolved(window.horizon)),
        season_length=config.data.season_length[0],
        targets=columns.targets if window.channels == "joint" else 1,
        past=columns.past,
        future=columns.future,
        static=columns.static,
        phases=columns.phases,
        scaling=window.scaling,
        skip=sizes.skip,
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


def _asinh(values: Tensor) -> Tensor:
    """Return asinh, to the last digit but one in absolute terms and ten times as fast as torch's on a CPU."""
    return (values.abs() + (values * values + 1).sqrt()).log().copysign(values)
