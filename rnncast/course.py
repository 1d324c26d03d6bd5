"""A course: from which origins several forecasters are measured, and their fits to the rows before."""

from collections.abc import Generator, Sequence
from dataclasses import replace
from time import perf_counter
from typing import Any, NamedTuple

import numpy as np
import torch

from rnncast import device, holdout, keeping
from rnncast.checkpoint import Checkpoint
from rnncast.config import Config
from rnncast.evaluation import Plan, Wanted, backtest, plan_origins
from rnncast.fits import Progress, Result, through
from rnncast.forecasting import Predictor
from rnncast.horizons import default_horizon
from rnncast.keeping import Keep
from rnncast.measuring import measured_rows
from rnncast.metrics import Outcome
from rnncast.panel import Panel
from rnncast.reading import Reading, seasons_of

_PARTS = ("actual", "observed", "point", "quantiles", "past_error", "past_square")


class Course(NamedTuple):
    """Holds what all are measured on, and where is computed."""

    reading: Reading
    config: Config
    plan: Plan
    where: torch.device

    @property
    def panel(self) -> Panel:
        """Return all rows."""
        return self.reading.panel

    def parts(self, size: int) -> list[Plan]:
        """Return the plan in parts of so many origins, before the first of which is fitted."""
        plan, stride = self.plan, self.plan.stride
        return [
            replace(plan, first=plan.first + number * stride, windows=min(size, plan.windows - number))
            for number in range(0, plan.windows, size)
        ]

    def before(self, part: Plan) -> Panel:
        """Return the rows up to the first origin of a part."""
        return self.panel.truncated(part.ends(self.panel)[:, 0] + 1)


def course_of(reading: Reading, config: Config, windows: int | None, stride: int | None) -> Course:
    """Return from where is measured; what is told from values is told from the rows before the first origin.

    Raises:
        UsageError: more origins than half of the longest series holds.
    """
    panel = reading.panel
    horizon = config.window.horizon or default_horizon(panel)
    rows = measured_rows(panel, horizon, windows, stride)
    known = panel.lengths - np.minimum(rows, panel.lengths // 2)
    asked = replace(reading.roles, season_length=config.data.season_length)
    seasons = seasons_of(panel.truncated(known), asked)
    panel = replace(panel, season_lengths=seasons)
    plan = plan_origins(panel, known, horizon, windows, stride)
    settled = config.with_settings({"horizon": horizon, "season_length": seasons, "test": 0})
    return Course(replace(reading, panel=panel), settled, plan, device.choose(config.run))


def fitted(name: str, config: Config, course: Course, part: Plan, keep: Keep) -> Generator[Progress, None, Checkpoint]:
    """Return the fit of a configuration to the rows before a part of the course, a kept one if there is one."""
    before = course.before(part)
    kept_as = keeping.name_of(name, before, config)
    found = keep.find(kept_as)
    if found is None:
        began = perf_counter()
        made = yield from holdout.run(replace(course.reading, panel=before), config)
        found = replace(made, report={**made.report, "seconds": perf_counter() - began})
        keep.put(kept_as, found)
    return found


def predictor_of(fit: Checkpoint, which: str, course: Course) -> Predictor:
    """Return what forecasts with a fit's "final" or "heldout" weights."""
    config, run = fit.config, course.config.run
    networks = fit.casting(which, run, course.panel.num_series * course.plan.windows)
    return Predictor(networks, config.window.transform == "log", fit.blend, config.bounds, fit.regression)


def outcome_of(name: str, predictors: Sequence[Predictor], parts: Sequence[Plan], panel: Panel) -> Outcome:
    """Return what came beside what predictors forecast, each from its part of the origins."""
    none = Wanted(baselines=())
    found = [
        backtest(name, predictor, panel, part, none).outcomes[name]
        for predictor, part in zip(predictors, parts, strict=True)
    ]
    joined: dict[str, Any] = {part: np.concatenate([getattr(one, part) for one in found], axis=1) for part in _PARTS}
    return replace(found[0], **joined)


def labelled(running: Generator[Progress, None, Result], label: str) -> Generator[Progress, None, Result]:
    """Run a generator of progress to its end, putting a label before what its records call their fits."""
    return through(running, lambda progress: replace(progress, fit=f"{label}, {progress.fit}"))
