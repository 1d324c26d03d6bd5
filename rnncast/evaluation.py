"""Rolling origins: networks and baselines side by side on rows they have not learned from."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from rnncast import registry
from rnncast.blend import Judged, Source
from rnncast.errors import UsageError
from rnncast.forecasting import Predictor, baseline_forecasts, predict, predict_kinds
from rnncast.metrics import Outcome, Score, seasonal_error
from rnncast.panel import BoolArray, FloatArray, IntArray, Panel

Kind = TypeVar("Kind", bound=np.generic)

ALIGNED = 50
"""Rows by which a series without stamps is found among those that were learned from."""


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


@dataclass(frozen=True, slots=True, eq=False)
class Scores:
    """Holds every metric of every forecaster, by name: the network first, then the baselines."""

    by_name: Mapping[str, Mapping[str, Score]]
    plan: Plan
    panel: Panel

    def plain(self) -> dict[str, dict[str, float | None]]:
        """Return every metric of every forecaster over all series; what is undefined or infinite is None."""
        return {
            name: {metric: _finite(score.overall) for metric, score in row.items()}
            for name, row in self.by_name.items()
        }


def _finite(value: float) -> float | None:
    return value if np.isfinite(value) else None


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


def backtest(name: str, predictor: Predictor, panel: Panel, plan: Plan) -> Scores:
    """Forecast from every origin of the plan with the networks and the baselines, and score them.

    Nothing after an origin reaches a forecast from it: windows and baselines read up to the origin,
    units come from the rows up to the first one.
    """
    ends = plan.ends(panel)
    actual, observed = _actual(panel, plan)
    past_error = _past_errors(panel, ends)
    points = {baseline: baseline_forecasts(baseline, panel, ends, plan.horizon) for baseline in registry.BASELINES}
    anchor = points.get(predictor.blend.anchor or "") if plan.horizon == predictor.horizon else None
    mine = predict(predictor, panel, ends, plan.horizon, anchor)
    outcomes = {name: Outcome(actual, observed, mine.point, mine.quantiles, predictor.levels, past_error)}
    for baseline, point in points.items():
        outcomes[baseline] = Outcome(actual, observed, point, np.empty((*point.shape, 0)), (), past_error)
    return Scores({key: _score(outcome) for key, outcome in outcomes.items()}, plan, panel)


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
        past_error=_flat(_past_errors(panel, ends)),
    )


def _flat(values: NDArray[Kind]) -> NDArray[Kind]:
    """Return [N, W, ...] as [N x W, ...]."""
    return values.reshape(values.shape[0] * values.shape[1], *values.shape[2:])


def _score(outcome: Outcome) -> dict[str, Score]:
    metrics = registry.METRICS | (registry.INTERVAL_METRICS if outcome.quantile_levels else {})
    return {name: entry.load()(outcome) for name, entry in metrics.items()}


def _actual(panel: Panel, plan: Plan) -> tuple[FloatArray, BoolArray]:
    """Return what came after each origin and whether it was seen, [N, W, H, C]."""
    pairs = [
        panel.at(panel.offsets + plan.first + plan.stride * window + 1, plan.horizon) for window in range(plan.windows)
    ]
    return np.stack([values for values, _ in pairs], axis=1), np.stack([seen for _, seen in pairs], axis=1)


def _past_errors(panel: Panel, ends: IntArray) -> FloatArray:
    errors = [seasonal_error(panel.truncated(end + 1), panel.season_length) for end in ends.T]
    return np.stack(errors, axis=1)  # [N, W, C]


def learned_rows(panel: Panel, learned: Panel, held_out: IntArray) -> IntArray:
    """Return how many rows of each series of `panel` [N] weights know that were fitted on `learned`.

    A series is the same where the id is the same and most values at the same stamps are; then all its
    rows up to the last one learned count, `held_out` rows [N of learned] at the end being spared.
    """
    position = {tuple(ids): number for number, ids in enumerate(learned.ids.tolist())}
    lone = 0 if learned.num_series == panel.num_series == 1 else None  # whatever it is called
    known = np.zeros(panel.num_series, dtype=np.int64)
    for series, ids in enumerate(panel.ids.tolist()):
        other = position.get(tuple(ids), lone)
        if other is None:
            continue
        start = _start(panel, series, learned, other)
        if _is_same(panel, series, start, learned, other):
            end = learned.start[other] + learned.lengths[other] - held_out[other]
            known[series] = np.clip(end - start, 0, panel.lengths[series])
    return known


def _start(panel: Panel, series: int, learned: Panel, other: int) -> int:
    """Return a series' first ordinal; where rows are only numbered, the one at which its first rows were learned.

    Without a time column the first row is row 1, whatever was cut off before it.
    """
    start, count = int(panel.start[series]), int(panel.lengths[series])
    if panel.time.name is not None:
        return start
    mine = panel.values[panel.offsets[series] :][: min(count, ALIGNED)]
    theirs = learned.values[learned.offsets[other] :][: learned.lengths[other]]
    if (mine == mine[0]).all():
        return start  # a level stretch fits everywhere and tells nothing
    begins = [begin for begin in np.flatnonzero((theirs == mine[0]).all(axis=1)) if _continues(theirs[begin:], mine)]
    return int(learned.start[other] + begins[0]) if begins else start


def _continues(values: FloatArray, expected: FloatArray) -> bool:
    """Tell whether `values` begin like `expected`, as far as they go; two rows alone prove nothing."""
    length = min(len(values), len(expected))
    return length > 2 and bool(np.isclose(values[:length], expected[:length], rtol=1e-9, atol=0).all())


def _is_same(panel: Panel, series: int, start: int, learned: Panel, other: int) -> bool:
    """Tell whether most values at common stamps are equal; what lies before all that was kept may be known."""
    its = int(learned.start[other])
    first = max(start, its)
    count = min(start + int(panel.lengths[series]), its + int(learned.lengths[other])) - first
    if count <= 0:
        return start < its
    mine = panel.values[panel.offsets[series] + first - start :][:count]
    theirs = learned.values[learned.offsets[other] + first - its :][:count]
    return bool(np.isclose(mine, theirs, rtol=1e-9, atol=0).mean() >= 0.5)
