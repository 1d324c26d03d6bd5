"""The section on the data: what was read, every series with its gaps and outliers, and a list of these."""

from typing import NamedTuple

import numpy as np

from rnncast import outliers
from rnncast.frequency import format_stamps
from rnncast.markup.base import Html, element, joined, section
from rnncast.markup.curves import data_plot
from rnncast.markup.drawing import figure
from rnncast.markup.tables import folded, pairs
from rnncast.panel import BoolArray, Panel
from rnncast.rendering import views
from rnncast.rendering.base import Column, Table, Value
from rnncast.rendering.charts.making import data_charts
from rnncast.reporting.layout import blocks, by_series, entitled, everything
from rnncast.reporting.material import Material, Shown

LISTED = 200
"""Outliers and gaps of a series that are listed, at most."""


class Finding(NamedTuple):
    """Says what is odd about a series, from its first step to its last, counted from 0."""

    first: int
    last: int
    target: str
    what: str
    value: float | None


def data(material: Material) -> Html:
    """Return the section."""
    charts = by_series(material, data_charts(material.panel, everything(material)).charts)

    def told(shown: Shown) -> Html:
        found = _outliers(material.panel, shown.number)
        filled = material.panel.values[_place(material.panel, shown.number)]
        plots = [
            data_plot(chart, filled[:, target], found[:, target], entitled("Observed", material, target))
            for target, chart in enumerate(charts[shown.number])
        ]
        odd = _findings(material.panel, shown.number, found)
        caption = f"Gaps and outliers of {shown.name}" if shown.name else "Gaps and outliers"
        listed = folded(_listed(odd, material.panel, shown.number), caption) if odd else ""
        return joined(*map(figure, plots), listed)

    properties, values = views.reading_table(material.reading, {}).columns
    summary = pairs(list(zip(map(str, properties.values), map(_said, values.values), strict=True)))
    notes = [element("li", note) for note in (*material.reading.left_out, *material.reading.notes)]
    return section("data", "Data", summary, element("ul", *notes) if notes else "", blocks(material, told))


def _said(value: Value) -> str | None:
    """Return a value as people read it; of shares the percentage."""
    if isinstance(value, float):
        return f"{value:.2%}"
    return f"{value:,}" if isinstance(value, int) else value


def _place(panel: Panel, series: int) -> slice:
    """Return where the rows of a series are."""
    return slice(panel.offsets[series], panel.offsets[series] + panel.lengths[series])


def _outliers(panel: Panel, series: int) -> BoolArray:
    """Return which values of a series are outliers, [T, C]; of classes none is."""
    came, rows = panel.scored, _place(panel, series)
    if panel.classes:
        return np.zeros_like(came.observed[rows])
    begin, length = np.zeros(1, dtype=np.int64), panel.lengths[series : series + 1]
    return outliers.find(came.values[rows], came.observed[rows], begin, length, panel.season_lengths).found


def _findings(panel: Panel, series: int, found: BoolArray) -> list[Finding]:
    """Return the gaps and the outliers of a series, in the order of time."""
    came, rows = panel.scored, _place(panel, series)
    entries = []
    for target, name in enumerate(panel.target_names):
        gaps = np.flatnonzero(~came.observed[rows][:, target])
        runs = np.split(gaps, np.flatnonzero(np.diff(gaps) > 1) + 1) if len(gaps) else []
        entries += [Finding(int(run[0]), int(run[-1]), name, "gap", None) for run in runs]
        values = came.values[rows][:, target].tolist()
        entries += [
            Finding(row, row, name, "outlier", values[row]) for row in np.flatnonzero(found[:, target]).tolist()
        ]
    return sorted(entries, key=lambda entry: (entry.first, entry.last))


def _listed(findings: list[Finding], panel: Panel, series: int) -> Table:
    """Return a row for each of the last gaps and outliers."""
    last = findings[-LISTED:]
    columns = [
        Column("from", format_stamps(panel.start[series] + np.array([one.first for one in last]), panel.time)),
        Column("to", format_stamps(panel.start[series] + np.array([one.last for one in last]), panel.time)),
        *([Column("target", [one.target for one in last])] if panel.num_targets > 1 else []),
        Column("what", [one.what for one in last]),
        Column("value", [one.value for one in last]),
    ]
    note = f"The last {LISTED} of {len(findings)}." if len(findings) > LISTED else ""
    return Table("findings", tuple(columns), note=note)
