import numpy as np
import pytest

from rnncast import weighing
from rnncast.blend import EMBEDDED, FITTED, Blend, Judged, Source
from rnncast.errors import UsageError
from rnncast.forecasting import Predictor, predict
from rnncast.weighing import Weighed, additions, best, told, validating, weigh
from tests.making import network_of, panel_of, walk

PANEL = panel_of([walk(60), walk(50, seed=1)])


def judged_of(actual: np.ndarray) -> Judged:
    """Return windows [M, H, C] that were all seen, in units of one."""
    none = Source(actual, np.empty((*actual.shape, 0)))
    return Judged(actual, np.ones(actual.shape, dtype=bool), {FITTED: none}, None, np.ones(actual[:, 0].shape))


def predictor_of(*biases: float, **settings: object) -> Predictor:
    """Return networks that are off by so much each."""
    networks = []
    for bias in biases:
        network = network_of(PANEL, **settings)
        for weight in network.parameters():
            weight.data.add_(bias)
        networks.append(network)
    return Predictor(networks, logarithm=False)


def test_voices_that_err_to_both_sides_are_counted_until_they_cancel() -> None:
    actual = np.zeros((40, 3, 1))
    points = np.stack([actual + 1, actual - 3, actual + 100])
    counts = additions(judged_of(actual), points, 3)
    assert counts[2] == 0
    assert abs(counts[0] - 3 * counts[1]) <= 1


def test_a_few_windows_leave_the_weights_nearly_equal() -> None:
    actual = np.zeros((3, 2, 1))
    points = np.stack([actual + 1, actual + 1.5])
    assert additions(judged_of(actual), points, 2).tolist() == [2, 1]
    many = np.zeros((100, 2, 1))
    assert additions(judged_of(many), np.stack([many + 1, many + 1.5]), 2).tolist() == [21, 1]


def test_windows_without_an_error_say_nothing() -> None:
    actual = np.zeros((4, 2, 1))
    judged = judged_of(actual)._replace(observed=np.zeros(actual.shape, dtype=bool))
    assert additions(judged, np.stack([actual, actual + 1]), 2).tolist() == [1, 1]


def test_a_far_better_anchor_leaves_the_best_network_in() -> None:
    actual = np.zeros((10, 2, 1))
    counts = additions(judged_of(actual), np.stack([actual + 1, actual + 5, actual]), 2)
    assert counts[0] >= 1
    assert counts[1] == 0


def test_the_origins_lie_in_the_last_rows_and_there_must_be_some() -> None:
    plan = validating(PANEL, None, 4)
    assert plan.first.tolist() == [49, 39]
    assert plan.ends(PANEL).max(axis=1).tolist() == [55, 45]
    with pytest.raises(UsageError, match="weighed by validation rows"):
        validating(PANEL, 0, 4)


def test_the_best_have_the_lowest_error() -> None:
    plan = validating(PANEL, None, 3)
    predictors = {"worse": predictor_of(3.0), "better": predictor_of(0.0)}
    errors = {name: np.abs(predict(one, PANEL, plan.ends(PANEL), 3).point).mean() for name, one in predictors.items()}
    assert errors["worse"] != errors["better"]
    assert set(best(predictors, PANEL, plan)) == {"worse", "better"}


def test_the_ensemble_forecasts_the_weighted_mean_of_its_networks() -> None:
    plan = validating(PANEL, None, 3)
    models = {"one": predictor_of(0.0, 0.1), "two": predictor_of(-0.2)}
    found = weigh(models, None, PANEL, plan)
    assert isinstance(found, Weighed)
    weights = found.predictor.blend.weights
    assert sum(weights) == pytest.approx(1)
    assert len(weights) == len(found.members)
    every = {(name, place): network for name, one in models.items() for place, network in enumerate(one.networks)}
    parts = [
        weight * predict(Predictor([every[member]], logarithm=False), PANEL, plan.ends(PANEL), 3).point
        for weight, member in zip(weights, found.members, strict=True)
    ]
    np.testing.assert_allclose(predict(found.predictor, PANEL, plan.ends(PANEL), 3).point, sum(parts), atol=1e-5)


def test_the_shares_that_are_told_add_up() -> None:
    networks = predictor_of(0.0, 0.1).networks
    blend = Blend("theta", 0.75, weights=(0.6, 0.4))
    said = list(told(Weighed(Predictor(networks, False, blend), (("one", 0), ("two", 0)))))
    assert said == ["The ensemble is 45% one, 30% two, 25% the baseline theta, as validation says."]


def test_a_weight_out_of_its_bounds_is_refused() -> None:
    for weight in (0.0, 1.5, float("nan")):
        with pytest.raises(ValueError, match="weight"):
            Blend(weights=(weight,))


def test_the_counts_become_the_shares_of_a_blend() -> None:
    none = np.zeros((1, 1, 1))
    fitted = weighing._Voice("lstm", FITTED, (0, 1), predictor_of(0.0, 0.1).networks, none)
    embedded = weighing._Voice("default", EMBEDDED, (0,), (), none)
    found = weighing._blend([(fitted, 4), (embedded, 2)], "theta", 8)
    assert found == Blend("theta", 0.75, embedded=1 / 3, weights=(0.5, 0.5, 1.0))
    assert weighing._blend([(fitted, 4)], None, 4) == Blend(weights=(0.5, 0.5))


def test_kinds_are_weighed_by_themselves() -> None:
    predictor = Predictor(predictor_of(0.0, 0.1).networks, False, Blend(weights=(0.25, 0.75)))
    assert predictor.weights(FITTED) == [0.25, 0.75]
    assert predictor.weights(EMBEDDED) == []
