from functools import partial

import pytest
import torch
from torch import nn

from rnncast import unrolling
from rnncast.unrolling import run

LAYERS = {
    "gru": nn.GRU,
    "tanh": partial(nn.RNN, nonlinearity="tanh"),
    "relu": partial(nn.RNN, nonlinearity="relu"),
    "lstm": nn.LSTM,
}


def layer_of(name: str, kind: torch.dtype = torch.float32) -> nn.Module:
    torch.manual_seed(0)
    return LAYERS[name](3, 4, batch_first=True, dtype=kind)


@pytest.mark.parametrize("name", LAYERS)
@pytest.mark.parametrize("steps", [1, 2, 9])
def test_unrolled_layers_give_what_torch_gives_and_its_gradients(name: str, steps: int) -> None:
    layer, inputs = layer_of(name), torch.randn(5, steps, 3, requires_grad=True)
    expected, ours = layer(inputs)[0], run(layer, inputs)[0]
    torch.testing.assert_close(ours, expected, rtol=1e-5, atol=1e-6)
    weight = torch.randn_like(expected)
    asked = [inputs, *layer.parameters()]
    found, right = (torch.autograd.grad(each, asked, weight) for each in (ours, expected))
    torch.testing.assert_close(found, right, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", ["gru", "tanh"])
def test_the_gradients_are_those_of_small_differences(name: str) -> None:
    layer = layer_of(name, torch.float64)
    inputs = torch.randn(2, 4, 3, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda values: run(layer, values)[0], inputs)


@pytest.mark.parametrize("name", LAYERS)
def test_the_last_state_is_that_of_the_last_step(name: str) -> None:
    outputs, state = run(layer_of(name), torch.randn(5, 7, 3))
    last = state if isinstance(state, torch.Tensor) else state[0]
    assert torch.equal(last[0], outputs[:, -1])


@pytest.mark.parametrize("name", ["gru", "tanh"])
def test_outside_training_torch_computes(name: str) -> None:
    layer, inputs = layer_of(name).eval(), torch.randn(5, 7, 3)
    with torch.no_grad():
        assert torch.equal(run(layer, inputs)[0], layer(inputs)[0])


def test_in_half_precision_torch_computes() -> None:
    layer, inputs = layer_of("gru"), torch.randn(5, 7, 3)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert torch.equal(run(layer, inputs)[0], layer(inputs)[0])


def test_in_half_precision_an_lstm_computes_in_float32_where_the_cpu_can_do_nothing_else(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(unrolling, "has_half_lstm", lambda: False)
    layer, inputs = layer_of("lstm"), torch.randn(5, 7, 3, dtype=torch.bfloat16)
    before = (torch.ones(1, 5, 4), torch.ones(1, 5, 4))
    with torch.autocast("cpu", dtype=torch.bfloat16):
        outputs, (state, cell) = run(layer, inputs, before)
    expected, last = layer(inputs.float(), before)
    torch.testing.assert_close((outputs, state, cell), (expected, *last), rtol=0, atol=0)


def test_asking_whether_the_cpu_has_an_lstm_in_half_precision_leaves_chance_as_it_was() -> None:
    torch.manual_seed(0)
    before = torch.get_rng_state()
    unrolling.has_half_lstm.__wrapped__()
    assert torch.equal(torch.get_rng_state(), before)


def test_gradients_that_are_not_asked_for_are_not_found() -> None:
    layer = layer_of("gru")
    run(layer, torch.randn(5, 7, 3))[0].sum().backward()
    assert all(weight.grad is not None for weight in layer.parameters())
