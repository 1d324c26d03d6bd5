"""Mending: every gap of a panel filled, or refused by name."""

from dataclasses import replace

import numpy as np

from rnncast import cleaning, frequency
from rnncast.errors import DataError
from rnncast.panel import FloatArray, IntArray, Panel, series_name


def fill(panel: Panel, method: str) -> Panel:
    """Return the panel with targets and covariates filled; its season is that of the "seasonal" method.

    Past covariates have no mask, so a gap in them repeats the last value before it, or is zero where the
    method says so: a value told from later rows would let an origin inside the gap see ahead.

    Raises:
        DataError: the method is "error" and a value is missing.
    """
    if method == "error":
        _check(panel, panel.values, panel.target_names, panel.offsets)
        _check(panel, panel.past_covariates, panel.past_names, panel.offsets)
        _check(panel, panel.future_covariates, panel.future_names, panel.future_offsets)

    def filled(values: FloatArray, offsets: IntArray, lengths: IntArray, how: str = method) -> FloatArray:
        return cleaning.fill(values, ~np.isnan(values), offsets, lengths, how, panel.season_length)

    causal = "zero" if method == "zero" else "ffill"
    return replace(
        panel,
        values=filled(panel.values, panel.offsets, panel.lengths),
        past_covariates=filled(panel.past_covariates, panel.offsets, panel.lengths, causal),
        future_covariates=filled(panel.future_covariates, panel.future_offsets, panel.future_lengths),
    )


def _check(panel: Panel, values: FloatArray, names: tuple[str, ...], offsets: IntArray) -> None:
    missing = np.argwhere(np.isnan(values))
    if not len(missing):
        return
    row, column = missing[0].tolist()
    series = int(np.searchsorted(offsets, row, side="right")) - 1
    stamp = frequency.format_stamps(panel.start[series : series + 1] + row - offsets[series], panel.time)[0]
    rest = f", nor have {len(missing) - 1} more cells" if len(missing) > 1 else ""
    message = f"{series_name(panel.ids, series)} has no value in '{names[column]}' at {stamp}{rest}."
    raise DataError(message, "Fill it, or choose another way with --missing.")
