"""Tuning: settings searched by rolling-origin validation on the rows before those that are held out.

A trial draws settings, is fitted before each of a few parts of the origins, and measured after them, as in
`comparing`; after each part it is pruned where it is worse than the median of the trials before (Golovin et al. 2017,
section 3.2.2). Settings are drawn by tree-structured Parzen estimators (Bergstra et al. 2011), by Optuna. A trial's
draws depend on the seed, its number and what the study holds, whichever run of those that share it makes the trial.
"""

from collections.abc import Generator, Mapping
from dataclasses import dataclass, replace
from math import isfinite
from time import perf_counter
from typing import TYPE_CHECKING, Any

import numpy as np

from rnncast import holdout, keeping, registry, scoring, selection, studies
from rnncast.checkpoint import Checkpoint
from rnncast.config import Config
from rnncast.course import Course, course_of, fitted, labelled, outcome_of, predictor_of
from rnncast.criteria import CRITERIA
from rnncast.errors import RnncastError, RunError, UsageError
from rnncast.evaluation import Plan, judge
from rnncast.fits import Progress, Result, through
from rnncast.forecasting import Predictor
from rnncast.horizons import default_horizon
from rnncast.keeping import Keep
from rnncast.panel import Panel
from rnncast.ranks import SOLO, Ranks
from rnncast.reading import Reading
from rnncast.scoring import Plain
from rnncast.spaces import Space, beginnings, draw, space_of
from rnncast.studies import Search

if TYPE_CHECKING:
    from optuna import Study, Trial

COUNT = 20
"""Trials unless a number or a time is given."""

FOLDS = 3
"""Parts of the origins, before each of which a trial is fitted."""

ORIGINS = 6
"""Origins in all, half a horizon apart, as far as half of the rows holds them."""

NOT_LOW = ("accuracy", "coverage", "owa", "width")
"""Metrics that are not the better the lower they are, or are relative to a baseline's."""

PATIENCE = 12
"""Validations without a gain, of the 50 of a fit, after which a trial's fit stops, unless patience is given."""

CRITERION_ORIGINS = 64
"""Most origins, a horizon apart, whose fitted steps an information criterion is of."""


@dataclass(frozen=True, slots=True)
class Trials:
    """Says how is searched.

    Attributes:
        count: how many in the study; None: 20, or as many as fit in the time.
        seconds: after which no trial goes on; None: any.
        study: a file or the URL of a database, which several runs may share; None: in memory.
        metric: that is to be low; None: MASE, or the log loss of classes.
        criterion: "aic" or "bic", which then is to be low instead; None: neither.
        folds: parts of the origins.
    """

    count: int | None = None
    seconds: float | None = None
    study: str | None = None
    metric: str | None = None
    criterion: str | None = None
    folds: int = FOLDS

    def __post_init__(self) -> None:
        if self.metric is None:
            return
        registry.find_metric(self.metric)
        if self.metric.partition("-")[0] in NOT_LOW:
            raise UsageError(f"{self.metric} is no error that is to be low.", "Name one such as mase, wql or mae.")

    @property
    def most(self) -> int | None:
        """Return how many trials the study is to have, None for as many as fit in the time."""
        return COUNT if self.count is None and self.seconds is None else self.count


def search(
    reading: Reading, settings: Mapping[str, Any], asked: Trials, ranks: Ranks = SOLO
) -> Generator[Progress, None, Search]:
    """Search the settings that are not given, yielding the fits' progress.

    Args:
        reading: the data; the rows that `holdout.run` holds out are left alone.
        settings: what is given, flat.
        asked: how is searched.
        ranks: processes of which each makes trials of its own, until the study has all.

    Raises:
        DeviceError: Optuna is not there.
        UsageError: there is nothing to search, the study cannot be opened, or ranks have none to share.
        RunError: no trial came to its end.
    """
    if ranks.count > 1 and asked.study is None:
        raise UsageError("ranks search together in a study that they share.", "Name it: --study FILE, or a URL.")
    config = Config.of(settings)
    course = _course(reading, config)
    space = space_of(course.config, set(settings), course.panel)
    if not space:
        raise UsageError("every setting that is searched is given.", "Leave one of them out, such as --hidden-size.")
    metric = asked.metric or ("log-loss" if course.panel.classes else "mase")
    aim = asked.criterion or metric
    study, is_new = studies.open_study(asked.study, keeping.name_of(f"rnncast-{aim}", course.panel, course.config))
    if is_new:
        studies.enqueue(study, {}, is_bare=True)
        for begin in beginnings(space):
            studies.enqueue(study, begin)
    ranks.wait()  # so that none begins before these are there
    yield from _tried(study, _Objective(course, space, metric, asked), config.training.seed)
    ranks.wait()  # for the trials of the others
    return studies.found(study, aim)


