"""Exponential smoothing with a season of its own, which changes as level and trend do.

A season's m numbers would make the matrices of `recursions` wide, so this recursion runs step by step, for many
histories and points of the grid at once. The initial state of least squares is found as there: errors are
linear in it, so the recursion runs from unit states too, beside the histories.

Axes: K histories, [V] their values; B histories of a block, T steps of its longest, H horizon; G points of the
grid, m steps of a season, S = m + 1 numbers of an initial state: level, trend and all figures of the season but
the last, which is 0, since what all of them share is level.
"""

import numpy as np

from rnncast import registry
from rnncast.baselines.base import LARGEST, Histories
from rnncast.panel import BoolArray, FloatArray, IntArray, Panel, ranges
from rnncast.recursions import Fitted, blocks, first_least, minimum

LONGEST = 60
"""Most steps of a season that is smoothed: each is a number of the initial state."""

RECENT_STEPS, RECENT_SEASONS = 240, 10
"""What of a history's end is read, the more of both: what is earlier weighs little, but would take time."""

CELLS = 2**14
"""Numbers of one step that are worked on at once: what a processor's cache holds."""

STORED = 2**22
"""Numbers of all steps that are kept at once."""

PHIS = np.array([0.85, 0.98])
ALPHAS = np.array([0.01, 0.15, 0.4, 0.7, 0.9999])
BETAS = np.array([1e-3, 0.05])
GAMMAS = np.array([1e-4, 0.05, 0.15, 0.4])


def holt_winters(panel: Panel, horizon: int) -> FloatArray:
    """Forecast level, damped trend and season of exponential smoothing (Holt 1957, Winters 1960).

    In the innovations form of Hyndman et al. 2002:

    e_t = y_t - l_(t-1) - phi b_(t-1) - s_(t-m)           (1)
    l_t = l_(t-1) + phi b_(t-1) + alpha e_t               (2)
    b_t = phi b_(t-1) + alpha beta e_t                    (3)
    s_t = s_(t-m) + gamma (1 - alpha) e_t                 (4)
    forecast_h = l_n + (phi + ... + phi^h) b_n + s_(n+h)  (5), the last season going on

    A history above zero is smoothed as its logarithm too, where trend and season multiply, and the likelier of
    the two forecasts. Histories shorter than two seasons and three steps, and those whose season is one step or
    more than 60, are left to `damped`.
    """
    histories, season = Histories.of(panel), panel.season_length
    enough = (histories.lengths >= 2 * season + 3) & (1 < season <= LONGEST)  # [K]
    forecast = np.zeros((len(enough), horizon))
    forecast[enough] = _smoothed(histories, np.flatnonzero(enough), season, horizon)
    restored = histories.restore(forecast)  # [N, H, C]
    if enough.all():
        return restored
    damped: FloatArray = registry.BASELINES["damped"].load()(panel, horizon)
    return np.where(enough.reshape(panel.num_series, 1, -1), restored, damped)


def _smoothed(histories: Histories, which: IntArray, season: int, horizon: int) -> FloatArray:
    """Return the forecasts of some histories [K], from their values or their logarithms, [K, H]."""
    lengths = np.minimum(histories.lengths[which], max(RECENT_STEPS, RECENT_SEASONS * season))
    values = histories.values[ranges(histories.offsets[which] + histories.lengths[which] - lengths, lengths)]
    steps = histories.ahead(horizon)[which]  # [K, H]
    of = np.repeat(np.arange(len(which)), lengths)  # [V]
    positive = np.bincount(of, values <= 0, len(which)) == 0
    logs = np.log(values, out=np.zeros_like(values), where=positive[of])
    plain = _fit(values, lengths, season)
    logged = _fit(logs[positive[of]], lengths[positive], season)
    forecast = _continued(plain, lengths, steps)
    # By normal errors n / 2 log(squares), to which a logarithm adds the sum of log(y); both as powers of e here.
    jacobian = np.exp(2 * np.bincount(of, logs, len(which)) / lengths)[positive]
    is_log = logged.squares * jacobian < plain.squares[positive]
    multiplied = np.exp(np.minimum(_continued(logged, lengths[positive], steps[positive]), LARGEST))
    forecast[positive] = np.where(is_log[:, None], multiplied, forecast[positive])
    return forecast


def _continued(fitted: Fitted, lengths: IntArray, steps: IntArray) -> FloatArray:
    """Return level, trend and season so many `steps` [K, H] after the last value; (5)."""
    phi = _grid()[0, fitted.best, None]
    level, trend, figure = np.split(fitted.state, [1, 2], axis=1)  # [K, 1], [K, 1], [K, m]
    reach = phi * (1 - phi**steps) / (1 - phi)  # [K, H]
    phase = (lengths[:, None] - 1 + steps) % figure.shape[1]
    forecast: FloatArray = level + reach * trend + np.take_along_axis(figure, phase, axis=1)
    return forecast


