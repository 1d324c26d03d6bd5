import math

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

import rnncast
from rnncast.bounds import Bounds
from rnncast.config import DECILES
from rnncast.errors import DataError, UsageError
from rnncast.heads.base import Frame
from rnncast.heads.negative_binomial import SUPPORT, NegativeBinomialHead, count_quantiles, mean_and_shape
from rnncast.selection import resolve
from tests.making import config_of, panel_of

LEVELS = (0.025, *DECILES, 0.975)


def frame_of(guess: float, scale: float, shape: tuple[int, ...] = (1,)) -> Frame:
    return Frame(torch.full(shape, guess), torch.full(shape, scale))


def chances(mean: float, shape: float, most: int) -> np.ndarray:
    """Return p(0) .. p(most) from p(0) = (1 + a m)^(-1/a) and p(k + 1) / p(k) = (k + 1/a) / (k + 1) x a m / (1 + a m).

    By sums of logarithms, since p(0) may be too small for a number.
    """
    counts = np.arange(most)
    ratios = np.log((counts + 1 / shape) / (counts + 1) * shape * mean / (1 + shape * mean))
    chance: np.ndarray = np.exp(np.concatenate([[0.0], ratios.cumsum()]) - math.log1p(shape * mean) / shape)
    return chance


def slow_quantile(chance: np.ndarray, level: float) -> int:
    total = 0.0
    for count, one in enumerate(chance):
        total += one
        if total >= level:
            return count
    raise AssertionError("the sum is too short")


def quantiles_of(mean: float, shape: float, levels: tuple[float, ...] = LEVELS) -> list[float]:
    of = (torch.tensor([number], dtype=torch.float64) for number in (mean, shape))
    found: list[float] = count_quantiles(*of, levels)[0].tolist()
    return found


@pytest.mark.parametrize("params", [(0.0, 0.0), (-2.0, 1.0), (3.0, -4.0)])
def test_the_likelihood_is_the_written_out_formula(params: tuple[float, float]) -> None:
    head, frame = NegativeBinomialHead(DECILES), frame_of(4.0, 2.0)
    mean, shape = (number.item() for number in mean_and_shape(torch.tensor([params]), frame))
    chance = chances(mean, shape, 30)
    for count in range(30):
        loss = head.loss(torch.tensor([params]), torch.tensor([(count - 4.0) / 2]), frame)
        assert loss.item() == pytest.approx(-math.log(chance[count]), rel=1e-5)


def test_the_geometric_distribution_is_that_of_shape_one() -> None:
    head, params = NegativeBinomialHead(DECILES), torch.zeros(1, 2)
    frame = frame_of(0.0, 1 / (1e-3 + math.log(2)))
    # Mean 1 and shape 1: chances of 1/2, 1/4, 1/8 ...
    for count in range(6):
        target = torch.tensor([count / frame.scale.item()])
        assert head.loss(params, target, frame).item() == pytest.approx((count + 1) * math.log(2), rel=1e-5)


@pytest.mark.parametrize("guess", [0.0, 0.5, 10.0, 1e6])
def test_a_network_without_parameters_has_its_mean_near_the_guess_and_above_zero(guess: float) -> None:
    mean, shape = mean_and_shape(torch.zeros(1, 2), frame_of(guess, 1.0))
    assert 0 < mean.item() - guess < 0.7
    assert shape.item() == pytest.approx(1.0)


@given(mean=st.floats(1e-3, 100), shape=st.floats(1e-6, 3))
def test_quantiles_are_those_of_a_plain_loop(mean: float, shape: float) -> None:
    chance = chances(mean, shape, 4000)
    expected = [slow_quantile(chance, level) for level in LEVELS]
    edges = np.cumsum(chance)[:, None] - LEVELS
    if np.abs(edges).min() > 1e-9:  # else rounding decides
        assert [min(q, SUPPORT) for q in quantiles_of(mean, shape)] == [min(q, SUPPORT) for q in expected]


