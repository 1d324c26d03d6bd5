"""What an exported model says of itself: metadata of an ONNX file, which is checked before anything runs it.

The metadata have one key, `rnncast`: a JSON object with `format_version` and `checksum`, SHA-256 of the whole file with
64 zeros in the checksum's place. Operators but ONNX's own and references to other files are refused, so that reading a
file runs no code and reads nothing else.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from rnncast import sealed
from rnncast.columns import Columns
from rnncast.config import Config
from rnncast.errors import DeviceError

if TYPE_CHECKING:
    from onnx import ModelProto

FORMAT_VERSION = 1

KEY = "rnncast"
"""Of the metadata."""

MISSING = DeviceError(
    "ONNX needs the libraries of an extra, which are not installed.", "Run: pip install 'rnncast[export]'"
)

MOST_STEPS = 1_000_000
"""Steps that a graph may forecast."""

INPUTS = ("values", "origin", "series", "past", "future", "static", "anchor")
"""What a graph may read."""

DOMAINS = ("", "ai.onnx")
"""Where operators may come from: ONNX's own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """Says how data are read for a graph.

    Attributes:
        config: all settings, resolved.
        columns: how many columns of each kind it was trained on.
        target_names: the C targets' names.
        words: by the name of a categorical column, its words.
        ids: of the series that were trained on, where a graph reads their numbers.
        inputs: what it reads, names of `INPUTS`.
        horizon: H, steps that it forecasts.
        trained: steps that it was trained to forecast at once.
        levels: of the quantiles Q.
        calendar: for those who read no stamps with rnncast: the time axis, `panel.TimeAxis`, and the seasons.
        anchor: the baseline whose forecast is the input `anchor`.
        left_out: the baseline that the checkpoint is blended with and the graph is not.
        source: SHA-256 of the checkpoint.
        version: of rnncast.
    """

    config: Config
    columns: Columns
    target_names: tuple[str, ...]
    words: Mapping[str, tuple[str, ...]]
    ids: tuple[tuple[str, ...], ...]
    inputs: tuple[str, ...]
    horizon: int
    trained: int
    levels: tuple[float, ...]
    calendar: Mapping[str, Any]
    anchor: str | None
    left_out: str | None
    source: str
    version: str

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain values."""
        return asdict(self) | {"config": self.config.to_dict()}

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> "About":
        """Rebuild it; nothing that is read here is trusted.

        Raises:
            KeyError, TypeError, ValueError, RnncastError: something is missing or does not fit.
        """
        told = {
            "config": Config.from_dict(stored["config"]),
            "columns": Columns(**{**stored["columns"], "words": tuple(stored["columns"]["words"])}),
            "words": {name: tuple(said) for name, said in stored["words"].items()},
            "ids": tuple(tuple(map(str, names)) for names in stored["ids"]),
        }
        several = {name: tuple(stored[name]) for name in ("target_names", "inputs", "levels")}
        about = cls(**{**stored, **told, **several})
        about._check()
        return about

    def _check(self) -> None:
        """Raise a ValueError for what does not fit together."""
        steps = (self.horizon, self.trained)
        if not all(type(count) is int and 0 < count <= MOST_STEPS for count in steps):
            raise ValueError("its horizon is no number of steps")
        if "values" not in self.inputs or not set(self.inputs) <= set(INPUTS):
            raise ValueError("its inputs are not known")
        if list(self.levels) != sorted(set(self.levels)) or not all(0 < level < 1 for level in self.levels):
            raise ValueError("its quantile levels do not rise")
        if ("anchor" in self.inputs) != (self.anchor is not None):
            raise ValueError("its anchor has no input, or none is known")


def parse(data: bytes) -> About:
    """Return what the metadata of an ONNX file say, once the file is known to be whole and to run no code.

    Raises:
        DeviceError: the extra `export` is not there.
        KeyError, TypeError, ValueError, RnncastError: it is no such file, or damaged.
    """
    model = _model(data)
    header = json.loads({entry.key: entry.value for entry in model.metadata_props}[KEY])
    if header.pop("format_version") != FORMAT_VERSION:
        raise ValueError(f"its format is not version {FORMAT_VERSION}; a newer rnncast wrote it")
    stored = str(header.pop("checksum"))
    if stored != sealed.checksum(data, stored):
        raise ValueError("its checksum does not match its contents")
    about = About.from_dict(header)
    if {entry.name for entry in model.graph.input} != set(about.inputs):
        raise ValueError("its inputs are not those that it says it has")
    return about


def _model(data: bytes) -> "ModelProto":
    """Return the model in an ONNX file.

    Raises:
        DeviceError: the extra `export` is not there.
        ValueError: it is none, or one with foreign operators or references to other files.
    """
    try:
        import onnx
    except ImportError as error:
        raise MISSING from error
    try:
        model = onnx.load_model_from_string(data)
    except Exception as error:  # protobuf's own, of a module that it does not promise
        raise ValueError("it is no ONNX file") from error
    for message in _inside(model):
        if isinstance(message, onnx.TensorProto) and message.data_location == onnx.TensorProto.EXTERNAL:
            raise ValueError("it refers to data in other files")
        if isinstance(message, onnx.NodeProto) and message.domain not in DOMAINS:
            raise ValueError(f"it has the operator '{message.op_type}' of '{message.domain}', which is not ONNX's own")
    return model


def _inside(message: Any) -> Iterator[Any]:
    """Yield a protobuf message and all that lie in it."""
    yield message
    for field, value in message.ListFields():
        if field.message_type is not None:
            for part in value if field.is_repeated else (value,):
                yield from _inside(part)
