"""Comparing: several models and the baselines from the same origins, each fitted on the rows before them alone."""

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, replace
from time import perf_counter
from typing import NamedTuple

import numpy as np

from rnncast import embedded, registry, weighing
from rnncast.assessment import leading
from rnncast.checkpoint import Checkpoint
from rnncast.config import Config, ModelConfig, TrainingConfig, WindowConfig
from rnncast.course import Course, course_of, fitted, labelled, outcome_of, predictor_of
from rnncast.errors import UsageError, nearest
from rnncast.evaluation import Plan, Scores, usual_baselines
from rnncast.fits import Progress
from rnncast.forecasting import Predictor, baseline_forecasts
from rnncast.keeping import Keep
from rnncast.metrics import Outcome
from rnncast.panel import FloatArray
from rnncast.reading import Reading

MODELS = ("auto", "lstm", "gru", "mlp", registry.EMBEDDED)
"""What is compared unless models are named: what `train` takes, its cells, one without recurrence, the embedded one."""

TOP = 3
"""Models of an ensemble by default."""

ENSEMBLE = "ensemble"


@dataclass(frozen=True, slots=True)
class Asked:
    """Says what is compared, and from where.

    Attributes:
        models: by name; "default" is the embedded model as it is.
        baselines: by name; None: the usual ones.
        windows: number of origins; None: five, as far as half of the series holds them.
        stride: steps from one origin to the next; None: one horizon.
        refit: each model is fitted anew before each origin, not once before the first.
        top: how many models make an ensemble; 0: none.
    """

    models: tuple[str, ...] = MODELS
    baselines: tuple[str, ...] | None = None
    windows: int | None = None
    stride: int | None = None
    refit: bool = False
    top: int = 0

    def __post_init__(self) -> None:
        known = ("auto", registry.EMBEDDED, *registry.MODELS)
        for name in self.models:
            if name not in known:
                raise UsageError(f"there is no model called '{name}'.", nearest(name, known))
        for name in self.baselines or ():
            registry.find(registry.EVERY_BASELINE, name, "baseline")
        if self.refit and self.top:
            raise UsageError(
                "an ensemble is of models that are fitted once, and --refit fits them at each origin.",
                "Leave one of the two out.",
            )


class Cost(NamedTuple):
    """Says what a model took: the seconds of its fits, and how many weights it has."""

    seconds: float
    num_weights: int


class Leaderboard(NamedTuple):
    """Holds what a comparison gave.

    Attributes:
        scores: of all models and baselines, the best first.
        costs: of the models.
        ensemble: of the best models by validation, None where none was asked for.
    """

    scores: Scores
    costs: Mapping[str, Cost]
    ensemble: Checkpoint | None

    @property
    def best_model(self) -> str:
        """Return the name of the best of the models."""
        return next(name for name in self.scores.outcomes if name in self.costs)


class _Entrant(NamedTuple):
    """Holds a model's first fit, what all its fits forecast, and what they took."""

    fit: Checkpoint
    outcome: Outcome
    cost: Cost


def compare(reading: Reading, config: Config, asked: Asked, keep: Keep) -> Generator[Progress, None, Leaderboard]:
    """Fit, forecast and score all that is asked for, yielding the fits' progress.

    Raises:
        DataError: a series is too short.
        UsageError: more origins than the data hold, or settings that do not fit.
        RunError: training failed.
    """
    course = course_of(reading, config, asked.windows, asked.stride)
    baselines = _baselines(course, asked.baselines)
    entrants: dict[str, _Entrant] = {}
    parts = course.parts(1 if asked.refit else course.plan.windows)
    for name in dict.fromkeys(asked.models):
        entrants[name] = yield from _entered(name, course, parts, keep)
    if asked.top:
        entrants[ENSEMBLE] = yield from _joined(entrants, course, asked.top)
    outcomes = {name: entrant.outcome for name, entrant in entrants.items()}
    own = next(iter(outcomes.values()))
    for name, point in baselines.items():
        outcomes[name] = replace(own, point=point, quantiles=np.empty((*point.shape, 0)), quantile_levels=())
    ensemble = entrants[ENSEMBLE].fit if asked.top else None
    if ensemble is not None:
        beside = {name: outcomes[name] for name in (ENSEMBLE, *baselines)}
        measured = Scores(beside, course.plan, course.panel).plain()
        ensemble = replace(ensemble, report={**ensemble.report, "scores": measured})
    costs = {name: entrant.cost for name, entrant in entrants.items()}
    return Leaderboard(ranked(Scores(outcomes, course.plan, course.panel)), costs, ensemble)


