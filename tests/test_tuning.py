import sys
from collections.abc import Mapping
from dataclasses import replace
from math import log
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rnncast import api, course, studies, tuning
from rnncast.config import Config
from rnncast.errors import DeviceError, RunError, UsageError
from rnncast.forecasting import Predictor
from rnncast.ranks import Ranks
from rnncast.spaces import Choice, Range, beginnings, draw, space_of
from rnncast.studies import Search
from rnncast.tuning import Trials, information
from tests.making import network_of, panel_of, walk
from tests.ranking import together
from tests.test_comparing import sines

TINY: dict[str, object] = {"horizon": 4, "max_steps": 2, "ensemble": 1, "season_length": (8,), "model": "lstm"}


def searched(trials: Trials, frame: Any = None, **settings: object) -> Search:
    given: Mapping[str, Any] = TINY | {"scaling": "causal", "loss": "quantile"} | settings
    reading = api.read(sines() if frame is None else frame, Config.of(given).data)
    return api._finished(tuning.search(reading, given, trials))


def values(found: Search) -> list[tuple[int, str, float | None, dict[str, Any]]]:
    return [(tried.number, tried.state, tried.value, dict(tried.settings)) for tried in found.trials]


def test_the_same_seed_makes_the_same_trials_and_another_others() -> None:
    one, again, other = (searched(Trials(count=4), seed=seed, hidden_size=4) for seed in (1, 1, 2))
    assert values(one) == values(again)
    assert {tried.number for tried in one.trials} == {1, 2, 3, 4}
    assert [tried.settings for tried in one.trials] != [tried.settings for tried in other.trials]


def test_the_best_is_the_first_and_settings_that_are_given_stay() -> None:
    found = searched(Trials(count=4), hidden_size=4)
    complete = [tried.value for tried in found.trials if tried.value is not None]
    assert complete == sorted(complete)
    assert found.best == found.trials[0]
    assert all("hidden_size" not in tried.settings and "model" not in tried.settings for tried in found.trials)
    assert found.aim == "mase"


