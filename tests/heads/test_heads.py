import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from rnncast import registry
from rnncast.config import DECILES
from rnncast.heads.base import DensityHead, Frame, Head
from rnncast.heads.quantile import QuantileHead
from rnncast.heads.student import student_quantile
from tests.making import batch_of, network_of, panel_of

NAN = np.nan

every_head = pytest.mark.parametrize("name", registry.HEADS)
DENSITIES = [name for name, entry in registry.HEADS.items() if issubclass(entry.load(), DensityHead)]
COUNTS = [*registry.COUNTING]
# A likelihood has no least value of its own; every other loss is a distance.
every_distance = pytest.mark.parametrize("name", [name for name in registry.HEADS if name not in DENSITIES + COUNTS])
every_density = pytest.mark.parametrize("name", DENSITIES)
every_likelihood = pytest.mark.parametrize("name", DENSITIES + COUNTS)


def head_of(name: str, levels: tuple[float, ...] = DECILES) -> Head:
    head: Head = registry.HEADS[name].load()(levels)
    return head


def frame_of(like: torch.Tensor, guess: float = 0.0, scale: float = 1.0) -> Frame:
    """Return a frame of the same guess and scale everywhere."""
    return Frame(torch.full_like(like, guess), torch.full_like(like, scale))


@every_head
def test_shapes_follow_the_parameters(name: str) -> None:
    head = head_of(name)
    params, target = torch.randn(2, 3, 4, 5, head.num_parameters), torch.randn(2, 3, 4, 5)
    frame = frame_of(target)
    assert head.loss(params, target, frame).shape == (2, 3, 4, 5)
    assert head.point(params, frame).shape == (2, 3, 4, 5)
    assert head.quantiles(params, frame).shape == (2, 3, 4, 5, len(head.levels))
    initial = head.initial(target.flatten(0, 1), Frame(*(values.flatten(0, 1) for values in frame)))
    assert initial.shape == (4, 5, head.num_parameters)


@every_head
@given(params=st.lists(st.floats(-1e6, 1e6, width=32), min_size=9, max_size=9))
def test_quantiles_rise_with_their_level(name: str, params: list[float]) -> None:
    head = head_of(name)
    quantiles = head.quantiles(torch.tensor(params)[: head.num_parameters], frame_of(torch.tensor(0.0), guess=2.0))
    assert (quantiles.diff(dim=-1) >= 0).all()


@every_distance
@pytest.mark.parametrize("size", [0.0, 1e-30, 1e15, 1e30])
def test_a_loss_is_a_number_at_the_extremes(name: str, size: float) -> None:
    head = head_of(name)
    params = torch.zeros(2, head.num_parameters, requires_grad=True)
    target = torch.tensor([size, -size])
    losses = head.loss(params, target, frame_of(target))
    losses.sum().backward()
    assert not losses.isnan().any()
    assert (losses >= 0).all()
    assert params.grad.isfinite().all()


@every_likelihood
@pytest.mark.parametrize("size", [0.0, 1e-30, 1e6, 1e30])
@pytest.mark.parametrize("param", [-1e30, -100.0, 0.0, 100.0, 1e30])
def test_a_likelihood_is_finite_at_the_extremes(name: str, size: float, param: float) -> None:
    head = head_of(name)
    params = torch.full((2, head.num_parameters), param)
    params[1, 0] = 0.0
    params.requires_grad_()
    target = torch.tensor([size, -size])
    losses = head.loss(params, target, frame_of(target))
    losses.sum().backward()
    assert losses.isfinite().all()
    assert params.grad.isfinite().all()


@every_distance
def test_a_perfect_forecast_has_no_loss(name: str) -> None:
    head = head_of(name)
    target = torch.randn(6)
    params = target[:, None].expand(-1, head.num_parameters)
    assert torch.equal(head.loss(params, target, frame_of(target)), torch.zeros(6))


@every_head
@pytest.mark.parametrize("hidden", [NAN, 1e30, -5.0])
def test_steps_that_were_not_seen_do_not_count(name: str, hidden: float) -> None:
    panel = panel_of([[1, 2, 4, 3, 5, 4, 6, 7, NAN, 8, 9]])
    network = network_of(panel, loss=name)
    batch = batch_of(panel, network, [7])
    changed = batch.target.clone()
    changed[:, 8] = hidden
    losses, gradients = [], []
    for target in (batch.target, changed):
        losses.append(network.loss(batch._replace(target=target)))
        gradients.append(torch.autograd.grad(losses[-1], list(network.parameters())))
    assert torch.equal(losses[0], losses[1])
    assert all(torch.equal(ours, theirs) for ours, theirs in zip(*gradients, strict=True))


