"""Members: several networks of one configuration, each from its own seed, fitted one after the other."""

from collections.abc import Generator, Sequence
from dataclasses import replace

import numpy as np
import torch

from rnncast.config import Config
from rnncast.device import use_threads
from rnncast.network import Columns, Network, build, num_weights
from rnncast.panel import FloatArray, IntArray, Panel
from rnncast.scaling import Units
from rnncast.training import Fit, Loop, Progress, fit
from rnncast.windows import Batch, WindowIndex, Windows

JUDGED_SERIES = 2048
"""Most series whose validation windows judge the weights; of more, every k-th is taken."""

CHUNK = 256
"""Windows of a validation batch."""

LONGER = 1.1
"""A fit on more rows takes so many times the steps that were best with fewer."""


def fit_members(
    name: str, config: Config, panel: Panel, judged: Panel | None, earlier: Sequence[Fit], device: torch.device
) -> Generator[Progress, None, tuple[list[Network], list[Fit]]]:
    """Fit every member on the rows of `panel`, yielding progress.

    Args:
        name: what this round of fits is for, said in its records.
        config: resolved settings.
        panel: the rows that are learned from.
        judged: the same series with the validation rows after them; None fits without validation.
        earlier: the same members' fits with validation, which tell how long to fit now; may be empty.
        device: where the networks live.

    Raises:
        RunError: a loss that is not a number before any weights were good.
    """
    window, training = config.window, config.training
    index = WindowIndex(panel, window.context_length or 1, window.segment_length or 1, training.origins)
    units = Units.of(panel, window.transform == "log")
    windows = _windows(panel, units, config, device)
    validation = _validation(_windows(judged, units, config, device), panel.lengths - 1) if judged else []
    networks, fits = [], []
    members = training.ensemble or 1
    for number in range(members):
        settings = replace(training, seed=training.seed + number)
        torch.manual_seed(settings.seed)
        network = _standardised(build(config, Columns.of(panel)), panel).to(device)
        network.start_from(_usual(windows, index))
        batch = min(training.batch_size or 1, len(index))
        use_threads(config.run, batch * network.shape.num_origins * num_weights(network))
        network.half_precision = config.run.precision == "bf16"
        stop_at = None
        if earlier:
            settings = replace(settings, max_steps=earlier[number].planned_steps, epochs=None)
            stop_at = round(LONGER * earlier[number].best_step)
        label = f"{name} {number + 1}/{members}" if members > 1 else name
        fits.append((yield from fit(Loop(network, windows, index, settings), label, validation, stop_at)))
        networks.append(network)
    return networks, fits


def _windows(panel: Panel, units: Units, config: Config, device: torch.device) -> Windows:
    return Windows(panel, units, config.window.context_length or 1, config.window.horizon or 1, device)


def _usual(windows: Windows, index: WindowIndex) -> Batch:
    """Return evenly spaced windows that are learned from."""
    series, ends = index.locate(torch.linspace(0, len(index) - 1, min(len(index), CHUNK)).long())
    device = windows.values.device
    return windows.batch(series.to(device), ends.to(device))


def _validation(windows: Windows, ends: IntArray) -> list[Batch]:
    """Return the windows of the series [N], or of evenly spaced ones, whose last step is `ends`."""
    device = windows.values.device
    chosen = torch.from_numpy(np.unique(np.linspace(0, len(ends) - 1, JUDGED_SERIES).astype(np.int64)))
    last = torch.from_numpy(ends)[chosen].to(device)
    return [
        windows.batch(series, end)
        for series, end in zip(torch.split(chosen.to(device), CHUNK), torch.split(last, CHUNK), strict=True)
    ]


def _standardised(network: Network, panel: Panel) -> Network:
    """Give the network the mean and spread of the covariates over the rows it learns from."""
    seen_ahead = np.repeat(panel.future_offsets - np.cumsum(panel.lengths) + panel.lengths, panel.lengths)
    columns = {
        "past": panel.past_covariates[panel.row_mask()],
        "future": panel.future_covariates[seen_ahead + np.arange(panel.num_rows)],
        "static": panel.static_covariates,
    }
    for name, values in columns.items():
        loc, spread = values.mean(axis=0), values.std(axis=0)
        varies = spread > 1e-7 * np.abs(loc)  # what rounding leaves of a constant is no variation
        getattr(network, f"{name}_loc").copy_(_tensor(loc))
        getattr(network, f"{name}_scale").copy_(_tensor(np.where(varies, spread, 1.0)))
    return network


def _tensor(values: FloatArray) -> torch.Tensor:
    return torch.from_numpy(values.astype(np.float32))
