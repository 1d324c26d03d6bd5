"""Exponential smoothing of seasonally adjusted histories, and what the M4 organisers made of it.

Every parameter on a grid is tried for every history, and the initial state that leaves the least squares is
found exactly: errors are linear in values and initial state, so that a chunk of a history costs one matrix
product for the whole grid, and chunks are joined by the state alone.

Axes: K histories, [V] their values; B histories of a block, H horizon; G points of the grid, S numbers of a
state, W steps of a chunk.
"""

from typing import NamedTuple

import numpy as np

from rnncast.baselines.base import Histories, blocks
from rnncast.panel import FloatArray, IntArray, Panel

CHUNK = 32
"""W, steps of a history that one matrix product takes at most."""

RECENT = 4096
"""Last steps of a history that smoothing reads: earlier ones weigh nothing, but would take time."""

ROUNDING = 1e-9
"""Share of a history's variation within which two sums of squares count as equal; the first on the grid wins."""

RIDGE = 1e-12
"""Share of the curve's trace added to it, so that one value alone, which no trend can be told from, has a fit."""

ALPHAS = np.array([1e-4, 0.005, 0.01, 0.02, 0.03, 0.05, 0.075, *np.arange(2, 20) / 20, 0.975, 0.9999])
DAMPED_ALPHAS = np.array([0.01, 0.1, 0.3, 0.5, 0.7, 0.9, 0.9999])
DAMPED_BETAS = np.array([1e-3, 0.05, 0.2])
PHIS = np.array([0.8, 0.9, 0.98])


class Grid(NamedTuple):
    """Holds linear recursions: y_t = h s + e_t, then s becomes F s + g e_t (Hyndman et al. 2002).

    Attributes:
        read: h [G, S].
        move: F [G, S, S].
        gain: g [G, S].
    """

    read: FloatArray
    move: FloatArray
    gain: FloatArray


class Steps(NamedTuple):
    """Holds what W steps do: everything is linear in their values and in the state before them.

    Attributes:
        errors: [G, W, W], the errors from the state 0 on, by value.
        slope: [G, W, S], by value: half the derivative of their squares' sum by the state before.
        curve: [G, S, S], half its second derivative.
        state: [G, W, S], the state after them from the state 0 on, by value.
        carry: [G, S, S], the state after them by the state before.
    """

    errors: FloatArray
    slope: FloatArray
    curve: FloatArray
    state: FloatArray
    carry: FloatArray


class Fitted(NamedTuple):
    """Holds the best point of the grid [K] and the state after the last value [K, S]."""

    best: IntArray
    state: FloatArray


def naive2(panel: Panel, horizon: int) -> FloatArray:
    """Forecast the last seasonally adjusted value with its season: the reference of the M4 competition.

    Seasonal are histories of three seasons whose autocorrelation passes the organisers' test at 90%;
    the season is that of the classical multiplicative decomposition (Makridakis et al. 2020). Histories with
    values that are not positive, which M4 has none of, take the additive one.
    """
    histories = Histories.of(panel)
    last = histories.values[histories.offsets + histories.lengths - 1]  # [K]
    return histories.restore(np.repeat(last[:, None], horizon, axis=1))


def ses(panel: Panel, horizon: int) -> FloatArray:
    """Forecast the level of simple exponential smoothing: l_t = l_(t-1) + alpha e_t (Brown 1956)."""
    histories = Histories.of(panel)
    level = _fit(histories.values, histories, _simple()).state  # [K, 1]
    return histories.restore(np.repeat(level, horizon, axis=1))


def theta(panel: Panel, horizon: int) -> FloatArray:
    """Forecast the mean of a straight line and the smoothed theta line 2 (Assimakopoulos and Nikolopoulos 2000).

    line_t = a + b t by least squares, theta_t = 2 y_t - line_t
    forecast_h = (line_(n+h) + SES(theta)) / 2

    which is simple exponential smoothing with half the line's slope as drift (Hyndman and Billah 2003).
    """
    histories = Histories.of(panel)
    middle, slope, line = _straight_lines(histories)
    level = _fit(2 * histories.values - line, histories, _simple()).state  # [K, 1]
    steps = histories.ahead(horizon) + (histories.lengths[:, None] - 1) / 2  # [K, H], from the middle on
    return histories.restore((middle[:, None] + slope[:, None] * steps + level) / 2)


