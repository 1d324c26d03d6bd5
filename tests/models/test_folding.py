from dataclasses import replace
from itertools import product

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from rnncast.decoders import DecoderSize
from rnncast.errors import UsageError
from rnncast.folds import Folds
from rnncast.forecasting import Predictor, forecast
from rnncast.models.base import Size
from rnncast.models.folding import CELLS, Folding, FoldingDecoder, Options
from rnncast.panel import Panel
from rnncast.shapes import FOLDS, LARGEST_HORIZON, SIZES
from tests.making import batch_of, full_panel, network_of, panel_of, walk

OUTPUTS, STATE = 3, 5


def decoder_of() -> FoldingDecoder:
    """Return a decoder whose weights are all by chance, none of them zero."""
    torch.manual_seed(3)
    decoder = FoldingDecoder(DecoderSize(state=STATE, lags=2, future=sum(SIZES), horizon=4, outputs=OUTPUTS)).double()
    for weight in decoder.parameters():
        nn.init.normal_(weight, std=0.3)
    return decoder


def ahead_of(windows: int = 2, origins: int = 3, horizon: int = 4) -> Tensor:
    """Return what the past says about steps ahead, with folds that are known and others that are not."""
    generator = torch.Generator().manual_seed(4)
    parts = [torch.randn(windows, origins, horizon, size, generator=generator).double() for size in SIZES]
    found = Folds(*parts)
    known, long_known = (part > 0 for part in (found.known, found.long_known))
    return found._replace(
        raw=torch.where(known, found.raw, 0.0),
        adjusted=torch.where(known, found.adjusted, 0.0),
        long=torch.where(long_known, found.long, 0.0),
        known=known.double(),
        long_known=long_known.double(),
    ).joined()


def silu(values: Tensor) -> Tensor:
    return values * torch.sigmoid(values)


def step_ahead(decoder: FoldingDecoder, state: Tensor, shown: Tensor) -> Tensor:
    """Return the outputs of one step, by equations 2 and 3 as they are written."""
    a, b, c = decoder.state, decoder.ahead, decoder.hidden
    z = silu(a.weight @ state + a.bias + b.weight @ shown.asinh())
    z = z + silu(c.weight @ z + c.bias)
    raw, adjusted, long, known, long_known, trends, last, _ = torch.split(shown, list(SIZES))
    candidates = [*raw, *adjusted, *long, *last, 0.0]
    usable = [*known, *known, *long_known, 1, 1]
    scores = decoder.mixture.weight @ z + decoder.mixture.bias
    sizes = [score.exp() * is_known for score, is_known in zip(scores, usable, strict=True)]
    mixed = sum(size * value for size, value in zip(sizes, candidates, strict=True)) / sum(sizes)
    rates = decoder.trend.weight @ z + decoder.trend.bias
    slopes = sum(rate * trend for rate, trend in zip(rates, trends, strict=True))
    return mixed + slopes + decoder.output.weight @ z + decoder.output.bias


def test_decoding_equals_a_loop_over_steps() -> None:
    decoder, ahead = decoder_of(), ahead_of()
    states = torch.randn(2, 3, STATE + 2, generator=torch.Generator().manual_seed(5)).double()
    outputs = decoder(states, ahead)
    for row, origin, h in product(range(2), range(3), range(4)):
        expected = step_ahead(decoder, states[row, origin], ahead[row, origin, h])
        torch.testing.assert_close(outputs[row, origin, h], expected)


def test_where_nothing_is_known_the_last_value_and_the_level_are_mixed() -> None:
    decoder, shown = decoder_of(), torch.zeros(1, 1, 1, sum(SIZES)).double()
    for layer in (decoder.mixture, decoder.trend, decoder.output):
        nn.init.zeros_(layer.weight)
        nn.init.zeros_(layer.bias)
    parts = Folds.of(shown)
    shown = parts._replace(raw=parts.raw + 9, adjusted=parts.adjusted + 9, last=parts.last + 4).joined()
    states = torch.zeros(1, 1, STATE + 2).double()
    assert decoder(states, shown).flatten().tolist() == pytest.approx([2.0] * OUTPUTS)


def test_an_untrained_decoder_forecasts_the_mean_of_what_is_known() -> None:
    decoder = FoldingDecoder(DecoderSize(state=STATE, lags=2, future=sum(SIZES), horizon=4, outputs=OUTPUTS)).double()
    ahead = ahead_of()
    parts = Folds.of(ahead)
    values = parts.raw.sum(dim=-1) + parts.adjusted.sum(dim=-1) + parts.long.sum(dim=-1) + parts.last[..., 0]
    count = 2 * parts.known.sum(dim=-1) + parts.long_known.sum(dim=-1) + 2
    outputs = decoder(torch.randn(2, 3, STATE + 2).double(), ahead)
    torch.testing.assert_close(outputs, (values / count)[..., None].expand_as(outputs))


def own_panel() -> Panel:
    return panel_of([walk(70, seed=seed) for seed in range(3)], seasons=(4,))


FOLDED: dict[str, object] = {"model": "folding", "guess_season": 0, "season_length": (4,), "context_length": 24}


