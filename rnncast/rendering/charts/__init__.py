"""Charts: series, their forecasts and what came, drawn in a terminal or as a picture."""

from importlib.util import find_spec

from rnncast import registry
from rnncast.errors import DeviceError
from rnncast.rendering.charts.base import Gallery

__all__ = ["check", "draw"]


def check(ending: str) -> None:
    """Refuse a kind of picture that cannot be drawn.

    Raises:
        UsageError: there is no such kind.
        DeviceError: the library that draws is not installed.
    """
    registry.find(registry.PICTURES, ending, "kind of picture")
    if find_spec("matplotlib") is None:
        raise DeviceError(
            "pictures are drawn by the library matplotlib, which is not installed.", "pip install 'rnncast[report]'"
        )


def draw(gallery: Gallery, ending: str) -> bytes:
    """Return charts as a picture of the kind that files of this ending are: "png", "svg" or "pdf".

    Raises:
        UsageError: there is no such kind.
        DeviceError: the library that draws is not installed.
    """
    check(ending)
    drawn: bytes = registry.PICTURES[ending].load()(gallery)
    return drawn
