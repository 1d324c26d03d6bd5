"""Numpy forecasts what torch does: every network that has a twin, on data of every kind."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnncast import building, embedded, light, registry
from rnncast.blend import Source
from rnncast.columns import Columns
from rnncast.forecasting import Predictor, predict
from rnncast.panel import Panel, TimeAxis
from tests.making import DAILY, config_of, full_panel, network_of, panel_of, walk

KNOWN = [name for name in registry.MODELS if light.knows(config_of(model=name), Columns.of(panel_of([walk(9)])))]
LOSSES = [name for name in registry.HEADS if light.knows(config_of(loss=name), Columns.of(panel_of([walk(9)])))]
FOLDING = {"model": "folding", "num_lags": 3, "guess_season": 0, "context_length": 24, "hidden_size": 8}


def forecasts(panel: Panel, steps: int, logarithm: bool, asked: dict[str, Any]) -> tuple[Source, Source]:
    """Return what torch's network with random weights forecasts from two origins, and what its twin does."""
    network = network_of(panel, **asked)
    if asked.get("model") == embedded.MODEL:
        network.take(embedded.load().weights)
    if logarithm:  # else a forecast is e to the tenth, of whose digits the first four are the same
        network.take({name: weight * (0.3 if "." in name else 1) for name, weight in network.weights.items()})
    twin = light.Network(config_of(**asked), Columns.of(panel), network.weights)
    ends = np.stack([np.maximum(panel.lengths - 3, 0), panel.lengths - 1], axis=1)
    one, other = (predict(Predictor([each], logarithm), panel, ends, steps) for each in (network, twin))
    return one, other


def assert_alike(panel: Panel, steps: int = 3, logarithm: bool = False, **asked: Any) -> None:
    for mine, its in zip(*forecasts(panel, steps, logarithm, asked), strict=True):
        assert mine.shape == its.shape
        size = np.abs(panel.values[panel.observed]).max(initial=0)
        np.testing.assert_allclose(its, mine, rtol=1e-5, atol=1e-5 * size)


def with_gaps(length: int, share: float = 0.3) -> np.ndarray:
    values = walk(length)[:, 0]
    values[np.random.default_rng(3).random(length) < share] = np.nan
    values[-2:] = np.nan
    return values


PANELS = {
    "a walk": panel_of([walk(40)]),
    "a season": panel_of([np.sin(np.arange(60.0)) + walk(60)[:, 0]], seasons=(6,)),
    "two seasons": panel_of([walk(90)], seasons=(4, 28)),
    "dates": panel_of([walk(50)], seasons=(7,), time=DAILY),
    "short and long": panel_of([walk(5), walk(1), walk(60)], seasons=(4,)),
    "gaps": panel_of([with_gaps(40), with_gaps(12, 0.8), walk(30)[:, 0]], seasons=(3,)),
    "a constant": panel_of([np.full(30, 7.0), np.zeros(30)]),
    "nothing before the end": panel_of([[*[np.nan] * 30, 4.0, 5.0, 4.5], walk(33)[:, 0]]),
    "several targets": panel_of([walk(40, 3), walk(25, 3, 1)]),
    "counts": panel_of([np.random.default_rng(1).poisson(0.4, 50)], seasons=(7,)),
    "large": panel_of([1e12 + walk(40)[:, 0], 1e-9 * walk(40)[:, 0]]),
}


@pytest.mark.parametrize("panel", PANELS.values(), ids=PANELS)
@pytest.mark.parametrize("model", sorted({*KNOWN} - {embedded.MODEL}))
def test_a_twin_forecasts_what_torch_does(model: str, panel: Panel) -> None:
    own = FOLDING if model == "folding" else {}
    assert_alike(panel, **own | {"model": model, "season_length": panel.season_lengths})


@pytest.mark.parametrize("model", ["lstm", "folding"])
@pytest.mark.parametrize("loss", LOSSES)
def test_every_loss_that_is_known_has_the_same_point_and_quantiles(loss: str, model: str) -> None:
    assert_alike(PANELS["gaps"], loss=loss, **(FOLDING if model == "folding" else {"model": model}))


def test_beyond_its_horizon_it_goes_on_alike() -> None:
    panel = panel_of([np.abs(walk(80)[:, 0]) + 1, with_gaps(70)], seasons=(6,))
    assert_alike(panel, 11, model="gru", season_length=(6,))


