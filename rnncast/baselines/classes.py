"""Baselines of a categorical target: probabilities that are counted, not fitted.

Counts are of what was observed up to the end. Those of a series are few, so they are added to K more that are shared
out as in all series together, where each of the K classes counts once more than it was seen (Laplace's rule):

    q_k = (n_k + 1) / (n + K),  p_sk = (n_sk + K q_k) / (n_s + K)        class k, series s        (1)

Forecasts are those of indicators, [N, H, K - 1], see `classes`.

Axes: R rows of all series, N series, H horizon, K classes.
"""

from typing import NamedTuple

import numpy as np

from rnncast import classes
from rnncast.baselines.base import last_seen
from rnncast.panel import FloatArray, IntArray, Panel, ranges

AHEAD = 0.01
"""By how much the last class is the likeliest at least: a forecast of it is to be one."""

FORGOTTEN = 200
"""Steps after which it does not matter any more how long ago a class was the last."""

BLOCK = 2**22
"""Numbers of transition matrices that are computed with at once, about."""


class _Said(NamedTuple):
    """Holds the classes that were observed, one series after the other.

    Attributes:
        series: [S], whose they are.
        step: [S], when, counted from 0.
        number: [S], which class.
    """

    series: IntArray
    step: IntArray
    number: IntArray

    @classmethod
    def of(cls, panel: Panel) -> "_Said":
        """Read a panel up to its end."""
        rows = ranges(panel.offsets, panel.lengths)
        seen = panel.observed[rows].all(axis=1)
        series = np.repeat(np.arange(panel.num_series), panel.lengths)
        steps = ranges(np.zeros_like(panel.lengths), panel.lengths)
        return cls(series[seen], steps[seen], classes.numbers(panel.values[rows[seen]]))


def most_frequent(panel: Panel, horizon: int) -> FloatArray:
    """Forecast how frequent every class was, by (1): the likeliest is the most frequent one, at every step."""
    shares = _shares(panel)[:, 1:]  # [N, K - 1]
    return np.repeat(shares[:, None], horizon, axis=1)


def last_class(panel: Panel, horizon: int) -> FloatArray:
    """Forecast the last class, as surely as it was the right forecast so many steps on, and all others alike.

    q_h = (right at h + 1) / (tried at h + K), counted over all series; it stays the likeliest by a hair.
    """
    count, said = len(panel.classes), _Said.of(panel)
    last, gap = _last(panel)
    sure = np.array([_stays(said, steps, count) for steps in range(1, horizon + int(gap.max()) + 1)])
    sure = sure[gap[:, None] + np.arange(horizon)][..., None]  # [N, H, 1]
    others = (1 - sure) / (count - 1)
    forecast: FloatArray = np.where(last[:, None], sure, others)[..., 1:]
    return forecast


def markov(panel: Panel, horizon: int) -> FloatArray:
    """Forecast a Markov chain: the class that comes depends on the last one alone (Anderson and Goodman 1957).

    p_(t+h) = e_t P^h        P_jk by (1) from how often k came next after j
    """
    count, said = len(panel.classes), _Said.of(panel)
    follows = (np.diff(said.series) == 0) & (np.diff(said.step) == 1)
    from_, to = said.number[:-1][follows], said.number[1:][follows]
    pooled = np.bincount(from_ * count + to, minlength=count**2).reshape(count, count) + 1.0
    pooled /= pooled.sum(axis=1, keepdims=True)
    last, gap = _last(panel)
    state = np.where(last.any(axis=1, keepdims=True), last, _shares(panel))  # [N, K]
    size = max(1, BLOCK // count**2)
    parts = []
    for first in range(0, panel.num_series, size):
        own = (said.series[:-1][follows] >= first) & (said.series[:-1][follows] < first + size)
        number = said.series[:-1][follows][own] - first
        block = state[first : first + size]
        counts = np.bincount((number * count + from_[own]) * count + to[own], minlength=len(block) * count**2)
        chances = counts.reshape(-1, count, count) + count * pooled
        chances /= chances.sum(axis=2, keepdims=True)  # [N', K, K]
        parts.append(_chained(block, chances, gap[first : first + size], horizon))
    return np.concatenate(parts)[..., 1:]


def _chained(state: FloatArray, chances: FloatArray, gap: IntArray, horizon: int) -> FloatArray:
    """Return the probabilities [N, H, K] after states [N, K] that lie `gap` [N] steps before the end."""
    chained = np.empty((len(state), horizon, state.shape[1]))
    for step in range(1, horizon + int(gap.max()) + 1):
        state = np.einsum("nj,njk->nk", state, chances)
        ahead = step - gap
        inside = (ahead >= 1) & (ahead <= horizon)
        chained[inside, ahead[inside] - 1] = state[inside]
    return chained


def _shares(panel: Panel) -> FloatArray:
    """Return (1) for every series, [N, K]."""
    count, said = len(panel.classes), _Said.of(panel)
    own = np.bincount(said.series * count + said.number, minlength=panel.num_series * count).reshape(-1, count)
    pooled = own.sum(axis=0) + 1.0
    pooled /= pooled.sum()
    shares: FloatArray = (own + count * pooled) / (own.sum(axis=1, keepdims=True) + count)
    return shares


def _last(panel: Panel) -> tuple[FloatArray, IntArray]:
    """Return every series' last observed class as indicators of all [N, K], none where there is none, and its gap [N].

    The gap is how many steps it lies before the end, as far as they matter.
    """
    rows = last_seen(panel)[:, 0]
    said = classes.whole(panel.values[rows]) * panel.observed[rows].all(axis=1, keepdims=True)
    return said, np.minimum(panel.offsets + np.maximum(panel.lengths, 1) - 1 - rows, FORGOTTEN)


def _stays(said: _Said, steps: int, count: int) -> float:
    """Return q_h, for h of so many steps."""
    place = said.series * (int(said.step.max(initial=0)) + steps + 1) + said.step  # rising, and no two series meet
    later = np.searchsorted(place, place + steps)
    found = np.flatnonzero(later < len(place))
    found = found[place[later[found]] == place[found] + steps]
    right = int((said.number[later[found]] == said.number[found]).sum())
    return max((right + 1) / (len(found) + count), 1 / count + AHEAD)
