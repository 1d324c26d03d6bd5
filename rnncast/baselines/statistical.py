"""Methods of the library statsforecast, the extra `stats`: one fit a history, so minutes for a thousand series.

They read each history as the other baselines do, from the first to the last value seen, gaps on straight lines. Where
a method cannot be fitted, to a history of a few values for the most part, the seasonal naive stands in its place.

Axes: N series, C targets, H horizon; K histories, one for each series and target.
"""

import warnings
from collections.abc import Callable
from importlib import import_module
from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd

from rnncast import registry
from rnncast.baselines.base import Histories
from rnncast.errors import DeviceError
from rnncast.panel import FloatArray, IntArray, Panel


def auto_ets(panel: Panel, horizon: int) -> FloatArray:
    """Forecast exponential smoothing whose form is chosen by AICc (Hyndman et al. 2002; Hyndman and Khandakar 2008)."""
    return _forecasts(panel, horizon, lambda models: models.AutoETS(season_length=panel.season_length))


def auto_theta(panel: Panel, horizon: int) -> FloatArray:
    """Forecast the best of four Theta models (Assimakopoulos and Nikolopoulos 2000; Fiorucci et al. 2016)."""
    return _forecasts(panel, horizon, lambda models: models.AutoTheta(season_length=panel.season_length))


def auto_arima(panel: Panel, horizon: int) -> FloatArray:
    """Forecast a seasonal ARIMA whose orders are chosen by AICc, step by step (Hyndman and Khandakar 2008)."""
    return _forecasts(panel, horizon, lambda models: models.AutoARIMA(season_length=panel.season_length))


def mstl(panel: Panel, horizon: int) -> FloatArray:
    """Forecast by taking out all seasons with STL and smoothing the rest (Bandara, Hyndman and Bergmeir 2021).

    Without a season it is `auto_ets`.
    """
    seasons = [season for season in panel.season_lengths if season > 1]
    if not seasons:
        return auto_ets(panel, horizon)
    return _forecasts(panel, horizon, lambda models: models.MSTL(season_length=seasons))


def _forecasts(panel: Panel, horizon: int, method: Callable[[ModuleType], Any]) -> FloatArray:
    """Return what a method forecasts [N, H, C], each history by itself in the data's units."""
    models, histories = _library(), Histories.of(panel)
    found = np.zeros((len(histories.lengths), horizon))  # [K, H]
    for number, (first, length, exponent) in enumerate(
        zip(histories.offsets, histories.lengths, histories.exponent, strict=True)
    ):
        values = np.ldexp(histories.values[first : first + length], exponent)
        found[number] = _forecast(method(models), values, histories.ahead(horizon)[number])
    restored = histories.restore(np.ldexp(found, -histories.exponent[:, None]))  # [N, H, C]
    naive: FloatArray = registry.BASELINES["seasonal-naive"].load()(panel, horizon)
    return np.where(np.isnan(restored).any(axis=1, keepdims=True), naive, restored)


def _forecast(model: Any, values: FloatArray, steps: IntArray) -> FloatArray:
    """Return a model's mean so many `steps` [H] after a history, NaN where the model cannot be fitted to it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            mean = model.forecast(y=values, h=int(steps[-1]))["mean"]
        except Exception:  # too short, constant, singular: each method has its own kind of error for it
            return np.full(len(steps), np.nan)
    found: FloatArray = np.asarray(mean, dtype=np.float64)[steps - 1]
    return np.where(np.isfinite(found), found, np.nan)


def _library() -> ModuleType:
    """Import the library's models.

    Raises:
        DeviceError: the library is not installed, or cannot be loaded beside those that are.
    """
    try:
        return import_module("statsforecast.models")
    except Exception as error:  # whatever a library meets in neighbours that it was not made for
        is_missing = isinstance(error, ModuleNotFoundError) and str(error.name).startswith("statsforecast")
        beside = f"cannot be loaded beside pandas {pd.__version__} and numpy {np.__version__}: {error}"
        raise DeviceError(
            f"this baseline needs the library 'statsforecast', which {'is not installed' if is_missing else beside}.",
            "Run: pip install 'rnncast[stats]', in an environment of its own where the library lags behind pandas: "
            f"pip would take pandas {pd.__version__} away for an older one.",
        ) from error
