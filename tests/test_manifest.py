"""What an exported model says of itself is checked before anything runs it."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rnncast import exported, manifest, sealed
from rnncast.errors import CheckpointError

onnx = pytest.importorskip("onnx", reason="it needs the extra 'export'")
MODEL = Path(__file__).parent / "fixtures" / "exported-1.onnx"

Change = Callable[[Any], None]


def resealed(change: Change) -> bytes:
    """Return the fixture with something changed, and a checksum that is right again."""
    model = onnx.load_model_from_string(MODEL.read_bytes())
    header = json.loads(model.metadata_props[0].value)
    change(model)
    if model.metadata_props:
        header |= json.loads(model.metadata_props[0].value) | {"checksum": sealed.NO_CHECKSUM}
        model.metadata_props[0].value = json.dumps(header)
    data: bytes = model.SerializeToString()
    return data.replace(sealed.NO_CHECKSUM.encode(), sealed.checksum(data, sealed.NO_CHECKSUM).encode(), 1)


def saying(**said: object) -> Change:
    """Return a change of what the metadata say."""

    def change(model: Any) -> None:
        model.metadata_props[0].value = json.dumps(json.loads(model.metadata_props[0].value) | said)

    return change


def foreign(model: Any) -> None:
    model.graph.node[0].domain = "com.example"


def elsewhere(model: Any) -> None:
    tensor = model.graph.initializer.add(name="weights", data_type=1, dims=[1])
    tensor.data_location = onnx.TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value="/etc/passwd")


def renamed(model: Any) -> None:
    model.graph.input[0].name = "numbers"


def silent(model: Any) -> None:
    model.ClearField("metadata_props")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (foreign, "the operator"),
        (elsewhere, "data in other files"),
        (renamed, "inputs"),
        (silent, "rnncast"),
        (saying(format_version=2), "newer rnncast"),
        (saying(horizon=10**9), "horizon"),
        (saying(horizon="12"), "horizon"),
        (saying(inputs=["values", "origin", "anchor", "weather"]), "inputs"),
        (saying(levels=[0.9, 0.1]), "levels"),
        (saying(anchor=None), "anchor"),
        (saying(config={"model": {"model": "os.system"}}), "os.system"),
        (saying(surprise=1), "surprise"),
    ],
)
def test_what_does_not_fit_is_refused(change: Change, words: str, tmp_path: Path) -> None:
    path = tmp_path / "model.onnx"
    path.write_bytes(resealed(change))
    with pytest.raises(CheckpointError, match=words):
        exported.load(str(path))


def test_the_fixture_says_what_it_reads() -> None:
    about = manifest.parse(MODEL.read_bytes())
    assert about.inputs == ("values", "origin", "anchor")
    assert (about.horizon, about.anchor, about.target_names) == (12, "theta", ("passengers",))


@pytest.mark.parametrize("place", [0.1, 0.5, 0.9, 0.999])
def test_a_changed_bit_is_noticed(place: float, tmp_path: Path) -> None:
    data = bytearray(MODEL.read_bytes())
    data[int(place * len(data))] ^= 1
    path = tmp_path / "model.onnx"
    path.write_bytes(data)
    with pytest.raises(CheckpointError):
        exported.load(str(path))


@pytest.mark.parametrize(
    "data", [b"", b"PK\x03\x04", b"not a model", MODEL.read_bytes()[:5000] if MODEL.exists() else b""]
)
def test_what_is_no_model_is_refused(data: bytes, tmp_path: Path) -> None:
    path = tmp_path / "model.onnx"
    path.write_bytes(data)
    with pytest.raises(CheckpointError, match="no model that rnncast can run"):
        exported.load(str(path))


def test_a_fifo_is_not_waited_for(tmp_path: Path) -> None:
    path = tmp_path / "model.onnx"
    os.mkfifo(path)
    with pytest.raises(CheckpointError, match="not a regular file"):
        exported.load(str(path))


def test_nothing_of_the_machine_that_exported_is_in_the_file() -> None:
    assert b".py" not in MODEL.read_bytes()
