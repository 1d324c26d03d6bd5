"""A report in a real browser: it opens in peace, and what the script adds to it works, by mouse and by keys."""

from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from tests.browser import Page
from tests.reporting.conftest import NASTY

PLOT = "document.querySelector('#forecast ~ .series:not([hidden]) .plot')"


def box(page: Page, script: str) -> dict[str, float]:
    found: dict[str, float] = page.run(f"(() => {{ const e = {script}; e.scrollIntoView({{block: 'center'}});"
                                       " return e.getBoundingClientRect().toJSON() })()")  # fmt: skip
    return found


def point_at(page: Page, share: float) -> None:
    """Move the mouse over the first plot, so far from its left."""
    place = box(page, PLOT)
    page.move(place["x"] + share * place["width"], place["y"] + place["height"] / 2)


def told(page: Page) -> str:
    return str(page.run(f"{PLOT}.querySelector('.told').innerText"))


def cells(page: Page, column: int) -> list[str]:
    """Return the visible cells of a column of the table of forecasts."""
    rows = "[...document.querySelectorAll('#forecast ~ .series .data tbody tr')]"
    found: list[str] = page.run(f"{rows}.map((row) => row.cells[{column}].textContent)")
    return found


def click(page: Page, script: str) -> None:
    place = box(page, script)
    middle = place["x"] + place["width"] / 2, place["y"] + place["height"] / 2
    page.move(*middle, kind="mousePressed", button="left", clickCount=1)
    page.move(*middle, kind="mouseReleased", button="left", clickCount=1)


def type_into(page: Page, script: str, text: str) -> None:
    page.run(f"{script}.focus()")
    page.call("Input.insertText", text=text)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_report_opens_without_a_complaint_or_a_request(page: Page, shops_report: Path, scheme: str) -> None:
    page.prefer(prefers_color_scheme=scheme)
    page.open(shops_report)
    assert page.complaints == []
    assert page.requests == [shops_report.as_uri()]
    assert page.run("document.querySelectorAll('img').length") == 0


def test_light_and_dark_are_as_the_reader_prefers(page: Page, airline_report: Path) -> None:
    colours = {}
    for scheme in ("light", "dark"):
        page.prefer(prefers_color_scheme=scheme)
        page.open(airline_report)
        colours[scheme] = page.run("getComputedStyle(document.body).backgroundColor")
    assert sum(channels(colours["light"])) > 700 > 100 > sum(channels(colours["dark"]))


def channels(colour: str) -> list[int]:
    return [int(part) for part in colour.removeprefix("rgb(").removesuffix(")").split(",")]


def test_values_are_told_under_the_pointer(page: Page, airline_report: Path) -> None:
    page.open(airline_report)
    point_at(page, 0.999)
    shown = told(page)
    assert shown.startswith("1961-12")
    assert "95% interval" in shown
    assert "forecast" in shown


def test_values_are_told_to_who_has_no_mouse(page: Page, airline_report: Path) -> None:
    page.open(airline_report)
    page.run("document.querySelector('figure .tools input').focus()")
    page.press("ArrowLeft")
    assert told(page).startswith("1961-11")
    said = page.run("document.activeElement.getAttribute('aria-valuetext')")
    assert said.startswith("1961-11, forecast 427.45, 95% interval ")


def test_dragging_zooms_and_a_double_click_shows_all(page: Page, airline_report: Path) -> None:
    page.open(airline_report)
    window = f"{PLOT}.querySelector('svg').getAttribute('viewBox')"
    whole, place = page.run(window), box(page, PLOT)
    left, right, height = (place["x"] + share * place["width"] for share in (0.6, 0.9, 0.1))
    height = place["y"] + 50
    page.move(left, height, kind="mousePressed", button="left", clickCount=1)
    page.move(right, height, buttons=1)
    page.move(right, height, kind="mouseReleased", button="left", clickCount=1)
    assert page.run(window) != whole
    labels = page.run("[...document.querySelector('figure .below').children].map((text) => text.textContent)")
    assert 3 <= len(labels) <= 10
    click(page, "document.querySelector('.tools button:last-child')")
    assert page.run(window) == whole