def test_the_pinball_loss_is_that_of_a_hand_calculation() -> None:
    head = QuantileHead((0.1, 0.5))
    params = torch.tensor([[2.0, 3.0], [6.0, 4.0]])
    target = torch.tensor([5.0, 4.0])
    losses = head.loss(params, target, frame_of(target))
    torch.testing.assert_close(losses, torch.tensor([(0.1 * 3 + 0.5 * 2), (0.9 * 2 + 0.0)]))


def test_the_loss_of_the_median_alone_is_the_absolute_error() -> None:
    params, target = torch.randn(50, 1), torch.randn(50)
    median, absolute = (
        head.loss(params, target, frame_of(target)) for head in (head_of("quantile", (0.5,)), head_of("mae"))
    )
    torch.testing.assert_close(median, absolute)


def test_the_gradient_of_the_pinball_loss_equals_finite_differences() -> None:
    params = torch.randn(4, 9, dtype=torch.float64, requires_grad=True)
    target = torch.randn(4, dtype=torch.float64)
    assert torch.autograd.gradcheck(lambda params: head_of("quantile").loss(params, target, frame_of(target)), params)


def test_the_point_of_quantiles_is_their_median() -> None:
    head = head_of("quantile")
    params, frame = torch.randn(3, 9), frame_of(torch.zeros(3))
    torch.testing.assert_close(head.point(params, frame), params.median(dim=-1).values)
    assert head_of("quantile", (0.1, 0.4, 0.9)).point(torch.tensor([3.0, 1.0, 2.0]), frame) == 2.0


def best_constant(head: Head, sample: torch.Tensor) -> float:
    values = torch.linspace(0, 20, 2001)
    frame = frame_of(sample)
    losses = [head.loss(value.expand(len(sample), 1), sample, frame).mean() for value in values]
    return float(values[int(torch.stack(losses).argmin())])


@pytest.mark.parametrize(
    ("name", "low", "high"),
    [("mse", 6.115, 6.135), ("mae", 1.495, 2.005), ("huber", 1.825, 1.845)],
)
def test_the_constant_that_suits_a_sample_best(name: str, low: float, high: float) -> None:
    assert low <= best_constant(head_of(name), torch.tensor([1.0, 1.5, 2.0, 20.0])) <= high


@pytest.mark.parametrize("level", [0.1, 0.3, 0.5, 0.9])
def test_a_quantile_head_learns_the_quantile(level: float) -> None:
    sample = torch.arange(0.1, 20, 0.1)
    found = best_constant(head_of("quantile", (level,)), sample)
    assert found == pytest.approx(float(sample.quantile(level)), abs=0.11)


def test_hubers_loss_is_square_near_zero_and_straight_beyond_one() -> None:
    target = torch.tensor([0.5, 1.0, 3.0])
    losses = head_of("huber").loss(torch.zeros(3, 1), target, frame_of(target))
    assert losses.tolist() == [0.125, 0.5, 2.5]


@every_density
def test_a_density_without_parameters_lies_around_the_guess_at_one_scale(name: str) -> None:
    head = head_of(name, (0.1, 0.5, 0.9))
    params, frame = torch.zeros(1, head.num_parameters), frame_of(torch.zeros(1))
    low, middle, high = head.quantiles(params, frame)[0].tolist()
    assert head.point(params, frame).item() == middle == 0.0
    assert -low == pytest.approx(high)
    assert 1.0 < high < 2.0


@every_density
def test_a_density_integrates_to_one_and_its_quantiles_are_its_own(name: str) -> None:
    head = head_of(name, (0.025, 0.3, 0.9))
    params = torch.tensor([0.7, -0.4, 1.3], dtype=torch.float64)[: head.num_parameters]
    places = torch.linspace(-300, 300, 600_001, dtype=torch.float64)
    density = torch.exp(-head.loss(params.expand(len(places), -1), places, frame_of(places)))
    share = density.cumsum(dim=0) * 1e-3
    assert share[-1].item() == pytest.approx(1, abs=1e-5)
    for level, quantile in zip(head.levels, head.quantiles(params, frame_of(places[:1])).tolist(), strict=True):
        assert share[int(torch.searchsorted(places, quantile))].item() == pytest.approx(level, abs=1e-3)


