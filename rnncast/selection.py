"""What is told from the data: every setting that was left open gets its value here.

| data                                              | segments | context    | lags           | hidden | layers | steps |
|---------------------------------------------------|----------|------------|----------------|--------|--------|-------|
| season of 24 steps or more, ten seasons or more,  | season   | 21 seasons | longest season | 128    | 1      | 1000  |
| and a horizon of at least a season                |          |            |                |        |        |       |
| other, under 2,000 values                         | 1        | 20 seasons | 1.5 seasons    | 32     | 1      | 300   |
| other, under 100,000 values                       | 1        | 20 seasons | 1.5 seasons    | 64     | 2      | 600   |
| other, larger                                     | 1        | 20 seasons | 1.5 seasons    | 128    | 2      | 1000  |

The context is at most the longest series, and at least 100 steps where there are so many.
"""

import numpy as np

from rnncast import frequency
from rnncast.config import Config
from rnncast.errors import DataError, UsageError
from rnncast.panel import IntArray, Panel
from rnncast.scaling import prefers_logarithm

LONGEST_LAGS = 192
"""Most lags that the network reads at an origin by default."""


def holdout(lengths: IntArray, rows: int) -> IntArray:
    """Return how many rows at the end of each series [N] are kept out: `rows`, at most a quarter."""
    return np.minimum(rows, lengths // 4)


def resolve(config: Config, panel: Panel) -> Config:
    """Return `config` with a value for every setting, chosen by the size and the kind of the data.

    Raises:
        DataError: a series is shorter than the horizon.
        UsageError: settings that do not fit together or the data.
    """
    horizon = config.window.horizon or default_horizon(panel)
    check_lengths(panel, horizon)
    defaults = {"horizon": horizon, "season_length": panel.season_lengths}
    defaults |= _window(config, panel, horizon) | _network(panel) | {"test": horizon, "validation": horizon}
    config = _fill(config, defaults)
    config = _fill(config, _training(config, panel))
    window = config.window
    if (window.context_length or 0) % (window.segment_length or 1):
        raise UsageError(
            f"a context of {window.context_length} steps is not a whole number of segments of {window.segment_length}.",
            "Make --context a multiple of --segment.",
        )
    if window.transform == "auto":
        config = config.with_settings({"transform": "log" if prefers_logarithm(panel) else "none"})
    return config


def default_horizon(panel: Panel) -> int:
    """Return the usual horizon of the panel's frequency, or of its season where rows are only numbered."""
    if panel.time.freq is not None and not panel.time.freq.isdigit():
        return frequency.default_horizon(panel.time.freq)
    return {24: 48, 7: 14, 4: 8}.get(panel.season_length, frequency.default_horizon(None))


def check_lengths(panel: Panel, horizon: int) -> None:
    """Raise a DataError that names the first series shorter than the horizon, if there is one."""
    short = np.flatnonzero(panel.lengths < max(horizon, 4))
    if len(short):
        name = f"series '{'/'.join(panel.ids[short[0]])}'" if panel.id_names else "the series"
        more = f" ({len(short) - 1} more are too short)" if len(short) > 1 else ""
        raise DataError(
            f"{name} has {panel.lengths[short[0]]} rows, fewer than the horizon of {horizon} steps{more}.",
            "Give a shorter --horizon, or leave such series out.",
        )


def _fill(config: Config, defaults: dict[str, object]) -> Config:
    """Return the configuration with `defaults` where nothing was set."""
    sections = (config.data, config.window, config.model, config.training)
    unset = {
        name: value
        for name, value in defaults.items()
        for section in sections
        if getattr(section, name, value) in (None, (), "auto")
    }
    return config.with_settings(unset)


def _is_segmented(panel: Panel, horizon: int) -> bool:
    season = panel.season_length
    return season >= 24 and horizon >= season and float(np.median(panel.lengths)) >= 10 * season


def _window(config: Config, panel: Panel, horizon: int) -> dict[str, object]:
    longest, seasons = int(panel.lengths.max()), panel.season_lengths
    season = seasons[0]
    segment = config.window.segment_length or (season if _is_segmented(panel, horizon) else 1)
    if config.window.context_length and config.window.segment_length is None:
        segment = segment if config.window.context_length % segment == 0 else 1
    context = min(21 * season if segment > 1 else max(20 * season, 100), longest)
    context = max(context // segment, 1) * segment
    read = config.window.context_length or context
    lags = seasons[-1] if segment > 1 else season + max(season // 2, 11)
    return {
        "context_length": context,
        "segment_length": segment,
        "num_lags": max(1, min(max(lags, segment), LONGEST_LAGS, read)),
        "guess_season": season if longest >= 2 * season else 1,
    }


def _network(panel: Panel) -> dict[str, object]:
    values = panel.num_rows * panel.num_targets
    small, large = values < 2_000, values >= 100_000
    return {
        "model": "lstm",
        "hidden_size": 32 if small else 128 if large else 64,
        "num_layers": 1 if small else 2,
        "dropout": 0.1,
        "ensemble": 3 if small else 1,
    }


def _training(config: Config, panel: Panel) -> dict[str, object]:
    small, large = panel.num_rows < 2_000, panel.num_rows >= 100_000
    wide = (config.model.hidden_size or 0) > 64
    open_ended = config.training.epochs is None and config.training.time_limit is None
    steps = 300 if small else 1000 if large else 600
    defaults: dict[str, object] = {"batch_size": 32 if small else 128, "learning_rate": 2e-3 if wide else 3e-3}
    return defaults | ({"max_steps": steps} if open_ended else {})
