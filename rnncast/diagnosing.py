"""Diagnosing a model: patterns it has left, bias, where it fails most, and what it listens to.

Axes: N series, W origins, H horizon, C targets; M windows, one for each series and origin; L steps of a window.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np

from rnncast.errors import UsageError
from rnncast.evaluation import Plan, Scores
from rnncast.forecasting import Predictor, predict
from rnncast.metrics import Outcome, mae, mase, seasonal_changes
from rnncast.panel import FloatArray, IntArray, Panel
from rnncast.residuals import Autocorrelation, autocorrelation

ORIGINS = 128
"""Most origins, one step apart, of which the first step is looked at."""

WINDOWS = 256
"""Most windows that are shuffled."""

REPEATS = 5
"""How often each input is shuffled."""

PARTS = 12
"""Most parts of the horizon that bias is told of."""

WORST = 10
"""How many of the largest errors are told."""


class Bias(NamedTuple):
    """Holds the mean of f - y over some steps of the horizon, counted from 1, and its share of the mean of |f - y|."""

    first: int
    last: int
    value: float
    share: float


class Failure(NamedTuple):
    """Holds one error f - y, where it is, and in units of the past error, NaN where that is unknown.

    `step` counts from 1, `ordinal` is that of the step that came.
    """

    series: int
    target: int
    step: int
    ordinal: int
    error: float
    scaled: float


class Importance(NamedTuple):
    """Holds by how much the error rises, and by what share of it, if an input is that of another window."""

    name: str
    rise: float
    share: float


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """Holds what the errors of a model are like.

    Attributes:
        residuals: whether errors of one step ahead still follow a pattern.
        bias: by part of the horizon.
        failures: the largest errors, the worst first.
        importance: of lags and covariates, in the order of the inputs.
    """

    residuals: Autocorrelation
    bias: tuple[Bias, ...]
    failures: tuple[Failure, ...]
    importance: tuple[Importance, ...]


def diagnose(predictor: Predictor, scores: Scores, seed: int = 0) -> Diagnosis:
    """Say what the errors of the model that was scored are like.

    Raises:
        UsageError: the target is of classes.
    """
    if scores.panel.classes:
        raise UsageError("errors are diagnosed of numbers, and the target is of classes.", "Leave --diagnose out.")
    return Diagnosis(
        residuals=_residuals(predictor, scores),
        bias=tuple(_bias(scores.outcomes[scores.model])),
        failures=tuple(_failures(scores)),
        importance=tuple(_importance(predictor, scores, seed)),
    )


def _residuals(predictor: Predictor, scores: Scores) -> Autocorrelation:
    """Test the errors one step after every origin in the rows that were measured."""
    panel, plan = _every_origin(scores, ORIGINS, ORIGINS * 8)
    actual, observed = panel.scored.at(panel.offsets[:, None] + plan.ends(panel) + 1, 1)  # [N, W, 1, C]
    inside = plan.first[:, None] + np.arange(plan.windows) < panel.lengths[:, None] - 1
    point = predict(predictor, panel, plan.ends(panel), 1).point
    errors = (actual - point)[:, :, 0].swapaxes(1, 2).reshape(-1, plan.windows)  # [N x C, W]
    known = (observed[:, :, 0] & inside[..., None]).swapaxes(1, 2).reshape(-1, plan.windows)
    return autocorrelation(errors, known, panel.season_length)


def _every_origin(scores: Scores, most: int, windows: int) -> tuple[Panel, Plan]:
    """Return the last `most` origins one step apart in the rows that were measured, of every k-th series.

    Together they are about so many `windows`.
    """
    plan, panel = scores.plan, scores.panel
    count = plan.horizon + (plan.windows - 1) * plan.stride
    kept = min(count, most)
    series = np.arange(0, panel.num_series, -(-panel.num_series * kept // windows))
    first = np.minimum(plan.first + count - kept, panel.lengths - 1)
    return panel.only(series), Plan(first[series], kept, 1, plan.horizon)


def _bias(outcome: Outcome) -> Iterator[Bias]:
    """Yield the bias of each part of the horizon, single steps where these are few."""
    error = np.where(outcome.observed, outcome.point - outcome.seen, 0.0)
    horizon = error.shape[2]
    for steps in np.array_split(np.arange(horizon), min(horizon, PARTS)):
        count = int(outcome.observed[:, :, steps].sum())
        if count:
            mean, size = error[:, :, steps].sum() / count, np.abs(error[:, :, steps]).sum() / count
            yield Bias(int(steps[0]) + 1, int(steps[-1]) + 1, float(mean), float(mean / size) if size else 0.0)


def _failures(scores: Scores) -> Iterator[Failure]:
    """Yield the largest errors in units of the past error, of what is not known of it in the data's."""
    outcome, ends = scores.outcomes[scores.model], scores.plan.ends(scores.panel)
    error = np.where(outcome.observed, outcome.point - outcome.seen, 0.0)  # [N, W, H, C]
    unit = outcome.past_error[:, :, None]  # [N, W, 1, C]
    scaled = np.divide(error, unit, out=np.full_like(error, np.nan), where=unit > 0)
    size = np.abs(scaled if np.isfinite(scaled).any() else error)
    order = np.argsort(-np.nan_to_num(size, nan=-1.0), axis=None, kind="stable")[:WORST]
    for series, window, step, target in zip(*np.unravel_index(order, error.shape), strict=True):
        place = (series, window, step, target)
        if error[place]:
            ordinal = int(scores.panel.start[series] + ends[series, window] + 1 + step)
            yield Failure(int(series), int(target), int(step) + 1, ordinal, float(error[place]), float(scaled[place]))


