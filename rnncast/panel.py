"""The panel: many regular series in flat arrays, and the forecast that continues it.

Axes: R rows of all series one after the other, N series, C targets, H horizon, Q quantile levels,
Kp past covariates, Kf future covariates, S static covariates.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from rnncast import classes
from rnncast.bounds import UNBOUNDED, Bounds

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]
TextArray = NDArray[np.str_]


def ranges(first: IntArray, counts: IntArray) -> IntArray:
    """Return the whole numbers first[n] .. first[n] + counts[n] - 1 for every n, one after the other."""
    before = np.cumsum(counts) - counts
    ranges: IntArray = np.arange(int(counts.sum())) + np.repeat(first - before, counts)
    return ranges


def series_name(ids: TextArray, series: int) -> str:
    """Return how a message calls a series: its id, or "the series" where there is only one."""
    return f"series '{' '.join(ids[series].tolist())}'" if ids.shape[1] else "the series"


@dataclass(frozen=True, slots=True)
class TimeAxis:
    """Says how ordinals become stamps; the same for all series of a panel.

    Ordinals count steps of `freq` since 1970, on a grid that goes through `anchor`, the stamp of ordinal 0.
    A time column of whole numbers has digits for `freq` and `anchor`. Without a time column both are None
    and ordinals are row numbers from 1.

    Attributes:
        name: the time column's name, None where the data has no time.
        freq: pandas offset alias such as "h", "D", "W-MON", "MS", "15min"; digits for integers; None without time.
        anchor: stamp of ordinal 0, as an ISO string; digits for integers; None without time.
        format: how stamps are written, as the data had them, see `spelling`; None is ISO.
        zone: time zone of the stamps, which are UTC inside: a name such as "Europe/Berlin" or an offset such as
            "+02:00"; None where they are local times of nowhere in particular.
    """

    name: str | None = None
    freq: str | None = None
    anchor: str | None = None
    format: str | None = None
    zone: str | None = None


class Raw(NamedTuple):
    """Holds values as they came, before outliers were mended.

    Attributes:
        values: [R, C], finite everywhere.
        observed: [R, C], true where a value was really seen.
    """

    values: FloatArray
    observed: BoolArray


@dataclass(frozen=True, slots=True, eq=False)
class Panel:
    """Holds N regular series; row t of series n is `offsets[n] + t`, with t below `lengths[n]`.

    Immutable: the arrays are shared between panels and never written to. A panel that is cut keeps
    the arrays and changes `lengths`, so whoever reads `values` must stay below `offsets + lengths`.

    Attributes:
        values: [R, C], finite everywhere; what was missing is filled, see `observed`. Large files of float32 stay
            that, see `part` and `at`, which are float64.
        observed: [R, C], true where a value was really seen.
        offsets: [N], first row of each series in `values`.
        lengths: [N], number of steps of each series.
        start: [N], ordinal of each series' first step on the time axis.
        ids: [N, I], text of the id columns; I is 0 for a single unnamed series.
        id_names: the I id columns' names.
        target_names: the C targets' names.
        season_lengths: steps in a season, shortest first; (1,) where there is none.
        past_covariates: [R, Kp], finite, rows as in `values`.
        future_covariates: [Rf, Kf], finite; row t of series n is `future_offsets[n] + t`.
        future_offsets: [N], first row of each series in `future_covariates`.
        future_lengths: [N], steps for which future covariates are known, at least `lengths`.
        static_covariates: [N, S], finite.
        raw: what came, where outliers in `values` were mended; None where nothing was.
        words: by the name of a categorical column, its words. Codes 1, 2 ... of a covariate stand for them, 0 for
            any other; of a target, which is alone then, `values` are the indicators of all but the first.
    """

    values: FloatArray
    observed: BoolArray
    offsets: IntArray
    lengths: IntArray
    start: IntArray
    ids: TextArray
    id_names: tuple[str, ...]
    target_names: tuple[str, ...]
    past_covariates: FloatArray
    future_covariates: FloatArray
    future_offsets: IntArray
    future_lengths: IntArray
    static_covariates: FloatArray
    season_lengths: tuple[int, ...] = (1,)
    time: TimeAxis = field(default_factory=TimeAxis)
    past_names: tuple[str, ...] = ()
    future_names: tuple[str, ...] = ()
    static_names: tuple[str, ...] = ()
    words: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    raw: Raw | None = None

    @property
    def num_series(self) -> int:
        """Return N."""
        return len(self.offsets)

    @property
    def num_targets(self) -> int:
        """Return C."""
        return int(self.values.shape[1])

    @property
    def classes(self) -> tuple[str, ...]:
        """Return the K words of a categorical target; none for numbers."""
        return self.words.get(self.target_names[0], ())

    @property
    def season_length(self) -> int:
        """Return the main season, the shortest: the m of MASE and of the seasonal naive."""
        return self.season_lengths[0]

    @property
    def num_rows(self) -> int:
        """Return how many steps all series have together."""
        return int(self.lengths.sum())

    @property
    def scored(self) -> "Panel":
        """Return the panel that forecasts are scored on: with outliers as they came."""
        return self if self.raw is None else replace(self, values=self.raw.values, observed=self.raw.observed, raw=None)

    def truncated(self, lengths: IntArray) -> "Panel":
        """Return the panel with only the first `lengths[n]` steps of each series [N].

        Rows are not copied. Future covariates stay: they are known ahead.
        """
        if (lengths > self.lengths).any() or (lengths < 0).any():
            raise ValueError("a panel can only be cut to fewer steps than it has")
        return replace(self, lengths=lengths.astype(np.int64))

    def only(self, series: IntArray) -> "Panel":
        """Return the panel with only the series of these rising numbers; rows are not copied."""
        return replace(
            self,
            offsets=self.offsets[series],
            lengths=self.lengths[series],
            start=self.start[series],
            ids=self.ids[series],
            future_offsets=self.future_offsets[series],
            future_lengths=self.future_lengths[series],
            static_covariates=self.static_covariates[series],
        )

    def part(self, series: IntArray) -> "Panel":
        """Return the panel with only the series of these numbers, their rows laid anew, in float64."""
        lengths, ahead = self.lengths[series], self.future_lengths[series]
        rows, future = ranges(self.offsets[series], lengths), ranges(self.future_offsets[series], ahead)
        return replace(
            self.only(series),
            values=self.values[rows].astype(np.float64, copy=False),
            observed=self.observed[rows],
            raw=None if self.raw is None else Raw(self.raw.values[rows], self.raw.observed[rows]),
            offsets=np.cumsum(lengths) - lengths,
            past_covariates=self.past_covariates[rows],
            future_covariates=self.future_covariates[future],
            future_offsets=np.cumsum(ahead) - ahead,
        )

    def stretches(self, rows: int, series: int) -> Iterator[IntArray]:
        """Yield the numbers of series that follow each other: at most so many, with about so many rows together."""
        before = np.cumsum(self.lengths) - self.lengths
        place = np.stack([before // rows, np.arange(self.num_series) // series])
        yield from np.split(np.arange(self.num_series), np.flatnonzero(np.diff(place).any(axis=0)) + 1)

    def extremes(self, ends: IntArray) -> tuple[FloatArray, FloatArray]:
        """Return the least and the largest value seen up to each of the steps `ends` [N, W], rising, each [N, W, C].

        Where none was seen they are infinite, the least above the largest.
        """
        last = self.offsets[:, None] + ends + 1  # [N, W], the row after
        first = np.concatenate([self.offsets[:, None], last[:, :-1]], axis=1)
        between = np.stack([first, last], axis=-1).reshape(-1)  # every second stretch is between two origins
        empty = (first >= last)[..., None]
        found = []
        for worst, extreme in ((np.inf, np.minimum), (-np.inf, np.maximum)):
            seen = np.where(self.observed, self.values, worst)
            padded = np.concatenate([seen, np.full_like(seen[:1], worst)])
            parts = extreme.reduceat(padded, between, axis=0)[::2].reshape(*ends.shape, -1)
            found.append(extreme.accumulate(np.where(empty, worst, parts), axis=1))
        return found[0], found[1]

    def row_mask(self) -> BoolArray:
        """Return which rows of `values` [R] belong to the panel: those below each series' length."""
        mask = np.zeros(len(self.values) + 1, dtype=np.int64)
        np.add.at(mask, self.offsets, 1)
        np.add.at(mask, self.offsets + self.lengths, -1)
        return np.cumsum(mask[:-1]) > 0

    def at(self, first: IntArray, count: int) -> tuple[FloatArray, BoolArray]:
        """Return `count` rows of each series from row `first` [N] or [N, W] of `values` on, and which were seen.

        Steps outside a series repeat its nearest value and count as not seen.
        """
        rows = first[..., None] + np.arange(count)  # [N, count] or [N, W, count]
        begins, ends = (of.reshape(-1, *(1,) * first.ndim) for of in (self.offsets, self.offsets + self.lengths))
        inside = (rows >= begins) & (rows < ends)
        rows = np.clip(rows, begins, np.maximum(ends - 1, begins))
        values: FloatArray = self.values[rows].astype(np.float64, copy=False)
        return values, self.observed[rows] & inside[..., None]  # [..., count, C]


