"""What is told from the data: every setting that was left open gets its value here.

| data                                     | segment | context    | lags        | hidden | layers | batch | steps |
|------------------------------------------|---------|------------|-------------|--------|--------|-------|-------|
| long seasons, 20,000 values and more     | season  | 14 seasons | 7 seasons   | 128    | 1      | 128   | 800   |
| long seasons, fewer values               | season  | 14 seasons | 7 seasons   | 64     | 1      | 32    | 300   |
| other, under 500 values                  | 1 step  | 20 seasons | 1.5 seasons | 32     | 1      | 32    | 100   |
| other, under 2,000 values                | 1 step  | 20 seasons | 1.5 seasons | 32     | 1      | 32    | 300   |
| other, under 100,000 values              | 1 step  | 20 seasons | 1.5 seasons | 64     | 2      | 32    | 300   |
| other, larger                            | 1 step  | 20 seasons | 1.5 seasons | 128    | 2      | 128   | 800   |

Long seasons: of 24 steps or more, ten of them or more in the median series, and a horizon of at least one.
The context is at most the longest series, and at least 100 steps where there are so many; the lags are at
most 192. Under 2,000 values three networks are trained and their median taken. The figures were chosen on
the training parts of M4 hourly and M1 monthly and on earlier rows of the classic series.
"""

import numpy as np

from rnncast import frequency
from rnncast.config import Config
from rnncast.errors import DataError, UsageError
from rnncast.panel import IntArray, Panel, series_name
from rnncast.scaling import prefers_logarithm

LONGEST_LAGS = 192
"""Most lags that the network reads at an origin by default."""

TINY, SMALL, LARGE, LARGE_SEGMENTED = 500, 2_000, 100_000, 20_000
"""Values below which data are tiny or small, and from which on they are large."""


def holdout(lengths: IntArray, asked: int | None, horizon: int) -> IntArray:
    """Return how many rows at the end of each series [N] are kept out.

    What was asked for is at most half of a series; the default, one horizon, at most a quarter.
    """
    return np.minimum(horizon, lengths // 4) if asked is None else np.minimum(asked, lengths // 2)


def resolve(config: Config, panel: Panel) -> Config:
    """Return `config` with a value for every setting, chosen by the size and the kind of the data.

    Sizes are those of the whole panel; what depends on values is told from the rows that are not held out.

    Raises:
        DataError: a series is shorter than the horizon.
        UsageError: settings that do not fit together or the data.
    """
    horizon = config.window.horizon or default_horizon(panel)
    check_lengths(panel, horizon)
    defaults = {"horizon": horizon, "season_length": panel.season_lengths}
    defaults |= _window(config, panel, horizon)
    config = _fill(config, defaults)
    config = _fill(config, _network(config, panel))
    _check_windows(config)
    if config.window.transform == "auto":
        before = panel.truncated(panel.lengths - holdout(panel.lengths, config.training.test, horizon))
        config = config.with_settings({"transform": "log" if prefers_logarithm(before) else "none"})
    return config


def _check_windows(config: Config) -> None:
    """Raise a UsageError where context, segments and lags do not fit together."""
    context, segment = config.window.context_length or 1, config.window.segment_length or 1
    if context % segment:
        raise UsageError(
            f"a context of {context} steps is not a whole number of segments of {segment}.",
            "Make --context a multiple of --segment.",
        )
    if (config.window.num_lags or segment) < segment:
        raise UsageError(
            f"{config.window.num_lags} lags are fewer than the {segment} steps of a segment: some would not be read.",
            "Make --lags at least --segment.",
        )


def default_horizon(panel: Panel) -> int:
    """Return the usual horizon, or half of the shortest series where most are long enough and some are not."""
    usual, shortest = usual_horizon(panel), int(panel.lengths.min())
    return usual if shortest >= usual or np.median(panel.lengths) < usual else max(1, shortest // 2)


def usual_horizon(panel: Panel) -> int:
    """Return the usual horizon of the panel's frequency, or of its season where rows are only numbered."""
    if panel.time.freq is not None and not panel.time.freq.isdigit():
        return frequency.default_horizon(panel.time.freq)
    return {24: 48, 7: 14, 4: 8}.get(panel.season_length, frequency.default_horizon(None))


def check_lengths(panel: Panel, horizon: int) -> None:
    """Raise a DataError that names the first series shorter than the horizon, if there is one."""
    short = np.flatnonzero(panel.lengths < max(horizon, 4))
    if len(short):
        name, rows = series_name(panel.ids, short[0]), panel.lengths[short[0]]
        more = f" ({len(short) - 1} more are too short)" if len(short) > 1 else ""
        raise DataError(
            f"{name} has {rows} rows, fewer than the horizon of {horizon} steps{more}.",
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
    longest, season = int(panel.lengths.max()), panel.season_length
    segment = config.window.segment_length or (season if _is_segmented(panel, horizon) else 1)
    read = config.window.context_length
    if read and config.window.segment_length is None and read % segment:
        segment = 1
    context = min(14 * season if segment > 1 else max(20 * season, 100), longest)
    context = max(context // segment, 1) * segment
    lags = 7 * season if segment > 1 else season + max(season // 2, 11)
    return {
        "context_length": context,
        "segment_length": segment,
        "num_lags": max(segment, min(lags, LONGEST_LAGS, read or context)),
        "guess_season": season if longest >= 2 * season else 1,
    }


def _network(config: Config, panel: Panel) -> dict[str, object]:
    values, segmented = panel.num_rows * panel.num_targets, config.window.segment_length != 1
    small, large = values < SMALL, values >= (LARGE_SEGMENTED if segmented else LARGE)
    return {
        "model": "lstm",
        "hidden_size": 128 if large else 32 if small and not segmented else 64,
        "num_layers": 1 if small or segmented else 2,
        "dropout": 0.1,
        "ensemble": 3 if small else 1,
        "batch_size": 128 if large else 32,
        "learning_rate": 5e-3 if segmented else 2e-3 if large else 3e-3,
    } | _length(config, 800 if large else 100 if values < TINY and not segmented else 300)


def _length(config: Config, steps: int) -> dict[str, object]:
    """Return how many steps to take at most, unless epochs say it."""
    return {"max_steps": steps} if config.training.epochs is None else {}
