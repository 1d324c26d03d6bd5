from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from rnncast import registry
from rnncast.models.base import CausalAttention, Model, RecurrentStack, Size

Cell = Callable[[Tensor, Tensor, Tensor, nn.Module], tuple[Tensor, Tensor]]


def elman(x: Tensor, h: Tensor, c: Tensor, layer: nn.Module, f: Callable[[Tensor], Tensor] = torch.tanh) -> tuple:
    h = f(layer.weight_ih_l0 @ x + layer.bias_ih_l0 + layer.weight_hh_l0 @ h + layer.bias_hh_l0)
    return h, c


def elman_relu(x: Tensor, h: Tensor, c: Tensor, layer: nn.Module) -> tuple[Tensor, Tensor]:
    return elman(x, h, c, layer, torch.relu)


def lstm(x: Tensor, h: Tensor, c: Tensor, layer: nn.Module) -> tuple[Tensor, Tensor]:
    i, f, g, o = (layer.weight_ih_l0 @ x + layer.weight_hh_l0 @ h + layer.bias_ih_l0 + layer.bias_hh_l0).chunk(4)
    c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
    return torch.sigmoid(o) * torch.tanh(c), c


def gru(x: Tensor, h: Tensor, c: Tensor, layer: nn.Module) -> tuple[Tensor, Tensor]:
    r_x, z_x, n_x = (layer.weight_ih_l0 @ x + layer.bias_ih_l0).chunk(3)
    r_h, z_h, n_h = (layer.weight_hh_l0 @ h + layer.bias_hh_l0).chunk(3)
    r, z = torch.sigmoid(r_x + r_h), torch.sigmoid(z_x + z_h)
    n = torch.tanh(n_x + r * n_h)
    return (1 - z) * n + z * h, c


CELLS: dict[str, tuple[str, str, Cell]] = {
    "rnn": ("rnn", "tanh", elman),
    "rnn with relu": ("rnn", "relu", elman_relu),
    "lstm": ("lstm", "tanh", lstm),
    "gru": ("gru", "tanh", gru),
}

every_cell = pytest.mark.parametrize("key", CELLS)


def model_of(key: str, layers: int, residual: bool = True, dtype: torch.dtype = torch.float64) -> Model:
    torch.manual_seed(3)
    name, activation, _ = CELLS[key]
    size = Size(inputs=3, static=1, hidden=4, layers=layers, dropout=0.0, activation=activation, residual=residual)
    model: Model = registry.MODELS[name].load()(size).to(dtype)
    return model


def inputs_of(dtype: torch.dtype = torch.float64) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(4)
    past = torch.randn(2, 6, 3, generator=generator, dtype=dtype)
    return past.requires_grad_(), torch.randn(2, 1, generator=generator, dtype=dtype)


def layer_by_loop(cell: Cell, layer: nn.Module, xs: Tensor) -> Tensor:
    h = c = torch.zeros(4, dtype=xs.dtype)
    states = []
    for x in xs:
        h, c = cell(x, h, c, layer)
        states.append(h)
    return torch.stack(states)


def stack_by_loop(key: str, stack: RecurrentStack, past: Tensor, static: Tensor, residual: bool) -> Tensor:
    rows = []
    for row in range(len(past)):
        states = torch.stack([torch.cat([x, static[row]]) for x in past[row]])
        for depth, layer in enumerate(stack.layers):
            outputs = layer_by_loop(CELLS[key][2], layer, states)
            states = states + outputs if residual and depth else outputs
        rows.append(states)
    return torch.stack(rows)


@every_cell
@pytest.mark.parametrize("residual", [True, False])
@pytest.mark.parametrize("layers", [1, 3])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_the_model_equals_its_equations_written_out(key: str, residual: bool, layers: int, dtype: torch.dtype) -> None:
    model, (past, static) = model_of(key, layers, residual, dtype), inputs_of(dtype)
    by_loop = stack_by_loop(key, model.stack, past, static, residual)
    torch.testing.assert_close(model(past, static), by_loop, rtol=0, atol=1e-6)


@every_cell
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_its_gradients_equal_those_of_the_equations(key: str, dtype: torch.dtype) -> None:
    model, (past, static) = model_of(key, 2, dtype=dtype), inputs_of(dtype)
    wanted = [past, *model.parameters()]
    gradients = torch.autograd.grad(model(past, static).square().sum(), wanted)
    by_loop = torch.autograd.grad(stack_by_loop(key, model.stack, past, static, True).square().sum(), wanted)
    for ours, theirs in zip(gradients, by_loop, strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-5, atol=1e-5)


@every_cell
def test_its_gradients_equal_finite_differences(key: str) -> None:
    model, inputs = model_of(key, 2), inputs_of()
    assert torch.autograd.gradcheck(model, inputs)


def test_the_forget_gate_starts_open() -> None:
    for layer in model_of("lstm", 2).stack.layers:
        forget = (layer.bias_ih_l0 + layer.bias_hh_l0).chunk(4)[1]
        assert torch.equal(forget, torch.ones(4, dtype=torch.float64))


def test_causal_attention_equals_a_loop_over_origins() -> None:
    torch.manual_seed(5)
    attention = CausalAttention(4).double()
    states = torch.randn(2, 5, 4, dtype=torch.float64, requires_grad=True)
    by_loop = []
    for row in states:
        for origin in range(5):
            seen = row[: origin + 1]
            scores = (attention.key.weight @ seen.T).T @ (attention.query.weight @ row[origin]) / 2.0
            looked = torch.softmax(scores, dim=0) @ seen
            read = torch.cat([row[origin], looked])
            by_loop.append(row[origin] + attention.combine.weight @ read + attention.combine.bias)
    torch.testing.assert_close(attention(states), torch.stack(by_loop).reshape(2, 5, 4))
    assert torch.autograd.gradcheck(attention, (states,))
