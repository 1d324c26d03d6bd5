from dataclasses import fields, replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnncast.panel import FloatArray, IntArray, Panel
from tests.making import panel_of

NAN = np.nan

value = st.one_of(st.just(NAN), st.integers(-9, 9).map(float))
panels = st.lists(st.lists(st.tuples(value, value), min_size=1, max_size=9), min_size=1, max_size=4)


def slow_extremes(panel: Panel, ends: IntArray) -> tuple[FloatArray, FloatArray]:
    lowest = np.full((*ends.shape, panel.num_targets), np.inf)
    highest = -lowest
    for n, w, c in np.ndindex(lowest.shape):
        for row in range(panel.offsets[n], panel.offsets[n] + ends[n, w] + 1):
            if panel.observed[row, c]:
                lowest[n, w, c] = min(lowest[n, w, c], panel.values[row, c])
                highest[n, w, c] = max(highest[n, w, c], panel.values[row, c])
    return lowest, highest


@given(series=panels, count=st.integers(1, 4), pick=st.randoms())
def test_extremes_are_those_of_a_plain_loop(series: list, count: int, pick) -> None:
    panel = panel_of(series)
    ends = np.array([sorted(pick.randrange(len(one)) for _ in range(count)) for one in series])
    for found, expected in zip(panel.extremes(ends), slow_extremes(panel, ends), strict=True):
        np.testing.assert_array_equal(found, expected)


@given(series=panels, pick=st.randoms())
def test_extremes_of_some_series_up_to_a_cut_are_those_of_a_plain_loop(series: list, pick) -> None:
    whole = panel_of(series)
    cut = whole.truncated(np.array([pick.randrange(len(one) + 1) for one in series]))
    panel = cut.only(np.array(sorted(pick.sample(range(len(series)), pick.randint(1, len(series))))))
    ends = np.array([sorted(pick.randrange(-1, length) for _ in range(3)) for length in panel.lengths.tolist()])
    for found, expected in zip(panel.extremes(ends), slow_extremes(panel, ends), strict=True):
        np.testing.assert_array_equal(found, expected)


def test_repeated_ends_have_the_same_extremes() -> None:
    panel = panel_of([[3.0, 1.0, NAN, 7.0, 5.0], [2.0, 4.0]])
    lowest, highest = panel.extremes(np.array([[0, 2, 2, 4, 4], [1, 1, 1, 1, 1]]))
    assert lowest[..., 0].tolist() == [[3, 1, 1, 1, 1], [2] * 5]
    assert highest[..., 0].tolist() == [[3, 3, 3, 7, 7], [4] * 5]


def test_where_nothing_was_seen_the_least_is_above_the_largest() -> None:
    lowest, highest = panel_of([[NAN, NAN, 4.0], [NAN, NAN]]).extremes(np.array([[0, 1, 2], [0, 1, 1]]))
    assert lowest[..., 0].tolist() == [[np.inf, np.inf, 4], [np.inf] * 3]
    assert highest[..., 0].tolist() == [[-np.inf, -np.inf, 4], [-np.inf] * 3]


def test_what_comes_after_an_end_does_not_reach_its_extremes() -> None:
    ends = np.array([[1, 2], [0, 1]])
    one, other = (panel_of([[1.0, 2.0, 3.0, rest], [5.0, 4.0, rest]]).extremes(ends) for rest in (9.0, -9.0))
    for before, after in zip(one, other, strict=True):
        np.testing.assert_array_equal(before, after)


@pytest.fixture
def whole() -> Panel:
    lengths = (4, 2, 3, 5)
    return panel_of(
        [10 * n + np.arange(length) for n, length in enumerate(lengths)],
        past=[n + np.zeros(length) for n, length in enumerate(lengths)],
        future=[10 * n + np.arange(length + 2) for n, length in enumerate(lengths)],
        static=np.arange(8).reshape(4, 2),
    )


def test_only_some_series_are_what_they_were(whole: Panel) -> None:
    series = np.array([1, 3])
    some = whole.only(series)
    assert (some.num_series, some.num_rows) == (2, 7)
    for field in fields(Panel):
        mine, all_ = getattr(some, field.name), getattr(whole, field.name)
        if field.name in {
            "offsets",
            "lengths",
            "start",
            "ids",
            "future_offsets",
            "future_lengths",
            "static_covariates",
        }:
            np.testing.assert_array_equal(mine, all_[series])
        else:
            assert mine is all_


def test_only_some_series_have_their_own_rows(whole: Panel) -> None:
    some = whole.only(np.array([1, 3]))
    assert some.at(some.offsets, 2)[0][..., 0].tolist() == [[10, 11], [30, 31]]
    assert np.flatnonzero(some.row_mask()).tolist() == [4, 5, 9, 10, 11, 12, 13]
    assert some.truncated(np.array([1, 2])).row_mask().sum() == 3


def test_all_series_are_the_whole_panel(whole: Panel) -> None:
    np.testing.assert_array_equal(whole.only(np.arange(4)).row_mask(), whole.row_mask())


def test_rows_of_many_places_are_those_of_each(whole: Panel) -> None:
    first = whole.offsets[:, None] + np.array([[-1, 0, 2], [0, 1, 3], [0, 0, 9], [1, 2, 3]])
    values, seen = whole.at(first, 3)
    for number, column in enumerate(first.T):
        one_values, one_seen = whole.at(column, 3)
        np.testing.assert_array_equal(values[:, number], one_values)
        np.testing.assert_array_equal(seen[:, number], one_seen)


def test_a_part_is_some_series_with_rows_of_their_own(whole: Panel) -> None:
    series = np.array([1, 3])
    part, some = replace(whole, values=whole.values.astype(np.float32)).part(series), whole.only(series)
    assert (len(part.values), part.values.dtype, part.offsets.tolist()) == (7, np.float64, [0, 2])
    for found, expected in zip(part.at(part.offsets, 5), some.at(some.offsets, 5), strict=True):
        np.testing.assert_array_equal(found, expected)
    assert part.past_covariates[:, 0].tolist() == [1, 1, 3, 3, 3, 3, 3]
    assert part.future_covariates[:, 0].tolist() == [10, 11, 12, 13, 30, 31, 32, 33, 34, 35, 36]
    assert part.future_offsets.tolist() == [0, 4]
    assert part.static_covariates.tolist() == [[2, 3], [6, 7]]


def test_a_part_of_a_cut_panel_has_the_rows_before_the_cut(whole: Panel) -> None:
    part = whole.truncated(np.array([4, 1, 3, 2])).part(np.array([1, 3]))
    assert part.values[:, 0].tolist() == [10, 30, 31]


@pytest.mark.parametrize(
    ("rows", "series", "expected"),
    [
        (100, 100, [[0, 1, 2, 3]]),
        (100, 3, [[0, 1, 2], [3]]),
        (6, 100, [[0, 1], [2, 3]]),
        (1, 100, [[0], [1], [2], [3]]),
    ],
)
def test_stretches_hold_all_series_in_order(whole: Panel, rows: int, series: int, expected: list[list[int]]) -> None:
    assert [stretch.tolist() for stretch in whole.stretches(rows, series)] == expected
