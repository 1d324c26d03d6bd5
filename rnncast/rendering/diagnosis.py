"""A diagnosis as a neutral table: a row for each thing that was looked at."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from rnncast.diagnosing import Bias, Diagnosis, Failure
from rnncast.frequency import format_stamps
from rnncast.panel import Panel
from rnncast.rendering.base import Column, Table
from rnncast.rendering.columns import column
from rnncast.residuals import FEWEST

Row = tuple[str, str, float, float, float]

NOTE = (
    "bias, largest error: forecast less what came; relative to the mean error of these steps, to the past error\n"
    "importance: rise of the scaled error where the input is that of another window, and its share of the error"
)
NONE = float("nan")


def diagnosis_table(found: Diagnosis, panel: Panel, about: Mapping[str, Any] | None = None) -> Table:
    """Return the rows: what was looked at, of what, its value, its relative value, its p-value."""
    rows = [*_residuals(found), *_rows(found, panel)]
    checks, of, *numbers = zip(*rows, strict=True)
    columns = [Column("check", checks), Column("of", of)]
    columns += [column(name, np.array(part)) for name, part in zip(("value", "relative", "p"), numbers, strict=True)]
    return Table("diagnosis", tuple(columns), note=NOTE, about=about or {})


def _residuals(found: Diagnosis) -> Iterator[Row]:
    correlation, statistic, degrees, p_value = found.residuals
    if not degrees:
        yield "autocorrelation", f"fewer than {FEWEST} errors one step ahead", NONE, NONE, NONE
        return
    yield "autocorrelation", "errors one step ahead, neighbours", correlation, NONE, NONE
    yield "Ljung-Box", f"the same, {degrees} lags", statistic, NONE, p_value


def _rows(found: Diagnosis, panel: Panel) -> Iterator[Row]:
    for bias in found.bias:
        yield "bias", _steps(bias), bias.value, bias.share, NONE
    for failure in found.failures:
        yield "largest error", _place(failure, panel), failure.error, failure.scaled, NONE
    for name, rise, share in found.importance:
        yield "importance", name, rise, share, NONE


def _steps(bias: Bias) -> str:
    return f"step {bias.first}" if bias.first == bias.last else f"steps {bias.first} to {bias.last}"


def _place(failure: Failure, panel: Panel) -> str:
    """Return where an error is: the series and the target, where there are several, the stamp and the step."""
    target = panel.target_names[failure.target] if panel.num_targets > 1 else ""
    stamp = format_stamps(np.array([failure.ordinal]), panel.time)[0]
    return " ".join(filter(None, [*panel.ids[failure.series].tolist(), target, f"{stamp}, step {failure.step}"]))
