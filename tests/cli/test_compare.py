import json
from pathlib import Path

import pytest

from tests.cli.conftest import Call, Called

QUICK = ("--max-steps", "3", "--hidden-size", "4", "--windows", "2", "--horizon", "6")
FEW = ("--model", "lstm", "--baseline", "naive", "--baseline", "theta")


def compared(call: Call, airline: Path, *more: str) -> Called:
    return call("compare", airline, *FEW, *QUICK, *more)


def test_models_and_baselines_are_ranked_and_the_best_is_said(call: Call, airline: Path, tmp_path: Path) -> None:
    done = compared(call, airline, "--format", "json")
    found = json.loads(done.stdout)
    assert done.status == 0
    rows = found["metrics"]
    assert [row["rank"] for row in rows] == [1, 2, 3]
    assert [row["mase"] for row in rows] == sorted(row["mase"] for row in rows)
    by_name = {row["model"]: row for row in rows}
    assert by_name["lstm"]["weights"] > 0
    assert by_name["lstm"]["seconds"] > 0
    assert (by_name["naive"]["weights"], by_name["naive"]["seconds"]) == (None, None)
    assert (found["windows"], found["steps"], found["refit"]) == (2, 6, False)
    assert f"{rows[0]['model']} has the lowest MASE" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_bars_are_for_people_alone(call: Call, airline: Path) -> None:
    assert "########" in compared(call, airline, "--format", "table").stdout
    done = compared(call, airline, "--format", "csv")
    assert "#" not in done.stdout
    assert done.stdout.startswith("rank,model,mse,")


def test_the_ensemble_is_a_checkpoint_that_forecasts(call: Call, airline: Path) -> None:
    done = compared(call, airline, "--model", "gru", "--top", "2", "--ensemble", "best.safetensors")
    assert done.status == 0
    assert "The ensemble is " in done.stderr
    assert "Saved best.safetensors. Next: rnncast predict -c best.safetensors" in done.stderr
    assert len(call("predict", "-c", "best.safetensors", "-H", "6").stdout.splitlines()) == 7


def test_fits_are_kept_where_it_is_asked_for(call: Call, airline: Path, tmp_path: Path) -> None:
    first = compared(call, airline, "--keep", "kept")
    assert [path.name.partition("-")[0] for path in (tmp_path / "kept").iterdir()] == ["lstm"]
    again = compared(call, airline, "--keep", "kept")
    assert "Note: fits made before are taken from kept: 1." in again.stderr
    assert again.stdout == first.stdout


def test_a_condition_is_of_the_best_model_and_then_there_is_no_ensemble(
    call: Call, airline: Path, tmp_path: Path
) -> None:
    done = compared(call, airline, "--fail-if", "mase > 0", "--ensemble", "best.safetensors")
    assert (done.status, (tmp_path / "best.safetensors").exists()) == (1, False)
    assert done.stdout.startswith("rank,model")


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (("--model", "lstmm"), "there is no model called 'lstmm'."),
        (("--baseline", "naiv"), "there is no baseline called 'naiv'."),
        (("--windows", "40"), "40 windows of 6 steps need 240 rows"),
        (("--top", "2"), "--top is of an ensemble, and none is asked for."),
        (("--refit", "--ensemble", "x.safetensors"), "an ensemble is of models that are fitted once"),
        (("--keep", "no/such"), "'no/such' cannot be written: the folder does not exist."),
    ],
)
def test_what_cannot_be_compared_is_told(
    call: Call, airline: Path, tmp_path: Path, more: tuple[str, ...], message: str
) -> None:
    done = compared(call, airline, *more)
    assert done.status in (1, 2)
    assert f"Error: {message}" in done.stderr
    assert list(tmp_path.iterdir()) == []