def config_of(name: str, config: Config) -> Config:
    """Return the configuration with a model; settings of networks and training do not reach the embedded one."""
    if name != registry.EMBEDDED:
        return config.with_settings({"model": name})
    training = config.training
    return replace(
        config,
        window=WindowConfig(horizon=config.window.horizon),
        model=ModelConfig(model=embedded.MODEL),
        training=TrainingConfig(
            max_steps=0,
            test=0,
            seed=training.seed,
            validation=training.validation,
            anchor="combined" if training.anchor == "auto" else training.anchor,
            calibrate=training.calibrate,
        ),
    )


def ranked(scores: Scores) -> Scores:
    """Return the scores with the best forecaster first."""
    plain = scores.plain()
    metric, _ = leading(plain)
    values = {name: row[metric] for name, row in plain.items()}
    order = sorted(values, key=lambda name: np.inf if (value := values[name]) is None else value)
    return replace(scores, outcomes={name: scores.outcomes[name] for name in order})


def _baselines(course: Course, names: Sequence[str] | None) -> dict[str, FloatArray]:
    """Return what the baselines forecast, [N, W, H, C] each."""
    panel, plan = course.panel, course.plan
    known = registry.CLASS_BASELINES if panel.classes else registry.BASELINES | registry.STATS_BASELINES
    names = usual_baselines(panel, plan) if names is None else names
    for name in names:
        registry.find(known, name, "baseline for such a target")
    return {name: baseline_forecasts(name, panel, plan.ends(panel), plan.horizon) for name in names}


def _entered(name: str, course: Course, parts: Sequence[Plan], keep: Keep) -> Generator[Progress, None, _Entrant]:
    config, fits = config_of(name, course.config), []
    for number, part in enumerate(parts, start=1):
        label = name if len(parts) == 1 else f"{name}, origin {number}/{len(parts)}"
        fits.append((yield from labelled(fitted(name, config, course, part, keep), label)))
    predictors = [predictor_of(fit, "final", course) for fit in fits]
    outcome = outcome_of(name, predictors, parts, course.panel)
    seconds = sum(fit.report["seconds"] for fit in fits)
    return _Entrant(fits[0], outcome, Cost(seconds, _num_weights(predictors[0])))


def _joined(entrants: Mapping[str, _Entrant], course: Course, top: int) -> Generator[Progress, None, _Entrant]:
    """Return the ensemble of the models that are the best by validation; those of another loss cannot be in it."""
    fits = {name: entrant.fit for name, entrant in entrants.items()}
    before, training = course.before(course.plan), course.config.training
    heldout = {name: predictor_of(fit, "heldout", course) for name, fit in fits.items()}
    plan = weighing.validating(before, training.validation, course.plan.horizon)
    order = weighing.best(heldout, before, plan)
    chosen = [name for name in order if weighing.are_alike(fits[name], fits[order[0]])][:top]
    anchors = [fits[name].config.training.anchor for name in chosen]
    anchor = next((name for name in anchors if name != "none"), None)
    weighed = weighing.weigh({name: heldout[name] for name in chosen}, anchor, before, plan)
    known = {name: predictor_of(fits[name], "final", course).networks for name in chosen}
    networks = [known[name][place] for name, place in weighed.members]
    predictor = replace(weighed.predictor, networks=networks)
    outcome = outcome_of(ENSEMBLE, [predictor], [course.plan], course.panel)
    began = perf_counter()
    held_out = course.panel.lengths - before.lengths
    made = yield from labelled(weighing.join(weighed, fits, course.panel, held_out, course.where), ENSEMBLE)
    seconds = sum(entrants[name].cost.seconds for name in chosen) + perf_counter() - began
    return _Entrant(made, outcome, Cost(seconds, _num_weights(predictor)))


def _num_weights(predictor: Predictor) -> int:
    return sum(network.num_weights for network in predictor.networks)
