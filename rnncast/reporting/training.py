"""The section on training: the loss by step of each fit, and what was chosen."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from rnncast.markup.base import Html, element, paragraph, section
from rnncast.markup.drawing import figure
from rnncast.markup.plots import Layer, Plot
from rnncast.rendering.charts.ticks import number_ticks
from rnncast.reporting.material import Material

AT_ONCE = 10
"""Most steps that are written below a plot, about."""

Record = Mapping[str, Any]


def training(material: Material) -> Html:
    """Return the section."""
    checkpoint = material.forecaster.checkpoint
    reasons = element("ul", *(element("li", reason) for reason in checkpoint.report.get("reasons", [])))
    by_name: dict[str, list[Record]] = {}
    for record in checkpoint.history:
        by_name.setdefault(str(record["fit"]), []).append(record)
    plots = [_plot(name, records) for name, records in by_name.items()]
    untrained = "" if plots else paragraph("No weight was fitted to these data: the model forecasts as it is.")
    pair = element("div", *map(figure, plots), class_="pair")
    return section("training", "Training", untrained, pair, reasons)


def _plot(name: str, records: Sequence[Record]) -> Plot:
    """Return the plot of one fit's losses; of an ensemble a line for each member."""
    last = max(int(record["step"]) for record in records)
    layers = []
    members = _members(records)
    for place, member in enumerate(members):
        steps = np.array([record["step"] for record in member], dtype=np.int64)
        number = f" {place + 1}" if len(members) > 1 else ""
        for key, style in (("loss", "observed"), ("validation", "forecast")):
            values = np.array([_value(record.get(key)) for record in member])
            if np.isfinite(values).any():
                strength = 1.0 if place == 0 else 0.5
                layers.append(Layer(f"{_WORDS[key]}{number}", style, steps, values, strength=strength))
    return Plot(
        title=f"Fit: {name}",
        summary=f"The loss over {last} steps.",
        labels=_Steps(last + 1),
        ticks=(tuple((tick.place, tick.label) for tick in number_ticks(0, last, AT_ONCE)),),
        layers=tuple(layers),
        is_small=True,
    )


_WORDS = {"loss": "training loss", "validation": "validation loss"}


class _Steps(Sequence[str]):
    """Names steps by their numbers."""

    def __init__(self, count: int) -> None:
        self._count = count

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, step: Any) -> Any:
        return f"step {step:,}"


def _members(records: Sequence[Record]) -> list[list[Record]]:
    """Return the records of each member: steps begin anew with each."""
    cuts = [0, *(place + 1 for place, (a, b) in enumerate(pairwise(records)) if b["step"] <= a["step"]), len(records)]
    return [list(records[first:last]) for first, last in pairwise(cuts)]


def _value(value: float | None) -> float:
    return float("nan") if value is None else float(value)