def _grid() -> FloatArray:
    """Return phi, alpha, alpha beta and gamma (1 - alpha) of all points, [4, G]."""
    phi, alpha, beta, gamma = (axis.ravel() for axis in np.meshgrid(PHIS, ALPHAS, BETAS, GAMMAS, indexing="ij"))
    return np.stack([phi, alpha, alpha * beta, gamma * (1 - alpha)])


def _fit(values: FloatArray, lengths: IntArray, season: int) -> Fitted:
    """Return what fits each history best; its state [K, 2 + m] is level, trend and season."""
    count, offsets = len(lengths), np.cumsum(lengths) - lengths
    found = Fitted(np.zeros(count, dtype=np.int64), np.zeros((count, 2 + season)), np.zeros(count))
    for rising in blocks(np.arange(count), lengths, 1):
        block = rising[::-1]
        inside = np.arange(lengths[block[0]])[:, None] < lengths[block]  # [T, B]
        rows = offsets[block] + np.minimum(np.arange(len(inside))[:, None], lengths[block] - 1)
        for whole, part in zip(found, _fit_block(values[rows], inside, season), strict=True):
            whole[block] = part
    return found


def _fit_block(values: FloatArray, inside: BoolArray, season: int) -> Fitted:
    """Fit histories whose `values` [T, B] are `inside` [T, B] to their ends; the longest comes first."""
    (steps, count), size = values.shape, season + 1
    units, start = np.eye(size), np.eye(size, 1) * values[0]  # [S, S], [S, B]
    beside = np.pad(values, ((0, 0), (size, 0)))  # [T, S + B]
    active = inside.sum(axis=1)  # [T]
    grid = _grid()
    width = max(1, min(CELLS, STORED // steps) // (size + count))
    found = []
    for first in range(0, grid.shape[1], width):
        part = grid[:, first : first + width, None]  # [4, G, 1]
        errors, _ = _run(beside, size + active, np.hstack([units, start]), part)
        found.append(_minima(errors[..., :size], errors[..., size:], inside.sum(axis=0)))
    squares, shift = (np.concatenate(parts) for parts in zip(*found, strict=True))  # [G, B], [G, B, S]
    best = first_least(squares, (inside * (values - values[0]) ** 2).sum(axis=0))
    errors, state = _run(values, active, start + shift[best, np.arange(count)].T, grid[:, None, best])
    return Fitted(best, state[:, 0].T, (errors[:, 0] ** 2).sum(axis=0))


def _minima(by_state: FloatArray, errors: FloatArray, lengths: IntArray) -> tuple[FloatArray, FloatArray]:
    """Return the least squares [G, B] over the initial state, and its shift [G, B, S] from the one of `errors`.

    Args:
        by_state: [T, G, S], the errors' derivative by each number of the initial state.
        errors: [T, G, B], 0 after a history's end.
        lengths: [B].
    """
    squares = np.einsum("tgb,tgb->gb", errors, errors)
    slope = (by_state.transpose(1, 2, 0) @ errors.swapaxes(0, 1)).swapaxes(1, 2)  # [G, B, S]
    shift = np.zeros_like(slope)
    curve, done = np.zeros((1, 1)), 0
    for length in np.unique(lengths).tolist():
        more, ending = by_state[done:length], lengths == length
        curve = curve + more.transpose(1, 2, 0) @ more.swapaxes(0, 1)  # [G, S, S]
        squares[:, ending], shift[:, ending] = minimum(squares[:, ending], slope[:, ending], curve)
        done = length
    return squares, shift


def _run(values: FloatArray, active: IntArray, start: FloatArray, points: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Run equations (1) to (4) over the first `active` [T] of the `values` [T, B] at each step.

    Args:
        values: [T, B].
        active: [T], falling.
        start: [S, B], the initial state.
        points: [4, G, 1], for all histories, or [4, 1, B], for each its own.

    Returns:
        The errors [T, G, B], 0 where none was active, and the last state [S + 1, G, B].
    """
    shape = np.broadcast_shapes(points.shape[1:], start.shape[1:])
    errors, state = np.zeros((len(values), *shape)), np.zeros((len(start) + 1, *shape))
    state[:-1] = start[:, None]
    for step, count in enumerate(active.tolist()):
        phi, alpha, beta, gamma = points[..., :count]
        level, trend, *_ = on = state[..., :count]
        figure, error = on[2 + step % (len(on) - 2)], errors[step, :, :count]
        trend *= phi
        level += trend
        np.subtract(values[step, :count], level + figure, out=error)  # (1)
        level += alpha * error  # (2)
        trend += beta * error  # (3)
        figure += gamma * error  # (4)
    return errors, state
