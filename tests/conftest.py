"""Fixtures that every test may ask for."""

import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path

import click
import pytest
from hypothesis import settings

# One thread each: the tests share the machine's cores, and sums come out in the same order.
os.environ.setdefault("OMP_NUM_THREADS", "1")
# No test fails because the machine is busy.
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")

ROOT = Path(__file__).resolve().parents[1]
KEPT_VARIABLES = ("PATH", "SYSTEMROOT", "OMP_NUM_THREADS")

RunCli = Callable[..., subprocess.CompletedProcess[str]]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what needs a CUDA device where there is none."""
    needy = [item for item in items if item.get_closest_marker("cuda")]
    if needy and not import_module("torch").cuda.is_available():
        for item in needy:
            item.add_marker(pytest.mark.skip(reason="no CUDA device"))


@pytest.fixture(scope="session")
def root() -> Path:
    """Return the root of the repository."""
    return ROOT


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """Return the folder of benchmark data that may lie beside the repository."""
    folder = ROOT.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("the benchmark data are not here")
    return folder


@pytest.fixture(scope="session")
def airline() -> Path:
    """Return the path of the airline passengers: 144 months, 1949-1960."""
    return ROOT / "sample_data" / "airline.csv"


@pytest.fixture(scope="session")
def clean_env(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Return an environment without the user's settings, with an empty home and the package importable."""
    kept = {name: os.environ[name] for name in KEPT_VARIABLES if name in os.environ}
    home = str(tmp_path_factory.mktemp("home"))
    return kept | {"HOME": home, "LC_ALL": "C.UTF-8", "PYTHONPATH": str(ROOT)}


@pytest.fixture
def run_cli(tmp_path: Path, clean_env: dict[str, str]) -> RunCli:
    """Return a function that runs `python -m rnncast` with some arguments in the test's own folder."""

    def run(
        *args: str | Path, stdin: str = "", env: Mapping[str, str] | None = None, timeout: float = 120
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "rnncast", *map(str, args)],
            input=stdin,
            cwd=tmp_path,
            env={**clean_env, **(env or {})},
            timeout=timeout,
            capture_output=True,
            encoding="utf-8",
            check=False,
        )

    return run


@pytest.fixture(scope="session")
def program() -> click.Group:
    """Return the command line as click sees it: the one group in `rnncast.cli`."""
    groups = [value for value in vars(import_module("rnncast.cli")).values() if isinstance(value, click.Group)]
    assert len(groups) == 1
    return groups[0]


@pytest.fixture(scope="session")
def commands(program: click.Group) -> dict[str, click.Command]:
    """Return the commands by name."""
    context = click.Context(program, info_name="rnncast")
    found = {name: program.get_command(context, name) for name in program.list_commands(context)}
    return {name: command for name, command in found.items() if command is not None}