@dataclass(frozen=True, slots=True, eq=False)
class Forecast:
    """Holds what is expected after each series' end.

    Attributes:
        point: [N, H, C], the forecast in the data's units; of a categorical target the probabilities of all classes
            but the first.
        quantiles: [N, H, C, Q], rising along Q; Q is 0 for a model that learned no distribution.
        quantile_levels: the Q levels in (0, 1), rising.
        first: [N], ordinal of the first forecast step.
        panel: what was forecast; names, ids and the time axis are read from it.
        bounds: what point and quantiles keep, and intervals are to keep.
    """

    point: FloatArray
    quantiles: FloatArray
    quantile_levels: tuple[float, ...]
    first: IntArray
    panel: Panel
    bounds: Bounds = UNBOUNDED

    def part(self, series: IntArray) -> "Forecast":
        """Return the forecast of only the series of these numbers."""
        panel = self.panel.part(series)
        return replace(
            self, point=self.point[series], quantiles=self.quantiles[series], first=self.first[series], panel=panel
        )

    @property
    def horizon(self) -> int:
        """Return H."""
        return int(self.point.shape[1])

    @property
    def probabilities(self) -> FloatArray:
        """Return the probabilities [N, H, K] of the classes of a categorical target, in the order of its words."""
        return classes.whole(self.point)
