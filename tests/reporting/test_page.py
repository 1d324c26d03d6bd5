"""A report is one whole page: nothing of it lies elsewhere, nothing in it runs but its own script."""

import hashlib
import json
import re
from base64 import b64encode
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

import rnncast
from rnncast.api import read, untrained
from rnncast.config import DataConfig
from rnncast.errors import UsageError
from rnncast.markup.base import data, element, markup, number
from rnncast.markup.tables import MOST, table
from rnncast.panel import Panel
from rnncast.rendering.base import Column, Table
from rnncast.reporting import Asked, gather, material, page
from tests.reporting.conftest import NASTY, Report

VOID = {"meta", "input", "path", "line"}
OUTSIDE = re.compile(r"(?:https?:)?//[a-z]|url\(|@import|javascript:", re.IGNORECASE)


class Outline(HTMLParser):
    """Collects a page's elements with their attributes, its text and its scripts, and checks that each is closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.texts: list[str] = []
        self.scripts: list[str] = []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in VOID
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        (self.scripts if self.open and self.open[-1] == "script" else self.texts).append(data)

    def having(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


@pytest.fixture(scope="module")
def airline_page(airline_report: Path) -> str:
    return airline_report.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def shops_page(shops_report: Path) -> str:
    return shops_report.read_text(encoding="utf-8")


def material_of(airline: Path, **asked: object) -> material.Material:
    forecaster = untrained(airline)
    wanted = Asked(title="t", command="c", baselines=("naive",), windows=1)
    return gather(forecaster, lambda: untrained(airline, test=12), forecaster.own(), replace(wanted, **asked))


def test_a_report_has_a_section_for_all_that_was_promised(airline_page: str) -> None:
    titles = re.findall(r'<h2 id="(\w+)">', airline_page)
    assert titles == ["forecast", "backtest", "data", "seasons", "training", "making"]
    assert [f'href="#{title}"' in airline_page for title in titles] == [True] * len(titles)


def test_the_report_of_the_airline_series_is_small(airline_report: Path) -> None:
    assert airline_report.stat().st_size < 300_000


def test_the_same_data_give_the_same_bytes(report: Report, airline: Path, airline_report: Path) -> None:
    again = report("airline", airline, "--baseline", "seasonal-naive", "--baseline", "naive")
    assert again.read_bytes() == airline_report.read_bytes()


def test_nothing_lies_outside_of_the_page(airline_page: str) -> None:
    outline = Outline(airline_page)
    kinds = {tag for tag, _ in outline.elements}
    assert kinds.isdisjoint({"link", "img", "iframe", "object", "embed", "base", "form", "image", "use", "audio"})
    named = [value for _, attributes in outline.elements for key, value in attributes.items() if key in ("href", "src")]
    assert all(value and value.startswith("#") for value in named)
    assert OUTSIDE.search(airline_page.replace("http://www.w3.org/2000/svg", "")) is None


def test_the_policy_lets_the_page_run_its_own_script_and_style_alone(airline_page: str) -> None:
    policy = next(m["content"] for m in Outline(airline_page).having("meta") if "http-equiv" in m)
    assert policy is not None
    assert policy.startswith("default-src 'none'")
    assert "unsafe" not in policy
    for tag in ("script", "style"):
        own = re.findall(rf"<{tag}>(.*?)</{tag}>", airline_page, re.DOTALL)
        assert len(own) == 1
        assert b64encode(hashlib.sha256(own[0].encode()).digest()).decode() in policy


def test_no_element_has_a_style_or_a_handler_of_its_own(shops_page: str) -> None:
    keys = {key for _, attributes in Outline(shops_page).elements for key in attributes}
    assert "style" not in keys
    assert [key for key in keys if key.startswith("on")] == []


def test_what_the_data_say_is_text(shops_page: str) -> None:
    outline = Outline(shops_page)
    assert "img" not in {tag for tag, _ in outline.elements}
    assert NASTY in "".join(outline.texts)
    assert [json.loads(script) for script in outline.scripts if script.startswith("{")]


def test_every_number_of_the_forecast_stands_in_the_page_without_a_script(airline: Path, airline_page: str) -> None:
    expected = untrained(airline).predict(levels=(50, 80, 95))
    text = "\n".join(Outline(airline_page).texts)
    rows = re.findall(r"1961-\d\d(?:\n[\d.]+){7}", text)
    found = np.array([[float(cell) for cell in row.split("\n")[1:]] for row in rows])
    assert np.allclose(found, expected.iloc[:, 1:].to_numpy(), atol=0.006)


def test_every_plot_is_drawn_and_described(airline_page: str) -> None:
    drawn = [svg for svg in Outline(airline_page).having("svg") if svg.get("role") == "img"]
    assert len(drawn) == airline_page.count("<figure")
    assert all(svg["aria-label"] for svg in drawn)
    assert re.search(r'class="forecast" d="M[\d.]+ [\d.]+l', airline_page)


def test_gaps_and_outliers_are_marked_and_listed(shops_page: str) -> None:
    assert 'class="gap"' in shops_page
    assert 'class="outlier"' in shops_page
    text = "\n".join(Outline(shops_page).texts)
    assert "2024-01-09\n2024-01-09\ngap" in text
    assert "2024-03-01\n2024-03-01\noutlier" in text


def test_a_report_says_how_to_make_it_again(shops_page: str) -> None:
    text = "".join(Outline(shops_page).texts)
    assert "--baseline seasonal-naive" in text
    assert f"--series '{NASTY}'" in text
    assert "--horizon 7 " in text


def test_of_many_series_the_best_the_worst_and_those_asked_for_are_drawn(shops_page: str) -> None:
    shown = re.findall(r'<option value="(\d+)">', shops_page)
    assert shown[0] == "0"
    assert len(shown) == len(set(shown)) in (6, 7)  # the one that was asked for may be among the others
    assert re.findall(r'optgroup label="([^"]+)"', shops_page) == ["asked for", "of the best", "of the worst"]


def test_where_nothing_can_be_measured_the_report_says_why(airline: Path) -> None:
    forecaster = rnncast.train(airline, model="gru", hidden_size=4, max_steps=2, ensemble=1, anchor="none", test=0)
    gathered = gather(forecaster, lambda: forecaster, forecaster.own(), Asked(title="t", command="c"))
    assert "There is none: a window of 12 steps needs 12 rows that the weights have not learned from" in page(gathered)
    with pytest.raises(UsageError, match="not learned from"):
        gather(forecaster, lambda: forecaster, forecaster.own(), Asked(title="t", command="c", windows=2))


def test_a_series_that_is_not_there_is_refused(airline: Path) -> None:
    with pytest.raises(UsageError, match="no series 'north'"):
        material_of(airline, series=("north",))


def test_the_fits_of_a_trained_model_are_drawn(airline: Path) -> None:
    forecaster = rnncast.train(airline, model="gru", hidden_size=4, max_steps=6, ensemble=1, anchor="none")
    asked = Asked(title="t", command="c", baselines=("naive",))
    text = page(gather(forecaster, lambda: forecaster, forecaster.own(), asked))
    assert "Fit: held-out" in text
    assert "Fit: final" in text
    assert "validation loss" in text


def test_classes_are_drawn_by_their_words(report: Report, tmp_path: Path) -> None:
    path = tmp_path / "weather.csv"
    path.write_text("weather\n" + "\n".join(["sun", "rain", "sun", "fog"] * 12) + "\n", encoding="utf-8")
    rnncast.train(path, max_steps=5, hidden_size=4, ensemble=1).save(tmp_path / "weather.st")
    text = report("weather", "-c", tmp_path / "weather.st").read_text(encoding="utf-8")
    assert ">fog</text>" in text
    assert "Seasons" not in text


def test_a_table_of_many_rows_shows_some_and_carries_all() -> None:
    found = str(table(Table("metrics", (Column("number", list(range(1000))),)), "numbers"))
    assert found.count("<tr>") == MOST + 1
    outline = Outline(found)
    assert json.loads(outline.scripts[0]) == [[str(number) for number in range(1000)]]


def test_text_is_escaped_and_markup_is_not() -> None:
    assert element("p", "<b>", element("i", 'a"b'), title='"&') == (
        '<p title="&quot;&amp;">&lt;b&gt;<i>a&quot;b</i></p>'
    )
    assert markup("a\x07\u202eb") == "a\\x07\\u202eb"
    assert data({"a": "</script>\u2028&"}) == (
        '<script type="application/json">{"a":"\\u003c/script\\u003e\\u2028\\u0026"}</script>'
    )


@pytest.mark.parametrize(
    ("value", "said"), [(0.0, "0.000"), (1234567.8, "1,234,568"), (0.00001234, "1.234e-05"), (float("nan"), "unknown")]
)
def test_numbers_of_sentences_have_four_digits(value: float, said: str) -> None:
    assert number(value) == said


def test_an_id_of_several_parts_is_found_by_either_sign(airline: Path) -> None:
    frame_ids = np.array([["a", "b"], ["c", "d"]])
    panel: Panel = replace(
        read(airline, DataConfig()).panel, ids=frame_ids, id_names=("x", "y"), offsets=np.zeros(2, dtype=np.int64)
    )
    assert [shown.number for shown in material.choose(panel, None, ["c/d"])] == [1, 0]
    assert [shown.name for shown in material.choose(panel, None, ["c d"])] == ["c d", "a b"]
