"""Carrying: the windows of a stream are open at once, and with every row one step of the cell reads all of them on.

A network reads its last L steps from a state of nothing, in units that these steps alone tell: the state at the end of
one window is no beginning of the next. So a stream has L windows open, one that begins with each of its last L steps.
A row that comes takes all of them on by one step of the cell, as one batch; the oldest is then whole, and its state is
what a forecast from the same rows would have read anew. Memory is L states, whatever came before. A network that reads
segments of m steps is at an origin in every m-th window only: L / m windows take the step, those of one of m phases.

Windows that have not been open from their first step on are not carried: the first L rows are read anew, and so are
the L rows after a change of what was read already, such as a gap whose fill knows of the row behind it.

Axes beside those of `windows`: W windows, newest first; window number w has read w + 1 steps.
"""

from collections.abc import Callable
from itertools import repeat
from typing import NamedTuple

import numpy as np

from rnncast.blend import Source
from rnncast.casting import AnyNetwork, Carried, Cast
from rnncast.packing import Array
from rnncast.panel import BoolArray, FloatArray, IntArray, Panel
from rnncast.scaling import TINY, Units
from rnncast.shapes import AGE, FAR_OFF, Shape


class Carrier:
    """Carries the states of a network along one series, which is forecast from its end again and again."""

    def __init__(self, network: AnyNetwork) -> None:
        self._network, self._windows = network, Windows(network.shape)
        self._phases: list[Carried] = [()] * network.shape.segment_length

    @staticmethod
    def suits(network: AnyNetwork) -> bool:
        """Tell whether the states of a network can be carried: what is read must not change with later rows."""
        return network.is_stepped and network.shape.scaling == "causal"

    def through(self, cast: Cast, panel: Panel, units: Units) -> Callable[[IntArray, IntArray, int], list[Source]]:
        """Return the cast of a panel of one series, from its end, that goes on from the states at its last end."""

        def carried(series: IntArray, ends: IntArray, horizon: int) -> list[Source]:
            end, blocks = int(ends[0]), list[Source]()
            for step in range(end + 1 - self._windows.behind(panel, end), end + 1):
                inputs = self._windows.read(panel, units, step)
                # A network that reads a gap up to its end fills it otherwise than one that sees what lies behind it.
                is_seen = bool(panel.observed[panel.offsets[0] + step].all())
                blocks = cast(series, np.array([step]), horizon, Step(self, inputs, is_seen and self._windows.is_whole))
            return blocks

        return carried

    @property
    def numbers(self) -> int:
        """Return how many numbers are held between two forecasts."""
        states = sum(part.size for phase in self._phases for parts in phase for part in parts)
        return states + self._windows.numbers

    def step(self, inputs: Array, newest: Array, static: Array) -> Array:
        """Read on all windows that are at an origin; return the state [B, D] of the oldest.

        Args:
            inputs: [W B, F'], what changes from window to window, see `Windows.read`.
            newest: [B, F], what a window read anew reads there: what comes after F' is the same for all.
            static: [B, S].
        """
        if not len(inputs):
            return inputs
        rows, phase = len(newest), self._windows.count % len(self._phases)
        shared = np.tile(newest[:, inputs.shape[1] :], (len(inputs) // rows, 1))
        inputs = np.concatenate([inputs, shared], axis=1, dtype=np.float32)
        states, carried = self._network.step(inputs[:rows], static, None)
        if len(inputs) > rows:
            before = tuple(tuple(part[:, : len(inputs) - rows] for part in parts) for parts in self._phases[phase])
            static = np.tile(static, (len(inputs) // rows - 1, 1))
            states, older = self._network.step(inputs[rows:], static, before)
            carried = tuple(map(_joined, carried, older))
        self._phases[phase] = carried
        return states[-rows:]


class Step(NamedTuple):
    """Takes a carrier's windows on by one step; see `casting.Carry`."""

    carrier: Carrier
    inputs: Array
    is_whole: bool

    def __call__(self, newest: Array, static: Array) -> Array:
        """Return the states [B, D] of the oldest window."""
        return self.carrier.step(self.inputs, newest, static)


def _joined(newer: tuple[Array, ...], older: tuple[Array, ...]) -> tuple[Array, ...]:
    return tuple(np.concatenate(pair, axis=1) for pair in zip(newer, older, strict=True))


class Told(NamedTuple):
    """Holds what the windows tell at their newest step, as `causal.causal_scale` does, each [W, C].

    Attributes:
        level: relative to the stream's first value.
        total: the sum of the errors of the level before.
        errors: how many these are.
        seen: how many values were.
        since: steps since the first of these, itself included.
        loose: whether a gap came before any spread: its fill was read in units of the series, which rows change.
    """

    level: FloatArray
    total: FloatArray
    errors: FloatArray
    seen: FloatArray
    since: FloatArray
    loose: FloatArray


class Windows:
    """Keeps what the open windows of one series tell, and the steps that they have read.

    Attributes:
        count: steps that were read since the oldest window was opened, or an older one before it.
    """

    def __init__(self, shape: Shape) -> None:
        self._shape, self.count, self._ordinal = shape, 0, 0
        self._values, self._observed = np.empty((0, 0)), np.empty((0, 0), dtype=np.bool_)

    @property
    def is_whole(self) -> bool:
        """Tell whether the oldest window has all steps that the network reads, and read them as it would anew."""
        return self.count >= self._shape.context_length and not self._told.loose[-1].any()

    @property
    def numbers(self) -> int:
        """Return how many numbers are held."""
        return sum(part.size for part in (self._values, self._observed, *(self._told if self.count else ())))

    def behind(self, panel: Panel, end: int) -> int:
        """Return how many steps up to `end` are not read; one, with no window open, where others were read before."""
        new = int(panel.start[0]) + end - self._ordinal
        if self.count and 0 < new <= self._shape.context_length:
            values, observed = self._last(panel, end - new, min(len(self._values), end + 1 - new))
            if len(values) and _ends_with(self._values, values) and _ends_with(self._observed, observed):
                return new
        self.count = 0
        return 1

    def read(self, panel: Panel, units: Units, end: int) -> FloatArray:
        """Read a step; return what the model reads of the values in windows that are at an origin, [W B, F']."""
        shape = self._shape
        most = min(shape.context_length, self.count + 1)
        values, observed = self._last(panel, end, max(shape.num_lags, most))
        if not self.count:
            self._origin = values[-1]
            self._told = Told(*repeat(np.zeros((0, values.shape[1])), len(Told._fields)))
        relative = values - self._origin
        self._told = _read_on(self._told, relative[-most:][::-1], observed[-most:][::-1], shape.season_length)
        self._values, self._observed = values[-most:], observed[-most:]
        self._ordinal, self.count = int(panel.start[0]) + end, self.count + 1
        return self._inputs(relative[-shape.num_lags :], observed[-1], units.scale[0])

    def _inputs(self, lags: FloatArray, seen: BoolArray, unit: FloatArray) -> FloatArray:
        """Return lags, what was seen and how much as `origins.Origins.inputs` has them, of [K, C], [C] and [C]."""
        segment = self._shape.segment_length
        level, total, errors, count, since, _ = (part[segment - 1 :: segment, :, None] for part in self._told)
        spread = total / np.maximum(errors, 1)
        scale = np.where(spread > TINY * unit[:, None], spread, unit[:, None])
        back = np.arange(len(lags), 0, -1)  # [K]
        shown = np.where(back <= since, np.clip((lags.T - level) / scale, -FAR_OFF, FAR_OFF), 0.0)  # [W, C, K]
        shown = np.pad(shown, ((0, 0), (0, 0), (self._shape.num_lags - len(lags), 0)))
        rows = count.size // self._shape.targets
        parts = (np.arcsinh(shown), np.broadcast_to(seen[:, None], count.shape), np.log1p(count) / AGE)
        return np.concatenate([part.reshape(rows, self._shape.targets * part.shape[2]) for part in parts], axis=1)

    def _last(self, panel: Panel, end: int, count: int) -> tuple[FloatArray, BoolArray]:
        """Return up to `count` steps of the series that end with `end`, [steps, C], and which were seen."""
        first = int(panel.offsets[0])
        steps = slice(first + max(0, end + 1 - count), first + end + 1)
        return panel.values[steps], panel.observed[steps]


def _ends_with(whole: Array, end: Array) -> bool:
    return np.array_equal(whole[-len(end) :], end)


def _read_on(told: Told, values: FloatArray, observed: BoolArray, season: int) -> Told:
    """Return what windows tell after one more step, of the last values [W, C], newest first, that were `observed`."""
    level, total, errors, count, since, loose = (
        np.concatenate([np.zeros_like(values[:1]), part])[: len(values)] for part in told
    )  # the newest window is opened, and one that was whole is closed
    seen = observed[0]
    sums, counts = (part[:season].cumsum(axis=0) for part in (np.where(observed, values, 0.0), observed))
    steps = np.minimum(np.arange(len(values)), season - 1)
    known = seen & (count > 0)
    total = total + np.where(known, np.abs(values[0] - level), 0.0)
    level = np.where(counts[steps] > 0, sums[steps] / np.maximum(counts[steps], 1), level)
    since = np.where(seen | (since > 0), since + 1, 0.0)
    return Told(level, total, errors + known, count + seen, since, loose + (~seen & (count > 0) & (total == 0)))
