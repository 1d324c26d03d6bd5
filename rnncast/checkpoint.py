"""One safetensors file that explains itself: weights, the rows they were fitted on, and how they came about.

Layout, format version 1. The metadata has one key, `rnncast`: a JSON object with `format_version`,
`config`, `columns`, `panel`, `report`, `history`, `versions` and `checksum` (SHA-256 over the other
entries and all tensors). The tensors:

    heldout/<member>/<weight>     fitted without the rows that were held out: what was measured
    final/<member>/<weight>       fitted on all rows: what predicts
    panel/<array>                 the rows of the data, or each series' last ones; ids as UTF-8 JSON

Reading runs no code: the bytes are parsed by safetensors, and every name, shape and number is checked
against the network that the configuration describes, which is built without memory before.
"""

import hashlib
import json
import os
import stat
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

import numpy as np
import safetensors.numpy
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError
from torch import Tensor

from rnncast import saving
from rnncast.config import Config
from rnncast.errors import CheckpointError, RnncastError
from rnncast.network import Columns, Network, build
from rnncast.panel import IntArray, Panel, TimeAxis

FORMAT_VERSION = 1
KEPT_VALUES = 2_000_000
"""Panels of up to so many values are kept whole in a checkpoint, of larger ones the last rows."""

Array = NDArray[Any]
Weights = Mapping[str, Tensor]


@dataclass(frozen=True, slots=True, eq=False)
class Checkpoint:
    """Holds what a training run leaves behind.

    Attributes:
        config: all settings, resolved.
        columns: how many columns of each kind the panel has.
        heldout: weights of each member, fitted without the last `config.training.test` rows.
        final: weights of each member, fitted on all rows.
        panel: the rows that were fitted on, whole or each series' last.
        held_out: [N], rows at each series' end that the held-out fit has not seen.
        is_whole: true when `panel` has every row.
        report: the scores on the held-out rows, and other figures, as plain values.
        history: records of the fits' progress, as plain values.
        versions: of rnncast and what it ran on.
    """

    config: Config
    columns: Columns
    heldout: tuple[Weights, ...]
    final: tuple[Weights, ...]
    panel: Panel
    held_out: IntArray
    is_whole: bool
    report: Mapping[str, Any]
    history: Sequence[Mapping[str, Any]]
    versions: Mapping[str, str]

    def networks(self, which: str, device: torch.device) -> list[Network]:
        """Build the members' networks, `which` being "heldout" or "final"."""
        weights = self.heldout if which == "heldout" else self.final
        return [_network(self.config, self.columns, member).to(device) for member in weights]


def save(path: str, checkpoint: Checkpoint) -> None:
    """Write a checkpoint; the path holds the old file or the new one at every moment.

    Raises:
        OutputError: it cannot be written.
    """
    tensors: dict[str, Array] = {}
    for which, members in (("heldout", checkpoint.heldout), ("final", checkpoint.final)):
        for number, weights in enumerate(members):
            tensors |= {f"{which}/{number}/{name}": value.cpu().numpy() for name, value in weights.items()}
    arrays, texts = _panel_to_plain(checkpoint.panel)
    arrays["held_out"] = checkpoint.held_out
    tensors |= {f"panel/{name}": array for name, array in arrays.items()}
    header: dict[str, Any] = {
        "format_version": FORMAT_VERSION,
        "config": checkpoint.config.to_dict(),
        "columns": asdict(checkpoint.columns),
        "panel": texts | {"is_whole": checkpoint.is_whole},
        "report": checkpoint.report,
        "history": list(checkpoint.history),
        "versions": checkpoint.versions,
    }
    header["checksum"] = _checksum(header, tensors)
    text = json.dumps(header, ensure_ascii=False, allow_nan=False)
    saving.write(path, safetensors.numpy.save(tensors, metadata={"rnncast": text}))


