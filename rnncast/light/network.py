"""The network that forecasts, from weights as `forms` describes them."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Self

import numpy as np

from rnncast.blend import Source
from rnncast.casting import Carried, Carry, Cast
from rnncast.columns import Columns
from rnncast.config import Config
from rnncast.light.forms import cell_of, form
from rnncast.light.layers import Weights, layer, silu
from rnncast.light.origins import View, in_year, view
from rnncast.light.windows import Batch, Windows, advanced
from rnncast.packing import Array
from rnncast.panel import IntArray, Panel
from rnncast.scaling import Units
from rnncast.shapes import SIZES, resolved, shape_of


class Network:
    """Forecasts as `rnncast.network.Network` does; it cannot be trained."""

    engine = ("numpy", np.__version__)

    def __init__(self, config: Config, columns: Columns, weights: Mapping[str, Array]) -> None:
        """Build it around weights."""
        self.weights, self.shape, self.levels = weights, shape_of(config, columns), form(config, columns).levels
        self._cell, self._model = cell_of(config), config.model
        self._parts = Weights(weights)
        hidden = resolved(config.model.hidden_size)
        lags = self.shape.targets * self.shape.num_lags
        self.numbers_per_window = self.shape.num_origins * (self.shape.num_inputs + 4 * (hidden + lags))
        self.num_weights = sum(array.size for name, array in weights.items() if "." in name)
        self._middle = min(range(len(self.levels)), key=lambda index: abs(self.levels[index] - 0.5), default=0)

    @property
    def is_stepped(self) -> bool:
        """Tell whether `step` carries what it forecasts from."""
        return not self.shape.folds

    def step(self, inputs: Array, static: Array, carried: Carried | None) -> tuple[Array, Carried]:
        """Return the states [B, D] after `inputs` [B, F] at one more origin, and what the next one goes on from."""
        states, carried = self._run(inputs[:, None], static, carried)
        return states[:, 0], carried

    def lay(self, networks: Sequence[Self], panel: Panel, units: Units) -> list[Cast]:
        """Lay a panel out; return how each of the networks forecasts it, in units of the series."""
        windows = Windows(panel, units)
        return [partial(network.cast, windows) for network in networks]

    def cast(
        self, windows: Windows, series: IntArray, ends: IntArray, horizon: int, carry: Carry | None = None
    ) -> list[Source]:
        """Return forecasts after the last steps `ends` [B] of the series [B], block after block of its own horizon."""
        batch, blocks, point = windows.batch(self.shape, series, ends), list[Source](), None
        for done in range(0, horizon, self.shape.horizon):
            if point is not None:
                batch, carry = advanced(batch, windows.batch(self.shape, series, ends + done), point), None
            point, quantiles = self._even_handed(batch) if self.shape.folds else self._at_last(batch, carry)
            blocks.append(Source(self._as_channels(point, len(series)), self._as_channels(quantiles, len(series))))
        return blocks

    def _as_channels(self, values: Array, windows: int) -> Array:
        """Return [B, H, C, ...] of rows [B x C, H, 1, ...] where channels are independent, in double precision."""
        if self.shape.targets == 1:
            values = values.squeeze(2)
            values = values.reshape(windows, len(values) // windows, *values.shape[1:]).swapaxes(1, 2)
        return values.astype(np.float64)

    def _at_last(self, batch: Batch, carry: Carry | None = None) -> tuple[Array, Array]:
        """Return the point [B, H, C] and the quantiles [B, H, C, Q] after the windows' last step."""
        batch = self._standardised(batch)
        is_carried = carry is not None and carry.is_whole
        seen = view(self.shape, batch, self.shape.at_last if is_carried else self.shape.at_origins)
        carried = None if carry is None else carry(seen.inputs[:, -1], batch.static)
        state = carried if carried is not None and is_carried else self._state(seen, batch.static)  # [B, D]
        read = np.concatenate([state, seen.lags], axis=-1) if self.shape.skip else state
        decode = self._folded if seen.ahead else self._direct
        params = decode(read, seen, batch.future[:, self.shape.context_length :])  # [B, H, C x P]
        params = np.sort(params.reshape(*seen.guess.shape, -1), axis=-1)  # [B, H, C, P]
        quantiles = seen.guess[..., None] + params * seen.scale[:, None, :, None]
        return quantiles[..., self._middle], quantiles if self.levels else quantiles[..., :0]

    def _state(self, seen: View, static: Array) -> Array:
        """Return the states [B, D]; with folds the model begins with each window's first value."""
        steps = np.arange(seen.inputs.shape[1])
        empty = (~seen.begun).sum(axis=1)[:, None] if self.shape.folds else np.zeros((len(static), 1), dtype=np.int64)
        read = np.take_along_axis(seen.inputs, np.minimum(steps + empty, steps[-1])[..., None], axis=1)
        states, _ = self._run(read, static, None)
        last: Array = np.take_along_axis(states, np.maximum(steps[-1] - empty, 0)[..., None], axis=1)[:, 0]
        return last

    def _run(self, read: Array, static: Array, carried: Carried | None) -> tuple[Array, Carried]:
        """Return the states [B, O, D] after what is read at the origins, [B, O, F], and what goes on from there."""
        states = np.concatenate([read, np.repeat(static[:, None], read.shape[1], axis=1)], axis=-1)  # [B, O, F + S]
        last = []
        for number in range(self._model.num_layers or 1):
            weights, before = self._parts.below(f"model.stack.layers.{number}"), carried[number] if carried else ()
            outputs, parts = layer(self._cell, weights, states, self._model.activation, before)
            states = states + outputs if self._model.residual and number else outputs  # [B, O, D]
            last.append(parts)
        return states, tuple(last)

    def _direct(self, read: Array, seen: View, future: Array) -> Array:
        """Return the outputs [B, H, outputs] of a `DirectDecoder`."""
        weights = self._parts.below("decoder")
        outputs = weights.affine("steps", read).reshape(len(read), self.shape.horizon, -1)
        if not self.shape.future:
            return outputs
        local = weights.below("local")
        hidden = local.affine("state", read)[:, None] + local.linear("future", future)  # [B, H, 32]
        return outputs + local.linear("output", silu(hidden))

    def _folded(self, read: Array, seen: View, future: Array) -> Array:
        """Return the outputs [B, H, outputs] of a `FoldingDecoder`, by the equations of `Folding`."""
        weights, ahead = self._parts.below("decoder"), seen.ahead
        assert ahead is not None
        joined = np.concatenate(ahead, axis=-1)[:, 0]  # [B, H, sum of SIZES]
        raw, adjusted, long, known, long_known, trends, last, _ = np.split(joined, np.cumsum(SIZES)[:-1], axis=-1)
        hidden = silu(weights.affine("state", read)[:, None] + weights.linear("ahead", np.arcsinh(joined)))
        hidden = hidden + silu(weights.affine("hidden", hidden))  # (2)
        candidates = np.concatenate([raw, adjusted, long, last, np.zeros_like(last)], axis=-1)
        is_known = np.concatenate([known, known, long_known, *[np.ones_like(last)] * 2], axis=-1)
        scores = np.where(is_known > 0, weights.affine("mixture", hidden), -np.inf)
        shares = np.exp(scores - scores.max(axis=-1, keepdims=True))
        shares /= shares.sum(axis=-1, keepdims=True)
        point = (shares * candidates).sum(axis=-1) + (weights.affine("trend", hidden) * trends).sum(axis=-1)
        return np.asarray(point[..., None] + weights.affine("output", hidden))  # (3)

    def _even_handed(self, batch: Batch) -> tuple[Array, Array]:
        """Return the same, and for windows with values of both signs the mean with that of the mirrored ones."""
        point, quantiles = self._at_last(batch)
        length = self.shape.context_length
        with np.errstate(over="ignore"):
            values = (batch.loc[:, None] + batch.scale[:, None] * batch.target)[:, :length]  # of the data's sign
        seen = batch.observed[:, :length]
        both = ((values < 0) & seen).any(axis=1) & ((values > 0) & seen).any(axis=1)  # [B, C]
        if not both.any():
            return point, quantiles
        opposite, turned = self._at_last(batch._replace(target=-batch.target, loc=-batch.loc))
        point = np.where(both[:, None], (point - opposite) / 2, point)
        return point, np.where(both[:, None, :, None], (quantiles - turned[..., ::-1]) / 2, quantiles)

    def _standardised(self, batch: Batch) -> Batch:
        parts = self._parts
        read = {
            name: (getattr(batch, name) - parts[f"{name}_loc"]) / parts[f"{name}_scale"]
            for name in ("past", "future", "static")
        }
        if self.shape.year:
            read["future"] = np.concatenate([read["future"], in_year(batch, self.shape.year)], axis=-1)
        return batch._replace(**read)
