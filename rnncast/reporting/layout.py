"""Layout: what the sections have in common: a block for each series that is drawn."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from rnncast.markup.base import Html, element, joined
from rnncast.rendering.charts.making import Excerpt
from rnncast.reporting.material import Material, Shown

Item = TypeVar("Item")


def blocks(material: Material, told: Callable[[Shown], object]) -> Html:
    """Return what is told of each series that is drawn, under its name where there are several."""
    several = len(material.shown) > 1
    return joined(
        *(
            element(
                "div",
                element("h3", shown.name) if several else "",
                told(shown),
                class_="series",
                data_series=shown.number,
            )
            for shown in material.shown
        )
    )


def everything(material: Material, origins: int = 1) -> Excerpt:
    """Return the excerpt that draws every target of the series that are drawn."""
    numbers = [shown.number for shown in material.shown]
    return Excerpt(most=len(numbers) * material.panel.num_targets, series=numbers, origins=origins)


def by_series(material: Material, items: Sequence[Item]) -> dict[int, list[Item]]:
    """Return items that are one for each target of each series that is drawn, by the series' numbers."""
    each = len(items) // max(len(material.shown), 1)
    return {shown.number: list(items[place * each :][:each]) for place, shown in enumerate(material.shown)}


def entitled(what: str, material: Material, target: int) -> str:
    """Return the title of a plot of a target, which is named where there are several."""
    panel = material.panel
    return what if panel.num_targets == 1 or panel.classes else f"{what}: {panel.target_names[target]}"
