"""Members: several networks that forecast the same, each of its own configuration, fitted one after the other."""

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from rnncast import embedded
from rnncast.columns import Columns
from rnncast.config import Config
from rnncast.device import use_threads
from rnncast.network import Network, build, num_weights
from rnncast.panel import FloatArray, IntArray, Panel
from rnncast.scaling import Units
from rnncast.training import Fit, Loop, Progress, fit
from rnncast.windows import Batch, WindowIndex, Windows

JUDGED = 2048
"""Most validation windows that judge the weights; of more, every k-th is taken."""

CHUNK = 256
"""Windows of a validation batch."""

UNCHANGED = Fit(0, 0, ())
"""How a network that is taken as it is was fitted."""

LONGER = 1.1
"""A fit on more rows takes so many times the steps that were best with fewer."""


class Judging(NamedTuple):
    """Says from which windows weights are judged while they are fitted.

    Attributes:
        panel: the series that are learned from, with the validation rows after them.
        ends: [N, W], the origins' steps.
    """

    panel: Panel
    ends: IntArray


@dataclass(frozen=True, slots=True, eq=False)
class Round:
    """Says what one round of fits, one for each member, learns from.

    Attributes:
        name: what the round is for, said in its records.
        panel: the rows that are learned from.
        judging: what chooses the step whose weights are kept; None fits without.
        earlier: the same members' fits with validation, which tell how long to fit now; may be empty.
        start: each member's weights to start from; empty for weights by chance.
    """

    name: str
    panel: Panel
    judging: Judging | None = None
    earlier: Sequence[Fit] = ()
    start: Sequence[Mapping[str, Tensor]] = ()


def fit_members(
    round_: Round, configs: Sequence[Config], device: torch.device
) -> Generator[Progress, None, tuple[list[Network], list[Fit]]]:
    """Fit a network for each of the resolved `configs`, yielding progress.

    Raises:
        RunError: a loss that is not a number before any weights were good.
    """
    networks, fits = [], []
    units = Units.of(round_.panel, configs[0].window.transform == "log")
    windows = _windows(round_.panel, units, configs[0], device)
    judged = None if round_.judging is None else _windows(round_.judging.panel, units, configs[0], device)
    for number, config in enumerate(configs):
        network, loop = _loop(round_, number, config, windows)
        networks.append(network)
        if loop is None:
            fits.append(UNCHANGED)
            continue
        reach = _context(config), network.shape.horizon
        validation = _validation(judged.reading(*reach), round_.judging.ends) if judged and round_.judging else []
        label = f"{round_.name} {number + 1}/{len(configs)}" if len(configs) > 1 else round_.name
        stop_at = round(LONGER * round_.earlier[number].best_step) if round_.earlier else None
        fits.append((yield from fit(loop, label, validation, stop_at)))
    return networks, fits


def _loop(round_: Round, number: int, config: Config, windows: Windows) -> tuple[Network, Loop | None]:
    """Return a member's network before its first step, and the loop that fits it; None where no step is to be taken."""
    window, training, panel = config.window, config.training, round_.panel
    index = WindowIndex(panel, _context(config), window.segment_length or 1, training.origins)
    torch.manual_seed(training.seed)
    network = build(config, Columns.of(panel), panel.ids).to(windows.values.device)
    windows = windows.reading(_context(config), network.shape.horizon)
    if round_.start:
        network.load_state_dict(round_.start[number])
    elif config.model.model == embedded.MODEL:
        network.load_state_dict(embedded.load().weights)
    else:
        _standardised(network, panel).start_from(_usual(windows, index))
    if config.model.model == embedded.MODEL:
        for weight in network.model.early():
            weight.requires_grad_(False)
    batch = min(training.batch_size or 1, len(index))
    use_threads(config.run, batch * network.shape.num_origins * num_weights(network))
    network.half_precision = config.run.precision == "bf16"
    if round_.earlier:
        training = replace(training, max_steps=round_.earlier[number].planned_steps, epochs=None)
    if training.max_steps == 0:  # an optimiser takes longer to import than a small network to forecast
        return network, None
    return network, Loop(network, windows, index, training)


def _context(config: Config) -> int:
    return config.window.context_length or 1


def _windows(panel: Panel, units: Units, config: Config, device: torch.device) -> Windows:
    return Windows(panel, units, _context(config), config.window.horizon or 1, device)


def _usual(windows: Windows, index: WindowIndex) -> Batch:
    """Return evenly spaced windows that are learned from."""
    series, ends = index.locate(torch.linspace(0, len(index) - 1, min(len(index), CHUNK)).long())
    device = windows.values.device
    return windows.batch(series.to(device), ends.to(device))


def _validation(windows: Windows, ends: IntArray) -> list[Batch]:
    """Return the windows whose last steps are `ends` [N, W], or evenly spaced ones of them."""
    device = windows.values.device
    chosen = np.unique(np.linspace(0, ends.size - 1, JUDGED).astype(np.int64))
    series, last = (torch.from_numpy(part).to(device) for part in (chosen // ends.shape[1], ends.ravel()[chosen]))
    return [
        windows.batch(number, end)
        for number, end in zip(torch.split(series, CHUNK), torch.split(last, CHUNK), strict=True)
    ]


def _standardised(network: Network, panel: Panel) -> Network:
    """Give the network the mean and spread of the covariates over the rows it learns from; codes stay as they are."""
    seen_ahead = np.repeat(panel.future_offsets - np.cumsum(panel.lengths) + panel.lengths, panel.lengths)
    columns = {
        "past": panel.past_covariates[panel.row_mask()],
        "future": panel.future_covariates[seen_ahead + np.arange(panel.num_rows)],
        "static": panel.static_covariates,
    }
    for name, words in ({} if network.shape.folds else Columns.of(panel).by_role).items():
        values, is_number = columns[name], np.array(words) == 0
        loc, spread = values.mean(axis=0), values.std(axis=0)
        varies = is_number & (spread > 1e-7 * np.abs(loc))  # what rounding leaves of a constant is no variation
        getattr(network, f"{name}_loc").copy_(_tensor(np.where(is_number, loc, 0.0)))
        getattr(network, f"{name}_scale").copy_(_tensor(np.where(varies, spread, 1.0)))
    return network


def _tensor(values: FloatArray) -> torch.Tensor:
    return torch.from_numpy(values.astype(np.float32))