def test_runs_share_a_study_and_make_no_trial_twice(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    study, fits, fitted = str(tmp_path / "study.log"), list[str](), course.fitted

    def counted(name: str, *rest: Any) -> Any:
        fits.append(name)
        return fitted(name, *rest)

    monkeypatch.setattr(tuning, "fitted", counted)
    first = searched(Trials(count=2, study=study), hidden_size=4)
    made = len(fits)
    second = searched(Trials(count=4, study=study), hidden_size=4)
    assert made < len(fits)
    assert {tried.number for tried in second.trials} == {1, 2, 3, 4}
    assert {*map(str, values(first))} < {*map(str, values(second))}
    made = len(fits)
    assert values(searched(Trials(count=4, study=study), hidden_size=4)) == values(second)
    assert len(fits) == made


def test_a_study_may_be_in_a_database_and_other_data_have_one_of_their_own(tmp_path: Path) -> None:
    study = f"sqlite:///{tmp_path}/study.db"
    assert len(searched(Trials(count=1, study=study), hidden_size=4).trials) == 1
    assert len(searched(Trials(count=1, study=study), sines(0.1), hidden_size=4).trials) == 1
    assert len(searched(Trials(count=2, study=study), hidden_size=4).trials) == 2


def test_a_trial_that_is_interrupted_is_made_again(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    study, fitted = str(tmp_path / "study.log"), course.fitted

    def interrupted(*arguments: Any) -> Any:
        raise KeyboardInterrupt

    monkeypatch.setattr(tuning, "fitted", interrupted)
    with pytest.raises(KeyboardInterrupt):
        searched(Trials(count=1, study=study), hidden_size=4)
    monkeypatch.setattr(tuning, "fitted", fitted)
    found = searched(Trials(count=5, study=study), hidden_size=4)
    assert sum(not tried.settings for tried in found.trials) == 1
    assert len(found.trials) == 5


def test_a_trial_worse_than_the_median_is_pruned(monkeypatch: pytest.MonkeyPatch) -> None:
    errors = iter([1.0] * 3 * studies.STARTUP + [2.0])

    class Fixed:
        @property
        def overall(self) -> float:
            return next(errors)

    monkeypatch.setattr(tuning.scoring, "score", lambda outcome, metric: Fixed())
    found = searched(Trials(count=studies.STARTUP + 1), hidden_size=4)
    assert [tried.state for tried in found.trials] == ["complete"] * studies.STARTUP + ["pruned"]
    assert found.trials[-1].figures["mase"] == 2.0


def test_rows_that_are_held_out_are_not_looked_at() -> None:
    frame = sines()
    changed = frame.copy()
    changed.loc[changed["ds"] >= 76, "y"] *= 100
    one, other = (searched(Trials(count=2), each, hidden_size=4) for each in (frame, changed))
    figures = [[(tried.number, tried.value, tried.settings) for tried in found.trials] for found in (one, other)]
    assert figures[0] == figures[1]


def test_the_best_is_trained_and_scored_beside_the_default() -> None:
    forecaster, table = api.tune(sines(), Trials(count=3), **TINY)  # type: ignore[arg-type]
    assert list(table["trial"]) != []
    assert forecaster.checkpoint.config.model.model == "lstm"
    assert "lstm" in forecaster.checkpoint.report["scores"]
    assert np.isfinite(forecaster.forecast().point).all()
    given: Mapping[str, Any] = TINY
    reading = api.read(sines(), Config.of(given).data)
    found = Search("mase", (), studies.Tried(1, "complete", 1.0, {"hidden_size": 4}, {}), {})
    fit, scores = api._finished(tuning.conclude(reading, given, found))
    assert list(scores)[:3] == ["tuned", "default", "naive"]
    assert fit.config.model.hidden_size == 4
    assert scores["tuned"] == fit.report["scores"]["lstm"]


def test_without_rows_held_out_nothing_is_scored() -> None:
    given: Mapping[str, Any] = TINY | {"test": 0, "hidden_size": 4}
    reading = api.read(sines(), Config.of(given).data)
    found = Search("mase", (), studies.Tried(1, "complete", 1.0, {}, {}), {})
    assert api._finished(tuning.conclude(reading, given, found))[1] == {}


def test_a_criterion_decides_instead_and_the_error_stands_beside_it() -> None:
    found = searched(Trials(count=2, criterion="bic"))
    assert found.aim == "bic"
    assert all(tried.value is not None and tried.figures["mase"] > 0 for tried in found.trials)
    assert found.best.figures["weights"] == min(tried.figures["weights"] for tried in found.trials)


def test_the_criterion_is_of_the_errors_where_the_network_was_fitted() -> None:
    panel = panel_of([walk(40)])
    network = network_of(panel)
    predictor, weights = Predictor([network], logarithm=False), network.num_weights
    scale = np.abs(np.diff(panel.values[:, 0]))
    squares = []
    for end in range(3, 39, 3):
        point = predictor_forecast(predictor, panel, end)
        squares += [((panel.values[end + 1 : end + 4, 0] - point) / scale[:end].mean()) ** 2]
    count = 3 * len(squares)
    expected = count * log(np.concatenate(squares).mean()) + 2 * (weights + 1)
    assert information("aic", predictor, panel, weights) == pytest.approx(expected, rel=1e-4)


def predictor_forecast(predictor: Predictor, panel: Any, end: int) -> np.ndarray:
    from rnncast.forecasting import predict_kinds

    ends = np.array([[end]])
    (source,) = predict_kinds(predictor, replace(panel), ends, 3).values()
    return source.point[0, 0, :, 0]


def test_time_that_is_up_ends_the_search_and_a_search_without_a_trial_is_told() -> None:
    with pytest.raises(RunError, match="no trial came to its end in time"):
        searched(Trials(seconds=1e-9))
    assert Trials().most == tuning.COUNT
    assert Trials(seconds=5.0).most is None
    assert Trials(count=3, seconds=5.0).most == 3


def test_settings_that_never_work_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def diverged(*arguments: Any) -> Any:
        raise RunError("the loss is not a number any more.", "Lower --lr.")

    monkeypatch.setattr(tuning, "fitted", diverged)
    with pytest.raises(RunError, match="no trial came to its end: the loss is not a number any more"):
        searched(Trials(count=2))


def test_a_search_of_nothing_is_refused() -> None:
    given = {"hidden_size": 4, "num_layers": 1, "context_length": 16, "dropout": 0.0, "learning_rate": 1e-3}
    with pytest.raises(UsageError, match="every setting that is searched is given"):
        searched(Trials(count=1), **given, anchor="none")


def test_a_study_that_cannot_be_opened_is_told() -> None:
    with pytest.raises(UsageError, match="the study cannot be opened"):
        searched(Trials(study="nothing://here"))


def test_without_optuna_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "optuna", None)
    with pytest.raises(DeviceError, match="needs the library 'optuna'") as error:
        searched(Trials(count=1))
    assert "rnncast[tune]" in error.value.hint


def test_the_space_leaves_out_what_is_given_and_what_is_of_numbers() -> None:
    panel = panel_of([walk(90)], seasons=(4,))
    config = Config.of({"horizon": 4, "season_length": (4,)})
    whole = space_of(config, (), panel)
    assert set(whole) == {
        "model", "hidden_size", "num_layers", "context_length", "dropout", "learning_rate", "loss", "scaling", "anchor",
    }  # fmt: skip
    contexts = whole["context_length"]
    assert isinstance(contexts, Choice)
    assert all(isinstance(value, int) and value % 4 == 0 and value <= 90 for value in contexts.values)
    assert "dropout" not in space_of(config, ("dropout",), panel)
    embedded = config.with_settings({"model": "pretrained"})
    assert set(space_of(embedded, ("model",), panel)) == {"learning_rate", "anchor"}


def test_a_search_begins_with_defaults_that_lie_in_the_space() -> None:
    space = {"model": Choice(("lstm", "gru", "mlp"), "lstm"), "dropout": Range(0.0, 0.4, 0.1, is_log=False)}
    assert beginnings(space) == [{"model": "lstm", "dropout": 0.1}, {"model": "gru", "dropout": 0.1}]
    anchored = space | {"anchor": Choice(("none", "combined"), "none")}
    assert [each["anchor"] for each in beginnings(anchored)] == ["none", "none", "combined", "combined"]

    class First:
        def suggest_categorical(self, name: str, choices: Any) -> Any:
            return choices[0]

        def suggest_float(self, name: str, low: float, high: float, *, log: bool) -> float:
            return low

    assert draw(First(), anchored) == {"model": "lstm", "dropout": 0.0, "anchor": "none"}


# Ranks are threads here, and one of them puts the filters of warnings back while another still wants its own.
@pytest.mark.filterwarnings("ignore:Some regimes")
def test_ranks_make_as_many_trials_as_were_asked_for_and_conclude_together(tmp_path: Path) -> None:
    given: Mapping[str, Any] = TINY | {"scaling": "causal", "loss": "quantile", "hidden_size": 4}
    reading, asked = api.read(sines(), Config.of(given).data), Trials(count=5, study=str(tmp_path / "study.log"))

    def search(ranks: Ranks) -> Search:
        return api._finished(tuning.search(reading, given, asked, ranks))

    one, other = together(2, search)
    assert values(one) == values(other)
    assert sorted(tried.number for tried in one.trials) == [1, 2, 3, 4, 5]
    assert one.trials[0].state == "complete"
    assert sum(not tried.settings for tried in one.trials) == 1


def test_of_runs_that_ask_for_the_last_trial_at_once_the_first_has_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    study, counted = str(tmp_path / "study.log"), studies.taken
    searched(Trials(count=2, study=study), hidden_size=4)
    late = iter([2])  # what another run made since is not seen before the trial is asked for

    def seen(of: Any, before: set[int], below: int | None = None) -> int:
        return next(late, None) or counted(of, before, below)

    monkeypatch.setattr(studies, "taken", seen)
    assert len(searched(Trials(count=3, study=study), hidden_size=4).trials) == 3
    late = iter([1])
    assert len(searched(Trials(count=3, study=study), hidden_size=4).trials) == 3


def test_ranks_need_a_study_to_share() -> None:
    given: Mapping[str, Any] = TINY
    reading = api.read(sines(), Config.of(given).data)
    with pytest.raises(UsageError, match="search together in a study"):
        together(2, lambda ranks: api._finished(tuning.search(reading, given, Trials(count=2), ranks)))
