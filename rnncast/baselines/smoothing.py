"""Exponential smoothing of seasonally adjusted histories, and what the M4 organisers made of it.

Axes: K histories, [V] their values; H horizon.
"""

import numpy as np

from rnncast.baselines.base import Histories
from rnncast.panel import FloatArray, Panel
from rnncast.recursions import Fitted, Grid, fit

ALPHAS = np.array([1e-4, 0.005, 0.01, 0.02, 0.03, 0.05, 0.075, *np.arange(2, 20) / 20, 0.975, 0.9999])
DAMPED_ALPHAS = np.array([0.01, 0.1, 0.3, 0.5, 0.7, 0.9, 0.9999])
DAMPED_BETAS = np.array([1e-3, 0.05, 0.2])
PHIS = np.array([0.8, 0.9, 0.98])


def naive2(panel: Panel, horizon: int) -> FloatArray:
    """Forecast the last seasonally adjusted value with its season: the reference of the M4 competition.

    Seasonal are histories of three seasons whose autocorrelation passes the organisers' test at 90%;
    the season is that of the classical multiplicative decomposition (Makridakis et al. 2020). Histories with
    values that are not positive, which M4 has none of, take the additive one.
    """
    histories = Histories.adjusted(panel)
    last = histories.values[histories.offsets + histories.lengths - 1]  # [K]
    return histories.restore(np.repeat(last[:, None], horizon, axis=1))


def ses(panel: Panel, horizon: int) -> FloatArray:
    """Forecast the level of simple exponential smoothing: l_t = l_(t-1) + alpha e_t (Brown 1956)."""
    histories = Histories.adjusted(panel)
    level = _smoothed(histories.values, histories, _simple()).state  # [K, 1]
    return histories.restore(np.repeat(level, horizon, axis=1))


def theta(panel: Panel, horizon: int) -> FloatArray:
    """Forecast the mean of a straight line and the smoothed theta line 2 (Assimakopoulos and Nikolopoulos 2000).

    line_t = a + b t by least squares, theta_t = 2 y_t - line_t
    forecast_h = (line_(n+h) + SES(theta)) / 2

    which is simple exponential smoothing with half the line's slope as drift (Hyndman and Billah 2003).
    """
    histories = Histories.adjusted(panel)
    middle, slope, line = _straight_lines(histories)
    level = _smoothed(2 * histories.values - line, histories, _simple()).state  # [K, 1]
    steps = histories.ahead(horizon) + (histories.lengths[:, None] - 1) / 2  # [K, H], from the middle on
    return histories.restore((middle[:, None] + slope[:, None] * steps + level) / 2)


def damped(panel: Panel, horizon: int) -> FloatArray:
    """Forecast level and damped trend of exponential smoothing (Gardner and McKenzie 1985).

    e_t = y_t - l_(t-1) - phi b_(t-1)
    l_t = l_(t-1) + phi b_(t-1) + alpha e_t
    b_t = phi b_(t-1) + alpha beta e_t
    forecast_h = l_n + (phi + ... + phi^h) b_n
    """
    histories = Histories.adjusted(panel)
    phis, alphas, betas = (axis.ravel() for axis in np.meshgrid(PHIS, DAMPED_ALPHAS, DAMPED_BETAS, indexing="ij"))
    one, nothing = np.ones_like(phis), np.zeros_like(phis)
    grid = Grid(
        read=np.stack([one, phis], axis=-1),
        move=np.stack([np.stack([one, phis], axis=-1), np.stack([nothing, phis], axis=-1)], axis=-2),
        gain=np.stack([alphas, alphas * betas], axis=-1),
    )
    fitted = _smoothed(histories.values, histories, grid)
    phi = phis[fitted.best][:, None]
    reach = phi * (1 - phi ** histories.ahead(horizon)) / (1 - phi)  # [K, H]
    return histories.restore(fitted.state[:, :1] + reach * fitted.state[:, 1:])


def _smoothed(values: FloatArray, histories: Histories, grid: Grid) -> Fitted:
    return fit(values, histories.offsets, histories.lengths, grid)


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
