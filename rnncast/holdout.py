"""Hold out the end of the series, fit, measure on what was held out, fit again on all rows."""

import gc
import platform
from collections.abc import Generator, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from rnncast import __version__, embedded, engines, explaining, finetuning, packing, process, selection
from rnncast.assessment import against_best
from rnncast.blend import ALONE, EMBEDDED, Blend, fit_blend
from rnncast.casting import AnyNetwork
from rnncast.checkpoint import Checkpoint
from rnncast.columns import Columns
from rnncast.config import Config
from rnncast.evaluation import Plan, backtest, judge, plan_origins
from rnncast.fits import JUDGED, UNCHANGED, Fit, Judging, Progress, Round
from rnncast.forecasting import Predictor, predict
from rnncast.horizons import check_lengths, default_horizon
from rnncast.panel import IntArray, Panel
from rnncast.ranks import SOLO, Ranks
from rnncast.reading import Reading, seasons_of
from rnncast.regression import Trial, best_of, fit_regression, window_errors
from rnncast.states import States

ORIGINS = 16
"""Most origins of a series that validate, about: an anchor takes its time at each."""

CLASS_ORIGINS = 128
"""The same of classes, whose anchors take next to none, and whose steps each say little."""

TRIED = 512
"""Most windows at which covariates are tried; of more, every k-th series is taken."""

MANY_ROWS, MANY_SERIES = 2**24, 2**16
"""Rows and series from more than which baselines take longer than the fit: then a sample is measured."""

SAMPLED_ROWS, SAMPLED_SERIES = 2**20, 2**14
"""Most rows, about, and series of that sample: every k-th series."""

WAYS = (False, True)
"""How effects are counted: as they are, and in logarithms."""