class _Cut(NamedTuple):
    """Holds windows as series of their own, which may be changed one by one, and what came after them.

    Attributes:
        panel: M series of L steps, and future covariates for H more.
        actual: an outcome [M, 1, H, C] with what came; its forecast is of no use.
        length: L.
    """

    panel: Panel
    actual: Outcome
    length: int

    @classmethod
    def of(cls, panel: Panel, plan: Plan, context_length: int) -> "_Cut":
        """Cut the windows that have a whole context, or the longest that all have."""
        ends = plan.ends(panel).ravel()  # [M]
        series = np.repeat(np.arange(panel.num_series), plan.windows)
        length = min(context_length, int(ends.min()) + 1)
        actual, observed = panel.scored.at(panel.offsets[:, None] + plan.ends(panel) + 1, plan.horizon)
        past = seasonal_changes(panel.scored, plan.ends(panel), panel.season_length)
        shape = (len(ends), 1, plan.horizon, panel.num_targets)
        outcome = Outcome(
            actual=actual.reshape(shape), observed=observed.reshape(shape), point=actual.reshape(shape),
            quantiles=np.empty((*shape, 0)), quantile_levels=(),
            past_error=past[0].reshape(len(ends), 1, -1), past_square=past[1].reshape(len(ends), 1, -1),
        )  # fmt: skip
        return cls(_apart(panel, series, ends, length, plan.horizon), outcome, length)

    def error(self, predictor: Predictor, panel: Panel) -> float:
        """Return the MASE of the forecasts of the windows in `panel`, the MAE where that is undefined."""
        found = predict(predictor, panel, panel.lengths[:, None] - 1, self.actual.actual.shape[2])
        outcome = replace(self.actual, point=found.point)
        scaled = mase(outcome).overall
        return scaled if np.isfinite(scaled) else mae(outcome).overall