@pytest.mark.parametrize(
    ("settings", "changed"),
    [
        ({"season_length": (1,)}, {"season_length": 1}),
        ({"season_length": (12,)}, {"season_length": 12}),
        ({"season_length": (4, 12)}, {"long_season": 12}),
        ({"context_length": 50}, {"context_length": 50}),
        ({"context_length": 60, "segment_length": 3}, {"context_length": 60, "segment_length": 3}),
        ({"horizon": 11}, {"horizon": 11, "reach": 11}),
        ({"horizon": 1}, {"horizon": 1, "reach": 1}),
    ],
    ids=str,
)
def test_the_same_weights_forecast_with_another_season_horizon_and_context(
    settings: dict[str, object], changed: dict[str, int]
) -> None:
    panel = own_panel()
    network, built = network_of(panel, **FOLDED), network_of(panel, **(FOLDED | settings))
    other = network.viewing(replace(network.shape, **changed))
    assert other.shape == built.shape
    assert all(ours is theirs for ours, theirs in zip(network.parameters(), other.parameters(), strict=True))
    built.load_state_dict(network.state_dict())
    for ours, theirs in zip(
        other.forecast(batch_of(panel, other, [58] * 3)), built.forecast(batch_of(panel, built, [58] * 3)), strict=True
    ):
        assert torch.equal(ours, theirs)
        assert ours.isfinite().all()


def test_what_another_view_forecasts_leaves_the_network_as_it_was() -> None:
    panel = own_panel()
    network = network_of(panel, **FOLDED)
    before, shape = network.forecast(batch_of(panel, network, [58] * 3))[0], network.shape
    other = network.viewing(replace(shape, season_length=7, horizon=5, reach=5))
    other.forecast(batch_of(panel, other, [58] * 3))
    assert network.shape == shape
    assert torch.equal(network.forecast(batch_of(panel, network, [58] * 3))[0], before)


def test_the_first_steps_are_the_same_whatever_the_horizon() -> None:
    panel = own_panel()
    network = network_of(panel, **FOLDED)
    long = network.viewing(replace(network.shape, horizon=20, reach=20))
    short_point = network.forecast(batch_of(panel, network, [58] * 3))[0]
    torch.testing.assert_close(long.forecast(batch_of(panel, long, [58] * 3))[0][:, :3], short_point)


def test_farther_than_it_forecasts_at_once_it_goes_on_from_its_own_forecast() -> None:
    panel = own_panel()
    network = network_of(panel, trained=False, **(FOLDED | {"horizon": 100}))
    assert network.shape.horizon == LARGEST_HORIZON
    found = forecast(Predictor([network], logarithm=False), panel, 100)
    assert found.point.shape == (3, 100, 1)
    assert np.isfinite(found.quantiles).all()


@pytest.mark.parametrize("cell", CELLS)
def test_every_cell_can_be_asked_for(cell: str) -> None:
    panel = own_panel()
    network = network_of(panel, **(FOLDED | {"option": (f"cell={cell}",), "num_layers": 2}))
    (layer,) = {type(layer) for layer in network.model.stack.layers}
    assert layer is type(CELLS[cell](3, 4))
    assert network.forecast(batch_of(panel, network, [58] * 3))[1].isfinite().all()


def test_a_cell_that_there_is_not_is_refused() -> None:
    with pytest.raises(UsageError, match="cell is 'gru', expected one of lstm, slstm, mingru"):
        network_of(own_panel(), **(FOLDED | {"option": ("cell=gru",)}))


def test_the_encoder_is_a_stack_of_the_cell_alone() -> None:
    size = Size(inputs=3, static=0, hidden=4, layers=2, dropout=0.0)
    torch.manual_seed(1)
    model = Folding(size, Options(cell="lstm"))
    past, static = torch.randn(2, 6, 3), torch.zeros(2, 0)
    first, second = model.stack.layers
    below = first(past)[0]
    torch.testing.assert_close(model(past, static), below + second(below)[0])


def test_several_channels_at_once_are_refused() -> None:
    panel = panel_of([walk(30, targets=2)], seasons=(4,))
    with pytest.raises(UsageError, match="folding forecasts each target by itself"):
        network_of(panel, **(FOLDED | {"channels": "joint"}))


def test_covariates_are_not_read() -> None:
    panel = full_panel(2, past=2, known=3, seasons=(2,))
    bare = panel_of(
        [panel.values[first : first + length] for first, length in zip(panel.offsets, panel.lengths, strict=True)],
        seasons=(2,),
    )
    points = []
    for one in (panel, bare):
        network = network_of(one, **(FOLDED | {"season_length": (2,), "context_length": 8}))
        points.append(network.forecast(batch_of(one, network, [13, 4, 19]))[0])
    assert torch.equal(*points)


def test_at_most_a_dozen_origins_and_the_last_are_trained() -> None:
    panel = panel_of([walk(200)], seasons=(4,))
    network = network_of(panel, **(FOLDED | {"context_length": 180}))
    batch = network.fold(batch_of(panel, network, [190]))
    every, last = network(batch), network(batch, last_only=True)
    assert 12 <= every.params.shape[1] < 2 * 12
    torch.testing.assert_close(every.params[:, -1:], last.params)


def test_untrained_intervals_have_the_width_of_past_errors() -> None:
    values = np.cumsum(np.random.default_rng(1).normal(size=400))
    panel = panel_of([values])
    network = network_of(panel, trained=False, **(FOLDED | {"context_length": 300, "season_length": (1,)}))
    network.start_from(batch_of(panel, network, [300]))
    width = np.ptp(forecast(Predictor([network], logarithm=False), panel, 3).quantiles[0, :, 0], axis=-1)
    assert (width > 1).all()
    assert np.ptp(width) == pytest.approx(0, abs=1e-3)


def test_folds_of_the_season_are_what_is_mixed() -> None:
    wave = np.tile([1.0, 5.0, 2.0, 8.0], 10)
    panel = panel_of([wave], seasons=(4,))
    network = network_of(panel, trained=False, **(FOLDED | {"horizon": 4}))
    with torch.no_grad():
        network.decoder.mixture.bias[:FOLDS] = 50.0
    found = forecast(Predictor([network], logarithm=False), panel, 4).point[0, :, 0]
    np.testing.assert_allclose(found, wave[:4], rtol=1e-5)
