"""Carried states forecast what windows that are read anew do, row after row, and take no more memory."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from rnncast import light, registry
from rnncast.blend import Source
from rnncast.carrying import Carrier
from rnncast.casting import AnyNetwork
from rnncast.columns import Columns
from rnncast.forecasting import Predictor, predict
from rnncast.panel import Panel
from tests.making import DAILY, config_of, network_of, panel_of, walk

CONTEXT = 12
STEPPED = [
    name
    for name in registry.MODELS
    if network_of(panel_of([walk(9)]), model=name, num_lags=3, guess_season=0, context_length=CONTEXT).is_stepped
]


class Counted:
    """Counts how often a network was asked for one more step, and how many windows took it."""

    def __init__(self, network: AnyNetwork) -> None:
        self.network, self.shape, self.is_stepped, self.taken = network, network.shape, network.is_stepped, list[int]()

    def step(self, inputs: np.ndarray, static: np.ndarray, carried: Any) -> Any:
        self.taken.append(len(inputs))
        return self.network.step(inputs, static, carried)


def forecasts(
    network: AnyNetwork, panel: Panel, first: int, horizon: int = 2
) -> tuple[list[Source], list[Source], Carrier]:
    """Return the forecasts after each row of one series from its `first` on: carried, and read anew."""
    carrier = Carrier(network)
    carries = Predictor([network], logarithm=False, carriers=[carrier])
    anew = Predictor([network], logarithm=False)
    found: tuple[list[Source], list[Source]] = ([], [])
    for length in range(first, panel.num_rows + 1):
        part = panel.truncated(np.array([length]))
        for predictor, kept in zip((carries, anew), found, strict=True):
            kept.append(predict(predictor, part, part.lengths[:, None] - 1, horizon))
    return *found, carrier


def assert_alike(mine: list[Source], its: list[Source]) -> None:
    for one, other in zip(mine, its, strict=True):
        for part, same in zip(one, other, strict=True):
            np.testing.assert_allclose(part, same, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("name", STEPPED)
@pytest.mark.parametrize("segment", [1, 4])
def test_a_carried_forecast_equals_that_of_a_window_that_is_read_anew(name: str, segment: int) -> None:
    panel = panel_of([walk(40)], seasons=(4,), time=DAILY)
    network = network_of(panel, model=name, context_length=CONTEXT, segment_length=segment, num_lags=5)
    carried, anew, carrier = forecasts(network, panel, 1)
    assert carrier._windows.is_whole
    assert_alike(carried, anew)


def test_what_is_stepped_are_the_stacks_of_recurrent_layers() -> None:
    assert set(STEPPED) == {"lstm", "gru", "rnn", "mingru", "minlstm", "slstm", "dilated", "segrnn"}


@pytest.mark.parametrize(
    "asked",
    [
        {"channels": "joint"},
        {"channels": "independent"},
        {"num_layers": 3},
        {"loss": "mse"},
        {"num_lags": 30, "guess_season": 4},
    ],
    ids=str,
)
@pytest.mark.parametrize("is_light", [False, True], ids=["torch", "numpy"])
def test_that_holds_for_several_targets_and_layers_and_without_torch(asked: dict[str, Any], is_light: bool) -> None:
    panel = panel_of([walk(30, 2)], seasons=(4,), time=DAILY)
    asked = {"model": "gru", "context_length": CONTEXT, "num_lags": 3} | asked
    network: AnyNetwork = network_of(panel, **asked)
    if is_light:
        network = light.Network(config_of(**asked), Columns.of(panel), network.weights)
    carried, anew, _ = forecasts(network, panel, 3)
    assert_alike(carried, anew)


@pytest.mark.parametrize("level", [0.0, 1e9, -1e-9])
def test_no_level_is_too_high_and_no_spread_too_small(level: float) -> None:
    panel = panel_of([level + walk(30) * (abs(level) * 1e-3 or 1)], seasons=(4,))
    network = network_of(panel, model="lstm", context_length=CONTEXT, num_lags=3)
    carried, anew, _ = forecasts(network, panel, 1)
    size = float(np.ptp(panel.values))
    for one, other in zip(carried, anew, strict=True):
        np.testing.assert_allclose(one.point, other.point, rtol=0, atol=1e-4 * size)


def test_gaps_are_carried_over_and_what_their_fill_changes_is_read_anew() -> None:
    values = walk(60, 2)
    values[20:23] = np.nan
    values[35:37, 0] = np.nan
    panel = panel_of([values], seasons=(4,))
    network = network_of(panel, model="lstm", context_length=CONTEXT, num_lags=3, channels="joint")
    whole = [length for length in range(1, 61) if not np.isnan(values[length - 1]).any()]
    carrier = Carrier(network)
    for length in whole:
        part = panel.truncated(np.array([length]))
        ends = part.lengths[:, None] - 1
        mine = predict(Predictor([network], logarithm=False, carriers=[carrier]), part, ends, 2)
        assert_alike([mine], [predict(Predictor([network], logarithm=False), part, ends, 2)])


def test_after_a_change_of_what_was_read_windows_are_read_anew() -> None:
    panel = panel_of([walk(40)], seasons=(4,))
    other = replace(panel, values=np.where(np.arange(40)[:, None] == 28, 50.0, panel.values))
    network = network_of(panel, model="lstm", context_length=CONTEXT, num_lags=3)
    carrier = Carrier(network)
    predictor = Predictor([network], logarithm=False, carriers=[carrier])
    for length, one in ((28, panel), (29, panel), (30, other), (31, other)):
        part = one.truncated(np.array([length]))
        ends = part.lengths[:, None] - 1
        assert_alike([predict(predictor, part, ends, 1)], [predict(Predictor([network], False), part, ends, 1)])
    assert carrier._windows.count == 2


@pytest.mark.parametrize(("segment", "windows"), [(1, [1, 11]), (4, [1, 2])])
def test_a_row_takes_every_window_at_an_origin_on_by_one_step_of_the_cell(segment: int, windows: list[int]) -> None:
    panel = panel_of([walk(40)], seasons=(4,))
    network = network_of(panel, model="lstm", context_length=CONTEXT, segment_length=segment, num_lags=5)
    counted = Counted(network)
    carrier = Carrier(counted)  # type: ignore[arg-type] - the part of a network that carries
    predictor = Predictor([network], logarithm=False, carriers=[carrier])
    for length in range(10, 41):
        part = panel.truncated(np.array([length]))
        counted.taken.clear()
        predict(predictor, part, part.lengths[:, None] - 1, 1)
    assert counted.taken == windows


def test_what_is_held_does_not_grow() -> None:
    panel = panel_of([walk(300)], seasons=(4,))
    network = light.Network(
        config_of(model="lstm", context_length=CONTEXT, num_lags=3),
        Columns.of(panel),
        network_of(panel, model="lstm", context_length=CONTEXT, num_lags=3).weights,
    )
    carrier, held = Carrier(network), set()
    predictor = Predictor([network], logarithm=False, carriers=[carrier])
    for length in range(1, 301):
        part = panel.truncated(np.array([length]))
        predict(predictor, part, part.lengths[:, None] - 1, 1)
        if length > CONTEXT:
            held.add(carrier.numbers)
    assert len(held) == 1
