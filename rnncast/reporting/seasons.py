"""The section on seasons: each season over the one before, and what is forecast over them."""

from typing import NamedTuple

import numpy as np

from rnncast.frequency import format_stamps, to_stamps
from rnncast.markup.base import Html, element, section
from rnncast.markup.drawing import figure
from rnncast.markup.plots import Layer, Plot, Ticks
from rnncast.panel import FloatArray, IntArray, Panel, TimeAxis
from rnncast.reporting.material import Material
from rnncast.spelling import MONTHS, WEEKDAYS, StampArray
from rnncast.zones import to_wall

DRAWN, NAMED = 12, 4
"""Last seasons that are drawn, and those of them that are told apart."""

LONGEST = 400
"""Most steps of a season that is drawn."""

CHECKED = 8
"""Seasons in which a unit of the calendar has to begin as often, to be what the season is."""

UNITS = ("Y", "W", "D", "h")
MOST_TICKS = 12


class Season(NamedTuple):
    """Says where a season begins, and what its steps are called."""

    length: int
    shift: int
    labels: tuple[str, ...]

    @property
    def ticks(self) -> tuple[Ticks, ...]:
        """Return as many of the labels as there is room for."""
        steps = (1, 2, 3, 4, 6, 7, 12, 24, 48, 96)
        apart = next((step for step in steps if self.length <= MOST_TICKS * step), self.length)
        return (tuple((place, self.labels[place]) for place in range(0, self.length, apart)),)


def seasons(material: Material) -> Html:
    """Return the section; empty where there is no season to draw."""
    panel = material.panel
    lengths = [length for length in panel.season_lengths if 1 < length <= LONGEST]
    if panel.classes or not lengths:
        return Html()
    known = [_season(panel, length) for length in lengths]
    blocks = []
    for shown in material.shown:
        plots = [
            _plot(material, (shown.number, target), season)
            for target in range(panel.num_targets)
            for season in known
            if panel.lengths[shown.number] >= 2 * season.length
        ]
        name = element("h3", shown.name) if len(material.shown) > 1 else ""
        blocks.append(element("div", name, *map(figure, plots), class_="series", data_series=shown.number))
    return section("seasons", "Seasons", *blocks)


def _season(panel: Panel, length: int) -> Season:
    """Return a season that begins with a year, week, day or hour where it is one, else with the first step."""
    time, begin = panel.time, int(panel.start.min())
    if time.freq is not None and not time.freq.isdigit():
        wall = _wall(np.arange(begin, begin + (CHECKED + 1) * length), time)
        for unit in UNITS:
            first = np.flatnonzero(np.diff(_count(wall, unit))) + 1
            if len(first) >= CHECKED and (np.diff(first) == length).all():
                names = _names(wall[first[0] : first[0] + length], unit)
                return Season(length, -(begin + int(first[0])) % length, names)
    return Season(length, -begin % length, tuple(str(place + 1) for place in range(length)))


def _wall(ordinals: IntArray, time: TimeAxis) -> StampArray:
    stamps = to_stamps(ordinals, time)
    return stamps if time.zone is None else to_wall(stamps, time.zone)


def _count(wall: StampArray, unit: str) -> IntArray:
    """Return in which year, week, day or hour stamps lie; weeks begin on Monday."""
    if unit == "W":
        return (wall.astype("datetime64[D]").astype(np.int64) + 3) // 7
    return wall.astype(f"datetime64[{unit}]").astype(np.int64)


def _names(wall: StampArray, unit: str) -> tuple[str, ...]:
    """Return what the steps of a season are called."""
    texts = np.datetime_as_string(wall, unit="m").tolist()
    if unit == "Y":
        days = len({text[5:7] for text in texts}) < len(texts)
        return tuple(f"{int(text[8:10])} " * days + MONTHS[int(text[5:7]) - 1][:3] for text in texts)
    if unit == "W":
        weekdays = [WEEKDAYS[day % 7][:3] for day in (wall.astype("datetime64[D]").astype(np.int64) + 3).tolist()]
        clocks = ["" if text.endswith("00:00") else f" {text[11:]}" for text in texts]
        return tuple(day + clock for day, clock in zip(weekdays, clocks, strict=True))
    return tuple(text[11:] for text in texts)


def _plot(material: Material, place: tuple[int, int], season: Season) -> Plot:
    """Return the plot of a series' last seasons, and of those that the forecast is of."""
    panel, (series, target) = material.panel.scored, place
    rows = np.s_[panel.offsets[series] : panel.offsets[series] + panel.lengths[series]]
    values = np.where(panel.observed[rows, target], panel.values[rows, target], np.nan)
    past = _parts(values, int(panel.start[series]), season)[-DRAWN:]
    ahead = _parts(material.forecast.point[series, :, target], int(material.forecast.first[series]), season)
    layers = [
        Layer(_called(first, season, panel) if left <= NAMED else "", "season", places, part, strength=_strength(left))
        for left, (first, places, part) in zip(range(len(past), 0, -1), past, strict=True)
    ]
    layers += [Layer("forecast", "forecast", places, part) for _, places, part in ahead]
    name = f": {panel.target_names[target]}" if panel.num_targets > 1 else ""
    return Plot(
        title=f"Season of {season.length} steps{name}",
        summary=f"The last {len(past)} seasons, each from {season.labels[0]} to {season.labels[-1]}, and the forecast.",
        labels=season.labels,
        ticks=season.ticks,
        layers=tuple(layers),
    )


def _strength(left: int) -> float:
    """Return how strong a season is drawn that is so many before the end, 1 for the last."""
    return 1.0 if left == 1 else max(0.2, 0.75 - 0.12 * (left - 1))


def _parts(values: FloatArray, first: int, season: Season) -> list[tuple[int, IntArray, FloatArray]]:
    """Return each season's first ordinal, the places of its values and the values."""
    counted = first + season.shift + np.arange(len(values))
    cuts = np.flatnonzero(counted % season.length == 0)
    parts = zip(np.split(counted, cuts), np.split(values, cuts), strict=True)
    return [
        (int(count[0]) - season.shift - int(count[0]) % season.length, count % season.length, part)
        for count, part in parts
        if len(part)
    ]


def _called(first: int, season: Season, panel: Panel) -> str:
    """Return what a season is called: the year, or when it begins."""
    stamp = format_stamps(np.array([first]), panel.time)[0]
    if panel.time.freq is None or panel.time.freq.isdigit():
        return f"from {stamp}"
    text = str(np.datetime_as_string(_wall(np.array([first]), panel.time), unit="m")[0])
    return text[:4] if text[4:] == "-01-01T00:00" and season.labels[0].endswith("Jan") else f"from {text[:10]}"