def load(path: str) -> Checkpoint:
    """Read a checkpoint.

    Raises:
        CheckpointError: there is none, it is damaged, or a newer rnncast wrote it.
    """
    data = _read(path)
    try:
        tensors = safetensors.numpy.load(data)
        header = _header(data)
    except (SafetensorError, ValueError, KeyError, UnicodeDecodeError, RecursionError) as error:
        raise CheckpointError(f"{path} is not an rnncast checkpoint.", _REMEDY) from error
    if header.get("format_version") != FORMAT_VERSION:
        raise CheckpointError(
            f"{path} has format version {header.get('format_version')}, this rnncast reads {FORMAT_VERSION}.",
            "It was written by a newer rnncast: upgrade rnncast, or train again.",
        )
    if header.pop("checksum", None) != _checksum(header, tensors):
        raise CheckpointError(f"{path} is damaged: its checksum does not match its contents.", _REMEDY)
    try:
        return _rebuild(header, tensors)
    except (KeyError, TypeError, ValueError, IndexError, RuntimeError, RnncastError) as error:
        raise CheckpointError(f"{path} does not hold what its configuration describes: {error}", _REMEDY) from error


def is_checkpoint(path: str) -> bool:
    """Tell from its first bytes whether a file means to be a checkpoint: a header's length, then JSON."""
    try:
        with open(os.open(path, os.O_RDONLY | os.O_NONBLOCK), "rb") as file:
            return file.read(9)[7:] == b"\0{"
    except OSError:
        return path.endswith(".safetensors")


_REMEDY = "Give the file that 'rnncast train' wrote with --checkpoint, or train again."


def _read(path: str) -> bytes:
    try:
        with open(os.open(path, os.O_RDONLY | os.O_NONBLOCK), "rb") as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise CheckpointError(f"{path} is not a regular file.", _REMEDY)
            return file.read()
    except FileNotFoundError as error:
        raise CheckpointError(f"there is no checkpoint {path}.", "Make one with 'rnncast train DATA'.") from error
    except OSError as error:
        raise CheckpointError(f"{path} cannot be read: {error.strerror}.", _REMEDY) from error


def _header(data: bytes) -> dict[str, Any]:
    length = int.from_bytes(data[:8], "little")
    header = json.loads(json.loads(data[8 : 8 + length])["__metadata__"]["rnncast"])
    if not isinstance(header, dict):
        raise ValueError("the metadata is no object")
    return header


def _checksum(header: Mapping[str, Any], tensors: Mapping[str, Array]) -> str:
    digest = hashlib.sha256(json.dumps(header, sort_keys=True).encode())
    for name in sorted(tensors):
        array = tensors[name]
        digest.update(f"{name} {array.dtype} {array.shape}".encode())
        digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()


def _rebuild(header: Mapping[str, Any], tensors: Mapping[str, Array]) -> Checkpoint:
    config, columns = Config.from_dict(header["config"]), Columns(**header["columns"])
    weights = {which: _members(tensors, which) for which in ("heldout", "final")}
    if (config.model.num_layers or 0) > len(tensors) or not weights["final"]:
        raise ValueError("weights are missing")
    for members in weights.values():
        for member in members:
            _network(config, columns, member)
    return Checkpoint(
        config=config,
        columns=columns,
        heldout=weights["heldout"],
        final=weights["final"],
        panel=_panel_from_plain(tensors, header["panel"]),
        held_out=tensors["panel/held_out"],
        is_whole=bool(header["panel"]["is_whole"]),
        report=header["report"],
        history=header["history"],
        versions=header["versions"],
    )


def _members(tensors: Mapping[str, Array], which: str) -> tuple[Weights, ...]:
    members: dict[str, dict[str, Tensor]] = {}
    for name, array in tensors.items():
        kind, number, weight = (*name.split("/", 2), "", "")[:3]
        if kind == which:
            members.setdefault(number, {})[weight] = torch.from_numpy(array.copy())
    return tuple(members[number] for number in sorted(members, key=int))


def _network(config: Config, columns: Columns, weights: Weights) -> Network:
    """Build a network around `weights`; built without memory first, so that no number can claim any."""
    with torch.device("meta"):
        network = build(config, columns)
    for name, expected in network.state_dict().items():
        if name in weights and weights[name].dtype != expected.dtype:
            raise ValueError(f"{name} has type {weights[name].dtype}")
        if name in weights and not bool(torch.isfinite(weights[name]).all()):
            raise ValueError(f"{name} has values that are not finite")
    network.load_state_dict(dict(weights), assign=True)
    return network.eval()


