"""Hold out the end of the series, fit, measure on what was held out, fit again on all rows."""

import platform
from collections.abc import Generator, Mapping
from dataclasses import replace
from typing import Any

import torch

from rnncast import __version__, device, packing, selection
from rnncast.checkpoint import Checkpoint
from rnncast.config import Config
from rnncast.ensemble import fit_members
from rnncast.evaluation import backtest, plan_origins
from rnncast.network import Columns
from rnncast.reading import Reading, seasons_of
from rnncast.training import Fit, Progress


def run(reading: Reading, config: Config) -> Generator[Progress, None, Checkpoint]:
    """Fit without the held-out rows, measure on them, fit on all rows; yield progress on the way.

    Of the rows before those held out, the last validate: they choose the step whose weights are kept.
    The fit on all rows takes as many steps as were best and up to a tenth more.

    Raises:
        DataError: a series is too short.
        UsageError: settings that do not fit the data.
        RunError: training failed.
    """
    panel, where = reading.panel, device.choose(config.run)
    horizon = config.window.horizon or selection.default_horizon(panel)
    held_out = selection.holdout(panel.lengths, config.training.test, horizon)
    # A season that was found in the values must not have been found in those held out.
    asked = replace(reading.roles, season_length=config.data.season_length)
    season_lengths = seasons_of(panel.truncated(panel.lengths - held_out), asked)
    panel, roles = (replace(panel, season_lengths=season_lengths), replace(asked, season_length=season_lengths))
    config = selection.resolve(replace(config, data=roles).with_settings({"horizon": horizon}), panel)
    before = panel.truncated(panel.lengths - held_out)
    validation = selection.holdout(before.lengths, config.training.validation, horizon)
    judged = before if validation.any() else None
    timed = config.with_settings({"time_limit": _share_of_time(config)})
    learned = before.truncated(before.lengths - validation)
    networks, fits = yield from fit_members("held-out", timed, learned, judged, (), where)
    report: dict[str, Any] = {"steps": [fit.best_step for fit in fits]}
    if held_out.any():
        plan = plan_origins(panel, panel.lengths - held_out, horizon)
        scores = backtest(config.model.model, networks, panel, plan, config.window.transform == "log")
        report["scores"] = scores.plain()
    final, refits = networks, list[Fit]()
    if held_out.any() or judged:
        final, refits = yield from fit_members("final", timed, panel, None, fits if judged else (), where)
    kept, is_whole = packing.tail(panel, (config.window.context_length or 1) + int(held_out.max()))
    return Checkpoint(
        config=config,
        columns=Columns.of(panel),
        heldout=tuple(network.state_dict() for network in networks),
        final=tuple(network.state_dict() for network in final),
        panel=kept,
        held_out=held_out,
        is_whole=is_whole,
        report=report,
        history=[record for fit in (*fits, *refits) for record in _history(fit)],
        versions={"rnncast": __version__, "torch": torch.__version__, "python": platform.python_version()},
    )


def _share_of_time(config: Config) -> float | None:
    """Return the seconds that one fit may take: every member is fitted twice."""
    limit = config.training.time_limit
    return limit and limit / 2 / (config.training.ensemble or 1)


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