@pytest.mark.parametrize("mean", [900.0, 1100.0, 20000.0])
@pytest.mark.parametrize(("shape", "off"), [(1e-6, 0.03), (0.01, 0.03), (1.0, 0.03), (4.0, 0.25)])
def test_quantiles_of_large_counts_are_nearly_exact(mean: float, shape: float, off: float) -> None:
    expected = np.searchsorted(chances(mean, shape, int(12 * mean)).cumsum(), LEVELS)
    deviation = math.sqrt(mean + shape * mean**2)
    np.testing.assert_allclose(quantiles_of(mean, shape), expected, rtol=0, atol=1 + off * deviation)


def test_quantiles_of_many_densities_are_those_of_each() -> None:
    means = torch.tensor([0.1, 3.0, 5000.0, 700.0], dtype=torch.float64)
    together = count_quantiles(means, torch.full_like(means, 0.5), LEVELS)
    assert together.tolist() == [quantiles_of(mean, 0.5) for mean in means.tolist()]


def test_the_point_is_the_median_and_both_are_whole_numbers_of_the_data() -> None:
    head, frame = NegativeBinomialHead((0.1, 0.5, 0.9)), frame_of(7.3, 0.9, (50,))
    params = torch.stack([torch.linspace(-5, 20, 50), torch.linspace(-3, 3, 50)], dim=-1)
    counts = frame.guess[:, None] + frame.scale[:, None] * head.quantiles(params, frame)
    torch.testing.assert_close(counts, counts.round(), rtol=0, atol=1e-4)
    assert counts.min() > -1e-4
    torch.testing.assert_close(head.point(params, frame), head.quantiles(params, frame)[:, 1])


@pytest.mark.parametrize(("mean", "shape"), [(0.8, 0.5), (6.0, 1.5), (400.0, 0.05)])
def test_mean_and_shape_are_recovered_from_counts(mean: float, shape: float) -> None:
    torch.manual_seed(0)
    rates = torch.distributions.Gamma(1 / shape, 1 / (shape * mean)).sample((4000,))
    counts = torch.poisson(rates)
    head, frame = NegativeBinomialHead(DECILES), frame_of(mean / 2, mean, (4000,))
    params = torch.zeros(2, requires_grad=True)
    optimizer = torch.optim.LBFGS([params], max_iter=40, line_search_fn="strong_wolfe")

    def loss() -> torch.Tensor:
        optimizer.zero_grad()
        total = head.loss(params.expand(4000, 2), (counts - frame.guess) / frame.scale, frame).mean()
        total.backward()
        return total

    optimizer.step(loss)
    found, dispersion = mean_and_shape(params.detach().expand(4000, 2), frame)
    assert found[0].item() == pytest.approx(counts.mean().item(), rel=1e-3)
    assert dispersion[0].item() == pytest.approx(shape, rel=0.1)


def test_a_network_begins_with_the_dispersion_of_the_residuals() -> None:
    torch.manual_seed(0)
    frame = Frame(torch.full((4000, 1, 1), 20.0), torch.full((4000, 1, 1), 2.0))
    counts = torch.poisson(torch.distributions.Gamma(2.0, 0.1).sample((4000, 1, 1)))  # mean 20, shape 0.5
    residual = (counts - 20) / 2
    residual[::7] = np.nan
    params = NegativeBinomialHead(DECILES).initial(residual, frame)
    mean, shape = mean_and_shape(params, Frame(*(values[0] for values in frame)))
    assert mean.item() == pytest.approx(20, abs=0.01)
    assert shape.item() == pytest.approx(0.5, rel=0.1)


def test_a_network_that_begins_without_dispersion_is_as_good_as_poisson() -> None:
    params = NegativeBinomialHead(DECILES).initial(torch.zeros(9, 2, 1), frame_of(50.0, 1.0, (9, 2, 1)))
    assert params.isfinite().all()
    assert mean_and_shape(params, frame_of(50.0, 1.0, (2, 1)))[1].max() < 1e-5


