"""Series that stand still: how often they changed says how long they stay."""

import numpy as np
import pytest

from rnncast import standing
from rnncast.blend import Source
from rnncast.panel import IntArray, Panel
from tests.making import panel_of

LEVELS = (0.1, 0.5, 0.9)
HORIZON = 4


def held(panel: Panel, ends: IntArray) -> Source:
    shape = (*ends.shape, HORIZON, panel.num_targets)
    quantiles = np.broadcast_to(np.array([-3.0, 7.0, 99.0]), (*shape, 3))
    return standing.hold(Source(np.full(shape, 7.0), quantiles), panel, ends, LEVELS)


def last(panel: Panel) -> IntArray:
    return panel.lengths[:, None] - 1


def test_a_step_long_ago_leaves_the_new_level() -> None:
    panel = panel_of([[5.0] * 30 + [20.0] * 20])
    found = held(panel, last(panel))
    np.testing.assert_array_equal(found.point, 20.0)
    # One change in 49 steps: (1 - 2 / 51)^4 = 0.852, so 0.074 on each side are less than a tenth.
    np.testing.assert_array_equal(found.quantiles, 20.0)


def test_outer_quantiles_widen_once_a_change_is_likely_enough() -> None:
    panel = panel_of([[1.0] * 6 + [2.0] * 8])  # p = 2 / 15: 0.436 within 4 steps, 0.133 within one
    found = held(panel, last(panel))
    np.testing.assert_array_equal(found.point, 2.0)
    np.testing.assert_array_equal(found.quantiles[0, 0, :, 0, 0], [2.0, -3.0, -3.0, -3.0])
    np.testing.assert_array_equal(found.quantiles[0, 0, :, 0, 2], [2.0, 99.0, 99.0, 99.0])


@pytest.mark.parametrize(
    "values",
    [
        [1.0, 2.0] * 20 + [3.0] * 8,  # changes too often
        [1.0] * 40 + [2.0] * 7,  # has not stood for long
        list(np.arange(40.0)),
    ],
)
def test_what_changes_is_left_to_the_network(values: list[float]) -> None:
    panel = panel_of([values])
    np.testing.assert_array_equal(held(panel, last(panel)).point, 7.0)


def test_each_series_and_origin_is_by_itself() -> None:
    panel = panel_of([[1.0] * 40, [float(n % 3) for n in range(40)]])
    found = held(panel, np.array([[20, 39], [20, 39]]))
    np.testing.assert_array_equal(found.point[0], 1.0)
    np.testing.assert_array_equal(found.point[1], 7.0)
    before = held(panel.truncated(np.array([21, 21])), np.array([[20], [20]]))
    np.testing.assert_array_equal(found.point[:, :1], before.point)
