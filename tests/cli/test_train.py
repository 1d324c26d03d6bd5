import json
import os
from pathlib import Path

import pytest

from rnncast import checkpoint, embedded, registry
from rnncast.config import DECILES
from tests.cli.conftest import QUICK, Call
from tests.conftest import RunCli

METRICS = ["mse", "rmse", "mae", "smape", "mase", "rmsse", "owa", "wql", "coverage-80"]
SIZES = ("--model", "lstm", "--ensemble", "1", "--hidden-size", "4", "--context", "24", "--horizon", "3")
TINY = ("--context", "24", "--horizon", "3", *QUICK)
OWN_SIZES = ("--context", "24", "--horizon", "3", "--max-steps", "1")


def hash_of_weights(path: Path) -> int:
    loaded = checkpoint.load(str(path))
    return hash(
        tuple(
            (name, value.tobytes())
            for members in (loaded.heldout, loaded.final)
            for member in members
            for name, value in member.items()
        )
    )


def test_train_reports_the_model_next_to_the_baselines_and_saves_one_file(
    call: Call, airline: Path, tmp_path: Path
) -> None:
    done = call("train", airline, *QUICK)
    lines = [line.split(",") for line in done.stdout.splitlines()]
    assert done.status == 0
    assert lines[0] == ["model", *METRICS]
    assert [line[0] for line in lines[1:]] == ["lstm", *registry.BASELINES]
    assert all(float(cell) > 0 for cell in lines[1][1:6])
    assert os.listdir(tmp_path) == ["rnncast.safetensors"]


def test_the_talk_says_what_was_read_how_the_fits_went_and_what_is_next(call: Call, airline: Path) -> None:
    said = call("train", airline, *QUICK).stderr.splitlines()
    assert said[0] == f"{airline}: 1 series, 144 rows, every month (MS), season 12; target passengers; time month"
    assert said[1].startswith("held-out: 4 of 4 steps, loss ")
    assert said[2].startswith("measured: ")
    assert said[3].startswith("final: ")
    assert "MASE" in said[4]
    assert said[5] == "Saved rnncast.safetensors. Next: rnncast predict"
    assert len(said) == 6


def test_by_default_four_members_are_blended_with_the_combined_baselines(call: Call, airline: Path) -> None:
    done = call("-v", "train", airline, "--max-steps", "2", "--hidden-size", "4")
    assert (done.status, done.stdout.splitlines()[1].split(",")[0]) == (0, "auto")
    assert "held-out 4/4: 2 of 2 steps" in done.stderr
    assert "beside combined." in done.stderr
    assert len(call("predict").stdout.splitlines()) == 13


def test_verbose_says_every_choice(call: Call, airline: Path) -> None:
    said = call("-v", "train", airline, *QUICK).stderr
    assert "window: horizon 12, context_length " in said
    assert "training: loss quantile, quantiles 0.1, " in said


def test_json_tells_how_it_was_made(call: Call, airline: Path) -> None:
    done = call("train", airline, *QUICK, "--format", "json", "-o", "my.safetensors")
    found = json.loads(done.stdout)
    assert {"schema", "version", "model", "checkpoint", "data", "horizon", "metrics"} <= set(found)
    assert (found["schema"], found["checkpoint"], found["data"]) == (
        "rnncast.metrics/1",
        "my.safetensors",
        [str(airline)],
    )
    assert done.stderr.endswith("Next: rnncast predict -c my.safetensors\n")


def test_the_table_is_for_people(call: Call, airline: Path) -> None:
    text = call("train", airline, *QUICK, "--format", "table").stdout
    assert "-----" in text
    assert "* the best of its column" in text


@pytest.mark.parametrize("model", registry.MODELS)
def test_every_model_trains_by_name(call: Call, airline: Path, model: str) -> None:
    options = OWN_SIZES if model == embedded.MODEL else TINY
    done = call("-q", "train", airline, *options, "--model", model)
    assert (done.status, done.stderr) == (0, "")
    assert done.stdout.splitlines()[1].startswith(f"{model},")


@pytest.mark.parametrize("loss", registry.HEADS)
def test_every_loss_trains_by_name_and_forecasts(call: Call, airline: Path, loss: str) -> None:
    assert call("-q", "train", airline, *TINY, "--loss", loss).status == 0
    header = call("-q", "predict").stdout.splitlines()[0]
    learns_intervals = bool(registry.HEADS[loss].load()(DECILES).levels)
    assert header == "month,forecast" + (",lo-80,hi-80,lo-95,hi-95" if learns_intervals else "")


@pytest.mark.parametrize("optimizer", registry.OPTIMIZERS)
def test_every_optimizer_trains_by_name(call: Call, airline: Path, optimizer: str) -> None:
    assert call("-q", "train", airline, *TINY, "--optimizer", optimizer)[::2] == (0, "")


@pytest.mark.parametrize(
    "options",
    [
        ["--attention"],
        ["--layers", "2"],
        ["--layers", "2", "--no-residual", "--dropout", "0.5"],
        ["--model", "rnn", "--activation", "relu"],
        ["--origins", "last"],
        ["--segment", "6"],
        ["--lags", "3"],
        ["--guess-season", "0"],
        ["--transform", "none"],
        ["--transform", "log"],
        ["--schedule", "constant", "--warmup", "0"],
        ["--weight-decay", "0", "--clip-norm", "0.1", "--lr", "0.01", "--batch-size", "4"],
        ["--quantiles", "0.05,0.5,0.95"],
        ["--ensemble", "2"],
        ["--patience", "1"],
        ["--test", "0"],
        ["--validation", "0"],
        ["--test", "9", "--validation", "6"],
        ["--test", "0", "--validation", "0"],
        ["--anchor", "theta"],
        ["--anchor", "none", "--no-calibrate"],
        ["--season-length", "3,12"],
        ["--threads", "1", "--device", "cpu", "--precision", "fp32"],
        ["--precision", "bf16"],
    ],
    ids=" ".join,
)
def test_every_other_option_trains_and_forecasts(call: Call, airline: Path, options: list[str]) -> None:
    assert call("-q", "train", airline, *TINY, *options)[::2] == (0, "")
    assert len(call("-q", "predict").stdout.splitlines()) == 4


