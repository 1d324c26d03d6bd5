"""What a notebook shows of a forecaster: one self-contained card, in which the data's names are text."""

import re
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import rnncast

TINY = {"model": "lstm", "max_steps": 2, "ensemble": 1, "hidden_size": 4, "context_length": 8, "horizon": 3}
NASTY = '</style><script>alert("1")</script>'


class Elements(HTMLParser):
    """Collects which elements stand in a page, with their attributes."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    handle_startendtag = handle_starttag


@pytest.fixture(scope="module")
def forecaster() -> rnncast.Forecaster:
    rows = [(name, day, day % 7 + 1.5) for name in (NASTY, "b\x1b[31m") for day in range(40)]
    return rnncast.train(pd.DataFrame(rows, columns=["shop", "day", NASTY]), id="shop", time="day", **TINY)


def test_the_card_says_what_it_is_how_it_stands_and_draws_the_first_series(airline: Path) -> None:
    forecaster = rnncast.train(airline, **TINY)
    card = forecaster._repr_html_()
    assert "lstm, 3 steps ahead of passengers; 1 series, every month (MS), season 12." in card
    mase = forecaster.checkpoint.report["scores"]["lstm"]["mase"]
    assert f"{mase:.4g}" in card
    assert re.search(r'class="interval level-80" d="M\d', card)
    assert "forecast" in card
    assert "The first of" not in card


def test_the_card_is_small_asks_for_nothing_and_runs_nothing(forecaster: rnncast.Forecaster) -> None:
    card = forecaster._repr_html_()
    tags = {tag for tag, _ in Elements(card).found}
    assert not tags & {"script", "img", "link", "iframe", "object"}
    assert not [name for _, attributes in Elements(card).found for name in attributes if name.startswith("on")]
    assert not re.search(r"url\(|https?:|@import", card)
    assert len(card) < 20_000


def test_names_of_the_data_are_text(forecaster: rnncast.Forecaster) -> None:
    card = forecaster._repr_html_()
    assert NASTY not in card
    assert "&lt;/style&gt;&lt;script&gt;" in card
    assert card.count("<style>") == card.count("</style>") == 1
    assert "The first of 2 series." in card


def test_the_line_is_one_line_without_control_characters() -> None:
    frame = pd.DataFrame({"a\nb\x1b[31m": np.arange(40) % 7 + 1.0})
    line = repr(rnncast.train(frame, **TINY))
    assert line.startswith("<Forecaster: lstm, 3 steps ahead of a")
    assert line.isprintable()
    assert "lstm" in line.partition(";")[2]


def test_of_many_targets_the_first_are_named() -> None:
    frame = pd.DataFrame({name: np.arange(40) % 7 + 1.0 for name in "abcde"})
    assert "ahead of a, b, c and 2 more;" in repr(rnncast.train(frame, **TINY))


def test_nothing_is_said_of_errors_that_were_not_measured(airline: Path) -> None:
    assert repr(rnncast.untrained(airline, horizon=3)).endswith("season 12.>")


def test_without_the_covariates_ahead_the_card_says_why_there_is_no_chart() -> None:
    frame = pd.DataFrame({"y": np.arange(40) % 7 + 1.0, "promo": np.arange(40) % 3})
    card = rnncast.train(frame, target="y", future_covariates="promo", **TINY)._repr_html_()
    assert "There is no chart:" in card
    assert "promo" in card
    assert "<figure" not in card
