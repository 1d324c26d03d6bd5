"""The program as torchrun starts it: two ranks on this machine, that talk over its loopback alone."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from rnncast import api
from rnncast.api import Forecaster
from rnncast.config import RunConfig

QUICK = ("-m", "lstm", "--hidden-size", "8", "--layers", "2", "--dropout", "0", "-H", "3", "--max-steps", "20")
ALIKE = ("--batch-size", "16", "--threads", "1")

# What becomes of a rank in the middle of a run, instead of `python -m rnncast`.
STARTED = """
import os, signal, sys
from rnncast import process
from rnncast.cli import main
from rnncast.errors import RunError
from rnncast.training import Loop
step, place = Loop.step, process.place()
def faulty(loop, number, fraction):
    if number == 12 and place.rank == 1 and place.restarts == 0:
        {fault}
    step(loop, number, fraction)
Loop.step = faulty
main()
"""

Ranks = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with two files of series of which some steps were not seen."""
    folder = tmp_path_factory.mktemp("together")
    draw, days = np.random.default_rng(1), pd.date_range("2024-01-01", periods=60).astype("str")
    for number in range(2):
        names = [f"{number}{letter}" for letter in "abc"]
        values = draw.normal(size=(3, 60)).cumsum(axis=1).round(3).astype("str")
        values[0, 20:40] = ""  # so that other numbers of steps count on each rank
        table = {"unique_id": np.repeat(names, 60), "ds": np.tile(days, 3), "y": values.ravel()}
        pd.DataFrame(table).to_csv(folder / f"part-{number}.csv", index=False)
    return folder


@pytest.fixture(scope="module")
def two(folder: Path, clean_env: dict[str, str]) -> Ranks:
    """Return a function that starts the program on two ranks, in the module's folder."""

    def run(*args: str, fault: str = "", restarts: int = 0) -> subprocess.CompletedProcess[str]:
        script = folder / "started.py"
        script.write_text(STARTED.format(fault=fault), encoding="utf-8")
        where = ("--nnodes=1", "--rdzv-backend=c10d", "--rdzv-endpoint=127.0.0.1:0", "--local-addr=127.0.0.1")
        torchrun = ("torch.distributed.run", *where, "--nproc-per-node=2", f"--max-restarts={restarts}")
        program = (str(script),) if fault else ("-m", "rnncast")
        return subprocess.run(
            [sys.executable, "-m", *torchrun, *program, *args],
            cwd=folder,
            env=clean_env | {"GLOO_SOCKET_IFNAME": "lo"},
            stdin=subprocess.DEVNULL,
            timeout=600,
            capture_output=True,
            encoding="utf-8",
            check=False,
        )

    return run


@pytest.fixture(scope="module")
def trained(two: Ranks) -> subprocess.CompletedProcess[str]:
    """Return what training on two ranks gave, which saved two.safetensors."""
    return two("train", "part-*.csv", *QUICK, *ALIKE, "-o", "two.safetensors")


@pytest.fixture(scope="module")
def alone(folder: Path) -> Forecaster:
    """Return the same fit by one process."""
    settings = {"hidden_size": 8, "num_layers": 2, "dropout": 0.0, "horizon": 3, "max_steps": 20, "batch_size": 16}
    return api.train(str(folder / "part-*.csv"), model="lstm", threads=1, **settings)  # type: ignore[arg-type]


def curve(forecaster: Forecaster) -> list[float]:
    return [value for record in forecaster.checkpoint.history for value in (record["loss"], record["validation"] or 0)]


def errors(done: subprocess.CompletedProcess[str]) -> list[str]:
    return [line for line in done.stderr.splitlines() if line.startswith("Error:")]


def same_bytes(folder: Path, one: str, other: str) -> bool:
    return (folder / one).read_bytes() == (folder / other).read_bytes()


def test_two_ranks_have_the_loss_curve_of_one_process(
    trained: subprocess.CompletedProcess[str], alone: Forecaster, folder: Path
) -> None:
    assert trained.returncode == 0, trained.stderr
    saved = api.load(str(folder / "two.safetensors"))
    assert len(curve(saved)) > 40
    assert curve(saved) == pytest.approx(curve(alone), abs=1e-4)
    np.testing.assert_allclose(saved.forecast().point, alone.forecast().point, rtol=1e-3)


