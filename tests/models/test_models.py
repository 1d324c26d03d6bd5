import numpy as np
import pytest
import torch
from torch import Tensor

from rnncast import registry
from rnncast.forecasting import Predictor, forecast
from rnncast.models.base import Model, Recurrent, Size
from rnncast.training import fit
from tests.making import loop_of, panel_of

VARIANTS = {
    "plain": {},
    "one layer": {"layers": 1},
    "no residual": {"residual": False},
    "attention": {"attention": True},
    "three layers with attention": {"layers": 3, "attention": True},
    "relu": {"activation": "relu"},
}

MEMORYLESS = {"mlp"}

every_model = pytest.mark.parametrize("name", registry.MODELS)
every_variant = pytest.mark.parametrize("variant", VARIANTS)


def model_of(name: str, variant: str = "plain", dropout: float = 0.0) -> Model:
    torch.manual_seed(1)
    sizes = {"inputs": 3, "static": 2, "hidden": 5, "layers": 2, "dropout": dropout} | VARIANTS[variant]
    model: Model = registry.MODELS[name].load()(Size(**sizes))
    return model


def inputs_of(batch: int = 4, origins: int = 7) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(2)
    return torch.randn(batch, origins, 3, generator=generator), torch.randn(batch, 2, generator=generator)


@every_model
def test_it_is_a_model_with_its_equations_in_the_docstring(name: str) -> None:
    kind = registry.MODELS[name].load()
    assert issubclass(kind, Model)
    assert " = " in kind.__doc__


@every_model
@every_variant
def test_there_is_a_state_for_every_origin(name: str, variant: str) -> None:
    states = model_of(name, variant)(*inputs_of())
    assert states.shape == (4, 7, 5)
    assert states.isfinite().all()


@every_model
@pytest.mark.parametrize("variant", [variant for variant in VARIANTS if variant != "relu"])
def test_a_gradient_reaches_every_weight(name: str, variant: str) -> None:
    model = model_of(name, variant)
    model(*inputs_of()).square().sum().backward()
    unreached = [key for key, weight in model.named_parameters() if weight.grad is None or not weight.grad.any()]
    assert unreached == []


@every_model
@every_variant
def test_a_row_of_a_batch_equals_a_batch_of_one(name: str, variant: str) -> None:
    model, (past, static) = model_of(name, variant), inputs_of()
    alone = torch.cat([model(past[row : row + 1], static[row : row + 1]) for row in range(len(past))])
    torch.testing.assert_close(model(past, static), alone, rtol=0, atol=1e-6)


@every_model
@every_variant
@pytest.mark.parametrize("origin", [0, 3, 5])
def test_a_state_sees_nothing_after_its_origin(name: str, variant: str, origin: int) -> None:
    model, (past, static) = model_of(name, variant), inputs_of()
    changed = past.clone()
    changed[:, origin + 1 :] = 1e3
    before, after = model(past, static), model(changed, static)
    assert torch.equal(before[:, : origin + 1], after[:, : origin + 1])
    assert not torch.equal(before[:, origin + 1 :], after[:, origin + 1 :])


@every_variant
@pytest.mark.parametrize(
    "name", [name for name, entry in registry.MODELS.items() if issubclass(entry.load(), Recurrent)]
)
def test_a_model_that_is_stepped_gives_the_states_of_a_whole_window(name: str, variant: str) -> None:
    model = model_of(name, variant).eval()
    assert isinstance(model, Recurrent)
    past, static = inputs_of()
    memory, found = None, []
    for origin in range(past.shape[1]):
        states, memory = model.resume(past[:, origin : origin + 1], static, memory)
        found.append(states)
    torch.testing.assert_close(torch.cat(found, dim=1), model(past, static), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("name", [name for name in registry.MODELS if name not in MEMORYLESS])
def test_a_state_remembers_the_first_step(name: str) -> None:
    model, (past, static) = model_of(name), inputs_of()
    earlier = past.clone()
    earlier[:, 0] += 1
    assert not torch.equal(model(past, static)[:, -1], model(earlier, static)[:, -1])


@every_model
def test_a_state_depends_on_the_static_covariates(name: str) -> None:
    model, (past, static) = model_of(name), inputs_of()
    assert not torch.equal(model(past, static)[:, -1], model(past, static + 1)[:, -1])


@every_model
@pytest.mark.parametrize("hidden", [1, 2, 6, 7])
def test_every_width_will_do(name: str, hidden: int) -> None:
    size = Size(inputs=3, static=2, hidden=hidden, layers=2, dropout=0.0, attention=True)
    states = registry.MODELS[name].load()(size)(*inputs_of())
    assert states.shape == (4, 7, hidden)
    assert states.isfinite().all()


@every_model
@pytest.mark.parametrize("variant", ["plain", "attention"])
@pytest.mark.parametrize("scale", [1.0, 50.0])
def test_half_precision_stays_finite_and_near(name: str, variant: str, scale: float) -> None:
    model, (past, static) = model_of(name, variant), inputs_of(origins=40)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        states = model(past * scale, static)
    states.float().square().sum().backward()
    assert all(weight.grad is not None and weight.grad.isfinite().all() for weight in model.parameters())
    if scale == 1:
        assert (states - model(past, static)).abs().mean() < 0.03
    assert states.isfinite().all()


@every_model
def test_dropout_acts_only_while_training(name: str) -> None:
    model, inputs = model_of(name, dropout=0.5), inputs_of()
    assert not torch.equal(model.train()(*inputs), model(*inputs))
    assert torch.equal(model.eval()(*inputs), model(*inputs))


@every_model
def test_no_static_covariates_and_a_single_origin_are_fine(name: str) -> None:
    model: Model = registry.MODELS[name].load()(Size(inputs=2, static=0, hidden=3, layers=1, dropout=0.0))
    assert model(torch.zeros(1, 1, 2), torch.zeros(1, 0)).shape == (1, 1, 3)


@every_model
def test_it_learns_a_sine_from_its_level_alone(name: str) -> None:
    steps = np.arange(132)
    sine = 10 + np.sin(2 * np.pi * steps / 12)
    known = panel_of([sine[:120]], seasons=(12,))
    sizes = {"horizon": 12, "context_length": 36, "num_lags": 3, "hidden_size": 16, "learning_rate": 2e-2}
    loop = loop_of(known, model=name, season_length=(12,), guess_season=0, max_steps=150, loss="mae", **sizes)
    for _ in fit(loop, "sine"):
        pass
    predicted = forecast(Predictor([loop.network], logarithm=False), known, 12).point[0, :, 0]
    assert np.abs(predicted - sine[120:]).mean() < 0.1 * np.abs(10 - sine[120:]).mean()