def test_buttons_zoom_and_move(page: Page, airline_report: Path) -> None:
    page.open(airline_report)
    window = f"{PLOT}.querySelector('svg').getAttribute('viewBox').split(' ').map(Number)"
    click(page, "document.querySelector('.tools button[title=\"zoom in\"]')")
    narrow = page.run(window)
    assert narrow[2] == pytest.approx(500)
    click(page, "document.querySelector('.tools button[title=\"earlier\"]')")
    assert page.run(window)[0] == pytest.approx(narrow[0] - 125)


def test_one_series_is_shown_at_a_time(page: Page, shops_report: Path) -> None:
    page.open(shops_report)
    shown = "[...document.querySelectorAll('#forecast ~ .series:not([hidden]) h3')].map((title) => title.textContent)"
    assert page.run(shown) == [NASTY]
    page.run("document.getElementById('series').focus()")
    page.press("ArrowDown")
    assert page.run(shown) != [NASTY]
    assert len(page.run(shown)) == 1


def test_intervals_are_switched_even_without_a_script(page: Page, airline_report: Path) -> None:
    page.call("Emulation.setScriptExecutionDisabled", value=True)
    page.open(airline_report)
    page.call("Emulation.setScriptExecutionDisabled", value=False)
    shown = "getComputedStyle(document.querySelector('.plot path.level-80')).display"
    assert page.run(shown) != "none"
    click(page, "document.getElementById('show-80')")
    assert page.run(shown) == "none"
    assert page.run("getComputedStyle(document.querySelector('td.level-80')).display") == "none"


def test_a_table_is_sorted_by_a_click_on_its_header(page: Page, airline_report: Path) -> None:
    page.open(airline_report)
    header = "document.querySelectorAll('#forecast ~ .series thead th')[1]"
    for order, sign in (("ascending", 1), ("descending", -1)):
        click(page, f"{header}.querySelector('button')")
        values = [float(text) for text in cells(page, 1)]
        assert values == sorted(values, key=lambda value: sign * value)
        assert page.run(f"{header}.getAttribute('aria-sort')") == order


def test_a_table_is_filtered_by_what_is_typed(page: Page, report: Any, airline: Path) -> None:
    page.open(report("long", airline, "--horizon", "24", "--baseline", "naive", "--windows", "1"))
    type_into(page, "document.querySelector('#forecast ~ .series input[type=search]')", "1962-0")
    assert cells(page, 0) == [f"1962-0{month}" for month in range(1, 10)]
    assert page.run("document.querySelector('#forecast ~ .series .filter span').textContent") == "9 of 24 rows"


def test_the_page_is_no_wider_than_a_telephone(page: Page, shops_report: Path) -> None:
    page.resize(390, 800)
    page.open(shops_report)
    assert page.run("document.documentElement.scrollWidth") <= 390


def test_controls_are_not_printed(page: Page, airline_report: Path) -> None:
    page.prefer(media="print")
    page.open(airline_report)
    hidden = page.run("['header', '.tools'].map((name) => getComputedStyle(document.querySelector(name)).display)")
    assert hidden == ["none", "none"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_that_keeps_anyone_out(page: Page, shops_report: Path, scheme: str) -> None:
    found = find_spec("axe_core_python")
    if found is None or found.origin is None:
        pytest.skip("axe-core-python is not installed")
    page.prefer(prefers_color_scheme=scheme)
    page.open(shops_report)
    page.run("for (const details of document.querySelectorAll('details')) details.open = true")
    page.run(Path(found.origin).with_name("axe.min.js").read_text(encoding="utf-8"))
    violations = page.run("axe.run().then((found) => found.violations.map((one) => [one.id, one.impact, "
                          "one.nodes.slice(0, 3).map((node) => node.html.slice(0, 200))]))")  # fmt: skip
    assert violations == []