class _Objective:
    """Tries what a trial draws."""

    def __init__(self, course: Course, space: Space, metric: str, asked: Trials) -> None:
        self.course, self.space, self.metric, self.asked = course, space, metric, asked
        windows = course.plan.windows
        self.parts = course.parts(-(-windows // min(asked.folds, windows)))
        self._began = perf_counter()

    @property
    def is_over(self) -> bool:
        """Tell whether time is up."""
        return self.asked.seconds is not None and perf_counter() - self._began >= self.asked.seconds

    def value(self, trial: "Trial") -> Generator[Progress, None, float | None]:
        """Return what is to be low for a trial's draws, None where it is pruned.

        Raises:
            _OutOfTimeError: time was up before.
        """
        course, criterion = self.course, self.asked.criterion
        config = course.config.with_settings({} if studies.is_bare(trial) else draw(trial, self.space))
        twin = studies.twin(trial)
        if twin is not None:
            return studies.repeated(twin, trial)
        predictors: list[Predictor] = []
        began = perf_counter()
        for number, part in enumerate(self.parts, start=1):
            running = fitted(config.model.model, config, course, part, Keep(None))
            fit = yield from self._in_time(running, f"trial {trial.number + 1}")
            predictors.append(predictor_of(fit, "final", course))
            outcome = outcome_of(config.model.model, predictors, self.parts[:number], course.panel)
            error = scoring.score(outcome, self.metric).overall
            if not isfinite(error):
                raise RunError(f"{self.metric} is undefined where the trial was measured.", "Name another --metric.")
            trial.report(error, number)
            weights = sum(network.num_weights for network in predictors[-1].networks)
            studies.note(trial, {"seconds": perf_counter() - began, "weights": weights, self.metric: error})
            if criterion is None and number < len(self.parts) and trial.should_prune():
                return None
        if criterion is None:
            return error
        return information(criterion, predictors[-1], course.before(self.parts[-1]), weights)

    def _in_time(self, running: Generator[Progress, None, Result], label: str) -> Generator[Progress, None, Result]:
        def timed(progress: Progress) -> Progress:
            if self.is_over:
                raise _OutOfTimeError
            return replace(progress, fit=label)

        return through(running, timed)


class _OutOfTimeError(Exception):
    """Ends a trial that time does not suffice for."""


def information(criterion: str, predictor: Predictor, panel: Panel, weights: int) -> float:
    """Return an information criterion of a fit to a panel, by its errors in those of the seasonal naive."""
    horizon = predictor.horizon
    windows = min(CRITERION_ORIGINS, max(1, int(panel.lengths.max()) // horizon - 1))
    plan = Plan(np.maximum(panel.lengths - windows * horizon, 1) - 1, windows, horizon, horizon)
    judged = judge(predictor, None, panel, plan)
    point = predictor.blend.networks(judged.networks).point  # [M, H, C]
    scaled = (judged.actual - point) / np.where(judged.past_error > 0, judged.past_error, np.nan)[:, None]
    errors = scaled[judged.observed & np.isfinite(scaled)]
    return CRITERIA[criterion](float((errors**2).mean()) if len(errors) else np.nan, len(errors), weights)


def _course(reading: Reading, config: Config) -> Course:
    """Return from where trials are measured, in the rows that are not held out."""
    panel = reading.panel
    horizon = config.window.horizon or default_horizon(panel)
    before = panel.truncated(panel.lengths - selection.holdout(panel.lengths, config.training.test, horizon))
    stride = max(1, horizon // 2)
    half = int(before.lengths.max()) // 2
    windows = min(ORIGINS, (half - horizon) // stride + 1) if half >= horizon else None
    return course_of(replace(reading, panel=before), config.filled({"patience": PATIENCE}), windows, stride)


def _tried(study: "Study", objective: _Objective, seed: int) -> Generator[Progress, None, None]:
    """Try until the study has as many trials as are wanted, or time is up.

    Trials that other runs have begun since are theirs to end. Of several runs that ask for the last one at once, the
    first has it.
    """
    from optuna.trial import TrialState

    most, before = objective.asked.most, studies.running(study)
    while not objective.is_over and (most is None or studies.taken(study, before) < most):
        trial = study.ask()
        if most is not None and studies.taken(study, before, trial.number) >= most:
            study.tell(trial, state=TrialState.FAIL)
            return
        study.sampler = studies.sampler(seed, trial.number)
        try:
            value = yield from objective.value(trial)
        except RnncastError as error:
            trial.set_user_attr(studies.FAULT, f"{error.message} {error.hint}".strip())
            study.tell(trial, state=TrialState.FAIL)
        except BaseException as stop:
            study.tell(trial, state=TrialState.FAIL)
            studies.enqueue(study, trial.params, studies.is_bare(trial))
            if not isinstance(stop, _OutOfTimeError):
                raise
        else:
            study.tell(trial, value, state=TrialState.PRUNED if value is None else TrialState.COMPLETE)


def conclude(
    reading: Reading, settings: Mapping[str, Any], found: Search, ranks: Ranks = SOLO
) -> Generator[Progress, None, tuple[Checkpoint, Plain]]:
    """Train with the best settings, and with what is given alone; return the first, and the scores of both.

    They are scored once, on the rows that were held out, by the leading one of the `ranks` that share the steps;
    without such rows there are no scores.
    """
    tuned = yield from labelled(
        holdout.run(reading, Config.of({**settings, **found.best.settings}), ranks=ranks), "tuned"
    )
    if not tuned.held_out.any():
        return tuned, {}
    default = yield from labelled(holdout.run(reading, Config.of(settings), ranks=ranks), "default")
    if not ranks.leads:
        return tuned, {}
    own, *_ = tuned.report["scores"].values()
    its, *_ = default.report["scores"].values()
    _, *baselines = tuned.report["scores"]
    return tuned, {"tuned": own, "default": its} | {name: tuned.report["scores"][name] for name in baselines}