class Split(NamedTuple):
    """Holds a panel's rows by what they are for.

    Attributes:
        panel: all rows.
        before: those that are not held out.
        learned: those before the validation rows.
        plan: the origins that validate; None without validation rows.
        held_out: [N], rows held out of each series.
    """

    panel: Panel
    before: Panel
    learned: Panel
    plan: Plan | None
    held_out: IntArray

    @classmethod
    def of(cls, panel: Panel, config: Config, held_out: IntArray) -> "Split":
        """Split a panel as a resolved configuration says."""
        horizon = config.window.horizon or 1
        before = panel.truncated(panel.lengths - held_out)
        validation = selection.validation_rows(before, config.training.validation, horizon)
        learned = before.truncated(before.lengths - validation)
        most, apart = CLASS_ORIGINS if panel.classes else ORIGINS, horizon // 2
        if config.training.anchor == "none" and not selection.is_small(panel):  # many origins cost little then
            most, apart = max(ORIGINS, JUDGED // panel.num_series), 1
        stride = max(1, apart, int(validation.max() - horizon) // (most - 1))
        plan = plan_origins(before, learned.lengths, horizon, stride=stride) if validation.any() else None
        return cls(panel, before, learned, plan, held_out)

    @property
    def rounds(self) -> dict[str, Panel]:
        """Return what is learned from, round after round: without validation rows, without those held out, all."""
        found = {"held-out": self.learned}
        if self.plan and self.held_out.any() and selection.is_small(self.panel):
            found["measured"] = self.before
        if self.plan or self.held_out.any():
            found["final"] = self.panel
        return found


def run(
    reading: Reading,
    config: Config,
    start: Checkpoint | None = None,
    states: States | None = None,
    ranks: Ranks = SOLO,
) -> Generator[Progress, None, Checkpoint]:
    """Fit without the held-out rows, measure on them, fit on all rows; yield progress on the way.

    Of the rows before those held out, the last validate: they choose the step whose weights are kept, the
    share of the anchor and the width of the intervals, and whether covariates help that the networks do not
    read. Fits on more rows take as many steps as were best and up to a tenth more. With `start` all begin with
    a checkpoint's weights. `states` says where the fits were when the run was stopped before, and then where they are.
    `ranks` share the steps of each fit; only the leading one measures, and its checkpoint alone is to be kept.

    Raises:
        DataError: a series is too short.
        UsageError: settings that do not fit the data, or the checkpoint to start from.
        RunError: training failed.
    """
    panel, members, held_out = _resolved(reading, config, start)
    split, shared = Split.of(panel, members[0], held_out), members[0]
    begin, begin_final = finetuning.weights(start, panel, split.before) if start else ((), ())
    fitted = sum(member.training.max_steps != 0 for member in members)
    timed = [_in_time(member, len(split.rounds) * fitted) for member in members]
    judging = None if split.plan is None else Judging(split.before, split.plan.ends(split.before))
    first = Round("held-out", split.learned, judging, start=begin, states=states or States(), ranks=ranks)
    networks, fits = yield from _fit(timed, first)
    predictor = Predictor(networks, shared.window.transform == "log", bounds=shared.bounds)
    trial = _trial(predictor, split, any(fit.best_step for fit in fits))
    predictor = replace(predictor, regression=trial and trial.regression)
    predictor = replace(predictor, blend=_blend(predictor, shared, split))
    history, final, known = list(fits), networks, fits if split.plan else []
    for name, learned in list(split.rounds.items())[1:]:
        weights = begin_final if name == "final" else begin
        later = replace(first, name=name, panel=learned, judging=None, earlier=known, start=weights)
        final, more = yield from _fit(timed, later)
        history += more
        if name == "measured":
            predictor = replace(predictor, networks=final)
    name = (config if start is None else start.config).model.model
    kept, is_whole = packing.tail(
        panel, max(member.window.context_length or 1 for member in members) + int(held_out.max())
    )
    return Checkpoint(
        config=replace(shared, model=replace(shared.model, model=name)),
        members=members,
        blend=predictor.blend,
        regression=predictor.regression,
        columns=Columns.of(panel),
        heldout=tuple(network.weights for network in predictor.networks),
        final=tuple(network.weights for network in final),
        panel=kept,
        held_out=held_out,
        is_whole=is_whole,
        report={
            "steps": [fit.best_step for fit in fits],
            "planned": [fit.planned_steps for fit in fits],
            "reasons": [
                *explaining.choices(members, panel),
                *explaining.tried(trial, panel.future_names),
                *explaining.validated(predictor.blend, shared),
            ],
            **(_measured(name, predictor, split, shared.window.horizon or 1) if ranks.leads else {}),
        },
        history=[record for fit in history for record in _history(fit)],
        versions=dict([("rnncast", __version__), final[0].engine, ("python", platform.python_version())]),
    )


def _fit(members: Sequence[Config], asked: Round) -> Generator[Progress, None, tuple[Sequence[AnyNetwork], list[Fit]]]:
    """Fit a network for each member; where none takes a step nothing is loaded for it."""
    as_is = all(member.model.model == embedded.MODEL and member.training.max_steps == 0 for member in members)
    if as_is and not asked.start:
        learned, weights = asked.panel, [embedded.load().weights] * len(members)
        columns, windows = Columns.of(learned), learned.num_series if asked.judging is None else asked.judging.ends.size
        networks = engines.networks(members, columns, learned.ids, weights, members[0].run, windows)
        return networks, [UNCHANGED] * len(members)
    from rnncast.device import choose  # it loads torch, and so does what fits
    from rnncast.ensemble import fit_members

    found = yield from fit_members(asked, members, choose(members[0].run))
    if asked.panel.num_rows > MANY_ROWS:
        gc.collect()  # what torch loads for its first optimiser keeps frames alive, and so their rows
        process.give_back_memory()
    return found


def _resolved(reading: Reading, config: Config, start: Checkpoint | None) -> tuple[Panel, tuple[Config, ...], IntArray]:
    """Return the panel with its seasons, every member's configuration, and the rows to hold out [N]."""
    panel = reading.panel
    if start is not None:
        members = finetuning.continued(start, config)
        check_lengths(panel, members[0].window.horizon or 1)
        panel = replace(panel, season_lengths=start.panel.season_lengths)
        return panel, members, selection.holdout(panel.lengths, config.training.test, members[0].window.horizon or 1)
    horizon = config.window.horizon or default_horizon(panel)
    held_out = selection.holdout(panel.lengths, config.training.test, horizon)
    # A season that was found in the values must not have been found in those held out.
    asked = replace(reading.roles, season_length=config.data.season_length)
    season_lengths = seasons_of(panel.truncated(panel.lengths - held_out), asked)
    panel, roles = replace(panel, season_lengths=season_lengths), replace(asked, season_length=season_lengths)
    settings = replace(config, data=roles).with_settings({"horizon": horizon})
    return panel, selection.resolve(settings, panel), held_out


def _trial(predictor: Predictor, split: Split, is_tuned: bool) -> Trial | None:
    """Return what past origins say about future covariates, None where there are none or networks read them.

    Effects that the rows before these origins tell are to lower the error after them; then all rows tell them.
    Weights that are taken as they are have learned from no row: then origins lie in the whole later half, which
    takes no fit, instead of the last few rows. They reach a fifth of the rows far at most, so that there are about
    nine of a short series too.
    """
    if split.plan is None or not split.panel.future_names or list(predictor.kinds) != [EMBEDDED]:
        return None
    known = split.learned.lengths if is_tuned else split.before.lengths // 2
    free = int((split.before.lengths - known).max())
    reach = max(1, min(split.plan.horizon, free // 5))
    stride = max(1, reach // 2, (free - reach) // (ORIGINS - 1))
    panel, plan = _some(split.before, plan_origins(split.before, known, reach, stride=stride), TRIED)
    ends = plan.ends(panel)
    judged = judge(predictor, None, panel, plan)
    errors = [window_errors(judged, judged.networks[EMBEDDED].point)]
    for logarithm in WAYS:
        regression = fit_regression(panel.truncated(ends[:, 0] + 1), logarithm)
        point = predict(replace(predictor, regression=regression), panel, ends, reach).point
        errors.append(window_errors(judged, point.reshape(judged.actual.shape)))
    best, gain, windows = best_of(errors[0], errors[1:], max(1.0, reach / stride))
    return Trial(None if best is None else fit_regression(split.before, WAYS[best]), gain, windows)


def _some(panel: Panel, plan: Plan, most: int) -> tuple[Panel, Plan]:
    """Return every k-th series and a plan for them, so that there are about so many windows."""
    every = -(-panel.num_series * plan.windows // most)
    chosen = np.arange(0, panel.num_series, every)
    return panel.part(chosen), replace(plan, first=plan.first[chosen])


def _blend(predictor: Predictor, config: Config, split: Split) -> Blend:
    """Return what the validation rows say about the networks, without the effects of covariates that are known."""
    if split.plan is None:
        return ALONE
    anchor = None if config.training.anchor == "none" else config.training.anchor
    panel, plan = _some(split.before, split.plan, JUDGED)
    if predictor.regression is not None:
        panel = predictor.regression.part(panel, plan.ends(panel), plan.horizon).rest
    return fit_blend(judge(predictor, anchor, panel, plan), anchor, predictor.levels, config.training.calibrate)


def _measured(name: str, predictor: Predictor, split: Split, horizon: int) -> dict[str, Any]:
    """Return the scores on the rows that were held out, if there are any, and the test beside the best baseline."""
    if not split.held_out.any():
        return {}
    panel, plan = split.panel, plan_origins(split.panel, split.before.lengths, horizon)
    if panel.num_rows > MANY_ROWS or panel.num_series > MANY_SERIES:
        few = panel.num_series * SAMPLED_ROWS // panel.num_rows
        panel, plan = _some(panel, plan, plan.windows * max(1, min(SAMPLED_SERIES, few)))
    scores = backtest(name, predictor, panel, plan)
    standing = against_best(scores)
    found = {"scores": scores.plain(scores.every), "comparison": standing and standing.plain()}
    if panel is split.panel:
        return found
    process.give_back_memory()
    return found | {"sample": panel.num_series}


def _in_time(config: Config, fits: int) -> Config:
    """Return the configuration with the time that one of so many fits may take."""
    limit = config.training.time_limit
    return config.with_settings({"time_limit": limit and limit / fits})


def _history(fit: Fit) -> list[Mapping[str, Any]]:
    """Return a fit's records as plain values, without what differs from run to run."""
    return [
        {
            "fit": progress.fit,
            "step": progress.step,
            "loss": progress.loss,
            "validation": progress.validation,
            "learning_rate": progress.learning_rate,
        }
        for progress in fit.history
        if not progress.diverged
    ]
