"""The models of several files against the equations of their docstrings, written out step by step."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from rnncast import registry
from rnncast.models.base import Model, Size, leaky_scan, num_heads
from rnncast.models.mlstm import MLSTMLayer
from rnncast.models.slstm import SLSTMLayer
from rnncast.models.transformer import turn

HIDDEN = 4
Loop = Callable[[nn.Module, Tensor], Tensor]


def lstm_step(cell: nn.Module, x: Tensor, h: Tensor, c: Tensor) -> tuple[Tensor, Tensor]:
    i, f, g, o = (cell.weight_ih_l0 @ x + cell.weight_hh_l0 @ h + cell.bias_ih_l0 + cell.bias_hh_l0).chunk(4)
    c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
    return torch.sigmoid(o) * torch.tanh(c), c


def dilated(layer: nn.Module, xs: Tensor) -> Tensor:
    nothing = (xs.new_zeros(HIDDEN), xs.new_zeros(HIDDEN))
    states: list[tuple[Tensor, Tensor]] = []
    for step, x in enumerate(xs):
        before = states[step - layer.dilation] if step >= layer.dilation else nothing
        states.append(lstm_step(layer.cell, x, *before))
    return torch.stack([h for h, _ in states])


def mingru(layer: nn.Module, xs: Tensor) -> Tensor:
    h, states = xs.new_zeros(HIDDEN), []
    for x in xs:
        z, n = (layer.read.weight @ x + layer.read.bias).chunk(2)
        h = (1 - torch.sigmoid(z)) * h + torch.sigmoid(z) * n
        states.append(h)
    return torch.stack(states)


def minlstm(layer: nn.Module, xs: Tensor) -> Tensor:
    h, states = xs.new_zeros(HIDDEN), []
    for x in xs:
        f, i, n = (layer.read.weight @ x + layer.read.bias).chunk(3)
        f, i = torch.sigmoid(f), torch.sigmoid(i)
        h = f / (f + i) * h + i / (f + i) * n
        states.append(h)
    return torch.stack(states)


def slstm(layer: nn.Module, xs: Tensor) -> Tensor:
    heads, width, _ = layer.recurrent.shape
    h = c = n = xs.new_zeros(heads, width)
    states = []
    for x in xs:
        read = (layer.read.weight @ x + layer.read.bias).reshape(heads, 4, width)
        z, i, f, o = (read + torch.stack([h[a] @ layer.recurrent[a] for a in range(heads)]).reshape(read.shape)).unbind(
            1
        )
        c = torch.sigmoid(f) * c + torch.exp(i) * torch.tanh(z)
        n = torch.sigmoid(f) * n + torch.exp(i)
        h = torch.sigmoid(o) * c / n
        states.append(h.flatten())
    return torch.stack(states)


def mlstm(layer: nn.Module, xs: Tensor) -> Tensor:
    heads, width = layer.heads, HIDDEN // layer.heads
    memory, n = xs.new_zeros(heads, width, width), xs.new_zeros(heads, width)
    states = []
    for x in xs:
        q, k, v, o = (layer.read.weight @ x + layer.read.bias).reshape(4, heads, width)
        k = k / width**0.5
        i, f = (layer.gates.weight @ x + layer.gates.bias).chunk(2)
        i, f = torch.exp(i), torch.sigmoid(f)
        memory = torch.stack([f[a] * memory[a] + i[a] * torch.outer(v[a], k[a]) for a in range(heads)])
        n = torch.stack([f[a] * n[a] + i[a] * k[a] for a in range(heads)])
        recalled = torch.cat([memory[a] @ q[a] / (n[a] @ q[a]).abs().clamp(min=1) for a in range(heads)])
        size = (recalled.square().mean() + 1e-6).sqrt()
        states.append(torch.sigmoid(o.flatten()) * layer.norm.weight * recalled / size)
    return torch.stack(states)


def mlp(layer: nn.Module, xs: Tensor) -> Tensor:
    inner = [layer.read.weight @ x + layer.read.bias for x in xs]
    return torch.stack([layer.write.weight @ (x * torch.sigmoid(x)) + layer.write.bias for x in inner])


LOOPS: dict[str, Loop] = {
    "dilated": dilated,
    "mingru": mingru,
    "minlstm": minlstm,
    "slstm": slstm,
    "mlstm": mlstm,
    "mlp": mlp,
}
every_loop = pytest.mark.parametrize("name", LOOPS)


def model_of(name: str, layers: int = 3, residual: bool = True) -> Model:
    torch.manual_seed(3)
    size = Size(inputs=3, static=1, hidden=HIDDEN, layers=layers, dropout=0.0, residual=residual)
    model: Model = registry.MODELS[name].load()(size).double()
    return model


def inputs_of(steps: int = 7) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(4)
    past = torch.randn(2, steps, 3, generator=generator, dtype=torch.float64)
    return past.requires_grad_(), torch.randn(2, 1, generator=generator, dtype=torch.float64)


def by_loop(name: str, model: Model, past: Tensor, static: Tensor) -> Tensor:
    rows = []
    for row, fixed in zip(past, static, strict=True):
        states = torch.stack([torch.cat([x, fixed]) for x in row])
        for depth, layer in enumerate(model.stack.layers):
            outputs = LOOPS[name](layer, states)
            states = states + outputs if model.stack.residual and depth else outputs
        rows.append(states)
    return torch.stack(rows)


@every_loop
@pytest.mark.parametrize("residual", [True, False])
def test_the_model_equals_its_equations_written_out(name: str, residual: bool) -> None:
    model, inputs = model_of(name, residual=residual), inputs_of()
    torch.testing.assert_close(model(*inputs), by_loop(name, model, *inputs), rtol=1e-9, atol=1e-9)


@every_loop
def test_its_gradients_equal_those_of_the_equations(name: str) -> None:
    model, (past, static) = model_of(name), inputs_of()
    wanted = [past, *model.parameters()]
    gradients = torch.autograd.grad(model(past, static).square().sum(), wanted)
    expected = torch.autograd.grad(by_loop(name, model, past, static).square().sum(), wanted)
    for ours, theirs in zip(gradients, expected, strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-7, atol=1e-9)


def test_one_layer_of_dilated_is_an_lstm() -> None:
    ours, theirs = model_of("dilated", layers=1), model_of("lstm", layers=1)
    weights = [(name.replace("cell.", ""), weight) for name, weight in ours.state_dict().items()]
    theirs.load_state_dict(dict(weights))
    torch.testing.assert_close(ours(*inputs_of()), theirs(*inputs_of()))


def test_each_layer_of_dilated_skips_twice_as_many_steps() -> None:
    assert [layer.dilation for layer in model_of("dilated", layers=4).stack.layers] == [1, 2, 4, 8]


@pytest.mark.parametrize("steps", [1, 2, 3, 4, 9])
def test_dilated_takes_any_number_of_steps(steps: int) -> None:
    model, inputs = model_of("dilated"), inputs_of(steps)
    torch.testing.assert_close(model(*inputs), by_loop("dilated", model, *inputs))


def test_the_scan_equals_the_log_space_scan_of_the_paper() -> None:
    torch.manual_seed(5)
    write, candidate = torch.rand(2, 60, 3, dtype=torch.float64), torch.rand(2, 60, 3, dtype=torch.float64)
    kept = (1 - write).log().cumsum(dim=1)
    in_logs = (kept + torch.logcumsumexp((write * candidate).log() - kept, dim=1)).exp()
    torch.testing.assert_close(leaky_scan(write, candidate), in_logs)


@pytest.mark.parametrize("steps", [1, 2, 5])
def test_the_gradient_of_the_scan_equals_finite_differences(steps: int) -> None:
    torch.manual_seed(5)
    write, candidate = torch.rand(2, 2, steps, 3, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(leaky_scan, (write, candidate))


def test_the_scan_holds_gates_that_are_shut_or_open() -> None:
    write = torch.tensor([1.0, 0.0, 0.0, 1.0, 0.0], requires_grad=True)
    candidate = torch.tensor([3.0, 7.0, 7.0, -2.0, 7.0])
    states = leaky_scan(write[None, :, None], candidate[None, :, None])
    assert states.flatten().tolist() == [3, 3, 3, -2, -2]
    states.sum().backward()
    assert write.grad is not None
    assert write.grad.tolist() == [9, 8, 4, -10, 9]


@pytest.mark.parametrize("gates", [-500.0, -90.0, 90.0, 500.0])
def test_exponential_gates_of_any_size_give_finite_states_and_gradients(gates: float) -> None:
    torch.manual_seed(6)
    scalar, matrix = SLSTMLayer(2, 4), MLSTMLayer(2, 4)
    with torch.no_grad():
        scalar.read.bias.view(4, 4)[:, 1] = gates
        matrix.gates.bias[:4] = gates
    for layer in (scalar, matrix):
        states, _ = layer(torch.randn(2, 6, 2))
        states.square().sum().backward()
        assert states.isfinite().all()
        assert all(weight.grad is not None and weight.grad.isfinite().all() for weight in layer.parameters())


def test_the_memory_of_slstm_is_a_weighted_mean_so_a_large_gate_revises_it_at_once() -> None:
    layer = SLSTMLayer(1, 1).double()
    with torch.no_grad():
        layer.recurrent.zero_()
        layer.read.weight[:, 0] = torch.tensor([1.0, 0.0, 0.0, 0.0])
        layer.read.bias[:] = torch.tensor([0.0, 0.0, 100.0, 100.0])
    inputs = torch.tensor([1.0, 0.5, -1.0], dtype=torch.float64)[None, :, None]
    states, _ = layer(inputs)
    torch.testing.assert_close(states.flatten()[2], inputs.tanh().mean())
    with torch.no_grad():
        layer.read.weight[1, 0] = -50.0
    states, _ = layer(inputs)
    torch.testing.assert_close(states.flatten()[2], torch.tanh(torch.tensor(-1.0, dtype=torch.float64)))


def transformer_by_loop(model: Model, xs: Tensor) -> Tensor:
    states = torch.stack([model.embed(x) for x in xs])
    for depth in range(0, len(model.branches), 2):
        attend, feed = model.branches[depth : depth + 2]
        normed = model.norms[depth](states)
        states = states + torch.stack([attended(attend, normed[: origin + 1]) for origin in range(len(xs))])
        normed = model.norms[depth + 1](states)
        states = states + feed.write(functional.gelu(feed.read(normed)))
    normed_last: Tensor = model.norm(states)
    return normed_last


def attended(attend: nn.Module, seen: Tensor) -> Tensor:
    q, k, v = attend.read(seen).reshape(len(seen), 3, attend.heads, -1).permute(1, 2, 0, 3)
    width, found = q.shape[-1], []
    for head in range(attend.heads):
        scores = torch.stack([turned(q[head, -1], len(seen) - 1) @ turned(key, s) for s, key in enumerate(k[head])])
        found.append(torch.softmax(scores / width**0.5, dim=0) @ v[head])
    mixed: Tensor = attend.write(torch.cat(found))
    return mixed


def turned(vector: Tensor, position: int) -> Tensor:
    half, rotated = len(vector) // 2, vector.clone()
    for c in range(half):
        angle = torch.tensor(position * 10_000.0 ** (-c / half), dtype=vector.dtype)
        x, y = vector[c], vector[c + half]
        rotated[c], rotated[c + half] = x * angle.cos() - y * angle.sin(), x * angle.sin() + y * angle.cos()
    return rotated


@pytest.mark.parametrize("hidden", [3, 5, 8, 12])
def test_the_transformer_equals_its_equations_written_out(hidden: int) -> None:
    torch.manual_seed(3)
    model = registry.MODELS["transformer"].load()(Size(3, 1, hidden, 2, 0.0)).double()
    past, static = inputs_of()
    expected = [
        transformer_by_loop(model, torch.stack([torch.cat([x, fixed]) for x in row]))
        for row, fixed in zip(past, static, strict=True)
    ]
    torch.testing.assert_close(model(past, static), torch.stack(expected), rtol=1e-9, atol=1e-9)


def test_turned_vectors_see_their_distance_alone() -> None:
    torch.manual_seed(7)
    q, k = torch.randn(2, 5, dtype=torch.float64)
    scores = turn(q.expand(9, 5)) @ turn(k.expand(9, 5)).T
    for distance in range(-8, 9):
        diagonal = scores.diagonal(distance)
        torch.testing.assert_close(diagonal, diagonal[:1].expand_as(diagonal))


@pytest.mark.parametrize(("hidden", "heads"), [(1, 1), (5, 1), (6, 2), (8, 4), (64, 4)])
def test_heads_share_any_width_evenly(hidden: int, heads: int) -> None:
    assert num_heads(hidden) == heads
