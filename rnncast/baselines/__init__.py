"""Baselines: forecasts that every model has to beat, in a second or two for a thousand series.

A baseline is a function from a panel and a horizon to point forecasts [N, H, C], for all series at once.
It reads nothing after the last step that was really seen: what a gap at the end was filled with may know of
later rows. A file is a family.
"""

from rnncast import registry
from rnncast.panel import FloatArray, Panel


def forecast_baseline(name: str, panel: Panel, horizon: int) -> FloatArray:
    """Return the forecast [N, H, C] of the baseline called `name`.

    Raises:
        UsageError: no such baseline.
        DeviceError: it is one of the extra `stats`, which is not installed or does not fit.
    """
    forecast: FloatArray = registry.find(registry.EVERY_BASELINE, name, "baseline").load()(panel, horizon)
    return forecast