def tail(panel: Panel, rows: int) -> tuple[Panel, bool]:
    """Return the panel whole if it is small, else each series' last `rows` rows; and whether it is whole."""
    if panel.values.size <= KEPT_VALUES:
        return panel, True
    kept = np.minimum(panel.lengths, rows)
    skipped = panel.lengths - kept
    index = _ranges(panel.offsets + skipped, kept)
    future_kept = panel.future_lengths - skipped
    ahead = _ranges(panel.future_offsets + skipped, future_kept)
    return Panel(
        values=panel.values[index],
        observed=panel.observed[index],
        offsets=np.cumsum(kept) - kept,
        lengths=kept,
        start=panel.start + skipped,
        past_covariates=panel.past_covariates[index],
        future_covariates=panel.future_covariates[ahead],
        future_offsets=np.cumsum(future_kept) - future_kept,
        future_lengths=future_kept,
        **{name: getattr(panel, name) for name in _UNCUT},
    ), False


_ARRAYS = (
    "values", "observed", "offsets", "lengths", "start", "past_covariates", "future_covariates",
    "future_offsets", "future_lengths", "static_covariates",
)  # fmt: skip
_TEXTS = ("id_names", "target_names", "season_lengths", "past_names", "future_names", "static_names")
_UNCUT = ("static_covariates", "ids", "time", *_TEXTS)


def _ranges(first: Array, counts: Array) -> Array:
    """Return the whole numbers first[n] .. first[n] + counts[n] - 1 for every n, one after the other."""
    before = np.cumsum(counts) - counts
    return np.arange(int(counts.sum())) + np.repeat(first - before, counts)


def _panel_to_plain(panel: Panel) -> tuple[dict[str, Array], dict[str, Any]]:
    arrays = {name: np.ascontiguousarray(getattr(panel, name)) for name in _ARRAYS}
    ids = json.dumps(panel.ids.tolist(), ensure_ascii=False).encode()
    arrays["ids"] = np.frombuffer(ids, dtype=np.uint8)
    texts = {name: list(getattr(panel, name)) for name in _TEXTS}
    return arrays, texts | {"time": asdict(panel.time)}


def _panel_from_plain(tensors: Mapping[str, Array], texts: Mapping[str, Any]) -> Panel:
    arrays = {name: tensors[f"panel/{name}"] for name in _ARRAYS}
    num_series = len(arrays["offsets"])
    ids = np.array(json.loads(tensors["panel/ids"].tobytes()), dtype=np.str_).reshape(num_series, -1)
    panel = Panel(
        **arrays,
        ids=ids,
        time=TimeAxis(**{field.name: texts["time"][field.name] for field in fields(TimeAxis)}),
        **{name: tuple(texts[name]) for name in _TEXTS},
    )
    _check_panel(panel)
    return panel


def _check_panel(panel: Panel) -> None:
    """Raise a ValueError where offsets and lengths lead out of the rows, or shapes do not belong together."""
    rows, num_series = len(panel.values), panel.num_series
    ends, future_ends = panel.offsets + panel.lengths, panel.future_offsets + panel.future_lengths
    sound = (
        panel.values.ndim == panel.past_covariates.ndim == panel.future_covariates.ndim == 2
        and panel.observed.shape == panel.values.shape
        and len(panel.past_covariates) == rows
        and all(len(array) == num_series for array in (panel.lengths, panel.start, panel.static_covariates, panel.ids))
        and num_series > 0
        and bool((panel.offsets >= 0).all() and (panel.lengths > 0).all() and (ends <= rows).all())
        and bool((panel.future_offsets >= 0).all() and (panel.future_lengths >= panel.lengths).all())
        and (panel.future_covariates.shape[1] == 0 or bool((future_ends <= len(panel.future_covariates)).all()))
        and bool(np.isfinite(panel.values).all())
    )
    if not sound:
        raise ValueError("its rows do not fit together")
