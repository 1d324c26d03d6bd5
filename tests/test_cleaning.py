import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnncast.cleaning import fill
from rnncast.config import MISSING
from rnncast.errors import DataError, UsageError

NAN = np.nan


def slow_series(values: list[float], method: str, season: int) -> list[float]:
    seen = [i for i, value in enumerate(values) if not np.isnan(value)]
    return [
        value if not np.isnan(value) else slow_cell(values, seen, i, method, season) for i, value in enumerate(values)
    ]


def slow_cell(values: list[float], seen: list[int], i: int, method: str, season: int) -> float:
    before, after = [j for j in seen if j < i], [j for j in seen if j > i]
    if method == "seasonal":
        same = [j for j in seen if j % season == i % season]
        if same:
            earlier = [j for j in same if j < i]
            return values[earlier[-1] if earlier else same[0]]
    if method == "zero" or not seen:
        return 0.0
    if not before:
        return values[after[0]]
    if not after or method == "ffill":
        return values[before[-1]]
    left, right = before[-1], after[0]
    return values[left] + (values[right] - values[left]) * (i - left) / (right - left)


cells = st.one_of(st.just(NAN), st.integers(-100, 100).map(float))
panels = st.lists(st.lists(st.tuples(cells, cells), min_size=1, max_size=14), min_size=1, max_size=4)


@pytest.mark.parametrize("method", [method for method in MISSING if method != "error"])
@given(panel=panels, season=st.integers(1, 5))
def test_filling_equals_a_plain_loop(method: str, panel: list[list[tuple[float, float]]], season: int) -> None:
    values = np.concatenate([np.array(series) for series in panel])
    lengths = np.array([len(series) for series in panel])
    offsets = np.cumsum(lengths) - lengths
    filled = fill(values, ~np.isnan(values), offsets, lengths, method, season)
    expected = [
        np.column_stack([slow_series([row[c] for row in series], method, season) for c in (0, 1)]) for series in panel
    ]
    np.testing.assert_allclose(filled, np.concatenate(expected), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(
    ("method", "expected"),
    [
        ("interpolate", [1, 1, 2, 3, 4, 5, 5]),
        ("ffill", [1, 1, 1, 3, 3, 5, 5]),
        ("seasonal", [3, 1, 5, 3, 1, 5, 3]),
        ("zero", [0, 1, 0, 3, 0, 5, 0]),
    ],
)
def test_each_way_of_filling_gives_known_values(method: str, expected: list[float]) -> None:
    values = np.array([[NAN, 1, NAN, 3, NAN, 5, NAN]]).T
    filled = fill(values, ~np.isnan(values), np.array([0]), np.array([7]), method, 3)
    assert filled[:, 0].tolist() == expected


def test_what_was_seen_stays_to_the_bit_and_the_argument_too() -> None:
    values = np.array([[0.1], [NAN], [1e308], [NAN], [-1e308]])
    before = values.copy()
    filled = fill(values, ~np.isnan(values), np.array([0]), np.array([5]), "interpolate")
    np.testing.assert_array_equal(values, before)
    np.testing.assert_array_equal(filled[[0, 2, 4]], before[[0, 2, 4]])
    assert np.isfinite(filled).all()


def test_the_method_error_refuses_a_missing_value() -> None:
    with pytest.raises(DataError, match="1 values are missing, the first in row 2"):
        fill(np.array([[1.0], [NAN]]), np.array([[True], [False]]), np.array([0]), np.array([2]), "error")


def test_an_unknown_method_offers_the_nearest() -> None:
    with pytest.raises(UsageError) as error:
        fill(np.zeros((1, 1)), np.ones((1, 1), dtype=bool), np.array([0]), np.array([1]), "zeros")
    assert "'zero'" in error.value.hint


def test_no_rows_and_no_columns_are_no_trouble() -> None:
    none = np.empty((3, 0))
    assert fill(none, none.astype(bool), np.array([0]), np.array([3]), "interpolate").shape == (3, 0)
