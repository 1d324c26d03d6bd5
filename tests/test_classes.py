"""Classes end to end: what is learned, against the entropy of what made it, and what a checkpoint of classes holds."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from rnncast import api, classes
from rnncast.blend import ANCHOR, FITTED, Judged, Source, fit_blend
from rnncast.errors import CheckpointError, UsageError
from rnncast.forecasting import Predictor, forecast
from rnncast.panel import FloatArray, IntArray, Panel
from tests.making import network_of, panel_of
from tests.test_checkpoint import tampered

WORDS = ("clean", "idle", "run", "stop")
PERIOD = [0, 1, 1, 2, 1, 3]
QUICK: dict[str, Any] = {"model": "gru", "hidden_size": 16, "context_length": 12, "horizon": 3, "validation": 0}


def table(numbers: IntArray | list[int], words: tuple[str, ...] = WORDS) -> pd.DataFrame:
    """Return the words of classes, day by day."""
    days = pd.date_range("2024-01-01", periods=len(numbers))
    return pd.DataFrame({"day": days, "state": np.array(words)[np.asarray(numbers)]})


def class_panel(series: list[list[float]], words: tuple[str, ...] = WORDS) -> Panel:
    """Return a panel of classes, NaN where one is missing; the first class then stands in its place."""
    said = [classes.indicators(np.array(one), len(words)) for one in series]
    panel = panel_of(said)
    values = np.where(panel.observed, panel.values, 0.0)
    return replace(panel, values=values, target_names=("state",), words={"state": words})


def chain(length: int, chances: FloatArray, seed: int = 0) -> IntArray:
    """Return a Markov chain that begins with class 0."""
    rng, found = np.random.default_rng(seed), [0]
    while len(found) < length:
        found.append(int(rng.choice(len(chances), p=chances[found[-1]])))
    return np.array(found)


def test_indicators_are_those_of_all_classes_but_the_first_and_lead_back() -> None:
    numbers = np.array([0.0, 2, 1, np.nan])
    said = classes.indicators(numbers, 3)
    np.testing.assert_array_equal(said, [[0, 0], [0, 1], [1, 0], [np.nan, np.nan]])
    assert classes.numbers(said[:3]).tolist() == [0, 2, 1]
    np.testing.assert_allclose(classes.whole(np.array([0.5, 0.2])), [0.3, 0.5, 0.2])


def test_a_surprise_is_the_logarithm_of_the_chance_that_was_given() -> None:
    said, chances = np.array([[0.0, 0], [0, 1], [1, 0]]), np.array([[0.25, 0.5], [0.25, 0.5], [0.0, 1.0]])
    np.testing.assert_allclose(classes.surprise(said, chances), [-np.log(0.25), -np.log(0.5), -np.log(1e-7)])


@pytest.mark.parametrize("words", [WORDS, ("dry", "rain")])
def test_an_untrained_network_gives_every_class_its_share(words: tuple[str, ...]) -> None:
    panel = class_panel([[0, 1, 0, 1, 0, 0, 1, 0, 1, 0]], words)
    network = network_of(panel, trained=False, loss="cross_entropy", channels="joint", scaling="series", guess_season=0)
    assert network.decoder.steps.out_features == 3 * (len(words) - 1)
    found = forecast(Predictor([network], logarithm=False), panel, 3)
    np.testing.assert_allclose(found.probabilities, 1 / len(words), rtol=1e-6)


def test_a_sequence_that_repeats_is_learned_for_certain_and_far_better_than_by_any_baseline(tmp_path: Path) -> None:
    forecaster = api.train(table(np.resize(PERIOD, 150)), max_steps=60, learning_rate=3e-2, **QUICK)
    scores = forecaster.checkpoint.report["scores"]
    assert list(scores) == ["gru", "last-class", "most-frequent", "markov"]
    assert scores["gru"]["log-loss"] < 0.1 < 0.5 < min(scores[name]["log-loss"] for name in list(scores)[1:])
    assert (scores["gru"]["accuracy"], scores["gru"]["brier"]) == (1.0, pytest.approx(0, abs=0.05))
    found = forecaster.predict(horizon=5)
    assert found["forecast"].tolist() == [WORDS[number] for number in np.resize(PERIOD, 155)[150:]]
    assert list(found) == ["day", "forecast", *(f"p-{word}" for word in WORDS)]
    np.testing.assert_allclose(found.iloc[:, 2:].sum(axis=1), 1)
    path = tmp_path / "classes.safetensors"
    forecaster.save(path)
    again = api.load(path)
    pd.testing.assert_frame_equal(again.predict(horizon=5), found)
    later = again.forecast(table(np.resize(PERIOD, 167)))
    assert later.probabilities.argmax(axis=-1)[0].tolist() == np.resize(PERIOD, 170)[167:].tolist()


def test_of_a_chain_nobody_knows_more_than_what_made_it() -> None:
    true = np.array([[0.8, 0.1, 0.1], [0.2, 0.7, 0.1], [0.3, 0.3, 0.4]])
    sequence, held = chain(900, true), 200
    best = -np.log(true[sequence[-held - 1 : -1], sequence[-held:]]).mean()
    settings = QUICK | {"horizon": 1, "validation": 80, "learning_rate": 1e-2}
    forecaster = api.train(table(sequence, WORDS[:3]), max_steps=40, test=held, anchor="markov", **settings)
    scores = {name: row["log-loss"] or 0.0 for name, row in forecaster.backtest().plain().items()}
    assert scores["markov"] == pytest.approx(best, abs=0.02)
    assert best - 0.02 < scores["gru"] < best + 0.05
    assert scores["gru"] < scores["last-class"] < scores["most-frequent"]


def test_two_classes_in_a_panel_with_gaps_and_a_covariate_that_decides() -> None:
    rng = np.random.default_rng(0)
    parts = []
    for name in "ab":
        clouds = rng.normal(size=120)
        words = np.where(clouds > 0, "rain", "dry").astype(object)
        words[rng.random(120) < 0.1] = ""
        words[-3:] = ""
        parts.append(table([0] * 120).assign(town=name, clouds=clouds, state=words))
    frame = pd.concat(parts, ignore_index=True)
    settings = QUICK | {"model": "lstm", "max_steps": 60, "learning_rate": 2e-2}
    forecaster = api.train(frame, target="state", id="town", future_covariates="clouds", **settings)
    scores = forecaster.checkpoint.report["scores"]
    assert scores["lstm"]["log-loss"] < 0.5 * scores["markov"]["log-loss"]
    found = forecaster.predict()
    assert list(found) == ["town", "day", "forecast", "p-dry", "p-rain"]
    assert found["forecast"].tolist() == np.where(frame.groupby("town")["clouds"].tail(3) > 0, "rain", "dry").tolist()


def test_what_is_held_out_decides_nothing_of_the_weights_that_are_measured() -> None:
    rows = np.resize(PERIOD, 80)
    changed = rows.copy()
    changed[-3:] = 2
    one, other = (api.train(table(each), max_steps=2, test=3, **QUICK).checkpoint for each in (rows, changed))
    assert all((weight == other.heldout[0][name]).all() for name, weight in one.heldout[0].items())


def test_weights_go_on_learning_from_later_rows() -> None:
    begun = api.train(table(np.resize(PERIOD, 60)), max_steps=2, **QUICK)
    more = api.train(table(np.resize(PERIOD, 90)), start=begun, max_steps=2, test=3)
    assert more.checkpoint.panel.classes == WORDS


def test_other_classes_in_the_same_place_are_no_rows_that_were_learned() -> None:
    forecaster = api.train(table(np.resize(PERIOD, 60)), max_steps=1, **QUICK)
    other = table(np.random.default_rng(3).integers(0, 4, 60)).drop(columns="day")
    learned = api.train(table(np.resize(PERIOD, 60)).drop(columns="day"), max_steps=1, **QUICK)
    assert np.isfinite(learned.backtest(other).plain()["gru"]["log-loss"] or np.nan)
    with pytest.raises(UsageError, match="learned"):
        forecaster.backtest(table(np.resize(PERIOD, 60)), windows=10)


def judged(network: FloatArray, anchor: FloatArray, came: FloatArray) -> Judged:
    """Return what windows of one step say of two forecasts."""
    return Judged(
        actual=came[:, None],
        observed=np.ones_like(came[:, None], dtype=bool),
        networks={FITTED: Source(network[:, None], np.empty((*network.shape[:1], 1, *network.shape[1:], 0)))},
        anchor=anchor[:, None],
        past_error=np.ones((len(came), came.shape[1])),
        is_class=True,
    )


@pytest.mark.parametrize(("right", "share"), [(FITTED, 1.0), (ANCHOR, 0.0)])
def test_the_share_goes_to_the_probabilities_that_surprise_less(right: str, share: float) -> None:
    came = (np.random.default_rng(0).random((400, 1)) < 0.9).astype(float)
    good, bad = np.full_like(came, 0.9), np.full_like(came, 0.2)
    network, anchor = (good, bad) if right == FITTED else (bad, good)
    assert fit_blend(judged(network, anchor, came), "markov", (), True).share == share


def spoil(header: dict[str, Any], change: str) -> None:
    panel, config = header["panel"], header["config"]
    if change == "words":
        panel["words"]["state"] = ["a", "b"]
    elif change == "none":
        panel["words"] = {}
    else:
        for section in (config, *header["members"]):
            section["training"]["loss"] = "mse"


@pytest.mark.parametrize("change", ["words", "none", "loss"])
def test_a_checkpoint_whose_classes_do_not_fit_is_refused(tmp_path: Path, change: str) -> None:
    path = tmp_path / "classes.safetensors"
    api.train(table(np.resize(PERIOD, 60)), max_steps=1, **QUICK).save(path)
    path.write_bytes(tampered(path.read_bytes(), lambda header, tensors: spoil(header, change)))
    with pytest.raises(CheckpointError):
        api.load(path)


def test_a_checkpoint_whose_indicators_are_none_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "classes.safetensors"
    api.train(table(np.resize(PERIOD, 60)), max_steps=1, **QUICK).save(path)

    def change(header: object, tensors: dict[str, FloatArray]) -> None:
        tensors["panel/values"] = tensors["panel/values"] + 1

    path.write_bytes(tampered(path.read_bytes(), change))
    with pytest.raises(CheckpointError):
        api.load(path)