def _apart(panel: Panel, series: IntArray, ends: IntArray, length: int, horizon: int) -> Panel:
    """Return a panel whose series are the `length` steps of `series` [M] up to `ends` [M], rows copied."""
    begin = ends - length + 1
    rows = (panel.offsets[series] + begin)[:, None] + np.arange(length)  # [M, L]
    ahead = begin[:, None] + np.arange(length + horizon)  # [M, L + H]
    ahead = np.minimum(ahead, panel.future_lengths[series, None] - 1) + panel.future_offsets[series, None]
    count = len(series)
    return replace(
        panel,
        values=panel.values[rows.ravel()],
        observed=panel.observed[rows.ravel()],
        offsets=np.arange(count) * length,
        lengths=np.full(count, length),
        start=panel.start[series] + begin,
        ids=panel.ids[series],
        past_covariates=panel.past_covariates[rows.ravel()],
        future_covariates=panel.future_covariates[ahead.ravel()],
        future_offsets=np.arange(count) * (length + horizon),
        future_lengths=np.full(count, length + horizon),
        static_covariates=panel.static_covariates[series],
        raw=None,
    )


def _importance(predictor: Predictor, scores: Scores, seed: int) -> Iterator[Importance]:
    """Yield the permutation importance of each input (Breiman 2001, section 10; Fisher, Rudin and Dominici 2019).

    An input of every window becomes that of another window, several times; the networks forecast alone, without the
    baseline that they may be blended with. Values are shuffled relative to their window's mean, in units of the past
    error, so that series of all sizes can lend each other theirs.
    """
    alone = replace(predictor, blend=replace(predictor.blend, anchor=None, share=1.0))
    longest = max(network.shape.context_length for network in predictor.networks)
    cut = _Cut.of(*_every_origin(scores, ORIGINS, WINDOWS), longest)
    windows = cut.panel.num_series
    if windows < 2:
        return
    usual, random = cut.error(alone, cut.panel), np.random.default_rng(seed)
    for name, shuffle in _inputs(cut):
        shuffled = [cut.error(alone, shuffle(random.permutation(windows))) for _ in range(REPEATS)]
        rise = float(np.mean(shuffled)) - usual
        yield Importance(name, rise, rise / usual if usual else float("nan"))


Shuffle = Callable[[IntArray], Panel]


def _inputs(cut: _Cut) -> Iterator[tuple[str, Shuffle]]:
    """Yield the name of each input, and what gives the panel with that of other windows."""
    panel = cut.panel
    for kind, names in (
        ("past_covariates", panel.past_names),
        ("future_covariates", panel.future_names),
        ("static_covariates", panel.static_names),
    ):
        for number, name in enumerate(names):
            yield name, _of_column(panel, kind, number)
    last = 0
    while last < cut.length:
        first, last = last + 1, min(max(2 * last, 1), cut.length)
        yield f"lag {first}" if first == last else f"lags {first} to {last}", _of_lags(cut, first, last)


def _of_column(panel: Panel, kind: str, number: int) -> Shuffle:
    def shuffle(order: IntArray) -> Panel:
        values: FloatArray = getattr(panel, kind).copy()
        blocks = values[:, number].reshape(panel.num_series, -1)
        values[:, number] = blocks[order].ravel()
        changed: dict[str, Any] = {kind: values}
        return replace(panel, **changed)

    return shuffle


def _of_lags(cut: _Cut, first: int, last: int) -> Shuffle:
    panel, shape = cut.panel, (cut.panel.num_series, cut.length, cut.panel.num_targets)
    values, seen = panel.values.reshape(shape), panel.observed.reshape(shape)
    count = seen.sum(axis=1, keepdims=True)
    level = np.where(seen, values, 0.0).sum(axis=1, keepdims=True) / np.maximum(count, 1)  # [M, 1, C]
    unit = np.where(cut.actual.past_error > 0, cut.actual.past_error, 1.0)  # [M, 1, C]
    steps: Sequence[int] = range(cut.length - last, cut.length - first + 1)

    def shuffle(order: IntArray) -> Panel:
        changed, known = values.copy(), seen.copy()
        relative = ((values - level) / unit)[order]
        changed[:, steps] = (level + unit * relative)[:, steps]
        known[:, steps] = seen[order][:, steps]
        flat = changed.reshape(panel.values.shape), known.reshape(panel.values.shape)
        return replace(panel, values=flat[0], observed=flat[1])

    return shuffle