def test_one_rank_talks_and_writes(trained: subprocess.CompletedProcess[str], folder: Path) -> None:
    assert [line.partition(",")[0] for line in trained.stdout.splitlines()].count("lstm") == 1
    assert trained.stderr.count("Saved two.safetensors") == 1
    assert not list(folder.glob("*.state"))
    assert not list(folder.glob(".rnncast-*"))


def test_a_killed_rank_is_started_anew_and_the_run_ends_as_if_nothing_had_been(
    two: Ranks, trained: subprocess.CompletedProcess[str], folder: Path
) -> None:
    kill = "os.kill(os.getpid(), signal.SIGKILL)"
    asked = ("train", "part-*.csv", *QUICK, *ALIKE, "-o", "killed.safetensors", "--save-every", "0")
    done = two(*asked, fault=kill, restarts=1)
    assert done.returncode == 0, done.stderr
    assert "Going on from killed.safetensors.state" in done.stderr
    assert same_bytes(folder, "killed.safetensors", "two.safetensors")
    assert trained.stdout == done.stdout.replace("killed", "two")


def test_the_rank_that_fails_says_why_and_the_others_end(two: Ranks, folder: Path) -> None:
    done = two("train", "part-*.csv", *QUICK, *ALIKE, "-o", "none.safetensors", fault='raise RunError("of no use.")')
    assert done.returncode == 1
    assert errors(done) == ["Error: of no use."]
    assert not list(folder.glob("none.*"))


@pytest.mark.slow
def test_an_error_that_all_ranks_meet_is_said_once(two: Ranks) -> None:
    done = two("train", "missing.csv")
    assert done.returncode == 1
    assert errors(done) == ["Error: there is no file missing.csv."]


@pytest.mark.slow
def test_a_rank_that_is_told_to_end_ends_all_and_one_process_goes_on(
    two: Ranks, alone: Forecaster, folder: Path, run_cli: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    asked = ("train", str(folder / "part-*.csv"), *QUICK, *ALIKE, "-o", str(folder / "ended.safetensors"))
    done = two(*asked, fault="os.kill(os.getpid(), signal.SIGTERM)")
    assert done.returncode == 1
    assert errors(done) == []
    assert (folder / "ended.safetensors.state").exists()
    again = run_cli(*asked, "--resume", timeout=600)
    assert again.returncode == 0, again.stderr
    assert curve(api.load(str(folder / "ended.safetensors"))) == pytest.approx(curve(alone), abs=1e-4)


@pytest.fixture(scope="module")
def many(folder: Path, trained: subprocess.CompletedProcess[str]) -> str:
    """Return a file of more series than are forecast together, of the kind that was trained on."""
    names = np.char.add("S", np.arange(17_000).astype(np.str_))
    days = pd.date_range("2024-01-01", periods=3)
    values = np.random.default_rng(2).normal(size=3 * len(names)).round(2)
    table = pd.DataFrame({"unique_id": np.repeat(names, 3), "ds": np.tile(days, len(names)), "y": values})
    table.to_parquet(folder / "many.parquet")
    return "many.parquet"


def test_two_ranks_write_the_forecasts_of_one_process(
    two: Ranks, many: str, folder: Path, clean_env: dict[str, str]
) -> None:
    asked = ("predict", many, "-c", "two.safetensors", "--threads", "1", "--levels", "80")
    done = two(*asked, "-o", "ranks.csv")
    assert done.returncode == 0, done.stderr
    subprocess.run([sys.executable, "-m", "rnncast", *asked, "-o", "one.csv"], cwd=folder, env=clean_env, check=True)
    assert same_bytes(folder, "ranks.csv", "one.csv")


@pytest.mark.slow
def test_into_a_folder_each_rank_writes_a_part_of_one_data_set(two: Ranks, many: str, folder: Path) -> None:
    done = two("predict", many, "-c", "two.safetensors", "--threads", "1", "-o", "parts/")
    assert done.returncode == 0, done.stderr
    assert sorted(path.name for path in (folder / "parts").iterdir()) == [
        "part-00000-of-00002.parquet",
        "part-00001-of-00002.parquet",
    ]
    found = pd.read_parquet(folder / "parts")
    expected = api.load(str(folder / "two.safetensors"), RunConfig(threads=1)).predict(str(folder / many))
    assert found["unique_id"].tolist() == expected["unique_id"].tolist()
    np.testing.assert_allclose(found["forecast"], expected["forecast"], rtol=1e-5, atol=1e-5)
