"""Members: several networks that forecast the same, each of its own configuration."""

from collections.abc import Generator, Sequence
from dataclasses import replace
from functools import partial
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from rnncast import embedded, footprint
from rnncast.building import build
from rnncast.columns import Columns
from rnncast.config import Config, TrainingConfig
from rnncast.device import Sharing, share, use_threads
from rnncast.fits import JUDGED, UNCHANGED, Fit, Judging, Progress, Round
from rnncast.network import Network
from rnncast.panel import FloatArray, Panel, ranges
from rnncast.ranks import Ranks
from rnncast.replicas import at_once
from rnncast.resuming import follow
from rnncast.rounds import one_by_one, side_by_side
from rnncast.scaling import MOST_READ, Units
from rnncast.training import Loop, fit
from rnncast.windows import Batch, WindowIndex, Windows

CHUNK = 256
"""Windows of a validation batch."""

LONGER = 1.1
"""A fit on more rows takes so many times the steps that were best with fewer."""


class _Member(NamedTuple):
    """Holds a network before its first step, and what fits it."""

    network: Network
    window_index: WindowIndex
    windows: Windows
    training: TrainingConfig

    @property
    def work(self) -> int:
        """Return the multiplications of a pass of one step, about."""
        batch = min(self.training.batch_size or 1, len(self.window_index))
        return batch * self.network.shape.num_origins * self.network.num_weights


class _Judged(NamedTuple):
    """Holds the windows that judge: of the series [B] of a few, up to the steps `ends` [B]."""

    windows: Windows
    series: Tensor
    ends: Tensor

    def batches(self, context_length: int, horizon: int) -> list[Batch]:
        """Return them as a network reads them."""
        windows = self.windows.reading(context_length, horizon)
        parts = zip(torch.split(self.series, CHUNK), torch.split(self.ends, CHUNK), strict=True)
        return [windows.batch(series, ends) for series, ends in parts]


def fit_members(
    round_: Round, configs: Sequence[Config], device: torch.device
) -> Generator[Progress, None, tuple[list[Network], list[Fit]]]:
    """Fit a network for each of the resolved `configs`, yielding progress.

    Raises:
        RunError: a loss that is not a number before any weights were good.
    """
    units = Units.of(round_.panel, configs[0].window.transform == "log")
    windows = _windows(round_.panel, units, configs[0], device)
    judged = None if round_.judging is None else _judged(round_.judging, units, configs[0], device)
    members = [_member(round_, number, config, windows) for number, config in enumerate(configs)]
    # Without a step, no loop: an optimiser takes longer to import than a small network to forecast.
    fitted = [number for number, member in enumerate(members) if member.training.max_steps != 0]
    sharing = share(configs[0].run, device, [members[number].work for number in fitted], round_.ranks.count)
    loops = {number: _loop(members[number], sharing, len(fitted), round_.ranks) for number in fitted}
    running = {loop: _fit(round_, number, loop, judged, len(configs)) for number, loop in loops.items()}
    if sharing.fits == 1:
        found = yield from one_by_one(running)
    else:
        longest = sorted(fitted, key=lambda number: -members[number].work)
        found = yield from side_by_side(running, [loops[number] for number in longest], sharing.fits)
    round_.states.settle()
    use_threads(configs[0].run, max(member.work for member in members))
    fits = [found[loops[number]] if number in loops else UNCHANGED for number in range(len(members))]
    return [member.network for member in members], fits


def _member(round_: Round, number: int, config: Config, windows: Windows) -> _Member:
    """Return a member before its first step."""
    window, training, panel = config.window, config.training, round_.panel
    index = WindowIndex(panel, _context(config), window.segment_length or 1, training.origins)
    torch.manual_seed(training.seed)
    network = build(config, Columns.of(panel), panel.ids).to(windows.values.device)
    windows = windows.reading(_context(config), network.shape.horizon)
    if round_.start:
        network.take(round_.start[number])
    elif config.model.model == embedded.MODEL:
        network.take(embedded.load().weights)
    else:
        _standardised(network, panel).start_from(_usual(windows, index))
    if config.model.model == embedded.MODEL:
        for weight in network.model.early():
            weight.requires_grad_(False)
    network.half_precision = config.run.precision == "bf16"
    if round_.earlier:
        training = replace(training, max_steps=round_.earlier[number].planned_steps, epochs=None)
    return _Member(network, index, windows, training)


