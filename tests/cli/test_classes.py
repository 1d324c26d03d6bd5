"""Words on the command line: categorical covariates, and a target of classes, from train to evaluate."""

import csv
import io
import json
from pathlib import Path

import numpy as np
import pytest

from tests.cli.conftest import Call

TINY = ("--model", "gru", "--max-steps", "3", "--hidden-size", "4", "-H", "2", "--context", "8")
STATES = ("idle", "run", "run", "stop", "run", "idle", "idle", "run", "stop", "stop", "run", "run")
SKIES = ("sun", "fog", "rain")


def lines(rows: range) -> list[str]:
    """Return a machine's state by the hour, with the weather and a number that comes with it."""
    return [f"2024-01-{1 + n // 24:02d} {n % 24:02d}:00,{STATES[n % 12]},{SKIES[n % 3]},{n % 5 + n % 3}" for n in rows]


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    """Return the path of four days of it."""
    path = tmp_path / "machine.csv"
    path.write_text("\n".join(["hour,state,sky,load", *lines(range(96))]))
    return path


@pytest.fixture
def states(tmp_path: Path) -> Path:
    """Return the path of the states alone."""
    path = tmp_path / "states.csv"
    path.write_text("hour,state\n" + "\n".join(",".join(line.split(",")[:2]) for line in lines(range(96))))
    return path


