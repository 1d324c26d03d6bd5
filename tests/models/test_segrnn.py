import pytest
import torch
from torch import Tensor, nn

from rnncast.errors import UsageError
from rnncast.models.base import Size
from rnncast.models.segrnn import Options, SegRNN
from tests.making import batch_of, network_of, panel_of, walk

HIDDEN = 4


def model_of(layers: int = 1) -> SegRNN:
    torch.manual_seed(3)
    return SegRNN(Size(inputs=3, static=1, hidden=HIDDEN, layers=layers, dropout=0.0)).double()


def gru_step(gru: nn.GRU, x: Tensor, h: Tensor) -> Tensor:
    r_x, z_x, n_x = (gru.weight_ih_l0 @ x + gru.bias_ih_l0).chunk(3)
    r_h, z_h, n_h = (gru.weight_hh_l0 @ h + gru.bias_hh_l0).chunk(3)
    r, z = torch.sigmoid(r_x + r_h), torch.sigmoid(z_x + z_h)
    return (1 - z) * torch.tanh(n_x + r * n_h) + z * h


def test_reading_equals_a_loop_over_segments() -> None:
    model, past, static = model_of(), torch.randn(2, 5, 3).double(), torch.randn(2, 1).double()
    layer = model.stack.layers[0]
    for row in range(2):
        h = torch.zeros(HIDDEN, dtype=torch.float64)
        for origin in range(5):
            x = torch.relu(layer.read.weight @ torch.cat([past[row, origin], static[row]]) + layer.read.bias)
            h = gru_step(layer.gru, x, h)
            torch.testing.assert_close(model(past, static)[row, origin], h)


@pytest.mark.parametrize("layers", [1, 2])
def test_steps_in_parallel_equal_those_of_torchs_cell_one_at_a_time(layers: int) -> None:
    model, positions, states = model_of(layers), torch.randn(6, HIDDEN).double(), torch.randn(2, 5, HIDDEN).double()
    gru = model.stack.layers[-1].gru
    cell = nn.GRUCell(HIDDEN, HIDDEN).double()
    cell.load_state_dict({name.removesuffix("_l0"): weight for name, weight in gru.state_dict().items()})
    stepped = model.step(positions, states)
    for row in range(2):
        for origin in range(5):
            for place, position in enumerate(positions):
                torch.testing.assert_close(stepped[row, origin, place], cell(position, states[row, origin]))


@pytest.mark.parametrize(
    ("segment", "option", "places", "width"),
    [(1, (), 7, 1), (2, (), 4, 2), (4, (), 2, 4), (1, ("decode_segment=3",), 3, 3), (4, ("decode_segment=99",), 1, 7)],
)
def test_the_horizon_is_cut_into_segments(segment: int, option: tuple[str, ...], places: int, width: int) -> None:
    panel = panel_of([walk(30)])
    settings = {"model": "segrnn", "horizon": 7, "segment_length": segment, "option": option, "loss": "mae"}
    network = network_of(panel, **settings)
    assert network.decoder.positions.shape == (places, 5)
    assert network.decoder.segment.weight.shape == (width, 5)
    assert network.forecast(batch_of(panel, network, [20]))[0].shape == (1, 7, 1)


def test_the_cell_that_forecasts_has_no_weights_of_its_own() -> None:
    network = network_of(panel_of([walk(30)]), model="segrnn")
    names = {name for name, _ in network.decoder.named_parameters()}
    assert names == {"positions", "start", "segment.weight", "lags.weight"}


def test_options_that_do_not_fit_are_refused() -> None:
    with pytest.raises(UsageError, match="decode_segment is -1"):
        Options(decode_segment=-1)
    with pytest.raises(UsageError) as raised:
        network_of(panel_of([walk(9)]), model="segrnn", option=("decode_segments=3",))
    assert raised.value.hint == "Did you mean 'decode_segment'? Known: decode_segment."
