"""Panels, networks and windows made up for tests: tiny, seeded and without a file."""

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import ArrayLike

from rnncast.building import build
from rnncast.columns import Columns
from rnncast.config import Config
from rnncast.network import Network
from rnncast.panel import Panel, TimeAxis
from rnncast.scaling import Units
from rnncast.training import Loop
from rnncast.windows import Batch, WindowIndex, Windows

CPU = torch.device("cpu")
DAILY = TimeAxis(name="day", freq="D", anchor="1970-01-01")

TINY: dict[str, object] = {
    "horizon": 3,
    "context_length": 8,
    "segment_length": 1,
    "num_lags": 4,
    "guess_season": 1,
    "season_length": (2,),
    "model": "gru",
    "hidden_size": 5,
    "num_layers": 1,
    "dropout": 0.0,
    "transform": "none",
    "max_steps": 20,
    "batch_size": 8,
    "learning_rate": 1e-2,
}
"""Settings of a network that computes in a millisecond."""


def panel_of(
    series: Sequence[ArrayLike],
    *,
    past: Sequence[ArrayLike] = (),
    future: Sequence[ArrayLike] = (),
    static: ArrayLike | None = None,
    seasons: tuple[int, ...] = (1,),
    time: TimeAxis = TimeAxis(),  # noqa: B008 - frozen
) -> Panel:
    """Return a panel of series [T] or [T, C], where NaN is a value not seen, filled with -99."""
    columns = _columns(series)
    values = np.concatenate(columns)
    lengths = np.array([len(column) for column in columns])
    ahead = _columns(future) if len(future) else [np.zeros((length, 0)) for length in lengths]
    behind = np.concatenate(_columns(past)) if len(past) else np.zeros((len(values), 0))
    known = np.array([len(column) for column in ahead])
    fixed = np.zeros((len(columns), 0)) if static is None else np.asarray(static, dtype=np.float64)
    return Panel(
        values=np.nan_to_num(values, nan=-99.0),
        observed=~np.isnan(values),
        offsets=np.cumsum(lengths) - lengths,
        lengths=lengths,
        start=np.zeros(len(columns), dtype=np.int64),
        ids=np.array([[str(number)] for number in range(len(columns))]),
        id_names=("id",),
        target_names=_names("y", values),
        past_covariates=behind,
        future_covariates=np.concatenate(ahead),
        future_offsets=np.cumsum(known) - known,
        future_lengths=known,
        static_covariates=fixed,
        season_lengths=seasons,
        time=time,
        past_names=_names("p", behind),
        future_names=_names("f", ahead[0]),
        static_names=_names("s", fixed),
    )


def _columns(series: Sequence[ArrayLike]) -> list[np.ndarray]:
    arrays = [np.asarray(one, dtype=np.float64) for one in series]
    return [array[:, None] if array.ndim == 1 else array for array in arrays]


def _names(letter: str, columns: np.ndarray) -> tuple[str, ...]:
    return tuple(f"{letter}{number}" for number in range(columns.shape[1]))


def walk(length: int, targets: int = 1, seed: int = 0) -> np.ndarray:
    """Return a random walk [T, C]."""
    return np.random.default_rng(seed).normal(size=(length, targets)).cumsum(axis=0)


def full_panel(
    targets: int,
    *,
    past: int,
    known: int,
    seasons: tuple[int, ...],
    time: TimeAxis = TimeAxis(),  # noqa: B008 - frozen
) -> Panel:
    """Return three series, one short, with covariates of every kind: `past` ones, and one `known` steps ahead."""
    lengths = (14, 5, 20)
    return panel_of(
        [walk(length, targets, seed) for seed, length in enumerate(lengths)],
        past=[walk(length, past, 10 + length) for length in lengths],
        future=[walk(length + known, 1, 20 + length) for length in lengths],
        static=walk(3, 2, 30),
        seasons=seasons,
        time=time,
    )


def same_units(panel: Panel) -> Units:
    """Return units that change nothing."""
    shape = (panel.num_series, panel.num_targets)
    return Units(np.zeros(shape, dtype=bool), np.ones(shape), np.zeros(shape), np.ones(shape))


def config_of(**settings: object) -> Config:
    """Return a resolved configuration, tiny where `settings` say nothing else."""
    return Config.of(TINY | settings)


def network_of(panel: Panel, trained: bool = True, **settings: object) -> Network:
    """Return a network with the same weights every time; `trained` ones are random in the decoder too."""
    torch.manual_seed(0)
    network = build(config_of(**settings), Columns.of(panel), panel.ids).eval()
    if trained:
        for weight in network.parameters():
            torch.nn.init.normal_(weight, std=0.3)
    return network


def windows_of(panel: Panel, network: Network, units: Units | None = None) -> Windows:
    """Return the windows that a network reads, in the units of the panel's own."""
    shape = network.shape
    return Windows(panel, units or Units.of(panel, False), shape.context_length, shape.horizon, CPU)


def batch_of(panel: Panel, network: Network, ends: Sequence[int]) -> Batch:
    """Return one window of each series, with `ends` as its last past step, in the data's units."""
    windows = windows_of(panel, network, same_units(panel))
    return windows.batch(torch.arange(panel.num_series), torch.tensor(ends))


def loop_of(panel: Panel, **settings: object) -> Loop:
    """Return a training loop over all rows of a panel."""
    config = config_of(**settings)
    network = network_of(panel, trained=False, **settings)
    window = config.window
    index = WindowIndex(panel, window.context_length or 1, window.segment_length or 1, config.training.origins)
    return Loop(network, windows_of(panel, network), index, config.training)
