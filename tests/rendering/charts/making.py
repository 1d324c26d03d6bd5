"""Charts made by hand."""

import numpy as np

from rnncast.rendering.charts.base import Band, Chart, Fan, Gallery

NAN = float("nan")


def chart_of(values: list[float], *fans: Fan, name: str = "sales", words: tuple[str, ...] = ()) -> Chart:
    """Return a chart of days from 2024-01-01 on, as long as the values or the last forecast."""
    length = max([len(values), *(fan.end for fan in fans)])
    came = np.full(length, NAN)
    came[: len(values)] = values
    days = np.datetime64("2024-01-01", "us") + np.arange(length) * np.timedelta64(1, "D")
    return Chart(name, days, tuple(str(day)[:10] for day in days), came, fans, words)


def fan_of(first: int, point: list[float], *widths: float) -> Fan:
    """Return a forecast with intervals so wide to both sides."""
    middle = np.array(point)
    bands = [Band(percent, middle - width, middle + width) for percent, width in zip((95, 80), widths, strict=False)]
    return Fan(first, middle, tuple(bands))


def rising(*fans: Fan, name: str = "sales") -> Gallery:
    """Return a gallery of one chart that rises from 0 to 9."""
    return Gallery((chart_of([float(value) for value in range(10)], *fans, name=name),))
