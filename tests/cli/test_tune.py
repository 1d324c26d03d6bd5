import json
import tomllib
from pathlib import Path

from tests.cli.conftest import Call, Called

QUICK = ("--max-steps", "2", "--ensemble", "1", "--hidden-size", "4", "--model", "lstm", "--horizon", "6")


def tuned(call: Call, airline: Path, *more: str) -> Called:
    return call("tune", airline, "--trials", "2", *QUICK, *more)


def test_the_best_is_saved_as_a_checkpoint_and_as_a_file_that_train_reads(
    call: Call, airline: Path, tmp_path: Path
) -> None:
    done = tuned(call, airline, "-o", "best.safetensors", "--save-config", "best.toml", "--loss", "quantile")
    assert done.status == 0, done.stderr
    assert done.stdout.startswith("trial,state,mase,")
    assert "Saved best.safetensors. Wrote best.toml: rnncast train --config best.toml" in done.stderr
    assert "On the rows held out, looked at once, MASE: tuned " in done.stderr
    written = tomllib.loads((tmp_path / "best.toml").read_text())["train"]
    assert (written["hidden-size"], written["loss"], written["horizon"]) == (4, "quantile", 6)
    trained = call("train", airline, "--config", "best.toml", "-o", "again.safetensors")
    assert trained.status == 0, trained.stderr
    assert (tmp_path / "again.safetensors").read_bytes() == (tmp_path / "best.safetensors").read_bytes()


def test_machines_are_told_what_is_best_and_what_mattered(call: Call, airline: Path) -> None:
    found = json.loads(tuned(call, airline, "--format", "json", "--study", "study.log").stdout)
    assert [row["trial"] for row in found["trials"]] == [1, 2] or [row["trial"] for row in found["trials"]] == [2, 1]
    assert set(found) >= {"schema", "best", "importances", "scores", "trials", "data"}
    assert list(found["scores"])[:2] == ["tuned", "default"]


def test_what_cannot_be_tuned_is_told(call: Call, airline: Path, tmp_path: Path) -> None:
    for more, message in (
        (("--study", "no/such.log"), "'no/such.log' cannot be written"),
        (("--criterion", "mdl"), "Invalid value for '--criterion'"),
        (("--metric", "mass"), "there is no metric called 'mass'."),
        (("--metric", "coverage-80"), "coverage-80 is no error that is to be low."),
    ):
        done = tuned(call, airline, *more)
        assert done.status in (1, 2)
        assert f"Error: {message}" in done.stderr
    assert list(tmp_path.iterdir()) == []
