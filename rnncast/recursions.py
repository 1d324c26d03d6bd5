"""Linear recursions over a grid of parameters: every point of it is tried for every history.

The initial state that leaves the least squares is found exactly: errors are linear in values and initial
state, so that a chunk of a history costs one matrix product for the whole grid, and chunks are joined by the
state alone.

Axes: K histories, [V] their values; B histories of a block; G points of the grid, S numbers of a state,
W steps of a chunk.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from rnncast.panel import FloatArray, IntArray

BLOCK = 2**18
"""Cells of a block of histories that are worked on at once: what a processor's cache holds."""

CHUNK = 32
"""W, steps of a history that one matrix product takes at most."""

RECENT = 4096
"""Last steps of a history that are read: earlier ones weigh nothing, but would take time."""

ROUNDING = 1e-9
"""Share of a history's variation within which two sums of squares count as equal; the first on the grid wins."""

RIDGE = 1e-12
"""Share of the curve's trace added to it, so that one value alone, which no trend can be told from, has a fit."""


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


class Fitted(NamedTuple):
    """Holds what fits each history best.

    Attributes:
        best: [K], the point of the grid.
        state: [K, S], after the last value.
        squares: [K], the sum of the squared errors of one step.
    """

    best: IntArray
    state: FloatArray
    squares: FloatArray


def fit(values: FloatArray, offsets: IntArray, lengths: IntArray, grid: Grid) -> Fitted:
    """Return the point of the grid with the least squared errors of one step, by history, and its last state.

    Args:
        values: [V].
        offsets: [K], where each history begins in `values`.
        lengths: [K], at least 1.
        grid: what is tried.
    """
    first = offsets + np.maximum(lengths - RECENT, 0)
    lengths = np.minimum(lengths, RECENT)
    points, size = grid.gain.shape
    found = Fitted(np.zeros(len(first), dtype=np.int64), np.zeros((len(first), size)), np.zeros(len(first)))
    widths = {CHUNK} | {int(width) for width in np.unique(lengths % CHUNK) if width}
    steps = _steps(grid, widths)
    order = np.argsort(lengths, kind="stable")
    for block in blocks(order, np.minimum(lengths[order], CHUNK), points):
        for whole, part in zip(found, _fit_block(values, first[block], lengths[block], steps), strict=True):
            whole[block] = part
    return found


def blocks(histories: IntArray, lengths: IntArray, width: int) -> Iterator[IntArray]:
    """Yield `histories` in blocks of similar length, of at most about BLOCK cells of `width` numbers."""
    order = np.argsort(lengths, kind="stable")
    histories, lengths = histories[order], lengths[order]
    first = 0
    while first < len(histories):
        cells = lengths[first:] * np.arange(1, len(lengths) - first + 1) * width
        count = int(np.searchsorted(cells, BLOCK)) or 1
        count = min(count, int(np.searchsorted(lengths[first:], 2 * lengths[first], side="right")))
        yield histories[first : first + count]
        first += count


def minimum(squares: FloatArray, slope: FloatArray, curve: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the least of squares over the initial state [G, B], and the shift of it that leads there [G, B, S].

    Args:
        squares: [G, B], the sum of the squared errors.
        slope: [G, B, S], half its derivative by the initial state.
        curve: [G, S, S], half its second derivative; the same for all, as errors are linear.
    """
    ridge = RIDGE * np.trace(curve, axis1=1, axis2=2)[:, None, None] * np.eye(curve.shape[1])
    shift = -np.linalg.solve(curve + ridge, slope.swapaxes(1, 2)).swapaxes(1, 2)
    return squares + _dot(shift, slope), shift


def first_least(squares: FloatArray, variation: FloatArray) -> IntArray:
    """Return the point of the grid [B] with the least squares [G, B]; the first of those that differ by rounding."""
    first: IntArray = np.argmax(squares <= squares.min(axis=0) + ROUNDING * variation, axis=0)
    return first


class _Steps(NamedTuple):
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


def _steps(grid: Grid, widths: set[int]) -> dict[int, _Steps]:
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
            found[width] = _Steps(
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

    def then(self, values: FloatArray, steps: _Steps) -> "_Sums":
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
        squares, shift = minimum(self.squares, self.slope, self.curve)  # [G, B], [G, B, S]
        best = first_least(squares, self.variation)
        each = np.arange(len(best))
        return Fitted(best, self.state[best, each] + (shift @ self.carry)[best, each], squares[best, each])


def _fit_block(values: FloatArray, first: IntArray, lengths: IntArray, steps: dict[int, _Steps]) -> Fitted:
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
