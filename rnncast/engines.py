"""Which computes: numpy where that is done before torch would have been loaded, else torch."""

from collections.abc import Mapping, Sequence

from rnncast import light
from rnncast.casting import AnyNetwork, Form
from rnncast.columns import Columns
from rnncast.config import Config, RunConfig
from rnncast.packing import Array
from rnncast.panel import TextArray

MOST_WORK = 1e10
"""Multiplications that numpy does in about half a second, a third of what torch takes to be loaded."""

Weights = Mapping[str, Array]


def form(config: Config, columns: Columns, ids: TextArray) -> Form:
    """Return what weights the network of a configuration has for the series `ids` [N, I]."""
    if light.knows(config, columns):
        return light.form(config, columns)
    from rnncast import building  # it loads torch

    return building.form(config, columns, ids)


def is_light(members: Sequence[Config], columns: Columns, run: RunConfig, work: float) -> bool:
    """Tell whether numpy computes: no device or precision is named, it knows all networks, and the work is small.

    Args:
        members: the networks' configurations.
        columns: of the panel.
        run: where and how is computed.
        work: multiplications, about.
    """
    is_open = run.device == "auto" and run.precision == "auto" and run.threads is None
    return is_open and work <= MOST_WORK and all(light.knows(member, columns) for member in members)


def work(members: Sequence[Config], weights: Sequence[Weights], windows: int) -> float:
    """Return about how many multiplications so many windows take: each weight counts at each step that is read."""
    steps = [(config.window.context_length or 1) // (config.window.segment_length or 1) for config in members]
    sizes = [sum(array.size for array in member.values()) for member in weights]
    return float(windows) * sum(count * size for count, size in zip(steps, sizes, strict=True))


def networks(
    members: Sequence[Config],
    columns: Columns,
    ids: TextArray,
    weights: Sequence[Weights],
    run: RunConfig,
    windows: int,
) -> list[AnyNetwork]:
    """Build networks around the weights of each member, to forecast about so many `windows` of the series `ids` [N, I].

    Raises:
        DeviceError: the device does not exist on this machine.
    """
    if is_light(members, columns, run, work(members, weights, windows)):
        return [light.Network(config, columns, own) for config, own in zip(members, weights, strict=True)]
    from rnncast import building, device  # they load torch

    where, found = device.choose(run), list[AnyNetwork]()
    for config, own in zip(members, weights, strict=True):
        network = building.around(config, columns, ids, own).to(where)
        device.use_threads(run, windows * network.shape.num_origins * network.num_weights)
        network.half_precision = run.precision == "bf16"
        found.append(network)
    return found