def damped(panel: Panel, horizon: int) -> FloatArray:
    """Forecast level and damped trend of exponential smoothing (Gardner and McKenzie 1985).

    e_t = y_t - l_(t-1) - phi b_(t-1)
    l_t = l_(t-1) + phi b_(t-1) + alpha e_t
    b_t = phi b_(t-1) + alpha beta e_t
    forecast_h = l_n + (phi + ... + phi^h) b_n
    """
    histories = Histories.of(panel)
    phis, alphas, betas = (axis.ravel() for axis in np.meshgrid(PHIS, DAMPED_ALPHAS, DAMPED_BETAS, indexing="ij"))
    one, nothing = np.ones_like(phis), np.zeros_like(phis)
    grid = Grid(
        read=np.stack([one, phis], axis=-1),
        move=np.stack([np.stack([one, phis], axis=-1), np.stack([nothing, phis], axis=-1)], axis=-2),
        gain=np.stack([alphas, alphas * betas], axis=-1),
    )
    best, state = _fit(histories.values, histories, grid)
    phi = phis[best][:, None]
    reach = phi * (1 - phi ** histories.ahead(horizon)) / (1 - phi)  # [K, H]
    return histories.restore(state[:, :1] + reach * state[:, 1:])


def _simple() -> Grid:
    one = np.ones((len(ALPHAS), 1))
    return Grid(read=one, move=one[..., None], gain=ALPHAS[:, None])


def _straight_lines(histories: Histories) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return the least squares' value at the middle [K], the slope [K] and the line [V]."""
    lengths, offsets = histories.lengths, histories.offsets
    step = np.arange(len(histories.values)) - np.repeat(offsets + (lengths - 1) / 2, lengths)  # [V], 0 in the middle
    middle = np.add.reduceat(histories.values, offsets) / lengths
    centred = histories.values - np.repeat(middle, lengths)
    slope = np.add.reduceat(centred * step, offsets) / np.maximum(np.add.reduceat(step**2, offsets), 0.5)
    return middle, slope, np.repeat(middle, lengths) + np.repeat(slope, lengths) * step


def _fit(values: FloatArray, histories: Histories, grid: Grid) -> Fitted:
    """Return the point of the grid with the least squared errors of one step, by history, and its last state."""
    lengths = np.minimum(histories.lengths, RECENT)
    first = histories.offsets + histories.lengths - lengths
    points, size = grid.gain.shape
    best, state = np.zeros(len(first), dtype=np.int64), np.zeros((len(first), size))
    widths = {CHUNK} | {int(width) for width in np.unique(lengths % CHUNK) if width}
    steps = _steps(grid, widths)
    order = np.argsort(lengths, kind="stable")
    for block in blocks(order, np.minimum(lengths[order], CHUNK), points):
        best[block], state[block] = _fit_block(values, first[block], lengths[block], steps)
    return Fitted(best, state)


def _steps(grid: Grid, widths: set[int]) -> dict[int, Steps]:
    """Run the recursions once over unit values and unit states; return what so many steps do, by their number."""
    points, size = grid.gain.shape
    inputs = CHUNK + size
    state = np.broadcast_to(np.eye(size, inputs, k=CHUNK), (points, size, inputs))
    errors = np.zeros((points, CHUNK, inputs))
    found = {}
    for step in range(CHUNK):
        errors[:, step] = np.eye(1, inputs, k=step) - np.einsum("gs,gsi->gi", grid.read, state)
        state = grid.move @ state + grid.gain[:, :, None] * errors[:, step, None]
        width = step + 1
        if width in widths:
            by_value, by_state = errors[:, :width, :width], errors[:, :width, CHUNK:]
            found[width] = Steps(
                errors=np.ascontiguousarray(by_value.swapaxes(1, 2)),
                slope=by_value.swapaxes(1, 2) @ by_state,
                curve=by_state.swapaxes(1, 2) @ by_state,
                state=state[:, :, :width].swapaxes(1, 2),
                carry=state[:, :, CHUNK:].swapaxes(1, 2),
            )
    return found


