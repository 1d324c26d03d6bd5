"""Studies: what a search has tried, in memory, in a file, or in a database that several runs share; by Optuna."""

import warnings
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from rnncast import saving
from rnncast.errors import DeviceError, RunError, UsageError, first_line

if TYPE_CHECKING:
    from optuna import Study, Trial
    from optuna.storages import BaseStorage
    from optuna.trial import FrozenTrial

STARTUP = 4
"""Trials before any is pruned."""

BARE = "everything told from the data"
"""The attribute of a trial that draws nothing."""

FAULT = "fault"
"""The attribute of a trial whose settings did not work, with the reason; one that was interrupted has none."""


class Tried(NamedTuple):
    """Holds a trial: its number, how it ended, what was to be low, its settings, and other figures."""

    number: int
    state: str
    value: float | None
    settings: Mapping[str, Any]
    figures: Mapping[str, Any]


class Search(NamedTuple):
    """Holds what a search gave: what was to be low, the trials, the best's settings, and what settings mattered."""

    aim: str
    trials: tuple[Tried, ...]
    best: Tried
    importances: Mapping[str, float]


def open_study(where: str | None, name: str) -> "tuple[Study, bool]":
    """Open a study, or make it; tell whether this run has made it, as only one of those that share it does.

    Raises:
        DeviceError: Optuna is not there.
        UsageError: the study cannot be opened.
    """
    try:
        import optuna
    except ImportError as error:
        raise DeviceError(
            "tuning needs the library 'optuna', which is not installed.", "Run: pip install 'rnncast[tune]'"
        ) from error
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    pruner = optuna.pruners.MedianPruner(n_startup_trials=STARTUP)
    if where is not None and "://" not in where:
        saving.check_writable(where)
    try:
        storage = _storage(where)
        try:
            return optuna.create_study(storage=storage, study_name=name, pruner=pruner), True
        except optuna.exceptions.DuplicatedStudyError:
            return optuna.load_study(storage=storage, study_name=name, pruner=pruner), False
    except Exception as error:  # each kind of storage has its own
        raise UsageError(
            f"the study cannot be opened: {first_line(error)}", "Give --study a file, or sqlite:///FILE."
        ) from error


def _storage(where: str | None) -> "BaseStorage":
    from optuna.storages import InMemoryStorage, JournalStorage, RDBStorage
    from optuna.storages.journal import JournalFileBackend

    if where is None:
        return InMemoryStorage()
    return RDBStorage(where) if "://" in where else JournalStorage(JournalFileBackend(where))


def sampler(seed: int, number: int) -> Any:
    """Return what draws trial `number`; runs that share a study draw differently, since numbers differ."""
    from optuna.samplers import TPESampler

    return TPESampler(seed=int(np.random.default_rng([seed, number]).integers(2**31)), multivariate=False)


def enqueue(study: "Study", settings: Mapping[str, Any], is_bare: bool = False) -> None:
    """Let one of the next trials have these settings, or none where it is to be bare."""
    study.enqueue_trial(dict(settings), user_attrs={BARE: True} if is_bare else {})


def is_bare(trial: "Trial") -> bool:
    """Tell whether a trial is to draw nothing."""
    return BARE in trial.user_attrs


def twin(trial: "Trial") -> "FrozenTrial | None":
    """Return an earlier trial of the same settings that came to its end, None without one."""
    others = trial.study.get_trials(deepcopy=False)
    return next((t for t in others if t.params == trial.params and _state(t) in ("complete", "pruned")), None)


def repeated(twin: "FrozenTrial", trial: "Trial") -> float | None:
    """Let a trial be what an earlier one of the same settings was, and return its value, None where it was pruned."""
    for step, error in twin.intermediate_values.items():
        trial.report(error, step)
    note(trial, twin.user_attrs | {"seconds": 0.0})
    return twin.value if _state(twin) == "complete" else None


def note(trial: "Trial", figures: Mapping[str, Any]) -> None:
    """Write figures to a trial."""
    for name, figure in figures.items():
        trial.set_user_attr(name, figure)


def ended(study: "Study") -> "list[FrozenTrial]":
    """Return the trials that came to an end, by themselves."""
    return [t for t in study.get_trials(deepcopy=False) if _state(t) in ("complete", "pruned", "failed")]


def running(study: "Study") -> set[int]:
    """Return the numbers of the trials that are under way, or were when their run was killed."""
    return {t.number for t in study.get_trials(deepcopy=False) if _state(t) == "running"}


def taken(study: "Study", before: set[int], below: int | None = None) -> int:
    """Return how many trials came to an end, or were begun after those of the numbers `before`; of lower numbers."""
    begun = running(study) - before
    numbers = begun | {trial.number for trial in ended(study)}
    return len([number for number in numbers if below is None or number < below])


def _state(trial: "FrozenTrial") -> str:
    """Return how a trial ended."""
    known = {
        "COMPLETE": "complete",
        "PRUNED": "pruned",
        "FAIL": "failed" if FAULT in trial.user_attrs else "interrupted",
        "WAITING": "waiting",
    }
    return known.get(trial.state.name, "running")


def found(study: "Study", aim: str) -> Search:
    """Return what a study holds, the best trials first.

    Raises:
        RunError: no trial is complete.
    """
    trials = [
        Tried(
            trial.number + 1,
            _state(trial),
            trial.value if _state(trial) == "complete" else None,
            trial.params,
            {name: figure for name, figure in trial.user_attrs.items() if name != BARE},
        )
        for trial in ended(study)
    ]
    trials.sort(key=lambda tried: (tried.value is None, tried.value or 0.0, tried.number))
    if not trials or trials[0].value is None:
        faults = [tried.figures[FAULT] for tried in trials if FAULT in tried.figures]
        raise RunError(
            f"no trial came to its end{': ' + faults[0] if faults else ' in time.'}",
            "Give more --time-limit, fewer --max-steps, or other settings.",
        )
    return Search(aim, tuple(trials), trials[0], _importances(study))


def _importances(study: "Study") -> dict[str, float]:
    """Return how much each setting matters for a trial to be among the best: PED-ANOVA (Watanabe et al. 2023)."""
    from optuna.importance import PedAnovaImportanceEvaluator, get_param_importances

    complete = [trial for trial in study.get_trials(deepcopy=False) if _state(trial) == "complete"]
    if len({trial.value for trial in complete}) < 2:
        return {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # that few trials tell little, of every setting by itself
        found = get_param_importances(study, evaluator=PedAnovaImportanceEvaluator())
    # Of shares that are the same any may come first there.
    return dict(sorted(found.items(), key=lambda share: (-share[1], share[0])))
