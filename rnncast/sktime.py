"""The adapter for sktime: a forecaster of its kind that is trained by rnncast, of one series or of a whole panel.

Axes: N series, F steps of sktime's forecasting horizon, C targets.
"""

from collections.abc import Callable, Sequence
from typing import Any, Self

import numpy as np
import pandas as pd

from rnncast import api
from rnncast.intervals import interval
from rnncast.panel import FloatArray, Forecast

try:
    from sktime.forecasting.base import BaseForecaster, ForecastingHorizon
except ImportError as error:
    raise ImportError("rnncast.sktime needs sktime: pip install 'rnncast[sktime]'", name="sktime") from error

TYPES = ["pd.DataFrame", "pd-multiindex", "pd_multiindex_hier"]


class RnncastForecaster(BaseForecaster):
    """Forecasts with networks that rnncast trains, all series of a panel together.

    `X` are covariates that are known ahead, and their rows of all steps up to the last one forecast are needed.
    What is not given is told from the data.

    Args:
        model: the network, as `rnncast train --list-models` names them.
        context_length: steps that it reads.
        hidden_size: its size.
        max_steps: most steps of training.
        settings: all others of `rnncast.train`, and what it can `start` from.

    Examples:
        >>> from rnncast.sktime import RnncastForecaster
        >>> from sktime.datasets import load_airline
        >>> forecaster = RnncastForecaster(max_steps=200).fit(load_airline(), fh=range(1, 13))
        >>> intervals = forecaster.predict_interval(coverage=0.8)
    """

    _tags = {  # noqa: RUF012 - sktime reads it from the class and changes nothing
        "authors": "the rnncast developers",
        "maintainers": "the rnncast developers",
        "y_inner_mtype": TYPES,
        "X_inner_mtype": TYPES,
        "capability:multivariate": True,
        "capability:exogenous": True,
        "capability:non_contiguous_X": False,
        "capability:categorical_in_X": False,
        "capability:missing_values": True,
        "capability:insample": False,
        "capability:pred_int": True,
        "capability:pred_int:insample": False,
        "capability:update": True,
        "requires-fh-in-fit": True,
    }
    _config = {"remember_data": False}  # noqa: RUF012 - as above; the history is kept here

    def __init__(
        self,
        model: str | None = None,
        context_length: int | None = None,
        hidden_size: int | None = None,
        max_steps: int | None = None,
        settings: dict[str, Any] | None = None,
    ) -> None:
        self.model = model
        self.context_length = context_length
        self.hidden_size = hidden_size
        self.max_steps = max_steps
        self.settings = settings
        super().__init__()
        self._y = self._X = None  # where sktime is told to remember the data

    def _fit(self, y: pd.DataFrame, X: pd.DataFrame | None, fh: ForecastingHorizon) -> Self:
        self._history = _joined(y, X)
        self._train(fh)
        return self

    def _update(self, y: pd.DataFrame, X: pd.DataFrame | None = None, update_params: bool = True) -> Self:
        """Append rows, from whose end it forecasts from now on, and train anew where that is asked for."""
        both = pd.concat([self._history, _joined(y, X)])
        self._history = both[~both.index.duplicated(keep="last")]
        if update_params:
            self._train(self._fh)
        return self

    def _train(self, fh: ForecastingHorizon) -> None:
        own = {name: getattr(self, name) for name in ("model", "context_length", "hidden_size", "max_steps")}
        table = _table(self._history)
        names = [str(name) for name in table]
        counted = {"freq": "1"} if pd.api.types.is_integer_dtype(table["time"]) else {}
        asked: dict[str, Any] = {
            **counted,
            **{name: value for name, value in own.items() if value is not None},
            **(self.settings or {}),
            "time": "time",
            "id": [name for name in names if name.startswith("id ")],
            "target": [name for name in names if name.startswith("y ")],
            "future_covariates": [name for name in names if name.startswith("X ")],
            "horizon": int(max(fh.to_relative(self.cutoff))),
        }
        self.forecaster_ = api.train(table, **asked)

    def _predict(self, fh: ForecastingHorizon, X: pd.DataFrame | None) -> pd.DataFrame:
        return self._framed(fh, X, [lambda found: found.point], self._get_varnames())

    def _predict_quantiles(
        self, fh: ForecastingHorizon, X: pd.DataFrame | None, alpha: Sequence[float]
    ) -> pd.DataFrame:
        columns = self._get_columns(method="predict_quantiles", alpha=alpha)
        return self._framed(fh, X, [_quantile(level) for level in alpha], columns)

    def _framed(
        self,
        fh: ForecastingHorizon,
        X: pd.DataFrame | None,
        taken: Sequence[Callable[[Forecast], FloatArray]],
        columns: pd.Index,
    ) -> pd.DataFrame:
        """Return what is taken of the forecast [N, F, C], a column for each target and each of `taken`."""
        ahead = None if X is None or not self.forecaster_.checkpoint.panel.future_names else self._after(X)
        reading = self.forecaster_.read(_table(self._history), ahead)
        ends = reading.panel.start + reading.panel.lengths  # [N]
        rows = (ends.max() - ends)[:, None] + np.asarray(fh.to_relative(self.cutoff), dtype=np.int64) - 1  # [N, F]
        found = self.forecaster_.forecast(reading, int(rows.max()) + 1)
        picked = np.stack([take(found)[np.arange(len(rows))[:, None], rows] for take in taken], axis=-1)
        return pd.DataFrame(picked.reshape(rows.size, -1), self._index(fh), columns)

    def _after(self, X: pd.DataFrame) -> pd.DataFrame | None:
        """Return the covariates of steps that the history has not, if there are any."""
        later = X[~X.index.isin(self._history.index)]
        return _table(_named(later, "X")) if len(later) else None

    def _index(self, fh: ForecastingHorizon) -> pd.Index:
        """Return the index of the forecast: the steps, and of several series each with all of them."""
        known = self._history.index
        if fh.is_relative and fh.freq is None and isinstance(self.cutoff, pd.DatetimeIndex):
            fh = ForecastingHorizon(list(fh), is_relative=True, freq=self.forecaster_.config.data.freq)
        steps: pd.Index = fh.to_absolute_index(self.cutoff)
        if known.nlevels == 1:
            return steps
        keys = [(*key, step) for key in dict.fromkeys(key[:-1] for key in known) for step in steps]
        return pd.MultiIndex.from_tuples(keys, names=known.names)

    @classmethod
    def get_test_params(cls, parameter_set: str = "default") -> list[dict[str, Any]]:
        """Return settings with which sktime's tests take little time."""
        tiny = {"hidden_size": 2, "context_length": 4, "max_steps": 1, "settings": {"ensemble": 1, "test": 0}}
        return [{"model": "gru", **tiny}, {"model": "mlp", **tiny}]


def _quantile(level: float) -> Callable[[Forecast], FloatArray]:
    """Return what takes the values [N, H, C] at a quantile level from a forecast."""
    if level == 0.5:
        return lambda found: found.point
    return lambda found: interval(found, abs(200 * level - 100))[int(level > 0.5)]


def _joined(y: pd.DataFrame, X: pd.DataFrame | None) -> pd.DataFrame:
    """Return targets and covariates side by side."""
    return _named(y, "y") if X is None else _named(y, "y").join(_named(X, "X"))


def _named(frame: pd.DataFrame, role: str) -> pd.DataFrame:
    """Return a frame whose columns are called by their role and name, which may be no text."""
    return frame.set_axis([f"{role} {name}" for name in frame.columns], axis=1)


def _table(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a frame with ids, as text, and time as columns, for rnncast to read."""
    ids = {f"id {level}": frame.index.get_level_values(level).astype(str) for level in range(frame.index.nlevels - 1)}
    return pd.DataFrame({**ids, "time": frame.index.get_level_values(-1), **dict(frame.reset_index(drop=True))})