def test_epochs_count_passes_over_all_windows(call: Call, airline: Path) -> None:
    said = call("train", airline, *SIZES, "--batch-size", "50", "--epochs", "2").stderr
    # 144 - 3 - 3 rows have 114 windows of 24 steps with a step after them, so three batches a pass.
    assert "held-out: 6 of 6 steps" in said


def test_a_time_limit_holds_for_all_fits_together(call: Call, airline: Path) -> None:
    done = call("train", airline, *SIZES, "--ensemble", "2", "--max-steps", "1000000", "--time-limit", "1s")
    assert done.status == 0
    assert "of 1000000 steps" in done.stderr


def test_patience_stops_a_fit_that_gains_nothing(call: Call, airline: Path) -> None:
    done = call("train", airline, *SIZES, "--max-steps", "5000", "--lr", "0.3", "--patience", "1")
    assert done.status == 0
    steps = int(done.stderr.split("held-out: ")[1].split()[0])
    assert steps < 5000


def test_too_many_rows_to_hold_out_are_told(call: Call, airline: Path) -> None:
    said = call("train", airline, *TINY, "--test", "100").stderr
    assert "Note: 72 rows are held out, not 100" in said


WILD = ("--hidden-size", "8", "--ensemble", "1", "--model", "rnn", "--activation", "relu", "--optimizer", "sgd")


def test_exploding_gradients_are_told_and_the_best_weights_kept_when_the_loss_is_no_number(
    call: Call, airline: Path
) -> None:
    done = call("train", airline, *WILD, "--max-steps", "100", "--lr", "0.5", "--loss", "mse", "--clip-norm", "0")
    assert done.status == 0
    assert "Warning: held-out: gradients explode (norm " in done.stderr
    assert "the loss is not a number any more at step " in done.stderr
    assert "the best weights before are kept. Lower --lr" in done.stderr
    assert call("predict").status == 0


def test_a_loss_that_is_no_number_from_the_start_fails_the_run_with_advice(
    call: Call, airline: Path, tmp_path: Path
) -> None:
    done = call("train", airline, *WILD, "--max-steps", "100", "--lr", "1e6", "--clip-norm", "1e20")
    assert (done.status, done.stdout) == (1, "")
    assert done.stderr.splitlines()[-2].startswith("Error: the loss is not a number any more after ")
    assert done.stderr.splitlines()[-1].startswith("Hint: Lower --lr or --clip-norm")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.promise("P17")
def test_the_same_seed_gives_the_same_bytes_whatever_the_surroundings(
    run_cli: RunCli, airline: Path, tmp_path: Path
) -> None:
    surroundings = [
        {"PYTHONHASHSEED": "1", "TZ": "Asia/Tokyo", "LC_ALL": "C"},
        {"PYTHONHASHSEED": "2", "TZ": "America/Lima", "LANG": "de_DE.UTF-8"},
    ]
    made = []
    for number, env in enumerate(surroundings):
        name = f"{number}.safetensors"
        trained = run_cli("-q", "train", airline, *TINY, "-o", name, env=env)
        assert (trained.returncode, trained.stderr) == (0, "")
        made.append(
            (trained.stdout, run_cli("-q", "predict", "-c", name, env=env).stdout, (tmp_path / name).read_bytes())
        )
    assert made[0] == made[1]


def test_another_seed_gives_other_weights(call: Call, airline: Path, tmp_path: Path) -> None:
    for seed in ("1", "2"):
        call("-q", "train", airline, *TINY, "--seed", seed, "-o", f"{seed}.safetensors")
    assert hash_of_weights(tmp_path / "1.safetensors") != hash_of_weights(tmp_path / "2.safetensors")


@pytest.mark.parametrize(
    ("condition", "status"), [("mase > 100", 0), ("mase<100", 1), ("SMAPE >= 0", 1), ("mae == -1", 0)]
)
def test_a_condition_that_holds_fails_the_run_and_leaves_the_old_checkpoint(
    call: Call, airline: Path, tmp_path: Path, condition: str, status: int
) -> None:
    old = tmp_path / "rnncast.safetensors"
    old.write_bytes(b"old")
    done = call("train", airline, *TINY, "--fail-if", condition)
    assert done.status == status
    assert (old.read_bytes() == b"old") == (status == 1)
    assert done.stdout.startswith("model,")
    assert (f"Error: the condition '{condition}' holds: " in done.stderr) == (status == 1)


def test_models_are_listed_without_data(call: Call) -> None:
    listed = call("train", "--list-models").stdout
    assert [line.split()[0] for line in listed.splitlines()] == ["auto", *registry.MODELS]


def test_covariates_of_all_kinds_and_several_targets_train(call: Call, energy: Path) -> None:
    sizes = ("--context", "24", "--horizon", "3", *QUICK)
    roles = ("-t", "load", "-t", "temperature", "--future", "holiday", "--static", "area")
    for channels in ("independent", "joint"):
        assert call("-q", "train", energy, *sizes, *roles, "--channels", channels)[::2] == (0, "")


def test_flags_and_constants_are_no_targets_by_themselves(call: Call, energy: Path) -> None:
    said = call("inspect", energy, "--format", "json").stdout
    assert {"property": "target", "value": "load, temperature"} in json.loads(said)["inspection"]
