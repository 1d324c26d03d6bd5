"""Forecast time series from CSV files with recurrent networks.

    import rnncast
    forecaster = rnncast.train("data.csv", horizon=12)
    forecaster.predict()

Importing this loads neither torch nor pandas; the first use does.
"""

from typing import TYPE_CHECKING

__version__ = "0.1.0"
__all__ = ["Forecaster", "RnncastError", "__version__", "compare", "load", "train", "tune", "untrained"]

if TYPE_CHECKING:
    from rnncast.api import Forecaster, compare, load, train, tune, untrained
    from rnncast.errors import RnncastError


def __getattr__(name: str) -> object:
    if name == "RnncastError":
        from rnncast import errors

        return errors.RnncastError
    if name in __all__:
        from rnncast import process

        process.prepare()
        from rnncast import api

        return getattr(api, name)
    raise AttributeError(f"module 'rnncast' has no attribute '{name}'")
