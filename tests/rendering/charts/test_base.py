import numpy as np

from rnncast.rendering.charts.base import outline
from tests.rendering.charts.making import chart_of, fan_of


def test_a_short_series_is_its_own_outline() -> None:
    assert outline(np.arange(10.0), 10).tolist() == list(range(10))


def test_an_outline_keeps_the_extremes_and_the_ends() -> None:
    values = np.sin(np.arange(10_000) / 50)
    values[7_777], values[1_234] = 9, -9
    kept = outline(values, 100)
    assert len(kept) <= 104
    assert {7_777, 1_234, 9_999} <= set(kept.tolist())


def test_an_outline_keeps_gaps() -> None:
    values = np.arange(10_000.0)
    values[3_000:5_000] = np.nan
    assert np.isnan(values[outline(values, 100)]).any()


def test_the_extent_is_of_all_that_is_drawn() -> None:
    assert chart_of([1.0, 2.0], fan_of(2, [5.0], 10.0, 1.0)).extent == (-5, 15)
    assert chart_of([float("nan")]).extent == (0, 0)
