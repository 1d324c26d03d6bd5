import errno
import os
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from rnncast import saving
from rnncast.errors import OutputError
from rnncast.saving import write, write_parts, write_text

OLD, NEW = b"old" * 1000, b"new" * 5000
CALLS = ("open", "chmod", "write", "fsync", "replace")


@pytest.fixture
def target(tmp_path: Path) -> Path:
    path = tmp_path / "out.bin"
    path.write_bytes(OLD)
    return path


@contextmanager
def umask(mask: int) -> Iterator[None]:
    before = os.umask(mask)
    try:
        yield
    finally:
        os.umask(before)


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_a_new_file_holds_the_data_and_nothing_lies_beside_it(tmp_path: Path) -> None:
    write(tmp_path / "out.bin", NEW)
    assert contents(tmp_path) == {"out.bin": NEW}


@pytest.mark.promise("P1")
def test_an_old_file_is_replaced_as_a_whole(target: Path) -> None:
    write(target, NEW)
    assert contents(target.parent) == {"out.bin": NEW}


def test_no_data_make_an_empty_file(target: Path) -> None:
    write(target, b"")
    assert target.read_bytes() == b""


def test_parts_are_written_one_after_the_other(target: Path) -> None:
    write_parts(target, (bytes([number]) * 3 for number in range(3)))
    assert contents(target.parent) == {"out.bin": b"\0\0\0\1\1\1\2\2\2"}


@pytest.mark.promise("P1")
def test_parts_that_end_in_an_error_leave_the_old_file(target: Path) -> None:
    before = contents(target.parent)

    def parts() -> Iterator[bytes]:
        yield NEW
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_parts(target, parts())
    assert contents(target.parent) == before


def test_text_is_written_as_utf_8_whatever_it_holds(target: Path) -> None:
    write_text(target, "é\n\udc80")
    assert target.read_bytes() == "é\n\\udc80".encode()