def _loop(member: _Member, sharing: Sharing, count: int, ranks: Ranks) -> Loop:
    """Return what fits a member, one of `count`; those that run side by side have the time of all.

    Raises:
        RunError: there is not enough memory for its steps.
    """
    training, index = member.training, member.window_index
    if footprint.is_doubtful(sharing.fits * member.work):
        step = min(training.batch_size or 1, len(index))
        together = min(step, sharing.replicas * at_once(member.network, step))
        footprint.check(member.network, _usual(member.windows, index, 2), sharing.fits * together)
    if sharing.fits > 1 and training.time_limit:
        training = replace(training, time_limit=training.time_limit * count)
    return Loop(member.network, member.windows, index, training, sharing.replicas, ranks)


def _fit(round_: Round, number: int, loop: Loop, judged: _Judged | None, count: int) -> Generator[Progress, None, Fit]:
    """Fit a member, one of `count`; what judges it is made when it begins."""
    shape = loop.network.shape
    validation = [] if judged is None else judged.batches(shape.context_length, shape.horizon)
    label = f"{round_.name} {number + 1}/{count}" if count > 1 else round_.name
    stop_at = round(LONGER * round_.earlier[number].best_step) if round_.earlier else None
    return (yield from fit(loop, label, validation, stop_at, partial(follow, round_.states)))


def _context(config: Config) -> int:
    return config.window.context_length or 1


def _windows(panel: Panel, units: Units, config: Config, device: torch.device) -> Windows:
    return Windows(panel, units, _context(config), config.window.horizon or 1, device)


def _usual(windows: Windows, index: WindowIndex, most: int = CHUNK) -> Batch:
    """Return evenly spaced windows that are learned from."""
    spaced = np.linspace(0, len(index) - 1, min(len(index), most))  # float32, as torch has it, ends at 2^24
    series, ends = index.locate(torch.from_numpy(spaced.astype(np.int64)))
    device = windows.values.device
    return windows.batch(series.to(device), ends.to(device))


def _judged(judging: Judging, units: Units, config: Config, device: torch.device) -> _Judged:
    """Return evenly spaced windows of those that judge; only the rows of their series are laid on the device."""
    panel, ends = judging
    chosen = np.unique(np.linspace(0, ends.size - 1, JUDGED).astype(np.int64))
    series, place = np.unique(chosen // ends.shape[1], return_inverse=True)
    numbers = series[:, None] * panel.num_targets + np.arange(panel.num_targets)  # [series, C]
    reach = _context(config), config.window.horizon or 1
    windows = Windows(panel.part(series), units.only(series), *reach, device, numbers)
    return _Judged(windows, *(torch.from_numpy(part).to(device) for part in (place, ends.ravel()[chosen])))


def _standardised(network: Network, panel: Panel) -> Network:
    """Give the network the mean and spread of the covariates over the rows it learns from; codes stay as they are."""
    roles = {} if network.shape.folds else Columns.of(panel).by_role
    for name, words in ((name, words) for name, words in roles.items() if words):
        values, is_number = _covariates(panel, name).clip(-MOST_READ, MOST_READ), np.array(words) == 0
        loc, spread = values.mean(axis=0), values.std(axis=0)
        rounding = 1e-7 * np.abs(loc) + 1 / MOST_READ  # what it leaves of a constant is no variation
        varies = is_number & (spread > rounding)
        getattr(network, f"{name}_loc").copy_(_tensor(np.where(is_number, loc, 0.0)))
        getattr(network, f"{name}_scale").copy_(_tensor(np.where(varies, spread, 1.0)))
    return network


def _covariates(panel: Panel, role: str) -> FloatArray:
    """Return the covariates of a role over the rows that are learned from, [R, K]; static ones [N, S]."""
    if role == "static":
        return panel.static_covariates
    values, first = (
        (panel.past_covariates, panel.offsets) if role == "past" else (panel.future_covariates, panel.future_offsets)
    )
    return values[ranges(first, panel.lengths)]


def _tensor(values: FloatArray) -> torch.Tensor:
    return torch.from_numpy(values.astype(np.float32))