def rows_of(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_a_target_of_words_goes_from_train_to_evaluate(call: Call, states: Path) -> None:
    done = call("train", states, *TINY)
    assert done.status == 0, done.stderr
    assert "Note: 'state' is forecast as 3 classes: idle, run, stop." in done.stderr.splitlines()
    assert [row["model"] for row in rows_of(done.stdout)] == ["gru", "last-class", "most-frequent", "markov"]
    assert list(rows_of(done.stdout)[0]) == ["model", "log-loss", "accuracy", "brier"]
    assert "log loss" in done.stderr.splitlines()[-2]

    ahead = call("predict")
    rows = rows_of(ahead.stdout)
    assert (ahead.status, ahead.stderr) == (0, "")
    assert [row["hour"] for row in rows] == ["2024-01-05 00:00", "2024-01-05 01:00"]
    for row in rows:
        chances = {word: float(row[f"p-{word}"]) for word in ("idle", "run", "stop")}
        assert sum(chances.values()) == pytest.approx(1)
        assert row["forecast"] == max(chances, key=chances.__getitem__)

    found = json.loads(call("predict", "--format", "json", "-H", "3").stdout)
    assert list(found["forecast"][0]) == ["hour", "forecast", "p-idle", "p-run", "p-stop"]
    assert len(found["forecast"]) == 3

    assert rows_of(call("evaluate").stdout) == rows_of(done.stdout)
    judged = call("evaluate", "--fail-if", "log-loss < 99", "--format", "table")
    assert judged.status == 1
    assert "the condition 'log-loss < 99' holds" in judged.stderr
    assert "*" in judged.stdout
    assert call("evaluate", "--fail-if", "accuracy > 1").status == 0
    assert "mase is undefined here" in call("evaluate", "--fail-if", "mase > 1").stderr


def test_a_target_of_words_is_inspected(call: Call, states: Path) -> None:
    done = call("inspect", states, "--format", "table")
    assert done.status == 0
    assert "'state' is forecast as 3 classes: idle, run, stop." in done.stdout


def test_later_rows_may_hold_classes_that_were_not_learned(call: Call, states: Path, tmp_path: Path) -> None:
    assert call("-q", "train", states, *TINY).status == 0
    later = tmp_path / "later.csv"
    later.write_text(states.read_text().replace("stop", "broken"))
    done = call("predict", later)
    assert done.status == 0
    assert "24 cells of 'state' say what was not learned from, and are taken for missing: broken." in done.stderr
    assert list(rows_of(done.stdout)[0]) == ["hour", "forecast", "p-idle", "p-run", "p-stop"]


def test_numbers_are_classes_by_the_loss_and_two_of_them_are_enough(call: Call, tmp_path: Path) -> None:
    path = tmp_path / "coins.csv"
    coins = np.random.default_rng(0).integers(0, 2, 60).tolist()
    path.write_text("t,coin\n" + "".join(f"{n},{coin}\n" for n, coin in enumerate(coins)))
    assert call("-q", "train", path, *TINY, "--loss", "cross_entropy").status == 0
    done = call("predict", path)
    assert list(rows_of(done.stdout)[0]) == ["t", "forecast", "p-0", "p-1"]
    assert call("evaluate").status == 0


def test_covariates_of_words_go_from_train_to_predict(call: Call, machine: Path, tmp_path: Path) -> None:
    options = ("--target", "load", "--future", "sky", "--past", "state")
    assert call("-q", "train", machine, *options, *TINY).status == 0
    ahead = tmp_path / "ahead.csv"
    ahead.write_text("hour,sky\n2024-01-05 00:00,sun\n2024-01-05 01:00,hail\n")
    done = call("predict", "--future-data", ahead)
    assert done.status == 0, done.stderr
    assert "Note: 1 cells of 'sky' say what was not learned from, and are taken for missing: hail." in done.stderr
    assert len(rows_of(done.stdout)) == 2
    text = call("inspect", machine, *options, "--format", "table").stdout
    assert "state (3 words)" in text
    assert "sky (3 words)" in text
    both = call("-q", "train", machine, "--target", "state", "--future", "sky", *TINY)
    assert (both.status, list(rows_of(both.stdout)[0])[1]) == (0, "log-loss")


def test_the_embedded_model_adds_the_effects_of_words(call: Call, tmp_path: Path) -> None:
    rng, path, ahead = np.random.default_rng(0), tmp_path / "shop.csv", tmp_path / "ahead.csv"
    skies = rng.integers(0, 3, 66)
    sold = 50 + np.array([0, -8, 8])[skies] + rng.normal(size=66)
    path.write_text("t,sold,sky\n" + "".join(f"{n},{sold[n]:.2f},{SKIES[skies[n]]}\n" for n in range(64)))
    ahead.write_text("t,sky\n64,fog\n65,rain\n")
    done = call(
        "predict",
        path,
        "--target",
        "sold",
        "--future",
        "sky",
        "--future-data",
        ahead,
        "-H",
        "2",
        "-v",
        "--anchor",
        "none",
    )
    assert done.status == 0, done.stderr
    assert "A ridge regression on sky" in done.stderr
    fog, rain = (float(row["forecast"]) for row in rows_of(done.stdout))
    assert rain - fog > 10


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--loss", "mse"), "--loss mse is of numbers, and the target 'state' is of classes"),
        (("--quantiles", "0.1,0.5,0.9"), "--quantiles are of numbers"),
        (("--min", "0"), "--min, --max and --integer are of numbers"),
        (("--integer",), "--min, --max and --integer are of numbers"),
        (("--anchor", "theta"), "--anchor theta does not fit the target"),
        (("--model", "folding"), "--model folding forecasts numbers"),
        (("--model", "pretrained"), "the embedded model forecasts numbers"),
        (("--from", "default"), "the embedded model forecasts numbers"),
        (("--transform", "log"), "--transform log is of numbers"),
        (("--missing", "zero"), "--missing zero is for numbers"),
        (("--fail-if", "log-los > 1"), "there is no metric called 'log-los'"),
    ],
)
def test_what_does_not_fit_classes_is_refused(call: Call, states: Path, options: tuple[str, ...], message: str) -> None:
    done = call("train", states, *options)
    assert done.status == 2
    assert message in done.stderr
    assert "Hint: " in done.stderr


def test_a_baseline_of_classes_does_not_fit_numbers(call: Call, machine: Path) -> None:
    done = call("train", machine, "--target", "load", "--anchor", "markov")
    assert (done.status, "--anchor markov does not fit the target" in done.stderr) == (2, True)


@pytest.mark.parametrize("options", [("--levels", "80"), ("--min", "0")])
def test_what_does_not_fit_classes_is_refused_by_predict(call: Call, states: Path, options: tuple[str, ...]) -> None:
    assert call("-q", "train", states, *TINY).status == 0
    done = call("predict", *options)
    assert done.status == 2
    assert "are of numbers, and the target is of classes" in done.stderr


@pytest.mark.parametrize("command", ["predict", "evaluate"])
def test_the_embedded_model_does_not_forecast_classes(call: Call, states: Path, command: str) -> None:
    done = call(command, states)
    assert done.status == 2
    assert "Error: the embedded model forecasts numbers, and the target 'state' is of classes." in done.stderr
    assert "rnncast train" in done.stderr


def test_numbers_of_many_values_are_no_classes(call: Call, airline: Path) -> None:
    done = call("train", airline, "--loss", "cross_entropy")
    assert done.status == 2
    assert "column 'passengers' has 118 different words in 144 cells" in done.stderr
