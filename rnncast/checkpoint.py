"""One safetensors file that explains itself: weights, the rows they were fitted on, and how they came about.

Layout, format version 2: a sealed file whose header has `config`, `members`, `blend`, `columns`, `panel`,
`report`, `history` and `versions`, and `regression` where there is one. The tensors:

    heldout/<member>/<weight>     fitted without the rows that were held out: what was measured
    final/<member>/<weight>       fitted on all rows: what predicts
    panel/<array>                 the rows of the data, or each series' last ones; ids as UTF-8 JSON

Reading runs no code, and every name, shape and number is checked against the network that the configuration
describes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from rnncast import engines, packing, registry, sealed
from rnncast.blend import ALONE, Blend
from rnncast.casting import AnyNetwork, Form
from rnncast.columns import Columns
from rnncast.config import Config, RunConfig
from rnncast.errors import CheckpointError, RnncastError
from rnncast.packing import Array
from rnncast.panel import IntArray, Panel
from rnncast.regression import Regression, width
from rnncast.sealed import Sealed

if TYPE_CHECKING:
    import torch

    from rnncast.network import Network

FORMAT_VERSION = 2
"""What is written; version 1 is read too: one configuration for all members, and no blend."""

LONGEST_CONTEXT = 1_000_000
"""Steps of history that a checkpoint may ask for; the weights' shapes bound every other number."""

OWN_WINDOW = ("context_length", "segment_length", "num_lags", "guess_season", "scaling")
OWN_TRAINING = ("seed", "max_steps", "epochs", "learning_rate", "ensemble")
"""What a member may have of its own in its windows and its training; a model is its own."""

Weights = Mapping[str, Array]


@dataclass(frozen=True, slots=True, eq=False)
class Checkpoint:
    """Holds what a training run leaves behind.

    Attributes:
        config: all settings, resolved.
        members: the settings of each member, resolved; they differ in what was left open alone.
        blend: what the networks are blended with, and how wide intervals are.
        regression: what future covariates do that the networks do not read; None where that is not known.
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
    members: tuple[Config, ...]
    blend: Blend
    regression: Regression | None
    columns: Columns
    heldout: tuple[Weights, ...]
    final: tuple[Weights, ...]
    panel: Panel
    held_out: IntArray
    is_whole: bool
    report: Mapping[str, Any]
    history: Sequence[Mapping[str, Any]]
    versions: Mapping[str, str]

    def weights(self, which: str) -> tuple[Weights, ...]:
        """Return the members' weights, `which` being "heldout" or "final"."""
        return self.heldout if which == "heldout" else self.final

    def casting(self, which: str, run: RunConfig, windows: int) -> list[AnyNetwork]:
        """Build the members' networks to forecast about so many windows.

        Raises:
            DeviceError: the device does not exist on this machine.
        """
        return engines.networks(self.members, self.columns, self.panel.ids, self.weights(which), run, windows)

    def networks(self, which: str, device: "torch.device") -> "list[Network]":
        """Build the members' networks of torch."""
        from rnncast import building  # it loads torch, which most of what is done with a checkpoint needs not

        return [
            building.around(config, self.columns, self.panel.ids, member).to(device)
            for config, member in zip(self.members, self.weights(which), strict=True)
        ]


def save(path: str, checkpoint: Checkpoint) -> None:
    """Write a checkpoint; the path holds the old file or the new one at every moment.

    Raises:
        OutputError: it cannot be written.
    """
    tensors: dict[str, Array] = {}
    for which, members in (("heldout", checkpoint.heldout), ("final", checkpoint.final)):
        for number, weights in enumerate(members):
            tensors |= {f"{which}/{number}/{name}": array for name, array in weights.items()}
    arrays, texts = packing.pack(checkpoint.panel)
    arrays["held_out"] = checkpoint.held_out
    tensors |= {f"panel/{name}": array for name, array in arrays.items()}
    header: dict[str, Any] = {
        "format_version": FORMAT_VERSION,
        "config": checkpoint.config.to_dict(),
        "members": [member.to_dict() for member in checkpoint.members],
        "blend": asdict(checkpoint.blend),
        "columns": asdict(checkpoint.columns),
        "panel": texts | {"is_whole": checkpoint.is_whole},
        "report": checkpoint.report,
        "history": list(checkpoint.history),
        "versions": checkpoint.versions,
    }
    if checkpoint.regression is not None:
        header["regression"] = asdict(checkpoint.regression)
    sealed.write(path, Sealed(header, tensors))


def load(path: str) -> Checkpoint:
    """Read a checkpoint.

    Raises:
        CheckpointError: there is none, it is damaged, or a newer rnncast wrote it.
    """
    found = sealed.read(path, FORMAT_VERSION)
    try:
        return _rebuild(found.header, found.tensors)
    except _UNSOUND as error:
        what = " ".join(str(error).split())[:200]
        raise CheckpointError(
            f"{path} does not hold what its configuration describes: {what}", sealed.REMEDY
        ) from error


_UNSOUND = (
    KeyError, TypeError, ValueError, IndexError, AttributeError, OverflowError, RuntimeError, RecursionError,
    RnncastError,
)  # fmt: skip
"""What numbers and names that do not belong together may raise, wherever they are first used."""


