"""The graph in tensors forecasts what the panel's own path does; how it is exported is tested beside `exporting`."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from rnncast import registry
from rnncast.blend import Blend
from rnncast.bounds import Bounds
from rnncast.cleaning import fill
from rnncast.columns import Columns, calendar_seasons
from rnncast.config import Config
from rnncast.exported import feed
from rnncast.exporting import inputs_of
from rnncast.forecasting import Predictor, forecast
from rnncast.graphs import Graph, Rules
from rnncast.manifest import About
from rnncast.models.base import Autoregressive
from rnncast.network import Network
from rnncast.panel import Panel
from tests.making import DAILY, full_panel, network_of, panel_of, walk

EXPORTABLE = [name for name, entry in registry.MODELS.items() if not issubclass(entry.load(), Autoregressive)]


def about(predictor: Predictor, panel: Panel, horizon: int) -> About:
    networks = [network for network in predictor.networks if isinstance(network, Network)]
    anchor = predictor.blend.anchor
    inputs = inputs_of(networks, panel)
    return About(
        config=Config(),
        columns=Columns.of(panel),
        target_names=panel.target_names,
        words={},
        ids=tuple(map(tuple, panel.ids.tolist())),
        inputs=(*inputs, "anchor") if anchor else inputs,
        horizon=horizon,
        trained=predictor.horizon,
        levels=predictor.levels,
        calendar={},
        anchor=anchor,
        left_out=None,
        source="",
        version="",
    )


def assert_alike(predictor: Predictor, panel: Panel, horizon: int = 3) -> None:
    expected = forecast(predictor, panel, horizon)
    rules = Rules("interpolate", panel.season_length, calendar_seasons(panel), panel.num_series)
    read = feed(panel, about(predictor, panel, horizon))
    with torch.inference_mode():
        point, *more = Graph(predictor, rules, horizon)({name: torch.from_numpy(part) for name, part in read.items()})
    size = np.abs(expected.point).max()
    np.testing.assert_allclose(point.numpy(), expected.point, rtol=1e-6, atol=1e-6 * size)
    if more:
        np.testing.assert_allclose(more[0].numpy(), expected.quantiles, rtol=1e-6, atol=1e-6 * size)


def filled(series: list[np.ndarray], **more: object) -> Panel:
    """Return a panel whose gaps are filled as reading fills them."""
    panel = panel_of(series, **more)  # type: ignore[arg-type]
    values = fill(panel.values, panel.observed, panel.offsets, panel.lengths, "interpolate")
    return replace(panel, values=values)


def seasonal(length: int, seed: int = 0) -> np.ndarray:
    return 50 + 10 * np.sin(np.arange(length)[:, None] * np.pi / 2) + walk(length, 1, seed)


@pytest.mark.parametrize("name", EXPORTABLE)
def test_a_graph_forecasts_what_the_panel_does(name: str) -> None:
    panel = filled([seasonal(30), seasonal(9, 1)], seasons=(4,), time=DAILY)
    assert_alike(Predictor([network_of(panel, model=name, season_length=(4,))], logarithm=False), panel)


@pytest.mark.parametrize("channels", ["joint", "independent"])
def test_a_graph_reads_every_kind_of_covariate_and_several_targets(channels: str) -> None:
    panel = full_panel(2, past=2, known=3, seasons=(7,), time=DAILY)
    assert_alike(Predictor([network_of(panel, channels=channels)], logarithm=False), panel)


@pytest.mark.parametrize("model", ["gru", "folding"])
def test_gaps_within_and_at_both_ends_are_filled_as_reading_fills_them(model: str) -> None:
    one, other = seasonal(30), seasonal(20, 1)
    one[[4, 5, 11, 28, 29]], other[:3] = np.nan, np.nan
    panel = filled([one, other], seasons=(4,))
    assert_alike(Predictor([network_of(panel, model=model, season_length=(4,))], logarithm=False), panel)


def test_a_series_without_a_value_is_forecast_all_the_same() -> None:
    panel = filled([np.full((12, 1), np.nan), seasonal(12)])
    assert_alike(Predictor([network_of(panel)], logarithm=False), panel)


def test_logarithms_hold_for_series_without_a_negative_value() -> None:
    panel = filled([np.exp(walk(20, 1, 2)), walk(20), np.full((20, 1), 5.0)])
    assert_alike(Predictor([network_of(panel)], logarithm=True), panel)


def test_a_graph_goes_on_beyond_the_networks_horizon() -> None:
    panel = full_panel(1, past=1, known=8, seasons=(7,), time=DAILY)
    assert_alike(Predictor([network_of(panel)], logarithm=False), panel, horizon=8)


@pytest.mark.parametrize("weights", [(), (0.5, 0.25, 0.25)])
def test_members_are_joined_by_their_median_or_by_weights(weights: tuple[float, ...]) -> None:
    panel = filled([seasonal(20)])
    networks = [network_of(panel, hidden_size=size) for size in (4, 5, 6)]
    assert_alike(Predictor(networks, False, Blend(weights=weights)), panel)


def test_fitted_and_embedded_networks_an_anchor_and_widths_are_blended() -> None:
    panel = filled([seasonal(30), seasonal(30, 1)], seasons=(4,))
    networks = [network_of(panel, model=name, season_length=(4,)) for name in ("gru", "folding")]
    widths = tuple(np.linspace(0.5, 2, 9).tolist())
    assert_alike(Predictor(networks, False, Blend("theta", share=0.25, widths=widths, embedded=0.75)), panel)


def test_bounds_are_kept() -> None:
    panel = filled([seasonal(20)])
    bounds = Bounds(minimum=48.5, maximum=52.0, integer=True)
    assert_alike(Predictor([network_of(panel)], False, bounds=bounds), panel)


def test_series_that_stand_still_are_held() -> None:
    still = np.repeat([3.0, 4.0], [5, 25])[:, None]
    panel = filled([still, seasonal(30)])
    assert_alike(Predictor([network_of(panel)], logarithm=False), panel)


def test_rows_before_a_series_begins_change_nothing() -> None:
    panel = filled([seasonal(12)])
    predictor = Predictor([network_of(panel)], logarithm=False)
    graph = Graph(predictor, Rules("interpolate", 1, (), 1), 3)
    values = torch.from_numpy(panel.values[None])
    before = torch.full((1, 7, 1), torch.nan, dtype=torch.float64)
    longer = graph({"values": torch.cat([before, values], dim=1)})
    assert torch.equal(longer[0], graph({"values": values})[0])
