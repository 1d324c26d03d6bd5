import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from rnncast.errors import OutputError
from rnncast.saving import check_writable, write

OLD = b"old" * 1000
WRITERS: list[Callable[[Path], None]] = [lambda path: write(path, b"new"), check_writable]
both = pytest.mark.parametrize("writer", WRITERS, ids=["write", "check_writable"])


@pytest.fixture
def target(tmp_path: Path) -> Path:
    path = tmp_path / "out.bin"
    path.write_bytes(OLD)
    return path


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.mark.promise("P4")
@both
def test_a_missing_folder_is_refused(writer: Callable[[Path], None], tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="the folder does not exist"):
        writer(tmp_path / "no" / "out.bin")
    assert contents(tmp_path) == {}


@both
def test_a_path_through_a_file_is_refused(writer: Callable[[Path], None], target: Path) -> None:
    with pytest.raises(OutputError, match="a part of the path is a file"):
        writer(target / "out.bin")


@pytest.mark.promise("P4")
@both
def test_a_folder_is_refused(writer: Callable[[Path], None], tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="it is a folder"):
        writer(tmp_path)


@pytest.mark.promise("P4")
@both
def test_a_fifo_is_refused_without_waiting(writer: Callable[[Path], None], tmp_path: Path) -> None:
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    with pytest.raises(OutputError, match="it is no regular file"):
        writer(fifo)
    assert stat.S_ISFIFO(fifo.stat().st_mode)


@pytest.mark.promise("P4")
@both
def test_a_device_is_refused(writer: Callable[[Path], None]) -> None:
    with pytest.raises(OutputError, match="it is no regular file"):
        writer(Path("/dev/null"))


@both
@pytest.mark.parametrize("name", ["a\0b", "n" * 300])
def test_an_impossible_name_is_refused(writer: Callable[[Path], None], name: str, tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="cannot be written"):
        writer(tmp_path / name)
    assert contents(tmp_path) == {}


@both
def test_a_circle_of_links_is_refused(writer: Callable[[Path], None], tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    with pytest.raises(OutputError, match="circle"):
        writer(tmp_path / "a")


@pytest.mark.promise("P4")
@both
@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser may write everywhere")
def test_a_read_only_folder_is_refused(writer: Callable[[Path], None], target: Path) -> None:
    target.parent.chmod(0o500)
    try:
        with pytest.raises(OutputError, match="permission is denied"):
            writer(target)
    finally:
        target.parent.chmod(0o700)
    assert target.read_bytes() == OLD


@pytest.mark.promise("P4")
@both
def test_a_read_only_file_is_refused(
    writer: Callable[[Path], None], target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "access", lambda path, mode: mode != os.W_OK)
    with pytest.raises(OutputError, match="permission is denied"):
        writer(target)
    assert contents(target.parent) == {"out.bin": OLD}


@pytest.mark.promise("P4")
def test_a_check_leaves_everything_as_it_was(target: Path) -> None:
    check_writable(target)
    check_writable(target.parent / "new.bin")
    assert contents(target.parent) == {"out.bin": OLD}