@pytest.mark.parametrize("guess", [0.0, 1e6])
@pytest.mark.parametrize("count", [0.0, 1e6])
@pytest.mark.parametrize("scale", [1e-3, 1.0, 1e6])
def test_the_gradient_is_finite_wherever_the_guess_and_the_count_lie(guess: float, count: float, scale: float) -> None:
    head, frame = NegativeBinomialHead(DECILES), frame_of(guess, scale)
    params = torch.zeros(1, 2, requires_grad=True)
    loss = head.loss(params, torch.tensor([(count - guess) / scale]), frame)
    loss.backward()
    assert loss.isfinite().all()
    assert params.grad.isfinite().all()


def test_chunks_make_no_difference(monkeypatch: pytest.MonkeyPatch) -> None:
    head, frame = NegativeBinomialHead(DECILES), frame_of(5.0, 2.0, (7, 3))
    params = torch.randn(7, 3, 2)
    whole = head.quantiles(params, frame)
    monkeypatch.setattr("rnncast.heads.negative_binomial.ROWS", 4)
    assert torch.equal(head.quantiles(params, frame), whole)


COUNTED = {"loss": "negative-binomial", "transform": "auto"}


def test_counts_are_taken_as_they_are_and_forecast_as_whole_numbers_from_zero_up() -> None:
    panel = panel_of([np.exp(np.arange(40) / 8).round()])
    config = resolve(config_of(**COUNTED), panel)[0]
    assert config.window.transform == "none"
    assert config.bounds == Bounds(minimum=0.0, integer=True)
    assert resolve(config_of(transform="auto"), panel)[0].bounds == Bounds()
    asked = resolve(config_of(**COUNTED, minimum=2, maximum=50, integer=False), panel)[0]
    assert asked.bounds == Bounds(minimum=2, maximum=50, integer=False)


def test_a_negative_value_is_no_count() -> None:
    panel = panel_of([[1, 2, 3, 4, 5], [0, np.nan, 2, 1, 5, -3.5], [-1, 2, 3, 4, 5]])
    with pytest.raises(DataError, match=r"series '1' has the value -3\.5, and --loss negative-binomial is of counts"):
        resolve(config_of(**COUNTED), panel)
    assert resolve(config_of(**COUNTED), panel_of([[1, 2, 3, 4, np.nan]]))[0].window.transform == "none"


def test_counts_have_no_logarithm() -> None:
    with pytest.raises(UsageError, match="not of logarithms"):
        resolve(config_of(loss="negative-binomial", transform="log"), panel_of([[1, 2, 3, 4, 5]]))


@pytest.mark.parametrize("settings", [{}, {"scaling": "series"}, {"guess_season": 0}, {"model": "esrnn"}], ids=str)
def test_forecasts_of_counts_are_whole_numbers(settings: dict[str, str]) -> None:
    rng = np.random.default_rng(0)
    days = pd.date_range("2024-01-01", periods=80)
    frame = pd.concat(
        pd.DataFrame({"shop": name, "day": days, "sold": rng.poisson(mean * (1 + np.arange(80) % 7))})
        for name, mean in (("a", 0.1), ("b", 3.0), ("c", 80.0))
    ).reset_index(drop=True)
    forecaster = rnncast.train(
        frame,
        loss="negative-binomial",
        horizon=4,
        max_steps=5,
        ensemble=2,
        hidden_size=4,
        context_length=24,
        **settings,
    )
    found = forecaster.predict(horizon=10)
    values = found[["lo-95", "lo-80", "forecast", "hi-80", "hi-95"]].to_numpy()
    assert values.dtype == np.int64
    assert values.min() >= 0
    assert (np.diff(values, axis=1) >= 0).all()
    median = found.groupby("shop")["forecast"].median()
    assert median["a"] <= 1
    assert 5 <= median["b"] <= 25
    assert 150 <= median["c"] <= 600
