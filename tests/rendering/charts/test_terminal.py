import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from rnncast.rendering.base import Screen
from rnncast.rendering.charts.base import Gallery
from rnncast.rendering.charts.terminal import render
from tests.rendering.charts.making import NAN, chart_of, fan_of, rising

FORECAST = rising(fan_of(10, [10.0, 11.0, 12.0], 6.0, 3.0))
TESTED = rising(fan_of(6, [6.0, 6.0, 6.0, 6.0], 2.0))


def lines(gallery: Gallery, width: int = 60, unicode: bool = True) -> list[str]:
    return render(gallery, Screen(width, unicode=unicode)).splitlines()


def test_a_chart_in_ascii_looks_like_this() -> None:
    assert lines(FORECAST, 48, unicode=False) == [
        "sales                   2024-01-01 to 2024-01-13",
        "  |                                  |       ...",
        "  |                                  |  ........",
        "15+                                  |  .......:",
        "  |                                  |  ..::::::",
        "  |                                  |  ::::::::",
        "  |                                  |  :::ooooo",
        "10+                                  |  ooo:::::",
        "  |                               ***|  ::::::::",
        "  |                           ****   |  :::::...",
        "  |                      *****       |  ........",
        " 5+                ******            |  .......",
        "  |            *****                 |  ..",
        "  |       *****                      |",
        "  |   ****                           |",
        " 0+***                               |",
        "  ++-------------------------+------------------",
        "   1 Jan 2024              8 Jan",
        "",
        "*** what came   ooo forecast   ... 95%   ::: 80% interval",
    ]


def test_ascii_is_ascii_whatever_the_names_are() -> None:
    gallery = rising(fan_of(10, [1.0], 1.0), name="größe")
    assert "\n".join(lines(gallery, unicode=False)).isascii()
    assert "größe" in lines(gallery)[0]


@pytest.mark.parametrize("unicode", [True, False])
def test_what_came_the_forecast_and_its_interval_differ_without_colour(unicode: bool) -> None:
    drawn = lines(TESTED, unicode=unicode)
    assert "what came" in drawn[-1]
    signs = ("⠤⠤⠤", "⠤ ⠤", "░░░") if unicode else ("***", "ooo", "...")
    assert all(sign in drawn[-1] for sign in signs)
    assert signs[2][0] in "".join(drawn[1:-2])


def test_colour_changes_nothing_but_colour() -> None:
    plain, coloured = (render(FORECAST, Screen(80, colour=colour, unicode=True)) for colour in (False, True))
    assert "\x1b[" not in plain
    assert "\x1b[38;5;32m" in coloured
    bare = re.sub(r"\x1b\[[0-9;]*m", "", coloured)
    assert [line.rstrip() for line in bare.splitlines()] == plain.splitlines()


@pytest.mark.parametrize("width", [60, 100, 160])
def test_several_charts_stand_beside_each_other_where_there_is_room(width: int) -> None:
    gallery = Gallery(FORECAST.charts * 3, left_out=1234)
    drawn = lines(gallery, width)
    assert max(map(cell_len, drawn)) <= width
    assert sum("sales" in line for line in drawn) == (3 if width == 60 else 2)
    assert drawn[-1] == "... 1,234 more not drawn"


def test_control_characters_and_markup_in_names_are_harmless() -> None:
    text = "\n".join(lines(rising(name="[/red]\x1b[31m\n$x$")))
    assert r"[/red]\x1b[31m\n$x$" in text


def test_a_gap_is_a_gap_and_a_point_beside_one_is_seen() -> None:
    whole, broken = (
        Gallery((chart_of(values),)) for values in ([0.0] * 9, [0.0, NAN, NAN, NAN, NAN, 0.0, NAN, NAN, 0.0])
    )
    dots = [sum(line.count("*") for line in lines(gallery, unicode=False)) for gallery in (whole, broken)]
    assert dots[0] > 50
    assert dots[1] == 3


@pytest.mark.parametrize("values", [[], [NAN, NAN], [5.0], [7.0, 7.0], [1e308, -1e308], [1e-300, 2e-300]])
def test_odd_series_are_drawn_too(values: list[float]) -> None:
    gallery = Gallery((chart_of(values, fan_of(len(values), [1.0], 1.0)),))
    for unicode in (True, False):
        assert max(map(cell_len, lines(gallery, unicode=unicode))) <= 60


def test_nothing_to_draw_is_no_chart() -> None:
    assert lines(Gallery(())) == []


def test_classes_stand_at_the_axis() -> None:
    gallery = Gallery((chart_of([0.0, 1.0, 0.0], fan_of(3, [1.0]), words=("dry", "rain")),))
    text = "\n".join(lines(gallery))
    assert " dry┤" in text
    assert "rain┤" in text


@settings(max_examples=30, deadline=None)
@given(
    values=st.lists(st.floats(width=32), min_size=1, max_size=300),
    name=st.text(max_size=100),
    width=st.integers(40, 200),
    unicode=st.booleans(),
)
def test_any_chart_fits_the_screen(values: list[float], name: str, width: int, unicode: bool) -> None:
    finite = [value if abs(value) < float("inf") else NAN for value in values]
    text = render(Gallery((chart_of(finite, name=name),)), Screen(width, unicode=unicode))
    assert max(map(cell_len, text.split("\n"))) <= width