@pytest.mark.parametrize("panel", PANELS.values(), ids=PANELS)
def test_the_embedded_model_forecasts_alike_beyond_its_horizon_too(panel: Panel) -> None:
    settings = embedded.load().settings | {"context_length": 48, "horizon": 64}
    assert_alike(panel, 130, **settings | {"season_length": panel.season_lengths})


SETTINGS: dict[str, dict[str, Any]] = {
    "two layers": {"num_layers": 2},
    "two layers without a residual path": {"num_layers": 2, "residual": False},
    "relu": {"model": "rnn", "activation": "relu"},
    "no lags beside the state": {"skip": False},
    "the season as a guess": {"guess_season": 5},
    "the level as a guess": {"guess_season": 0},
    "a guess longer than the context": {"guess_season": 11},
    "segments": {"segment_length": 4},
    "segments and one step more": {"segment_length": 2, "num_lags": 5},
    "the level alone": {"scaling": "level"},
    "no scaling": {"scaling": "series"},
    "joint": {"channels": "joint"},
    "more lags than steps": {"num_lags": 20},
    "few levels": {"quantiles": (0.05, 0.5)},
}


@pytest.mark.parametrize("asked", SETTINGS.values(), ids=SETTINGS)
def test_every_setting_of_a_network_holds(asked: dict[str, Any]) -> None:
    panel = panel_of([walk(40, 2), walk(13, 2, 1)], seasons=(5,))
    assert_alike(panel, **{"model": "lstm", "season_length": (5,)} | asked)


@pytest.mark.parametrize("segment", [1, 2])
@pytest.mark.parametrize("horizon", [3, 8])
def test_covariates_are_read_alike(segment: int, horizon: int) -> None:
    panel = full_panel(2, past=2, known=9, seasons=(7,), time=DAILY)
    assert_alike(panel, horizon, segment_length=segment, season_length=(7,))


def test_the_place_in_the_year_is_read_alike() -> None:
    panel = replace(panel_of([walk(60)], time=DAILY), start=np.array([20_000]))
    assert_alike(panel, yearly=True, freq="D")


@pytest.mark.parametrize("model", ["lstm", "folding"])
def test_logarithms_are_taken_alike(model: str) -> None:
    panel = panel_of([np.exp(walk(50)[:, 0]), np.abs(walk(40, seed=1)[:, 0]), walk(30)[:, 0]], seasons=(4,))
    assert_alike(panel, logarithm=True, **(FOLDING if model == "folding" else {"model": model}))


@settings(max_examples=25)
@given(
    values=st.lists(st.one_of(st.none(), st.floats(-1e6, 1e6, width=32)), min_size=1, max_size=40),
    season=st.integers(1, 9),
    folded=st.booleans(),
)
def test_any_history_is_forecast_alike(values: list[float | None], season: int, folded: bool) -> None:
    history = [np.nan if value is None else value for value in values]
    panel = panel_of([history, walk(20)[:, 0]], seasons=(season,))
    assert_alike(panel, **(FOLDING if folded else {}) | {"season_length": (season,)})


@pytest.mark.parametrize("asked", [{"model": name} for name in KNOWN] + [*SETTINGS.values()], ids=str)
def test_it_describes_the_weights_that_torch_has(asked: dict[str, Any]) -> None:
    panel = full_panel(2, past=2, known=9, seasons=(7,), time=TimeAxis())
    if asked.get("model") in registry.FOLDING:
        asked = FOLDING | asked
    config, columns = config_of(**asked), Columns.of(panel)
    mine, its = light.form(config, columns), building.form(config, columns, panel.ids)
    assert mine == its
    network = network_of(panel, **asked)
    twin = light.Network(config, columns, network.weights)
    assert (twin.num_weights, twin.shape, twin.levels) == (network.num_weights, network.shape, network.levels)


@pytest.mark.parametrize(
    "asked",
    [{"model": "deepar"}, {"model": "gru", "attention": True}, {"loss": "normal"}, FOLDING | {"option": "cell=slstm"}],
    ids=str,
)
def test_what_has_no_twin_is_not_known(asked: dict[str, Any]) -> None:
    assert not light.knows(config_of(**asked), Columns.of(PANELS["a walk"]))


def test_the_embedded_models_network_is_known() -> None:
    assert {"lstm", "gru", "rnn", *registry.FOLDING} <= set(KNOWN)
    assert "quantile" in LOSSES
