"""The network that is trained: scaling, model, decoder and head joined by composition."""

import copy
from collections.abc import Mapping, Sequence
from functools import partial
from typing import NamedTuple, Self

import torch
from torch import Tensor, nn
from torch.compiler import is_compiling

from rnncast import paths
from rnncast.blend import Source
from rnncast.casting import Carried, Carry, Cast
from rnncast.categories import Categories
from rnncast.decoders import DecoderSize
from rnncast.heads.base import Frame, Head
from rnncast.models.base import Autoregressive, Memory, Model, Recurrent
from rnncast.origins import Origins, Output, View, in_year
from rnncast.packing import Array
from rnncast.panel import FloatArray, IntArray, Panel
from rnncast.scaling import Units
from rnncast.shapes import Shape
from rnncast.smoothing import LearnedSmoothing
from rnncast.windows import Batch, Windows, separate

USUAL_ORIGINS = 4096
"""Origins whose errors say what is usual before training."""


class Sight(NamedTuple):
    """Holds what a network sees of B windows: a batch as it is read, and what is shown at the origins."""

    batch: Batch
    view: View

    def split(self, counts: Sequence[int]) -> "list[Sight]":
        """Return what it sees of so many windows each, of which each channel may be a row of its own."""
        rows = [count * len(self.batch.target) // sum(counts) for count in counts]
        batches = zip(*(torch.split(part, rows) for part in self.batch), strict=True)
        views = zip(*(torch.split(part, rows) for part in self.view[:-1]), strict=True)
        return [Sight(Batch(*batch), View(*view)) for batch, view in zip(batches, views, strict=True)]


class Loss(NamedTuple):
    """Holds a mean loss [], and over how many steps it is []."""

    mean: Tensor
    steps: Tensor


class Network(nn.Module):
    """Forecasts from every origin of a window what is left after a good guess.

    y_(o+h) = guess_(o,h) + scale_o * head(decoder(model(x_1 .. x_o), k_(o+h)))

    where x_o are the last values relative to the level at o, in units of the spread at o. A `smoothing`,
    where there is one, gives level and guess, and takes the seasons out of the values that are read. With
    `half_precision` the model and the decoder compute in bfloat16; scaling and loss never do.
    A window takes about `numbers_per_window` numbers while it is forecast.
    """

    half_precision = False
    past_loc: Tensor
    past_scale: Tensor
    future_loc: Tensor
    future_scale: Tensor
    static_loc: Tensor
    static_scale: Tensor

    def __init__(
        self,
        shape: Shape,
        model: Model,
        state_size: int,
        head: Head,
        smoothing: LearnedSmoothing | None,
        covariates: Mapping[str, Sequence[int]],
    ) -> None:
        """Build it; `covariates` says of the columns "past", "future" and "static" how many words each has, or 0."""
        super().__init__()
        self.shape, self.model, self.head, self.smoothing = shape, model, head, smoothing
        self.origins = Origins(shape, shape.at_taught)
        decoder_size = DecoderSize(
            state=state_size,
            lags=shape.skip * shape.targets * shape.num_lags,
            future=shape.num_ahead_inputs,
            horizon=shape.reach,
            outputs=shape.targets * head.num_parameters,
            segment_length=shape.segment_length,
        )
        self.decoder = model.decoder(decoder_size)
        self.numbers_per_window = shape.num_origins * (shape.num_inputs + 4 * decoder_size.read)
        for name, words in covariates.items():
            self.register_buffer(f"{name}_loc", torch.zeros(len(words)))
            self.register_buffer(f"{name}_scale", torch.ones(len(words)))
        worded = {name: Categories(words) for name, words in covariates.items() if any(words)}
        self.categories = nn.ModuleDict(worded)

    @property
    def levels(self) -> tuple[float, ...]:
        """Return the quantile levels Q."""
        return self.head.levels

    @property
    def num_weights(self) -> int:
        """Return how many weights it has."""
        return sum(weight.numel() for weight in self.parameters())

    @property
    def weights(self) -> dict[str, Array]:
        """Return a copy of its weights by name."""
        return {name: value.cpu().numpy().copy() for name, value in self.state_dict().items()}

    @property
    def engine(self) -> tuple[str, str]:
        """Return what it computes with, and its version."""
        return "torch", str(torch.__version__)

    def take(self, weights: Mapping[str, Array]) -> None:
        """Let it have other weights, such as those that `weights` gave."""
        self.load_state_dict({name: torch.tensor(array) for name, array in weights.items()})

    def viewing(self, shape: Shape) -> "Network":
        """Return a network with folds on the same weights, for another context, horizon or season."""
        other = copy.copy(self)
        other.shape, other.origins = shape, Origins(shape, shape.at_taught)
        return other

    def fold(self, batch: Batch) -> Batch:
        """Return a batch as `forward` takes it: independent channels become rows, and what is not read is left out."""
        if self.shape.folds:
            unread = ("past", "future", "static", "phase")
            batch = batch._replace(**{name: getattr(batch, name)[..., :0] for name in unread})
        return separate(batch) if self.shape.targets == 1 else batch

    def forward(self, batch: Batch, last_only: bool = False, carry: Carry | None = None) -> Output:
        """Return the forecasts of a batch as `fold` gives it, from the trained origins or the end of the context on."""
        if carry is not None:
            return self._carried(batch, last_only, carry)
        return self._forecast(self._sight(batch), last_only)

    @property
    def learns_to_see(self) -> bool:
        """Tell whether what it sees of a window changes with its weights, or is too much to be kept."""
        return self.smoothing is not None or self.shape.folds or len(self.categories) > 0

    def look(self, batch: Batch) -> Sight:
        """Return what it sees of windows."""
        return self._sight(self.fold(batch))

    def _sight(self, batch: Batch) -> Sight:
        batch = self._standardised(batch)
        return Sight(batch, self.origins.view(batch, self.smoothing))

    def _forecast(self, sight: Sight, last_only: bool) -> Output:
        batch, view = sight
        with self.autocast():
            states = self._states(view, batch.static)  # [B, O, D]
        kept = self._kept(last_only)
        return self.answer(states[:, kept], view.at(kept), self.origins.known_ahead(view, batch.future, kept))

    def _carried(self, batch: Batch, last_only: bool, carry: Carry) -> Output:
        """Return the forecasts from the state at the last origin that is carried along, once it is whole."""
        batch, is_carried = self._standardised(batch), carry.is_whole
        origins = Origins(self.shape, self.shape.at_last) if is_carried else self.origins
        view, kept = origins.view(batch, self.smoothing), self._kept(last_only)
        newest = carry(view.inputs[:, -1].cpu().numpy(), batch.static.cpu().numpy())
        if not is_carried:
            return self._forecast(Sight(batch, view), last_only)
        states = torch.from_numpy(newest)[:, None].to(batch.static.device)
        return self.answer(states[:, kept], view.at(kept), origins.known_ahead(view, batch.future, kept))

    def _states(self, view: View, static: Tensor) -> Tensor:
        """Return the model's states; with folds it begins with each window's first value, whatever lies before it."""
        if view.history is None or (not is_compiling() and bool(view.history.known.all())):
            states: Tensor = self.model(view.inputs, static)
            return states
        begun = view.history.known[:, self.origins.at]  # [B, O]
        empty = (~begun).sum(dim=1, keepdim=True)  # [B, 1], origins before the first value
        places = torch.arange(begun.shape[1], device=begun.device)  # [O]
        read = _rows_at(view.inputs, (places + empty).clamp(max=len(places) - 1))
        return _rows_at(self.model(read, static), (places - empty).clamp(min=0))

    def answer(self, states: Tensor, view: View, future: Tensor) -> Output:
        """Return the forecasts from states [B, O, D], with the origins in `view` and `future` [B, O, H, Kf] known."""
        with self.autocast():
            read = torch.cat([states, view.lags], dim=-1) if self.shape.skip else states
            params = self.decoder(read, future)  # [B, O, H, C x P]
        params = params.float().reshape(*params.shape[:-1], self.shape.targets, -1)  # [B, O, H, C, P]
        return Output(params, view.guess, view.level, view.scale)

    def autocast(self) -> torch.autocast:
        """Return the context in which model and decoder compute."""
        return torch.autocast(self.static_loc.device.type, dtype=torch.bfloat16, enabled=self.half_precision)

    def _kept(self, last_only: bool) -> slice:
        """Return the origins that are trained, or those from the last step of the context on."""
        return slice(-1 - self.shape.num_ahead, None) if last_only else self.shape.trained

    def loss(self, batch: Batch, last_only: bool = False) -> Tensor:
        """Return the mean loss over the seen steps after the trained origins that count, or after the last."""
        return self.weighed_loss(self.look(batch), last_only).mean

    def weighed_loss(self, sight: Sight, last_only: bool = False) -> Loss:
        """Return the mean loss of the windows that it sees, and over how many steps it is."""
        last_only = last_only or self.shape.origins == "last"
        batch, output = sight.batch, self._forecast(sight, last_only)
        residual, counted = self._residual(batch, output, last_only)
        residual = torch.where(counted, residual, 0.0)  # else 0 x inf, which is no number, could come in below
        losses = self.head.loss(output.params, residual, output.frame(batch))
        count = counted.sum()
        loss = (losses * counted).sum() / count.clamp(min=1)
        if self.smoothing is not None:
            loss = loss + self.smoothing.penalty(output.level, output.scale, counted.any(dim=2))
        return Loss(loss, count)

    @torch.no_grad()
    def start_from(self, batch: Batch) -> None:
        """Let the untrained network forecast the guess with the spread of the guess's errors in this batch.

        So its intervals need not be found from nothing, which would take many steps.
        """
        batch = self.fold(batch)
        output = self(batch)
        residual, counted = self._residual(batch, output)
        errors, *frame = (
            values.flatten(0, 1)[-USUAL_ORIGINS:]  # [M, H, C]
            for values in (torch.where(counted, residual, torch.nan), *output.frame(batch))
        )
        self.decoder.start_from(self.head.initial(errors, Frame(*frame)).nan_to_num(0.0).flatten(1))  # [H, C x P]

    def _residual(self, batch: Batch, output: Output, last_only: bool = False) -> tuple[Tensor, Tensor]:
        """Return what the guess left over, in units of the scale, and where it counts, [B, O, H, C]."""
        kept = self._kept(last_only)
        residual = (self.origins.ahead(batch.target)[:, kept] - output.guess) / output.scale[:, :, None]
        counts = self.origins.counted(batch.observed)[:, kept]  # [B, O, 1]
        counts[:, 0] |= last_only  # a forecast is wanted from the end of the context, whatever it is
        return residual, self.origins.ahead(batch.observed)[:, kept] & counts[:, :, None]

    @property
    def is_stepped(self) -> bool:
        """Tell whether `step` carries what it forecasts from; a path, and a state that looks back, need the window."""
        model = self.model
        can = isinstance(model, Recurrent) and not isinstance(model, Autoregressive) and model.stack.attention is None
        return can and not self.shape.folds and not self.half_precision

    @torch.inference_mode()
    def step(self, inputs: Array, static: Array, carried: Carried | None) -> tuple[Array, Carried]:
        """Return the states [B, D] after `inputs` [B, F] at one more origin, and what the next one goes on from."""
        assert isinstance(self.model, Recurrent)
        device = self.static_loc.device
        read, constant = (torch.from_numpy(part).to(device) for part in (inputs[:, None], static))
        layers = tuple(tuple(torch.from_numpy(part).to(device) for part in parts) for parts in carried or ())
        states, memory = self.model.resume(read, constant, Memory(layers) if layers else None)
        return states[:, 0].cpu().numpy(), tuple(tuple(part.cpu().numpy() for part in parts) for parts in memory.layers)

    def forecast(self, batch: Batch, carry: Carry | None = None) -> tuple[Tensor, Tensor]:
        """Return the point [B, H, C] and the quantiles [B, H, C, Q] after the windows' last step."""
        windows, _, targets = batch.target.shape
        batch = self.fold(batch)
        if isinstance(self.model, Autoregressive):
            point, quantiles = paths.forecast(self, self.model, self._standardised(batch))
        elif self.shape.folds:
            point, quantiles = self._even_handed(batch)
        else:
            point, quantiles = self._at_last(batch, carry)
        if self.shape.targets != targets:  # rows become channels again
            point, quantiles = (
                values[:, :, 0].reshape(windows, targets, *values[:, :, 0].shape[1:]).movedim(1, 2)
                for values in (point, quantiles)
            )
        return point, quantiles

    def lay(self, networks: Sequence[Self], panel: Panel, units: Units) -> list[Cast]:
        """Lay a panel on the networks' device; return how each of them forecasts it, in units of the series."""
        shape, device = self.shape, self.static_loc.device
        numbers = next((other.smoothing.find(panel.ids) for other in networks if other.smoothing is not None), None)
        windows = Windows(panel, units, shape.context_length, shape.horizon, device, numbers)
        return [partial(network.eval().cast, windows) for network in networks]

    @torch.inference_mode()
    def cast(
        self, windows: Windows, series: IntArray, ends: IntArray, horizon: int, carry: Carry | None = None
    ) -> list[Source]:
        """Return forecasts after the last steps `ends` [B] of the series [B], block after block of its own horizon."""
        device, blocks = windows.values.device, list[Source]()
        windows = windows.reading(self.shape.context_length, self.shape.horizon)
        index, origin = torch.from_numpy(series).to(device), torch.from_numpy(ends).to(device)
        batch, point = windows.batch(index, origin), None
        for done in range(0, horizon, self.shape.horizon):
            if point is not None:
                batch, carry = advanced(batch, windows.batch(index, origin + done), point), None
            point, quantiles = self.forecast(batch, carry)
            blocks.append(Source(_array(point), _array(quantiles)))
        return blocks

    def _at_last(self, batch: Batch, carry: Carry | None = None) -> tuple[Tensor, Tensor]:
        """Return the point and the quantiles from the last origin of a batch as `fold` gives it."""
        output = self(batch, last_only=True, carry=carry)
        frame = output.frame(batch)
        point = output.restore(self.head.point(output.params, frame))[:, 0]
        return point, output.restore(self.head.quantiles(output.params, frame))[:, 0]

    def _even_handed(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """Return the same, and for windows with values of both signs the mean with that of the mirrored ones."""
        point, quantiles = self._at_last(batch)
        values = batch.loc[:, None] + batch.scale[:, None] * batch.target  # of the data's sign
        seen = batch.observed[:, : self.shape.context_length]
        below, above = ((side[:, : seen.shape[1]] & seen).any(dim=1) for side in (values < 0, values > 0))
        both = (below & above)[:, None]  # [B, 1, C]
        if not is_compiling() and not bool(both.any()):
            return point, quantiles
        opposite, turned = self._at_last(batch._replace(target=-batch.target, loc=-batch.loc))
        point = torch.where(both, (point - opposite) / 2, point)
        return point, torch.where(both[..., None], (quantiles - turned.flip(-1)) / 2, quantiles)

    def _standardised(self, batch: Batch) -> Batch:
        read = {
            "past": (batch.past - self.past_loc) / self.past_scale,
            "future": (batch.future - self.future_loc) / self.future_scale,
            "static": (batch.static - self.static_loc) / self.static_scale,
        }
        read |= {name: spell(read[name]) for name, spell in self.categories.items()}
        if self.shape.year:
            read["future"] = torch.cat([read["future"], in_year(batch, self.shape.year)], dim=-1)
        return batch._replace(**read)


def _rows_at(values: Tensor, places: Tensor) -> Tensor:
    """Return `values` [B, O, F] at the origins `places` [B, O] of each window."""
    return values.gather(1, places[..., None].expand(-1, -1, values.shape[-1]))


def advanced(batch: Batch, later: Batch, point: Tensor) -> Batch:
    """Return the batch one block later, with the block's point forecast as its newest past.

    Past covariates stay at their last value: a backtest has rows after the origin, which must not be read.
    """
    length = batch.past.shape[1]
    target, observed = later.target.clone(), later.observed.clone()
    target[:, :length] = torch.cat([batch.target[:, :length], point], dim=1)[:, -length:]
    known = torch.ones_like(point, dtype=torch.bool)
    observed[:, :length] = torch.cat([batch.observed[:, :length], known], dim=1)[:, -length:]
    held = batch.past[:, -1:].expand(-1, point.shape[1], -1)  # [B, H, Kp]
    past = torch.cat([batch.past, held], dim=1)[:, -length:]
    return later._replace(target=target, observed=observed, past=past)


def _array(values: Tensor) -> FloatArray:
    return values.cpu().double().numpy()