def _rebuild(header: Mapping[str, Any], tensors: Mapping[str, Array]) -> Checkpoint:
    weights = {which: _members(tensors, which) for which in ("heldout", "final")}
    if header["format_version"] == 1:
        header = _upgraded(header, len(weights["final"]))
    config, columns = Config.from_dict(header["config"]), _columns(header["columns"])
    members = tuple(Config.from_dict(member) for member in header["members"])
    if not members:
        raise ValueError("it has no members")
    panel, blend = packing.unpack(_below("panel/", tensors), header["panel"]), _blend(header)
    held_out = tensors["panel/held_out"]
    if bool(panel.classes) != (config.training.loss in registry.CLASS_HEADS):
        raise ValueError(f"its loss is {config.training.loss}, which does not fit the target")
    if Columns.of(panel) != columns or held_out.shape != panel.lengths.shape or held_out.dtype != panel.lengths.dtype:
        raise ValueError("its rows do not fit its columns")
    for fitted in weights.values():
        for member, own in zip(members, fitted, strict=True):
            _check_numbers(member, own)
            _check_member(config, member)
            form = engines.form(member, columns, panel.ids)
            _check_weights(form, own)
            if len(blend.widths) not in (0, len(form.levels)):
                raise ValueError(f"it has {len(blend.widths)} widths for {len(form.levels)} quantile levels")
    return Checkpoint(
        config=config,
        members=members,
        blend=blend,
        regression=_regression(header, columns),
        columns=columns,
        heldout=weights["heldout"],
        final=weights["final"],
        panel=panel,
        held_out=held_out,
        is_whole=bool(header["panel"]["is_whole"]),
        report=dict(header["report"]),
        history=list(header["history"]),
        versions=dict(header["versions"]),
    )


def _below(prefix: str, tensors: Mapping[str, Array]) -> dict[str, Array]:
    return {name.removeprefix(prefix): array for name, array in tensors.items() if name.startswith(prefix)}


def _upgraded(header: Mapping[str, Any], count: int) -> dict[str, Any]:
    """Return a header of format version 1 as version 2 has it: `count` members alike, and no anchor."""
    config = Config.from_dict(header["config"]).with_settings({"anchor": "none"}).to_dict()
    return {**header, "config": config, "members": [config] * count, "blend": asdict(ALONE)}


def _columns(stored: Mapping[str, Any]) -> Columns:
    return Columns(**{**stored, "words": tuple(stored.get("words", ()))})


def _blend(header: Mapping[str, Any]) -> Blend:
    stored = header["blend"]
    blend = Blend(**(stored | {name: tuple(stored.get(name, ())) for name in ("widths", "weights")}))
    if len(blend.weights) not in (0, len(header["members"])):
        raise ValueError(f"it has {len(blend.weights)} weights of members")
    if blend.anchor is not None:
        registry.find(registry.ANCHORS, blend.anchor, "anchor")
    return blend


def _regression(header: Mapping[str, Any], columns: Columns) -> Regression | None:
    stored = header.get("regression")
    if stored is None:
        return None
    regression = Regression(**(stored | {"coefficients": tuple(map(tuple, stored["coefficients"]))}))
    if [len(row) for row in regression.coefficients] != [width(columns.by_role["future"])] * columns.targets:
        raise ValueError("its regression does not fit its columns")
    return regression


def _check_numbers(config: Config, weights: Weights) -> None:
    """Raise a ValueError for numbers that would take memory or time which no weight's shape bounds."""
    if (config.model.num_layers or 0) > len(weights):
        raise ValueError("weights are missing")
    if (config.window.context_length or 0) > LONGEST_CONTEXT:
        raise ValueError(f"a context of {config.window.context_length} steps is too long")
    if (config.window.context_length or 1) % (config.window.segment_length or 1):
        raise ValueError(f"a context of {config.window.context_length} steps is no whole number of segments")


def _check_member(config: Config, member: Config) -> None:
    """Raise a ValueError where a member's settings differ from the run's in more than members may."""
    same: dict[str, Any] = {name: getattr(config, name) for name in ("bounds", "run")}
    same["data"] = replace(config.data, season_length=member.data.season_length)
    window = {name: getattr(member.window, name) for name in OWN_WINDOW}
    training = {name: getattr(member.training, name) for name in OWN_TRAINING}
    allowed = replace(
        member, **same, window=replace(config.window, **window), training=replace(config.training, **training)
    )
    if allowed != member:
        raise ValueError("a member's settings are not the run's")


def _members(tensors: Mapping[str, Array], which: str) -> tuple[Weights, ...]:
    members: dict[str, dict[str, Array]] = {}
    for name, array in tensors.items():
        kind, number, weight = (*name.split("/", 2), "", "")[:3]
        if kind == which:
            members.setdefault(number, {})[weight] = array
    if set(members) != {str(number) for number in range(len(members))}:
        raise ValueError("its members are not numbered")
    return tuple(members[str(number)] for number in range(len(members)))


def _check_weights(form: Form, weights: Weights) -> None:
    """Raise a ValueError where weights are not those of a network."""
    for name in sorted(form.weights.keys() | weights.keys()):
        if name not in weights:
            raise ValueError(f"{name} is missing")
        if name not in form.weights:
            raise ValueError(f"{name} is no weight of its network")
        shape, kind = form.weights[name]
        if weights[name].shape != shape:
            raise ValueError(f"{name} has shape {weights[name].shape}")
        if weights[name].dtype != kind:
            raise ValueError(f"{name} has type {weights[name].dtype}")
