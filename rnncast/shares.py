"""Shares: series in stretches that follow each other, each forecast by one of the ranks.

What an anchor tells from several series it tells from those of a stretch, whoever forecasts it. So the forecasts are
those of one process, however many ranks there are.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from rnncast.panel import FloatArray, Forecast, IntArray, Panel
from rnncast.ranks import SOLO, Ranks

ROWS, SERIES = 2**24, 2**14
"""Rows, about, and series that are forecast together; as many as that are for anything told from all of them."""


class Share(NamedTuple):
    """Says how ranks share series.

    Attributes:
        ranks: the processes.
        is_apart: whether each of them yields what it forecasts, series that follow each other; else the leading one
            yields all.
    """

    ranks: Ranks = SOLO
    is_apart: bool = False

    def over(self, panel: Panel, forecast: Callable[[Panel], Forecast]) -> Iterator[Forecast]:
        """Yield the forecasts of some series after the other, in the order of the panel, as `forecast` finds them."""
        stretches = list(panel.stretches(ROWS, SERIES))
        if not self.is_apart:
            return _in_order(panel, forecast, stretches, self.ranks)
        own = np.array_split(np.arange(len(stretches)), self.ranks.count)[self.ranks.number]
        return _in_order(panel, forecast, [stretches[number] for number in own], SOLO)


WHOLE = Share()
"""One process forecasts all series."""


def _in_order(
    panel: Panel, forecast: Callable[[Panel], Forecast], stretches: Sequence[IntArray], ranks: Ranks
) -> Iterator[Forecast]:
    """Yield on the leading rank what the ranks forecast in turn; so none has to hold more than two stretches."""
    first: Forecast | None = None
    for number, series in enumerate(stretches):
        rank = number % ranks.count
        if rank == ranks.number:
            found = forecast(panel.part(series))
            first = first or found
            if ranks.leads:
                yield found
            else:
                ranks.send(np.concatenate([found.point[..., None], found.quantiles], axis=-1))
        elif ranks.leads and first is not None:
            shape = (len(series), *first.point.shape[1:], 1 + first.quantiles.shape[-1])
            yield _received(first, panel.part(series), ranks.receive(rank, shape))
    ranks.wait()


def _received(like: Forecast, panel: Panel, values: FloatArray) -> Forecast:
    """Return the forecast of a panel that another rank has sent, of the same kind as one of this rank."""
    point, quantiles, first = values[..., 0], values[..., 1:], panel.start + panel.lengths
    return replace(like, point=point, quantiles=quantiles, first=first, panel=panel)
