import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from rnncast import registry
from rnncast.config import DECILES
from rnncast.heads import Head, QuantileHead
from tests.making import batch_of, network_of, panel_of

NAN = np.nan

every_head = pytest.mark.parametrize("name", registry.HEADS)


def head_of(name: str, levels: tuple[float, ...] = DECILES) -> Head:
    head: Head = registry.HEADS[name].load()(levels)
    return head


@every_head
def test_shapes_follow_the_parameters(name: str) -> None:
    head = head_of(name)
    params, target = torch.randn(2, 3, 4, 5, head.num_parameters), torch.randn(2, 3, 4, 5)
    assert head.loss(params, target).shape == (2, 3, 4, 5)
    assert head.point(params).shape == (2, 3, 4, 5)
    assert head.quantiles(params).shape == (2, 3, 4, 5, len(head.levels))


@every_head
@given(params=st.lists(st.floats(-1e6, 1e6, width=32), min_size=9, max_size=9))
def test_quantiles_rise_with_their_level(name: str, params: list[float]) -> None:
    head = head_of(name)
    quantiles = head.quantiles(torch.tensor(params)[: head.num_parameters])
    assert (quantiles.diff(dim=-1) >= 0).all()


@every_head
@pytest.mark.parametrize("size", [0.0, 1e-30, 1e15, 1e30])
def test_a_loss_is_a_number_at_the_extremes(name: str, size: float) -> None:
    head = head_of(name)
    params = torch.zeros(2, head.num_parameters, requires_grad=True)
    losses = head.loss(params, torch.tensor([size, -size]))
    losses.sum().backward()
    assert not losses.isnan().any()
    assert (losses >= 0).all()
    assert params.grad.isfinite().all()


@every_head
def test_a_perfect_forecast_has_no_loss(name: str) -> None:
    head = head_of(name)
    target = torch.randn(6)
    assert torch.equal(head.loss(target[:, None].expand(-1, head.num_parameters), target), torch.zeros(6))


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
    losses = head.loss(params, torch.tensor([5.0, 4.0]))
    torch.testing.assert_close(losses, torch.tensor([(0.1 * 3 + 0.5 * 2), (0.9 * 2 + 0.0)]))


def test_the_loss_of_the_median_alone_is_the_absolute_error() -> None:
    params, target = torch.randn(50, 1), torch.randn(50)
    torch.testing.assert_close(head_of("quantile", (0.5,)).loss(params, target), head_of("mae").loss(params, target))


def test_the_gradient_of_the_pinball_loss_equals_finite_differences() -> None:
    params = torch.randn(4, 9, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(head_of("quantile").loss, (params, torch.randn(4, dtype=torch.float64)))


def test_the_point_of_quantiles_is_their_median() -> None:
    head = head_of("quantile")
    params = torch.randn(3, 9)
    torch.testing.assert_close(head.point(params), params.median(dim=-1).values)
    assert head_of("quantile", (0.1, 0.4, 0.9)).point(torch.tensor([3.0, 1.0, 2.0])) == 2.0


def best_constant(head: Head, sample: torch.Tensor) -> float:
    values = torch.linspace(0, 20, 2001)
    losses = [head.loss(value.expand(len(sample), 1), sample).mean() for value in values]
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
    losses = head_of("huber").loss(torch.zeros(3, 1), torch.tensor([0.5, 1.0, 3.0]))
    assert losses.tolist() == [0.125, 0.5, 2.5]
