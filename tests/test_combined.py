from dataclasses import replace

import numpy as np
import pytest

from rnncast import registry
from rnncast.baselines import combined as stage
from rnncast.baselines import forecast_baseline
from rnncast.baselines.combined import MEMBERS, UNTRIED, combined
from rnncast.panel import FloatArray, Panel
from tests.test_baselines import panel_of


def one(panel: Panel, horizon: int) -> FloatArray:
    return np.full((panel.num_series, horizon, panel.num_targets), 1.0)


def two(panel: Panel, horizon: int) -> FloatArray:
    return 2 * one(panel, horizon)


@pytest.fixture
def _one_and_two(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stage, "MEMBERS", ("one", "two"))
    for name in stage.MEMBERS:
        monkeypatch.setitem(registry.BASELINES, name, registry.Entry(__name__, name, "a number"))


def slow_errors(panel: Panel, horizon: int) -> dict[tuple[int, int], list[float]]:
    """Return the mean errors of all members, by series and target, where there is a past origin."""
    found = {}
    for series in range(panel.num_series):
        alone, length = panel.only(np.array([series])), int(panel.lengths[series])
        ends = [length - horizon - max(1, horizon // 2) * origin for origin in range(8)]
        ends = [end for end in ends if end >= max(2 * panel.season_length + 2, 8)]
        for target in range(panel.num_targets):
            distances: list[list[float]] = [[] for _ in MEMBERS]
            for end in ends:
                rows = range(int(panel.offsets[series]) + end, int(panel.offsets[series]) + end + horizon)
                for member, name in enumerate(MEMBERS):
                    forecast = forecast_baseline(name, alone.truncated(np.array([end])), horizon)[0, :, target]
                    pairs = [(row, value) for row, value in zip(rows, forecast, strict=True)]
                    seen = [(row, value) for row, value in pairs if panel.observed[row, target]]
                    distances[member] += [abs(panel.values[row, target] - value) for row, value in seen]
            if distances[0]:
                found[series, target] = [float(np.mean(part)) for part in distances]
    return found


def slow_combined(panel: Panel, horizon: int) -> FloatArray:
    errors = slow_errors(panel, horizon)
    shares = [[error / np.mean(row) for error in row] for row in errors.values()]
    pooled = np.mean(shares, axis=0)
    mean = np.zeros((panel.num_series, horizon, panel.num_targets))
    members = [forecast_baseline(name, panel, horizon) for name in MEMBERS]
    for series, target in np.ndindex(panel.num_series, panel.num_targets):
        own = errors.get((series, target), [1.0] * len(MEMBERS))
        pairs = zip(own, pooled, strict=True)
        weights = [(error / min(own)) ** -4 * (share / min(pooled)) ** -4 for error, share in pairs]
        parts = [weight * member[series, :, target] for weight, member in zip(weights, members, strict=True)]
        mean[series, :, target] = np.sum(parts, axis=0) / sum(weights)
    return mean


@pytest.mark.parametrize("missing", [0.0, 0.4])
@pytest.mark.parametrize("horizon", [1, 5])
def test_the_combination_equals_a_written_out_loop(horizon: int, missing: float) -> None:
    panel = panel_of([30, 3, 12, 17], missing=missing)
    np.testing.assert_allclose(combined(panel, horizon), slow_combined(panel, horizon), rtol=1e-6)


@pytest.mark.usefixtures("_one_and_two")
def test_the_weights_are_those_of_a_hand_calculation() -> None:
    panel = panel_of([20, 5], season_length=1)
    panel = replace(panel, values=np.where(np.arange(25)[:, None] % 2, 0.0, -1.0) * [0.0, 1.0])
    forecast = combined(panel, 2)
    # The first target is 0 and the errors 1 and 2; the second's are 1.5 and 2.5. The pool's are
    # (2/3 + 3/4) / 2 and (4/3 + 5/4) / 2, which are as 17 to 31.
    pooled = (31 / 17) ** -4
    for series, target, own in ((0, 0, 2**-4), (0, 1, (5 / 3) ** -4), (1, 0, 1.0), (1, 1, 1.0)):
        weight = own * pooled
        np.testing.assert_allclose(forecast[series, :, target], (1 + 2 * weight) / (1 + weight))


@pytest.mark.usefixtures("_one_and_two")
def test_a_baseline_without_an_error_takes_all() -> None:
    panel = panel_of([20], season_length=1)
    ones = replace(panel, values=np.ones_like(panel.values))
    assert (combined(ones, 2) == 1).all()
    half = replace(panel, values=np.ones_like(panel.values) * [1.0, 2.0])
    assert (combined(half, 2) == [1, 2]).all()


def test_a_season_that_repeats_goes_on_however_wrong_the_other_baselines_are() -> None:
    values = np.tile([[2.0, -1], [4, 1], [-6, 300], [8, -3]], (8, 1))
    panel = replace(panel_of([32], season_length=4), values=values)
    np.testing.assert_allclose(combined(panel, 6)[0], values[:6], rtol=1e-9)


def test_series_too_short_to_try_anything_have_a_plain_mean() -> None:
    panel = panel_of([1, 5, 8], season_length=4)
    mean = np.mean([forecast_baseline(name, panel, 3) for name in UNTRIED], axis=0)
    np.testing.assert_allclose(combined(panel, 3), mean)


def test_the_order_of_the_series_does_not_matter() -> None:
    panel = panel_of([30, 3, 12, 17])
    turned = panel.only(np.arange(4)[::-1])
    np.testing.assert_allclose(combined(turned, 5)[::-1], combined(panel, 5), rtol=1e-9)


@pytest.mark.usefixtures("_one_and_two")
def test_many_series_are_weighted_by_a_sample_of_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stage, "SAMPLE", 4)  # histories: two series of two targets
    monkeypatch.setattr(stage, "WORK", 7)  # no origin for each of eight histories
    panel = panel_of([20, 20, 20, 20], season_length=1)
    zeros_in_the_sample = np.where(np.arange(80)[:, None] // 20 % 2, 9.0, 0.0) * [1.0, 1.0]
    forecast = combined(replace(panel, values=zeros_in_the_sample), 2)
    np.testing.assert_allclose(forecast, (1 + 2 * 2**-4) / (1 + 2**-4))
