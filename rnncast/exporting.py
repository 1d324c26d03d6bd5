"""From a checkpoint to an ONNX file, which is checked against torch before it is written.

torch's exporter makes the graph, by tracing `graphs.Graph`; onnxruntime runs it beside torch on the checkpoint's rows.
"""

import hashlib
import json
import logging
import warnings
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import torch

from rnncast import __version__, building, exported, manifest, registry, saving, sealed
from rnncast.blend import Source
from rnncast.bounds import Bounds
from rnncast.checkpoint import Checkpoint
from rnncast.columns import calendar_seasons
from rnncast.errors import RunError, UsageError
from rnncast.forecasting import Predictor, forecast
from rnncast.graphs import Graph, Rules
from rnncast.manifest import FORMAT_VERSION, KEY, MISSING, About
from rnncast.models.base import Autoregressive
from rnncast.network import Network
from rnncast.panel import FloatArray, Panel
from rnncast.translating import translations

TOLERANCE = 1e-5
"""Share of a value, or of the mean size of its series' values, by which the graph may differ from torch."""

FLIPS = 1e-3
"""Share of whole numbers that may differ by one: they lie where rounding turns."""

WINDOWS, SERIES = 4, 256
"""Most windows of a series, a horizon apart, and most series that a graph is checked on."""

OPSET = 20

NAMES = ("point", "quantiles")
"""Of a graph's outputs."""

LONG = ("values", "past", "future")
"""Inputs with an axis of steps."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Says what was asked for beside the checkpoint.

    Attributes:
        horizon: steps to forecast; None as trained.
        bounds: what forecasts keep.
        without_anchor: whether the baseline that the checkpoint is blended with is left out.
    """

    horizon: int | None = None
    bounds: Bounds
    without_anchor: bool = False


@dataclass(frozen=True, slots=True)
class Agreement:
    """Says how near a graph is to torch.

    Attributes:
        about: what was exported.
        windows: how many were compared.
        largest: the largest difference, relative as `TOLERANCE` is.
    """

    about: About
    windows: int
    largest: float


def export(path: str, checkpoint: Checkpoint, source: bytes, asked: Asked) -> Agreement:
    """Write a checkpoint as an ONNX file; `source` is its own file's content.

    Raises:
        DeviceError: the extra `export` is not there.
        OutputError: it cannot be written.
        RunError: the graph's forecasts are not those of torch.
        UsageError: a model that no graph is made of.
    """
    _check(checkpoint)
    predictor = _predictor(checkpoint, asked)
    about = _about(checkpoint, hashlib.sha256(source).hexdigest(), predictor, asked)
    rules = Rules(
        about.config.data.missing,
        checkpoint.panel.season_length,
        calendar_seasons(checkpoint.panel),
        checkpoint.panel.num_series,
    )
    data = _sealed(_converted(Graph(predictor, rules, about.horizon).eval(), about, checkpoint.panel), about)
    agreement = _compared(data, predictor, about, checkpoint.panel)
    saving.write(path, data)
    return agreement


def _check(checkpoint: Checkpoint) -> None:
    """Raise a UsageError, or a DeviceError, where no graph can be made."""
    try:
        import onnxscript  # noqa: F401
    except ImportError as error:
        raise MISSING from error
    loss, refused = checkpoint.config.training.loss, list[str]()
    for name in sorted({member.model.model for member in checkpoint.members}):
        if issubclass(registry.find(registry.MODELS, name, "model").load(), Autoregressive):
            refused.append(f"the model {name} draws paths by chance")
    if checkpoint.panel.classes:
        refused.append("the target is of classes, whose words ONNX cannot give")
    elif loss in registry.COUNTING:
        refused.append(f"the quantiles of --loss {loss} are summed up count by count")
    if checkpoint.regression is not None:
        refused.append("a regression on future covariates is taken out of the whole history")
    if refused:
        raise UsageError(f"no graph can be made of this checkpoint: {refused[0]}.", "Train another --model or --loss.")


def _predictor(checkpoint: Checkpoint, asked: Asked) -> Predictor:
    """Return what the graph is to compute, in torch on a CPU."""
    networks = [
        building.around(member, checkpoint.columns, checkpoint.panel.ids, weights)
        for member, weights in zip(checkpoint.members, checkpoint.final, strict=True)
    ]
    blend = checkpoint.blend
    if asked.without_anchor or blend.share == 1:
        blend = replace(blend, anchor=None, share=1.0)
    return Predictor(networks, checkpoint.config.window.transform == "log", blend, asked.bounds)


def _about(checkpoint: Checkpoint, source: str, predictor: Predictor, asked: Asked) -> About:
    panel, blend, anchor = checkpoint.panel, checkpoint.blend, predictor.blend.anchor
    inputs = inputs_of([network for network in predictor.networks if isinstance(network, Network)], panel)
    return About(
        config=replace(checkpoint.config, bounds=asked.bounds),
        columns=checkpoint.columns,
        target_names=panel.target_names,
        words=panel.words,
        ids=tuple(map(tuple, panel.ids.tolist())) if "series" in inputs else (),
        inputs=(*inputs, "anchor") if anchor is not None else inputs,
        horizon=asked.horizon or checkpoint.config.window.horizon or 1,
        trained=predictor.horizon,
        levels=predictor.levels,
        calendar={"seasons": list(panel.season_lengths), "time": asdict(panel.time)},
        anchor=anchor,
        left_out=blend.anchor if anchor is None and blend.share < 1 else None,
        source=source,
        version=__version__,
    )


