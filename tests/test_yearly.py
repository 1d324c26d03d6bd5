"""Where in the year a step lies: read of daily and finer data that show two years."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from rnncast import aliases, selection
from rnncast.config import Config
from rnncast.origins import in_year
from rnncast.panel import Panel, TimeAxis
from tests.making import batch_of, network_of, panel_of, walk

DAILY = TimeAxis("day", "D", "1970-01-01")


def daily(rows: int) -> Panel:
    return panel_of([walk(rows)], seasons=(7,), time=DAILY)


@pytest.mark.parametrize(
    ("freq", "steps"),
    [("D", 365.2425), ("2D", 182.62125), ("h", 8765.82), ("B", 260.8875), ("W-MON", 0), ("MS", 0), ("1", 0), (None, 0)],
)
def test_a_year_has_so_many_steps(freq: str | None, steps: float) -> None:
    assert aliases.year_length(freq) == pytest.approx(steps)


def test_a_year_is_a_circle_that_begins_in_january() -> None:
    panel = daily(800)
    network = network_of(panel, yearly=True, freq="D")
    first = network.shape.context_length - 1
    places = in_year(batch_of(panel, network, [first]), 365.2425)[0]
    angle = 2 * np.pi * np.arange(len(places)) / 365.2425
    np.testing.assert_allclose(places, np.stack([np.sin(angle), np.cos(angle)], axis=-1), atol=1e-6)
    later = in_year(batch_of(panel, network, [first + 731]), 365.2425)[0]  # two years and half a day
    np.testing.assert_allclose(later, places, atol=0.01)


@pytest.mark.parametrize(("rows", "is_read"), [(729, False), (900, True)])
def test_two_years_are_needed(rows: int, is_read: bool) -> None:
    config = Config.of({"horizon": 14, "test": 0, "freq": "D"})
    assert {member.window.yearly for member in selection.resolve(config, daily(rows))} == {is_read}
    asked = config.with_settings({"yearly": not is_read})
    assert {member.window.yearly for member in selection.resolve(asked, daily(rows))} == {not is_read}


def test_rows_without_dates_have_no_year() -> None:
    panel = replace(daily(900), time=TimeAxis())
    members = selection.resolve(Config.of({"horizon": 14, "test": 0}), panel)
    assert not any(member.window.yearly for member in members)


def test_the_forecast_depends_on_the_place_in_the_year_ahead() -> None:
    panel = daily(800)
    network = network_of(panel, yearly=True, freq="D")
    batch = batch_of(panel, network, [500])
    moved = batch._replace(ordinal=batch.ordinal + 180)
    with torch.no_grad():
        assert not torch.equal(network.forecast(batch)[0], network.forecast(moved)[0])
        plain = network_of(panel, freq="D")
        assert torch.equal(plain.forecast(batch)[0], plain.forecast(moved)[0])
