"""What may go wrong from outside, in short; `python -m bench faults` does it at length."""

import random
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from bench.faults import mutations
from bench.faults.kills import SAVING
from rnncast import api
from rnncast.errors import RnncastError
from tests.conftest import RunCli

CAPPED = """
import resource, runpy, sys
kind, size = int(sys.argv[1]), int(sys.argv[2])
sys.argv = ["rnncast", *sys.argv[3:]]
{before}
resource.setrlimit(kind, (size, size))
runpy.run_module("rnncast", run_name="__main__")
"""

DYING = """
import sys
from pathlib import Path
from bench.faults import writes
call, folder = sys.argv[1], Path(sys.argv[2])
count = writes.counted(call, folder)
assert count
print([fault for number in sorted({1, count // 2 + 1, count}) for fault in writes.died(call, number, folder)])
"""


@pytest.mark.promise("P1")
def test_a_writer_that_is_killed_at_any_moment_leaves_the_old_file_or_the_new_one(
    tmp_path: Path, clean_env: dict[str, str]
) -> None:
    draw, files = random.Random(1), {"a": b"a" * 100_000, "b": b"b" * 300_000}
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
    (tmp_path / "out").write_bytes(files["a"])
    for _ in range(5):
        (tmp_path / "ready").unlink(missing_ok=True)
        child = subprocess.Popen([sys.executable, "-c", SAVING, "a", "b", "out"], cwd=tmp_path, env=clean_env)
        while not (tmp_path / "ready").exists():
            assert child.poll() is None
            time.sleep(0.001)
        time.sleep(draw.uniform(0, 0.02))
        child.kill()
        assert child.wait() == -signal.SIGKILL
        assert (tmp_path / "out").read_bytes() in files.values()


@pytest.mark.promise("P2")
@pytest.mark.parametrize("call", ["open", "write", "fsync", "replace"])
def test_a_save_that_dies_at_any_call_leaves_a_whole_file_and_blocks_nobody(
    call: str, tmp_path: Path, root: Path
) -> None:
    # Children are forked from a process of its own: one with torch's threads must not be forked.
    line = [sys.executable, "-c", DYING, call, str(tmp_path)]
    done = subprocess.run(line, cwd=root, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "[]\n"), done.stderr


@pytest.fixture(scope="module")
def whole(root: Path) -> bytes:
    return (root / "tests" / "fixtures" / "version-2.safetensors").read_bytes()


@pytest.mark.promise("P8")
@pytest.mark.parametrize("damage", [mutations.flipped, mutations.truncated, mutations.spliced])
def test_a_damaged_checkpoint_is_told(
    whole: bytes, tmp_path: Path, damage: Callable[[bytes, random.Random], bytes]
) -> None:
    draw, path = random.Random(1), tmp_path / "c.safetensors"
    for _ in range(40):
        path.write_bytes(damage(whole, draw))
        if path.read_bytes() == whole:
            continue
        with pytest.raises(RnncastError):
            api.load(path)


@pytest.mark.promise("P7")
@pytest.mark.parametrize("kind", mutations.SEALED)
def test_a_checkpoint_that_says_something_else_is_refused_or_forecasts(whole: bytes, tmp_path: Path, kind: str) -> None:
    draw, path, refused = random.Random(2), tmp_path / "c.safetensors", 0
    for _ in range(20):
        path.write_bytes(mutations.SEALED[kind](whole, draw))
        try:
            api.load(path).predict()
        except RnncastError:
            refused += 1
    assert refused


@pytest.mark.promise("P4")
@pytest.mark.parametrize("args", [("generate", "-o", "out.csv"), ("predict", "-c", "c.safetensors", "-o", "out.csv")])
def test_a_full_disk_is_status_1_and_leaves_the_old_table(
    whole: bytes, tmp_path: Path, clean_env: dict[str, str], args: tuple[str, ...]
) -> None:
    (tmp_path / "c.safetensors").write_bytes(whole)
    (tmp_path / "out.csv").write_text("old")
    # Python itself would leave its own compiled files cut off, and take them for whole the next time.
    unwritten = clean_env | {"PYTHONDONTWRITEBYTECODE": "1"}
    done = capped(resource.RLIMIT_FSIZE, 64, *args, folder=tmp_path, env=unwritten)
    assert done.returncode == 1
    assert "out.csv' cannot be written: the file-size limit is reached." in done.stderr
    assert (tmp_path / "out.csv").read_text() == "old"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["c.safetensors", "out.csv"]


@pytest.mark.promise("P15")
def test_too_little_memory_is_status_1_and_leaves_the_old_checkpoint(
    tmp_path: Path, clean_env: dict[str, str], airline: Path
) -> None:
    (tmp_path / "rnncast.safetensors").write_bytes(b"old")
    args = ("train", str(airline), "--model", "lstm", "--hidden-size", "3000", "--max-steps", "2", "--ensemble", "1")
    before = "import rnncast.api"  # what the libraries need by themselves differs from machine to machine
    size = taken(before, clean_env) + 300 * 2**20
    done = capped(resource.RLIMIT_AS, size, *args, folder=tmp_path, env=clean_env, before=before)
    assert (done.returncode, done.stdout) == (1, "")
    assert "memory" in done.stderr
    assert "Traceback" not in done.stderr
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"rnncast.safetensors": b"old"}


def taken(before: str, env: dict[str, str]) -> int:
    """Return the bytes of address space that a process has after some imports."""
    program = f"{before}\nprint(open('/proc/self/statm').read().split()[0])"
    pages = subprocess.run([sys.executable, "-c", program], env=env, capture_output=True, text=True, check=True).stdout
    return int(pages) * resource.getpagesize()


def capped(
    kind: int, size: int, *args: str, folder: Path, env: dict[str, str], before: str = ""
) -> "subprocess.CompletedProcess[str]":
    """Run the program under a limit of the system, with some imports before it."""
    line = [sys.executable, "-c", CAPPED.format(before=before), str(kind), str(size), *args]
    return subprocess.run(line, cwd=folder, env=env, capture_output=True, text=True, timeout=120, check=False)


@pytest.mark.promise("P18")
def test_what_lies_in_the_current_folder_is_no_code(run_cli: RunCli, tmp_path: Path) -> None:
    for name in ("click", "numpy", "pandas", "torch", "json", "resource"):
        (tmp_path / f"{name}.py").write_text("open('was-run', 'w').close()")
    before = sorted(path.name for path in tmp_path.iterdir())
    (tmp_path / "data.csv").write_text("y\n" + "1\n2\n3\n" * 10)
    done = run_cli("predict", "data.csv", "--checkpoint", "default")
    assert done.returncode == 0, done.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([*before, "data.csv"])