def inputs_of(networks: list[Network], panel: Panel) -> tuple[str, ...]:
    """Return what a graph of some networks reads of a panel, beside an anchor."""
    reading = [network for network in networks if not network.shape.folds]
    seasons = any(network.smoothing is not None and network.smoothing.seasons for network in networks)
    is_read = {
        "values": True,
        "origin": seasons or any(network.shape.phases or network.shape.year for network in reading),
        "series": any(network.smoothing is not None for network in networks),
        "past": bool(reading and panel.past_names),
        "future": bool(reading and panel.future_names),
        "static": bool(reading and panel.static_names),
    }
    return tuple(name for name, read in is_read.items() if read)


def _converted(graph: Graph, about: About, panel: Panel) -> Any:
    """Return the graph as torch's exporter makes it, with free numbers of series and steps.

    Raises:
        RunError: it does not.
    """
    read = exported.feed(panel.part(np.arange(min(panel.num_series, 3))), about)
    twice = {name: torch.from_numpy(np.concatenate([part] * 3)) for name, part in read.items()}  # 1 would be fixed
    free = torch.export.Dim.DYNAMIC
    axes = {name: {0: free, 1: free} if name in LONG else {0: free} for name in twice}
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    try:
        with torch.no_grad(), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            traced = torch.export.export(graph, (twice,), dynamic_shapes=(axes,), strict=False)
            program = torch.onnx.export(
                traced,
                input_names=list(twice),
                output_names=list(NAMES if about.levels else NAMES[:1]),
                opset_version=OPSET,
                dynamo=True,
                optimize=False,
                verbose=False,
                custom_translation_table=translations(),
            )
    except Exception as error:  # what torch raises there has no name that is promised
        raise RunError(f"torch makes no graph of this model: {' '.join(str(error).split())[:300]}") from error
    return program.model_proto if program is not None else None


def _sealed(model: Any, about: About) -> bytes:
    """Return the bytes of a model with its metadata, and without what torch wrote of its own source in it."""
    for node in [*model.graph.node, *(node for function in model.functions for node in function.node)]:
        node.ClearField("metadata_props")
        node.ClearField("doc_string")
    for part in (model.graph, *model.functions, *model.graph.value_info, *model.graph.initializer):
        part.ClearField("metadata_props")
    model.ClearField("metadata_props")
    model.graph.ClearField("value_info")
    header = {"checksum": sealed.NO_CHECKSUM, "format_version": FORMAT_VERSION, **about.to_dict()}
    model.metadata_props.add(key=KEY, value=json.dumps(header, allow_nan=False))
    data: bytes = model.SerializeToString()
    return data.replace(sealed.NO_CHECKSUM.encode(), sealed.checksum(data, sealed.NO_CHECKSUM).encode(), 1)


def _compared(data: bytes, predictor: Predictor, about: About, panel: Panel) -> Agreement:
    """Compare what onnxruntime forecasts with torch, from the end of the panel's series and from earlier origins.

    Raises:
        RunError: they differ.
    """
    found = manifest.parse(data)
    session, away, windows = exported.start(data), [0.0], 0
    part = panel.part(np.unique(np.linspace(0, panel.num_series - 1, SERIES).astype(np.int64)))
    for number in range(WINDOWS if part.observed.all() else 1):  # what fills a gap may know of later rows
        lengths = part.lengths - number * about.horizon
        if number and lengths.min() < 2:
            break
        known = part.truncated(lengths)
        expected = forecast(predictor, known, about.horizon)
        given = exported.run(session, found, known)
        away.append(_difference(Source(*given), Source(expected.point, expected.quantiles), known, about))
        windows += known.num_series
    largest = float(np.max(away))  # Python's own max passes over what is no number
    if not largest <= TOLERANCE:
        raise RunError(
            f"the exported model's forecasts differ from torch's by {largest:.2g}, and no more than {TOLERANCE:g} is "
            "allowed; nothing was written.",
            "Please report it, with the model and the settings that it was trained with.",
        )
    return Agreement(about, windows, largest)


def _difference(given: Source, expected: Source, panel: Panel, about: About) -> float:
    """Return the largest difference between two forecasts of a panel, relative as `TOLERANCE` is."""
    size = _size(panel)[:, None]  # [N, 1, C]
    parts = []
    for one, other, unit in zip(given, expected, (size, size[..., None]), strict=True):
        away = np.abs(one - other)
        if about.config.bounds.integer and (away > 0.5).mean() <= FLIPS:
            away = np.where(away > 0.5, 0.0, away)
        parts.append((away / np.maximum(np.maximum(np.abs(other), unit), np.finfo(np.float64).tiny)).max(initial=0.0))
    return float(np.max(parts))


def _size(panel: Panel) -> FloatArray:
    """Return the mean size of the values seen of each series and target, [N, C]."""
    rows = np.repeat(np.arange(panel.num_series), panel.lengths)
    mask = panel.row_mask()
    seen = panel.observed[mask]
    columns = zip(np.where(seen, np.abs(panel.values[mask]), 0.0).T, seen.T.astype(np.float64), strict=True)
    count = panel.num_series
    means = [np.bincount(rows, size, count) / np.maximum(np.bincount(rows, one, count), 1) for size, one in columns]
    return np.stack(means, axis=1)