@every_likelihood
def test_the_gradient_of_a_likelihood_equals_finite_differences(name: str) -> None:
    head = head_of(name)
    params = torch.randn(4, head.num_parameters, dtype=torch.float64, requires_grad=True)
    target = torch.randn(4, dtype=torch.float64)
    assert torch.autograd.gradcheck(lambda params: head.loss(params, target, frame_of(target, guess=3.0)), params)


@every_density
@pytest.mark.parametrize("size", [0.01, 1.0, 1000.0])
def test_a_density_begins_with_the_spread_of_the_residuals(name: str, size: float) -> None:
    head = head_of(name, (0.1, 0.5, 0.9))
    residual = torch.randn(999, 1, 1) * torch.tensor([[1.0], [2.0]]) * size  # [M, H, C]
    residual[::5] = NAN
    frame = frame_of(residual)
    params = head.initial(residual, frame)
    assert params.shape == (2, 1, head.num_parameters)
    assert (head.point(params, frame) == 0).all()
    inside = residual.abs() <= head.quantiles(params, frame)[..., 2]
    assert 0.7 < inside[~residual.isnan()].float().mean() < 0.95


@every_density
def test_a_density_that_begins_without_a_spread_is_narrow_and_finite(name: str) -> None:
    head, frame = head_of(name), frame_of(torch.zeros(5, 3, 2))
    initial = head.initial(torch.zeros(5, 3, 2), frame)
    assert initial.isfinite().all()
    assert head.quantiles(initial, frame).abs().max() < 0.02


def test_the_normal_likelihood_is_that_of_torch() -> None:
    head = head_of("normal", (0.1, 0.5, 0.9))
    params, target = torch.randn(50, 2), torch.randn(50)
    scale = (head.quantiles(params, frame_of(target))[:, 2] - params[:, 0]) / 1.2815516
    expected = -torch.distributions.Normal(params[:, 0], scale).log_prob(target)
    torch.testing.assert_close(head.loss(params, target, frame_of(target)), expected, rtol=1e-4, atol=1e-4)


# Printed tables of Student's t, one-sided; the first row is closed: t = 2 (q - 1/2) sqrt(2 / (4 q (1 - q))).
@pytest.mark.parametrize(
    ("degrees", "expected"),
    [
        (2.0, {0.9: 1.88562, 0.95: 2.91999, 0.975: 4.30265, 0.995: 9.92484}),
        (3.0, {0.9: 1.63774, 0.95: 2.35336, 0.975: 3.18245, 0.995: 5.84091}),
        (5.0, {0.9: 1.47588, 0.95: 2.01505, 0.975: 2.57058, 0.995: 4.03214}),
        (10.0, {0.9: 1.37218, 0.95: 1.81246, 0.975: 2.22814, 0.995: 3.16927}),
        (30.0, {0.9: 1.31042, 0.95: 1.69726, 0.975: 2.04227, 0.995: 2.75000}),
        (100.0, {0.9: 1.29007, 0.95: 1.66023, 0.975: 1.98397, 0.995: 2.62589}),
    ],
)
def test_the_quantiles_of_students_t_are_those_of_the_tables(degrees: float, expected: dict[float, float]) -> None:
    for level, value in expected.items():
        assert student_quantile(level, np.array([degrees]))[0] == pytest.approx(value, abs=6e-6)
        assert student_quantile(1 - level, np.array([degrees]))[0] == pytest.approx(-value, abs=6e-6)


def test_the_head_of_students_t_has_its_quantiles_at_any_degrees_of_freedom() -> None:
    levels = (0.001, 0.1, 0.25, 0.5, 0.8, 0.975, 0.9999)
    head = head_of("student-t", levels)
    params = torch.zeros(200, 3)
    params[:, 2] = torch.linspace(-15, 15, 200)
    degrees = head.degrees(params).double().numpy()
    for level, found in zip(levels, head.standard(params).T.double().numpy(), strict=True):
        np.testing.assert_allclose(found, student_quantile(level, degrees), rtol=2e-5, atol=1e-6)
