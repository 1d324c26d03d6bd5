import ctypes
import os

import pytest

from rnncast import process


def test_the_threads_granted_are_at_least_one_and_at_most_the_cores() -> None:
    assert 1 <= process.granted_threads() <= (os.cpu_count() or 1)


@pytest.mark.parametrize(("quota", "granted"), [(None, 8), (3, 3), (20, 8)])
def test_a_quota_below_the_cores_counts(monkeypatch: pytest.MonkeyPatch, quota: int | None, granted: int) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: set(range(8)), raising=False)
    monkeypatch.setattr(process, "_quota", lambda: quota)
    assert process.granted_threads() == granted


def test_preparing_twice_keeps_what_was_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_WAIT_POLICY", "active")
    monkeypatch.delenv("GOMP_SPINCOUNT", raising=False)
    process.prepare()
    process.prepare()
    assert os.environ["OMP_WAIT_POLICY"] == "active"
    assert os.environ["GOMP_SPINCOUNT"] == "0"


@pytest.mark.parametrize("error", [OSError, TypeError, AttributeError])
def test_another_libc_is_left_alone(monkeypatch: pytest.MonkeyPatch, error: type[Exception]) -> None:
    def missing(name: str | None) -> ctypes.CDLL:
        raise error("none here")

    monkeypatch.setattr(process.ctypes, "CDLL", missing)
    process.prepare()
    process.give_back_memory()


def test_an_older_glibc_gets_the_largest_threshold_it_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []

    class Glibc:
        @staticmethod
        def mallopt(parameter: int, value: int) -> int:
            calls.append((parameter, value))
            return int(parameter != process.M_MMAP_THRESHOLD or value <= 2**25)

    monkeypatch.setattr(process.ctypes, "CDLL", lambda name: Glibc)
    process.prepare()
    assert (process.M_MMAP_THRESHOLD, 2**25) in calls
    assert (process.M_ARENA_MAX, 1) in calls


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({}, process.Place()),
        ({"RANK": "1"}, process.Place()),
        ({"RANK": "one", "WORLD_SIZE": "2"}, process.Place()),
        ({"RANK": "2", "WORLD_SIZE": "2"}, process.Place()),
        ({"RANK": "1", "WORLD_SIZE": "2"}, process.Place(1, 2)),
        (
            {"RANK": "5", "WORLD_SIZE": "8", "LOCAL_RANK": "1", "LOCAL_WORLD_SIZE": "4"}
            | {"TORCHELASTIC_RESTART_COUNT": "2"},
            process.Place(5, 8, 1, 4, 2),
        ),
    ],
    ids=str,
)
def test_the_place_is_what_torchrun_says(
    monkeypatch: pytest.MonkeyPatch, said: dict[str, str], expected: process.Place
) -> None:
    for name in process._VARIABLES:
        monkeypatch.delenv(name, raising=False)
    for name, value in said.items():
        monkeypatch.setenv(name, value)
    assert process.place() == expected


@pytest.mark.parametrize(("local", "granted"), [("1", 8), ("3", 2), ("64", 1)])
def test_the_ranks_of_a_machine_share_its_cores(monkeypatch: pytest.MonkeyPatch, local: str, granted: int) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: set(range(8)), raising=False)
    monkeypatch.setattr(process, "_quota", lambda: None)
    for name, value in (("RANK", "0"), ("WORLD_SIZE", "64"), ("LOCAL_WORLD_SIZE", local)):
        monkeypatch.setenv(name, value)
    assert process.granted_threads() == granted
