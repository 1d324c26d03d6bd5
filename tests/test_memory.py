import math
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from rnncast import memory
from rnncast.errors import RunError

GIB = 2**30


@pytest.fixture
def system(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder in which the files of a system may be laid out, with no limit of the process."""
    monkeypatch.setattr(memory, "ROOT", str(tmp_path))
    monkeypatch.setattr(resource, "getrlimit", lambda kind: (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    return tmp_path


def put(root: Path, path: str, text: str) -> None:
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).write_text(text)


def test_a_system_that_says_nothing_refuses_nothing(system: Path) -> None:
    assert memory.available() == math.inf
    memory.check(1e30, "to try")


def test_the_machine_says_what_is_free(system: Path) -> None:
    put(system, "proc/meminfo", "MemTotal:  8388608 kB\nMemFree:  1 kB\nMemAvailable:  2097152 kB\n")
    assert memory.available() == 2 * GIB


@pytest.mark.promise("P15")
def test_a_cgroup_of_version_2_and_those_above_it_are_respected(system: Path) -> None:
    put(system, "proc/self/cgroup", "0::/job/step\n")
    put(system, "sys/fs/cgroup/job/step/memory.max", "max\n")
    put(system, "sys/fs/cgroup/job/step/memory.current", "5\n")
    put(system, "sys/fs/cgroup/job/memory.max", f"{4 * GIB}\n")
    put(system, "sys/fs/cgroup/job/memory.current", f"{3 * GIB}\n")
    assert memory.available() == GIB
    put(system, "sys/fs/cgroup/job/memory.stat", f"anon {2 * GIB}\ninactive_file {GIB // 2}\n")
    assert memory.available() == 1.5 * GIB


def test_a_cgroup_of_version_1_is_respected(system: Path) -> None:
    put(system, "proc/self/cgroup", "4:memory:/job\n1:cpu:/\n")
    put(system, "sys/fs/cgroup/memory/job/memory.limit_in_bytes", f"{2 * GIB}\n")
    put(system, "sys/fs/cgroup/memory/job/memory.usage_in_bytes", f"{GIB}\n")
    assert memory.available() == GIB


def test_a_cgroup_that_took_more_than_it_may_leaves_nothing(system: Path) -> None:
    put(system, "proc/self/cgroup", "0::/\n")
    put(system, "sys/fs/cgroup/memory.max", "5\n")
    put(system, "sys/fs/cgroup/memory.current", "50\n")
    assert memory.available() == 0


@pytest.mark.promise("P15")
def test_a_limit_of_the_address_space_is_respected(system: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(system, "proc/self/statm", "262144 100 1 1 0 1 0\n")
    monkeypatch.setattr(resource, "getrlimit", lambda kind: (3 * GIB, 3 * GIB))
    assert memory.available() == 3 * GIB - 262144 * resource.getpagesize()


def test_too_little_is_told_with_what_is_needed_and_what_there_is(system: Path) -> None:
    put(system, "proc/meminfo", "MemAvailable:  512000 kB\n")
    memory.check(499 * 2**20, "to read x")
    with pytest.raises(RunError) as caught:
        memory.check(12 * GIB, "to read x")
    assert caught.value.message == "there is not enough memory to read x: about 12 GiB are needed, 500 MiB are free."
    assert caught.value.hint


def test_a_process_of_its_own_sees_its_own_limit() -> None:
    program = (
        "import resource\nfrom rnncast import memory\n"
        f"resource.setrlimit(resource.RLIMIT_AS, ({GIB}, {GIB}))\n"
        f"assert 0 < memory.available() < {GIB}"
    )
    root = Path(memory.__file__).parents[1]
    done = subprocess.run([sys.executable, "-c", program], cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
