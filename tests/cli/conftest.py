"""Fixtures of the command line's tests: a call inside this process, and checkpoints that are trained once."""

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from rnncast import api
from rnncast.cli import main

QUICK = ("--model", "lstm", "--max-steps", "4", "--ensemble", "1", "--hidden-size", "8")


class Called(NamedTuple):
    """Holds what a call of the program left: its exit status and both streams."""

    status: int
    stdout: str
    stderr: str


Call = Callable[..., Called]


@pytest.fixture
def call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Call:
    """Return a function that runs the program in this process, in the test's own folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("RNNCAST_CHECKPOINT", raising=False)

    def run(*args: str | Path) -> Called:
        before = signal.getsignal(signal.SIGTERM)
        capsys.readouterr()
        with pytest.raises(SystemExit) as stop:
            main([str(arg) for arg in args])
        signal.signal(signal.SIGTERM, before)
        streams = capsys.readouterr()
        return Called(int(stop.value.code or 0), streams.out, streams.err)

    return run


@pytest.fixture(scope="session")
def program_path() -> str:
    """Return a search path on which the program stands first; skip where it is not installed."""
    folder = Path(sys.executable).parent
    if not (folder / "rnncast").exists():
        pytest.skip("the program is not installed beside this Python")
    return f"{folder}{os.pathsep}{os.environ['PATH']}"


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory, airline: Path) -> Path:
    """Return a checkpoint of the airline passengers, horizon 12."""
    path = tmp_path_factory.mktemp("trained") / "airline.safetensors"
    api.train(str(airline), model="lstm", max_steps=4, ensemble=1, hidden_size=8).save(path)
    return path


@pytest.fixture(scope="session")
def energy(root: Path) -> Path:
    """Return the path of four made-up sites' hourly load, with covariates of all kinds."""
    return root / "sample_data" / "energy.csv"


@pytest.fixture(scope="session")
def trained_energy(tmp_path_factory: pytest.TempPathFactory, energy: Path) -> Path:
    """Return a checkpoint of the energy table with covariates of all kinds, horizon 6."""
    path = tmp_path_factory.mktemp("trained") / "energy.safetensors"
    forecaster = api.train(
        str(energy), target=("load",), past_covariates=("temperature",), future_covariates=("holiday",),
        static_covariates=("area",), horizon=6, context_length=24, model="lstm", max_steps=2, ensemble=1, hidden_size=4,
    )  # fmt: skip
    forecaster.save(path)
    return path
