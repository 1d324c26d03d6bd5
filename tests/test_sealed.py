import json
import os
from pathlib import Path

import numpy as np
import pytest
import safetensors.numpy

from rnncast import memory, sealed
from rnncast.errors import CheckpointError, OutputError, RunError
from rnncast.sealed import Sealed

GOOD = Sealed({"format_version": 1, "colour": "red"}, {"a": np.arange(6.0).reshape(2, 3), "b": np.zeros(0, np.int64)})
HEADER = json.dumps({"checksum": "0" * 64, "format_version": 1})


@pytest.fixture
def path(tmp_path: Path) -> Path:
    sealed.write(str(tmp_path / "s"), GOOD)
    return tmp_path / "s"


def raw(path: Path, layout: object, data: bytes = b"", length: int | None = None) -> str:
    """Write a file by hand: a header of this layout, which may claim another length, and bytes after it."""
    header = json.dumps(layout).encode()
    path.write_bytes((len(header) if length is None else length).to_bytes(8, "little") + header + data)
    return str(path)


def metadata(**more: object) -> dict[str, object]:
    return {"__metadata__": {"rnncast": json.dumps({**json.loads(HEADER), **more})}}


def test_what_was_written_is_read(path: Path) -> None:
    found = sealed.read(str(path), 1)
    assert found.header == GOOD.header
    for name, array in GOOD.tensors.items():
        assert found.tensors[name].dtype == array.dtype
        np.testing.assert_array_equal(found.tensors[name], array)


@pytest.mark.promise("P7")
@pytest.mark.parametrize("claim", [2**64 - 1, 2**63, 2**40, 10**6])
def test_a_header_longer_than_its_file_takes_no_memory(path: Path, claim: int) -> None:
    with pytest.raises(CheckpointError, match="is not an rnncast checkpoint"):
        sealed.read(raw(path, metadata(), length=claim), 1)


@pytest.mark.promise("P7")
def test_a_header_may_be_so_long_and_no_longer(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealed, "LONGEST_HEADER", 100)
    with pytest.raises(CheckpointError, match="is not an rnncast checkpoint"):
        sealed.read(str(path), 1)
    with pytest.raises(OutputError, match="its header would be too long"):
        sealed.write(str(path), Sealed({"format_version": 1, "text": "x" * 100}, {}))


@pytest.mark.promise("P7")
@pytest.mark.parametrize("end", [0, 7, 9, 10**12])
def test_tensors_that_do_not_end_with_the_file_are_not_read(path: Path, end: int) -> None:
    layout = metadata() | {"a": {"dtype": "F64", "shape": [1], "data_offsets": [0, end]}}
    with pytest.raises(CheckpointError, match="does not hold the tensors that its header lists"):
        sealed.read(raw(path, layout, b"8 bytes."), 1)


@pytest.mark.promise("P7")
def test_a_file_of_more_tensors_than_any_network_has_is_refused(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealed, "MOST_TENSORS", 1)
    with pytest.raises(CheckpointError, match="does not hold the tensors that its header lists"):
        sealed.read(str(path), 1)


@pytest.mark.promise("P15")
def test_a_file_larger_than_the_free_memory_is_not_read(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "available", lambda: 100.0)
    with pytest.raises(RunError, match="not enough memory to read"):
        sealed.read(str(path), 1)


@pytest.mark.promise("P7")
@pytest.mark.parametrize(
    "layout",
    [
        [],
        "text",
        {},
        {"__metadata__": {}},
        {"__metadata__": {"rnncast": "[]"}},
        {"__metadata__": {"rnncast": "{"}},
        {"__metadata__": {"rnncast": "[" * 100_000}},
        metadata() | {"a": 3},
        metadata() | {"a": {"data_offsets": 3}},
        metadata() | {"a": {"data_offsets": ["x", "y"]}},
    ],
    ids=lambda layout: str(layout)[:40],
)
def test_a_header_of_anything_else_is_refused(path: Path, layout: object) -> None:
    with pytest.raises(CheckpointError, match="is not an rnncast checkpoint"):
        sealed.read(raw(path, layout), 1)


@pytest.mark.promise("P8")
@pytest.mark.parametrize("kind", ["F8_E4M3", "BF16", "colour"])
def test_a_type_that_numpy_lacks_is_refused(path: Path, kind: str) -> None:
    size = 2 if kind == "BF16" else 1
    data = safetensors.numpy.save({"a": np.zeros(size, np.uint8)}, metadata={"rnncast": HEADER})
    data = data.replace(b'"U8"', f'"{kind}"'.encode()).replace(f"[{size}]".encode(), b"[1]")
    length = len(data) - 8 - size
    data = length.to_bytes(8, "little") + data[8:]
    path.write_bytes(data.replace(b"0" * 64, sealed.checksum(data, "0" * 64).encode(), 1))
    with pytest.raises(CheckpointError, match="is no sound safetensors file"):
        sealed.read(str(path), 1)


@pytest.mark.promise("P8")
@pytest.mark.parametrize("number", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("kind", [np.float16, np.float32, np.float64])
def test_a_number_that_is_not_finite_is_refused_by_name(path: Path, kind: type[np.floating], number: float) -> None:
    sealed.write(str(path), Sealed({"format_version": 1}, {"good": np.ones(3), "bad": np.array([0, number], kind)}))
    with pytest.raises(CheckpointError, match="bad has values that are not finite"):
        sealed.read(str(path), 1)


@pytest.mark.promise("P9")
@pytest.mark.parametrize("version", [0, 2, -1, "1", None, 1.5])
def test_another_format_version_is_refused_with_what_to_do(path: Path, version: object) -> None:
    with pytest.raises(CheckpointError, match="this rnncast reads 1 to 1") as caught:
        sealed.read(raw(path, metadata(format_version=version)), 1)
    assert "newer rnncast" in caught.value.hint


@pytest.mark.promise("P7")
@pytest.mark.parametrize("kind", ["fifo", "folder", "device", "empty", "nothing"])
def test_what_is_no_file_is_refused_without_waiting(tmp_path: Path, kind: str) -> None:
    path = tmp_path / kind
    if kind == "fifo":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    elif kind == "device":
        path = Path("/dev/zero")
    elif kind == "empty":
        path.touch()
    with pytest.raises(CheckpointError) as caught:
        sealed.read(str(path), 1)
    assert str(path) in caught.value.message
    assert caught.value.hint
    assert not sealed.is_sealed(str(path))