def _dot(one: FloatArray, other: FloatArray) -> FloatArray:
    products: FloatArray = np.einsum("gbw,gbw->gb", one, other)
    return products


class _Sums(NamedTuple):
    """Holds the sums of B histories from the state (first value, 0) on, and what a shift of that state changes.

    Attributes:
        origin: [B], the first value.
        variation: [B], sum of the squared distances from it.
        squares: [G, B], sum of the squared errors.
        slope: [G, B, S], half its derivative by the initial state.
        state: [G, B, S], the last state.
        curve: [G, S, S], half the second derivative of the squares; the same for all, as errors are linear.
        carry: [G, S, S], the last state by the initial one, transposed.
    """

    origin: FloatArray
    variation: FloatArray
    squares: FloatArray
    slope: FloatArray
    state: FloatArray
    curve: FloatArray
    carry: FloatArray

    @classmethod
    def begin(cls, origin: FloatArray, points: int, size: int) -> "_Sums":
        """Return the sums of nothing."""
        count = len(origin)
        state = np.zeros((points, count, size))
        state[..., 0] = origin
        return cls(
            origin=origin,
            variation=np.zeros(count),
            squares=np.zeros((points, count)),
            slope=np.zeros((points, count, size)),
            state=state,
            curve=np.zeros((points, size, size)),
            carry=np.broadcast_to(np.eye(size), (points, size, size)),
        )

    def of(self, part: slice) -> "_Sums":
        """Return the sums of some of the histories."""
        return self._replace(
            origin=self.origin[part],
            variation=self.variation[part],
            squares=self.squares[:, part],
            slope=self.slope[:, part],
            state=self.state[:, part],
        )

    def then(self, values: FloatArray, steps: Steps) -> "_Sums":
        """Return the sums with `values` [B, W] after them."""
        level = values[:, 0]
        relative = values - level[:, None]  # so that squares are those of changes, not of the level
        before = self.state.copy()
        before[..., 0] -= level
        errors = relative @ steps.errors  # [G, B, W]
        slope = relative @ steps.slope  # [G, B, S]
        bent = slope + before @ steps.curve
        state = relative @ steps.state + before @ steps.carry
        state[..., 0] += level
        return self._replace(
            variation=self.variation + ((values - self.origin[:, None]) ** 2).sum(axis=1),
            squares=self.squares + _dot(errors, errors) + _dot(before, slope + bent),
            slope=self.slope + bent @ self.carry.swapaxes(1, 2),
            state=state,
            curve=self.curve + self.carry @ steps.curve @ self.carry.swapaxes(1, 2),
            carry=self.carry @ steps.carry,
        )

    def best(self) -> Fitted:
        """Return the point of the least squares over the initial state, and the last state from there."""
        ridge = RIDGE * np.trace(self.curve, axis1=1, axis2=2)[:, None, None] * np.eye(self.curve.shape[1])
        shift = -self.slope @ np.linalg.inv(self.curve + ridge)  # [G, B, S]
        squares = self.squares + _dot(shift, self.slope)
        best = np.argmax(squares <= squares.min(axis=0) + ROUNDING * self.variation, axis=0)
        each = np.arange(len(best))
        return Fitted(best, self.state[best, each] + (shift @ self.carry)[best, each])


def _fit_block(values: FloatArray, first: IntArray, lengths: IntArray, steps: dict[int, Steps]) -> Fitted:
    """Fit histories that begin at `first` [B] in `values`; their `lengths` [B] rise."""
    sums = _Sums.begin(values[first], *steps[CHUNK].carry.shape[:2])
    fits = []
    for done in range(0, int(lengths[-1]), CHUNK):
        left = lengths - done
        for width in np.unique(left[left <= CHUNK]).tolist():
            ending = int(np.searchsorted(left, width, side="right"))
            rows = first[:ending, None] + done + np.arange(width)
            fits.append(sums.of(slice(ending)).then(values[rows], steps[width]).best())
            sums, first, lengths, left = sums.of(slice(ending, None)), first[ending:], lengths[ending:], left[ending:]
        if len(first):
            sums = sums.then(values[first[:, None] + done + np.arange(CHUNK)], steps[CHUNK])
    return Fitted(*(np.concatenate(parts) for parts in zip(*fits, strict=True)))
