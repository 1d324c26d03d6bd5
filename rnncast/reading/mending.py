"""Mending: outliers as asked for, and every gap of a panel filled, or refused by name."""

from dataclasses import replace

import numpy as np

from rnncast import cleaning, frequency, outliers
from rnncast.errors import DataError
from rnncast.panel import FloatArray, IntArray, Panel, Raw, series_name

_DONE = {"clip": "clipped for the network", "interpolate": "interpolated for the network"}


def mend(panel: Panel, how: str) -> tuple[Panel, tuple[str, ...]]:
    """Return the panel with outliers as `how` says, of `config.OUTLIERS`, what came beside them, and notes.

    keep         nothing is changed
    clip         an outlier becomes the limit that it crosses, which rests on values up to it
    interpolate  an outlier is a gap with a line through it; as in any gap, an origin inside it does not see the line
    """
    if how == "keep":
        return panel, ()
    found, limit = outliers.find(panel.values, panel.observed, panel.offsets, panel.lengths, panel.season_lengths)
    if not found.any():
        return panel, ()
    notes = (f"{found.sum()} of {panel.observed.sum()} values are outliers; {_DONE[how]}, but scored as they came.",)
    raw = Raw(np.where(panel.observed, panel.values, 0.0), panel.observed)
    if how == "clip":
        return replace(panel, values=np.where(found, limit, panel.values), raw=raw), notes
    observed = panel.observed & ~found
    line = cleaning.fill(panel.values, observed, panel.offsets, panel.lengths, "interpolate")
    return replace(panel, values=np.where(found, line, panel.values), observed=observed, raw=raw), notes


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

    causal, is_whole = "zero" if method == "zero" else "ffill", panel.observed.all()
    return replace(
        panel,
        values=panel.values if is_whole else filled(panel.values, panel.offsets, panel.lengths),
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
