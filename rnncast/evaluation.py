"""Rolling origins: networks and baselines side by side on rows they have not learned from."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from rnncast import registry, scoring
from rnncast.blend import Judged, Source
from rnncast.errors import UsageError
from rnncast.forecasting import Predictor, baseline_forecasts, predict, predict_kinds
from rnncast.intervals import central_quantiles
from rnncast.metrics import Outcome, Score, seasonal_changes
from rnncast.panel import BoolArray, FloatArray, IntArray, Panel

Kind = TypeVar("Kind", bound=np.generic)
Values = TypeVar("Values", float, FloatArray)

REFERENCE, PARTS = "naive2", ("smape", "mase")
"""What relative metrics are relative to, and what they are made of."""

MANY = 100
"""Origins from more than which only baselines that fit nothing stand beside a model, unless others are asked for."""


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """Says from which origins is forecast.

    Attributes:
        first: [N], the first origin of each series: its last known step, counted from 0.
        windows: W, how many origins.
        stride: steps from one origin to the next.
        horizon: H, steps forecast from each.
    """

    first: IntArray
    windows: int
    stride: int
    horizon: int

    def ends(self, panel: Panel) -> IntArray:
        """Return the origins of each series, [N, W]; those past a series' end stand at its end."""
        ends: IntArray = self.first[:, None] + self.stride * np.arange(self.windows)
        return np.minimum(ends, panel.lengths[:, None] - 1)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Says what is measured.

    Attributes:
        baselines: names of those beside the model; None: the usual ones, see `usual_baselines`.
        levels: central intervals of the model in percent, learned or not.
    """

    baselines: tuple[str, ...] | None = None
    levels: tuple[int, ...] = ()


USUAL = Wanted()
"""The usual baselines, and no interval but those of the learned quantiles."""


@dataclass(frozen=True, slots=True, eq=False)
class Scores:
    """Holds what every forecaster forecast beside what came, and how far off it was: the model, then the baselines.

    Attributes:
        outcomes: by name.
        plan: from which origins.
        panel: what was forecast.
        intervals: the model's at the ends of the intervals that were asked for; None where none were.
        percents: those intervals.
        by_name: the usual metrics of each, by name.
    """

    outcomes: Mapping[str, Outcome]
    plan: Plan
    panel: Panel
    intervals: Outcome | None = None
    percents: tuple[int, ...] = ()
    by_name: Mapping[str, Mapping[str, Score]] = field(init=False)

    def __post_init__(self) -> None:
        """Score by the usual metrics."""
        names = [metric for metric in self.usual if metric not in registry.RELATIVE_METRICS]
        table = {
            name: {metric: self._scored(name, metric) for metric in names if _is_defined(metric, outcome)}
            for name, outcome in self.outcomes.items()
        }
        object.__setattr__(self, "by_name", table)

    @property
    def model(self) -> str:
        """Return the name of the model, the first of the forecasters."""
        return next(iter(self.outcomes))

    @property
    def usual(self) -> tuple[str, ...]:
        """Return the metrics that are shown unless others are asked for."""
        return scoring.usual(bool(self.panel.classes), self.percents)

    @property
    def every(self) -> tuple[str, ...]:
        """Return all metrics there are."""
        return scoring.every(bool(self.panel.classes), self.outcomes[self.model].quantile_levels, self.percents)

    def score(self, name: str, metric: str) -> Score:
        """Return one metric of the forecaster called `name`.

        Raises:
            UsageError: no such metric.
        """
        known = self.by_name[name].get(metric)
        return self._scored(name, metric) if known is None else known

    def _scored(self, name: str, metric: str) -> Score:
        family, _, number = metric.rpartition("-")
        asked = family in registry.CENTRAL_METRICS and number in map(str, self.percents)
        outcome = self.intervals if asked and name == self.model else None
        return scoring.score(outcome or self.outcomes[name], metric)

    def value(self, name: str, metric: str, of: Callable[[Score], Values]) -> Values | None:
        """Return what `of` makes of a forecaster's metric, such as the value at each origin.

        A metric relative to Naive2 is made of what `of` makes of others. None where a metric says nothing: those of
        quantiles of a forecaster without, relative ones where Naive2 did not forecast.
        """
        if not _is_defined(metric, self.outcomes[name]):
            return None
        if metric not in registry.RELATIVE_METRICS:
            return of(self.score(name, metric))
        if REFERENCE not in self.outcomes:
            return None
        own, its = ({part: of(self.score(whose, part)) for part in PARTS} for whose in (name, REFERENCE))
        value: Values = registry.RELATIVE_METRICS[metric].load()(own, its)
        return value

    def plain(self, metrics: Sequence[str] | None = None) -> dict[str, dict[str, float | None]]:
        """Return metrics of every forecaster over all series, the usual ones unless `metrics` are named.

        What is undefined or infinite is None, and what says nothing is left out, see `value`.
        """
        found: dict[str, dict[str, float | None]] = {name: {} for name in self.outcomes}
        for name, row in found.items():
            for metric in self.usual if metrics is None else metrics:
                value = self.value(name, metric, lambda score: score.overall)
                if value is not None:
                    row[metric] = float(value) if np.isfinite(value) else None
        return found

    def at_step(self, step: int) -> "Scores":
        """Return the scores of one step of the horizon alone, counted from 0."""
        return replace(
            self,
            outcomes={name: outcome.at_step(step) for name, outcome in self.outcomes.items()},
            intervals=self.intervals and self.intervals.at_step(step),
        )

    def standardised(self, loc: FloatArray, scale: FloatArray) -> "Scores":
        """Return the scores of values less `loc`, over `scale`, both [N, C]."""
        return replace(
            self,
            outcomes={name: outcome.standardised(loc, scale) for name, outcome in self.outcomes.items()},
            intervals=self.intervals and self.intervals.standardised(loc, scale),
        )


def _is_defined(metric: str, outcome: Outcome) -> bool:
    """Tell whether a metric says something of an outcome: those of quantiles say nothing of points alone."""
    return bool(outcome.quantile_levels) or scoring.is_of_points(metric)


def plan_origins(
    panel: Panel, learned: IntArray, horizon: int, windows: int | None = None, stride: int | None = None
) -> Plan:
    """Return the last `windows` origins that rest on no learned row after them.

    Args:
        panel: what is forecast.
        learned: [N], how many rows of each series the weights have learned from.
        horizon: steps forecast from each origin.
        windows: number of origins; default as many as fit, in series that were not learned from at most
            five in the later half.
        stride: steps from one origin to the next; default one horizon.

    Raises:
        UsageError: so many origins would reach into rows that were learned from.
    """
    stride = horizon if stride is None else stride
    if min(horizon, stride, 1 if windows is None else windows) < 1:
        raise UsageError("horizon, windows and stride are whole numbers of at least 1.")
    known = np.where(learned > 0, learned, np.maximum(panel.lengths // 2, panel.lengths - 5 * horizon))
    free = int((panel.lengths - known).max())
    if windows is None:
        windows = max(1, (free - horizon) // stride + 1)
    needed = horizon + (windows - 1) * stride
    if needed > free and (windows > 1 or free == 0):
        what = "a window" if windows == 1 else f"{windows} windows"
        raise UsageError(
            f"{what} of {horizon} steps {'needs' if windows == 1 else 'need'} {needed} rows that the weights have not "
            f"learned from, and there are {free or 'none'}.",
            f"Train with --test {needed}, ask for fewer --windows, or give newer rows.",
        )
    return Plan(np.maximum(panel.lengths - needed, np.maximum(known, 1)) - 1, windows, stride, horizon)


def backtest(name: str, predictor: Predictor, panel: Panel, plan: Plan, wanted: Wanted = USUAL) -> Scores:
    """Forecast from every origin of the plan with the networks and the baselines, and score them.

    Nothing after an origin reaches a forecast from it: windows and baselines read up to the origin,
    units come from the rows up to the first one. Outliers that are mended are scored as they came.

    Args:
        name: what the networks are called.
        predictor: the networks.
        panel: what is forecast.
        plan: from where.
        wanted: which baselines and intervals.

    Raises:
        UsageError: no such baseline.
        DeviceError: a baseline's library is not installed.
    """
    ends = plan.ends(panel)
    actual, observed = _actual(panel.scored, plan)
    past = seasonal_changes(panel.scored, ends, panel.season_length)
    names = usual_baselines(panel, plan) if wanted.baselines is None else wanted.baselines
    _check(names, wanted, panel)
    points = {baseline: baseline_forecasts(baseline, panel, ends, plan.horizon) for baseline in names}
    anchor = points.get(predictor.blend.anchor or "") if plan.horizon == predictor.horizon else None
    mine = predict(predictor, panel, ends, plan.horizon, anchor)
    own = Outcome(actual, observed, mine.point, mine.quantiles, predictor.levels, *past)
    outcomes = {name: own}
    for baseline, point in points.items():
        outcomes[baseline] = replace(own, point=point, quantiles=np.empty((*point.shape, 0)), quantile_levels=())
    if not wanted.levels or not predictor.levels:
        return Scores(outcomes, plan, panel)
    never_negative = panel.extremes(ends)[0] >= 0  # [N, W, C]
    levels, quantiles = central_quantiles(mine, predictor.levels, wanted.levels, predictor.bounds, never_negative)
    intervals = replace(own, quantiles=quantiles, quantile_levels=levels)
    return Scores(outcomes, plan, panel, intervals, tuple(sorted(wanted.levels)))


def usual_baselines(panel: Panel, plan: Plan) -> tuple[str, ...]:
    """Return the baselines that stand beside a model: from more than `MANY` origins those that fit nothing alone."""
    if panel.classes:
        return tuple(registry.CLASS_BASELINES)
    return registry.UNFITTED if plan.windows > MANY else tuple(registry.BASELINES)


def _check(baselines: Sequence[str], wanted: Wanted, panel: Panel) -> None:
    """Raise a UsageError where there is no such baseline or interval for such a target: of numbers, or of classes."""
    known = registry.CLASS_BASELINES if panel.classes else registry.BASELINES | registry.STATS_BASELINES
    if panel.classes and wanted.levels:
        raise UsageError("--levels are of numbers, and the target is of classes.", "Leave it out.")
    for name in baselines:
        registry.find(known, name, "baseline of classes" if panel.classes else "baseline")


def judge(predictor: Predictor, anchor: str | None, panel: Panel, plan: Plan) -> Judged:
    """Return the predictor's and an anchor's forecasts from every origin of the plan, beside what came."""
    ends = plan.ends(panel)
    actual, observed = _actual(panel, plan)
    networks = predict_kinds(predictor, panel, ends, plan.horizon)
    beside = None if anchor is None else baseline_forecasts(anchor, panel, ends, plan.horizon)
    return Judged(
        actual=_flat(actual),
        observed=_flat(observed),
        networks={kind: Source(*(_flat(part) for part in source)) for kind, source in networks.items()},
        anchor=None if beside is None else _flat(beside),
        past_error=_flat(seasonal_changes(panel, ends, panel.season_length)[0]),
        is_class=bool(panel.classes),
    )


def _flat(values: NDArray[Kind]) -> NDArray[Kind]:
    """Return [N, W, ...] as [N x W, ...]."""
    return values.reshape(values.shape[0] * values.shape[1], *values.shape[2:])


def _actual(panel: Panel, plan: Plan) -> tuple[FloatArray, BoolArray]:
    """Return what came after each origin and whether it was seen, [N, W, H, C]."""
    origins = plan.first[:, None] + plan.stride * np.arange(plan.windows)  # [N, W]
    return panel.at(panel.offsets[:, None] + origins + 1, plan.horizon)
