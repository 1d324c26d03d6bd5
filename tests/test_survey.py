import numpy as np
import pytest

from rnncast.survey import Survey
from tests.making import panel_of

NOISE = np.random.default_rng(0).normal(size=100) + 10


def changed(values: np.ndarray, **cells: float) -> np.ndarray:
    values = values.copy()
    for step, value in cells.items():
        values[int(step[1:])] = value
    return values


def test_an_ordinary_series_has_nothing_unusual() -> None:
    assert Survey.of(panel_of([NOISE, -NOISE])) == Survey(0, 0.0, 0, 0, 0)


def test_gaps_are_counted_by_series_and_as_a_share() -> None:
    found = Survey.of(panel_of([NOISE, changed(NOISE, s3=np.nan, s4=np.nan), changed(NOISE, s9=np.nan)]))
    assert found.with_gaps == 2
    assert found.missing == pytest.approx(3 / 300)


def test_a_target_that_begins_late_or_ends_early_is_a_gap() -> None:
    late, early = NOISE.copy(), NOISE.copy()
    late[:10] = early[95:] = np.nan
    found = Survey.of(panel_of([np.stack([NOISE, late, early], axis=1)]))
    assert (found.with_gaps, found.missing) == (1, pytest.approx(15 / 300))


def test_constant_and_intermittent_series_are_counted() -> None:
    rare = np.where(np.arange(100) % 3 == 0, 5.0, 0.0)
    series = [NOISE, np.full(50, 3.0), np.zeros(20), rare, changed(rare, s1=-1.0), np.arange(30.0)]
    found = Survey.of(panel_of(series))
    assert (found.constant, found.intermittent) == (2, 1)


def test_what_is_missing_is_no_zero_and_no_change() -> None:
    found = Survey.of(panel_of([changed(np.full(50, 3.0), s7=np.nan), np.where(np.arange(50) % 3, np.nan, 4.0)]))
    assert (found.constant, found.intermittent) == (2, 0)


def test_outliers_are_counted_whatever_becomes_of_them() -> None:
    assert Survey.of(panel_of([NOISE, changed(NOISE, s50=90.0, s70=-90.0)])).outliers == 2
