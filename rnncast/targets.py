"""Targets: what counts and classes ask of the settings, as it is for any numbers."""

from collections.abc import Iterable

import numpy as np

from rnncast import embedded, registry
from rnncast.bounds import UNBOUNDED
from rnncast.config import Config, TrainingConfig
from rnncast.errors import DataError, UsageError
from rnncast.panel import Panel, series_name

STEPS, LAGS, MOST_LAGS = 64, 8, 24
"""Steps of classes that networks read, or two seasons if they are longer; their lags, or a season of up to 24."""

SMALL = 20_000
"""Rows below which the networks of classes are small, and few windows at once say much, as every step is an origin."""

MEMBERS = 2
"""Members of `auto` for classes."""


def suited(config: Config, panel: Panel) -> Config:
    """Return the configuration with what the target asks for.

    Raises:
        DataError: negative values that a loss of counts cannot take.
        UsageError: a setting that has no sense for what is forecast.
    """
    if panel.classes:
        return _for_classes(config, panel)
    _check_anchor(config.training.anchor, registry.BASELINES)
    return _for_counts(config, panel)


def _for_counts(config: Config, panel: Panel) -> Config:
    """Return the configuration with what a loss for counts asks for, as it is for other losses."""
    loss = config.training.loss
    if loss not in registry.COUNTING:
        return config
    if config.window.transform == "log":
        raise UsageError(f"--loss {loss} is of counts as they are, not of logarithms.", "Leave --transform out.")
    least = np.where(panel.observed, panel.values, 0.0).min(axis=1)  # [R]
    negative = np.flatnonzero((least < 0) & panel.row_mask())
    if len(negative):
        name = series_name(panel.ids, int(np.searchsorted(panel.offsets, negative[0], side="right")) - 1)
        raise DataError(
            f"{name} has the value {least[negative[0]]:g}, and --loss {loss} is of counts, which are never negative.",
            "Take another --loss, such as quantile or student-t, or mend the data.",
        )
    return config.filled({"minimum": 0.0, "integer": True}).with_settings({"transform": "none"})


def _for_classes(config: Config, panel: Panel) -> Config:
    """Return the configuration with what classes ask for: every step is read by itself, and nothing is scaled."""
    _check_classes(config, panel)
    is_auto, is_small = config.model.model == "auto", panel.num_rows < SMALL
    chosen = {"loss": next(iter(registry.CLASS_HEADS)), "channels": "joint", "transform": "none"}
    context = min(int(panel.lengths.max()), max(STEPS, 2 * panel.season_length))
    return config.with_settings(chosen).filled(
        {
            "scaling": "series",
            "guess_season": 0,
            "segment_length": 1,
            "context_length": context,
            "num_lags": min(context, max(LAGS, min(panel.season_length, MOST_LAGS))),
            "batch_size": 8 if is_small else 32,
            "hidden_size": 32 if is_small else 64,
            "anchor": "markov" if is_auto else "none",
            "ensemble": MEMBERS if is_auto else 1,
        }
    )


def _check_classes(config: Config, panel: Panel) -> None:
    """Raise a UsageError for a setting that has no sense for classes."""
    training, default = config.training, TrainingConfig()
    for asked, what in (
        (training.loss not in (default.loss, *registry.CLASS_HEADS), f"--loss {training.loss} is of numbers"),
        (training.quantiles != default.quantiles, "--quantiles are of numbers"),
        (config.bounds != UNBOUNDED, "--min, --max and --integer are of numbers"),
        (config.window.transform == "log", "--transform log is of numbers"),
        (config.model.model == embedded.MODEL, "the embedded model forecasts numbers"),
        (folds(config), f"--model {config.model.model} forecasts numbers"),
    ):
        if asked:
            whose = f"the target '{panel.target_names[0]}' is of classes"
            raise UsageError(f"{what}, and {whose}.", "Leave it out; 'rnncast train' fits networks to the data.")
    _check_anchor(training.anchor, registry.CLASS_BASELINES)


def _check_anchor(name: str, fitting: Iterable[str]) -> None:
    if name not in ("auto", "none", *fitting):
        raise UsageError(f"--anchor {name} does not fit the target.", f"Take one of {', '.join(fitting)}.")


def folds(config: Config) -> bool:
    """Tell whether a named model reads the past folded."""
    return config.model.model in registry.FOLDING