def test_a_system_that_writes_a_few_bytes_at_a_time_is_written_to_until_all_is_there(
    target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = os.write
    monkeypatch.setattr(os, "write", lambda descriptor, data: whole(descriptor, bytes(data[:700])))
    write(target, NEW)
    assert target.read_bytes() == NEW


@pytest.mark.promise("P2")
@pytest.mark.parametrize("failure", [OSError(errno.ENOSPC, "No space"), KeyboardInterrupt(), SystemExit(143)], ids=repr)
@pytest.mark.parametrize("call", CALLS)
def test_whatever_call_fails_the_old_file_stays_whole_and_nothing_lies_beside_it(
    call: str, failure: BaseException, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*args: object, **kwargs: object) -> None:
        raise failure

    monkeypatch.setattr(os, call, fail)
    with pytest.raises(OutputError if isinstance(failure, OSError) else type(failure)):
        write(target, NEW)
    monkeypatch.undo()
    assert contents(target.parent) == {"out.bin": OLD}


def count_writes(target: Path, monkeypatch: pytest.MonkeyPatch, fail_at: int) -> int:
    """Write in pieces, failing at the call number `fail_at`, and return how many calls there were."""
    whole, calls = os.write, 0

    def write_piece(descriptor: int, data: memoryview) -> int:
        nonlocal calls
        calls += 1
        if calls == fail_at:
            raise OSError(errno.ENOSPC, "No space left on device")
        return whole(descriptor, bytes(data[:3000]))

    with monkeypatch.context() as patch:
        patch.setattr(os, "write", write_piece)
        if fail_at:
            with pytest.raises(OutputError, match="the disk is full"):
                write(target, NEW)
        else:
            write(target, NEW)
    return calls


@pytest.mark.promise("P4")
def test_a_disk_that_fills_at_any_piece_leaves_the_old_file(target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    count = count_writes(target.parent / "whole", monkeypatch, fail_at=0)
    assert count == 5
    for piece in range(1, count + 1):
        count_writes(target, monkeypatch, fail_at=piece)
    assert contents(target.parent) == {"out.bin": OLD, "whole": NEW}


@pytest.mark.promise("P1")
def test_data_and_folder_are_synced_around_the_renaming(target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[str] = []
    fsync, replace = os.fsync, os.replace

    def note_fsync(descriptor: int) -> None:
        calls.append("sync folder" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else "sync file")
        fsync(descriptor)

    def note_replace(source: str, destination: str) -> None:
        calls.append("rename")
        replace(source, destination)

    monkeypatch.setattr(os, "fsync", note_fsync)
    monkeypatch.setattr(os, "replace", note_replace)
    write(target, NEW)
    assert calls == ["sync file", "rename", "sync folder"]


@pytest.mark.promise("P4")
@pytest.mark.parametrize(
    ("number", "cause"),
    [
        (errno.ENOSPC, "the disk is full"),
        (errno.EROFS, "the disk is read-only"),
        (errno.EFBIG, "the file-size limit is reached"),
        (errno.EACCES, "permission is denied"),
        (errno.EIO, "input/output error"),
    ],
)
def test_a_failure_names_the_path_as_typed_and_the_cause(
    number: int, cause: str, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(descriptor: int) -> None:
        raise OSError(number, os.strerror(number), "/some/other/path")

    monkeypatch.chdir(target.parent)
    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OutputError) as caught:
        write("./out.bin", NEW)
    assert caught.value.message == f"'./out.bin' cannot be written: {cause}."
    assert caught.value.hint
    assert caught.value.exit_status == 1


@pytest.mark.promise("P4")
def test_a_file_size_limit_is_told_and_leaves_the_old_file(target: Path) -> None:
    program = (
        "import resource, sys\n"
        "from rnncast.saving import write\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (4096, resource.RLIM_INFINITY))\n"
        "write(sys.argv[1], b'n' * 10_000)\n"
    )
    root = Path(saving.__file__).parents[1]
    result = subprocess.run(
        [sys.executable, "-c", program, str(target)], cwd=root, capture_output=True, text=True, timeout=30, check=False
    )
    assert "cannot be written: the file-size limit is reached." in result.stderr
    assert contents(target.parent) == {"out.bin": OLD}


@pytest.mark.promise("P4")
def test_a_link_is_followed_to_its_target(target: Path, tmp_path: Path) -> None:
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    link = folder / "link"
    link.symlink_to(Path("..") / target.name)
    write(link, NEW)
    assert link.is_symlink()
    assert target.read_bytes() == NEW
    assert [path.name for path in folder.iterdir()] == ["link"]


def test_a_link_to_nothing_yet_makes_its_target(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("real")
    write(tmp_path / "link", NEW)
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").read_bytes() == NEW


@pytest.mark.promise("P4")
@pytest.mark.parametrize("mode", [0o600, 0o640, 0o664])
def test_an_old_file_keeps_its_mode(mode: int, target: Path) -> None:
    target.chmod(mode)
    with umask(0o022):
        write(target, NEW)
    assert mode_of(target) == mode


@pytest.mark.promise("P4")
@pytest.mark.parametrize(("mask", "expected"), [(0o022, 0o644), (0o077, 0o600)])
def test_a_new_file_follows_the_umask(mask: int, expected: int, tmp_path: Path) -> None:
    with umask(mask):
        write(tmp_path / "out.bin", NEW)
    assert mode_of(tmp_path / "out.bin") == expected


@pytest.mark.promise("P4")
def test_a_private_file_is_private_at_every_moment(target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target.chmod(0o600)
    modes: list[int] = []
    whole = os.write

    def note_modes(descriptor: int, data: memoryview) -> int:
        modes.append(stat.S_IMODE(os.fstat(descriptor).st_mode))
        return whole(descriptor, data)

    monkeypatch.setattr(os, "write", note_modes)
    with umask(0):
        write(target, NEW)
    assert set(modes) == {0o600}


@pytest.mark.promise("P1")
def test_a_planted_link_is_neither_followed_nor_removed(target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    victim = target.parent / "victim"
    victim.write_bytes(b"precious")
    monkeypatch.setattr("secrets.token_hex", lambda size: "guessed")
    planted = target.parent / ".rnncast-guessed.tmp"
    planted.symlink_to(victim)
    with pytest.raises(OutputError):
        write(target, NEW)
    assert victim.read_bytes() == b"precious"
    assert planted.is_symlink()
    assert target.read_bytes() == OLD


def leftover_in(folder: Path, hours: float, name: str = f".rnncast-{'0f' * 16}.tmp") -> Path:
    """Make what a writer that was killed so many hours ago has left."""
    path = folder / name
    path.write_bytes(b"half")
    os.utime(path, times=(then := time.time() - 3600 * hours, then))
    return path


@pytest.mark.promise("P2")
def test_the_leftover_of_a_killed_run_is_in_nobodys_way(target: Path) -> None:
    leftover = leftover_in(target.parent, hours=0.5)
    write(target, NEW)
    assert contents(target.parent) == {"out.bin": NEW, leftover.name: b"half"}


@pytest.mark.promise("P2")
def test_leftovers_of_killed_runs_go_after_an_hour_and_nothing_else_does(target: Path) -> None:
    leftover_in(target.parent, hours=2)
    mine = leftover_in(target.parent, hours=2, name=".rnncast-notes.tmp")
    link = target.parent / f".rnncast-{'ab' * 16}.tmp"
    link.symlink_to(mine)
    os.utime(link, times=(0, 0), follow_symlinks=False)
    write(target, NEW)
    assert contents(target.parent) == {"out.bin": NEW, mine.name: b"half", link.name: b"half"}


@pytest.mark.promise("P2")
def test_a_leftover_that_cannot_be_removed_does_not_fail_the_write(
    target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    leftover, unlink = leftover_in(target.parent, hours=2), os.unlink

    def refuse(path: str) -> None:
        if path == str(leftover):
            raise PermissionError(errno.EPERM, "Operation not permitted")
        unlink(path)

    monkeypatch.setattr(os, "unlink", refuse)
    write(target, NEW)
    assert contents(target.parent) == {"out.bin": NEW, leftover.name: b"half"}


def test_a_name_as_long_as_a_name_can_be_is_written(tmp_path: Path) -> None:
    write(tmp_path / ("n" * 255), NEW)
    assert (tmp_path / ("n" * 255)).read_bytes() == NEW


def test_a_folder_that_cannot_be_synced_does_not_fail_the_write(target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fsync = os.fsync

    def refuse_folders(descriptor: int) -> None:
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise OSError(errno.EINVAL, "Invalid argument")
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", refuse_folders)
    write(target, NEW)
    assert target.read_bytes() == NEW


def test_no_file_stays_open(target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = os.listdir("/proc/self/fd") if Path("/proc/self/fd").exists() else []
    write(target, NEW)
    monkeypatch.setattr(os, "replace", lambda *args: (_ for _ in ()).throw(OSError(errno.EIO, "Input/output error")))
    with pytest.raises(OutputError):
        write(target, OLD)
    assert before == (os.listdir("/proc/self/fd") if before else [])


@pytest.mark.promise("P3")
def test_a_reader_beside_two_writers_never_sees_half_a_file(target: Path) -> None:
    def write_often(data: bytes) -> None:
        for _ in range(20):
            write(target, data)

    writers = [threading.Thread(target=write_often, args=(letter * 50_000,)) for letter in (b"a", b"b")]
    for thread in writers:
        thread.start()
    seen = {target.read_bytes()}
    while any(thread.is_alive() for thread in writers):
        seen.add(target.read_bytes())
    for thread in writers:
        thread.join()
    assert seen <= {OLD, b"a" * 50_000, b"b" * 50_000}
    assert list(contents(target.parent)) == ["out.bin"]
