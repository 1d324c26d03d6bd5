"""Effects of future covariates: what is found, when it is taken, and that it is taken out and put on alike."""

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from rnncast import api, checkpoint
from rnncast.blend import EMBEDDED, Judged, Source
from rnncast.errors import CheckpointError, DataError
from rnncast.metrics import seasonal_error
from rnncast.panel import FloatArray, Panel
from rnncast.regression import (
    FEWEST,
    LEAST,
    PENALTIES,
    Regression,
    best_of,
    fit_regression,
    window_errors,
)
from tests.making import panel_of
from tests.test_checkpoint import tampered

WEEK = 7
WAYS = pytest.mark.parametrize("logarithm", [False, True])


def promoted(effect: float = 8.0, series: int = 20, length: int = 120, factor: float = 0.0, columns: int = 1) -> Panel:
    """Return weekly series with noise of one, to which the first of some random switches adds or multiplies."""
    rng, steps = np.random.default_rng(0), np.arange(length)
    switches = (rng.random((series, length, columns)) < 0.2).astype(float)
    values = 50 + 5 * np.sin(2 * np.pi * steps / WEEK) + effect * switches[..., 0] + rng.normal(size=(series, length))
    return panel_of(list(values * np.exp(factor * switches[..., 0])), future=list(switches), seasons=(WEEK,))


def coefficients(panel: Panel, logarithm: bool = False) -> FloatArray:
    """Return what a unit of each covariate does to each target, [C, K]."""
    return np.array(fit_regression(panel, logarithm).coefficients)


@pytest.mark.parametrize("effect", [-8.0, 2.0, 8.0])
def test_what_a_promotion_adds_is_found(effect: float) -> None:
    panel = promoted(effect, columns=3)
    found = coefficients(panel)[0] * seasonal_error(panel, WEEK).mean()
    np.testing.assert_allclose(found, [effect, 0, 0], atol=0.15)


def test_by_what_factor_a_promotion_multiplies_is_found_in_logarithms() -> None:
    panel = promoted(effect=0.0, factor=0.4)
    assert coefficients(panel, logarithm=True).item() == pytest.approx(0.4, abs=0.02)


def test_a_few_rows_of_noise_give_nearly_nothing() -> None:
    rng = np.random.default_rng(1)
    panels = [panel_of([rng.normal(size=60)], future=[rng.normal(size=60)]) for _ in range(50)]
    sizes = [abs(coefficients(panel).item()) for panel in panels]
    assert np.median(sizes) < 0.05
    assert max(sizes) < 0.5


def slow_ridge(panel: Panel) -> FloatArray:
    """Return the coefficients of one target by least squares with rows for the penalty, and whole hat matrices."""
    rows, moved = [], []
    for n, error in enumerate(seasonal_error(panel, WEEK)[:, 0]):
        for t in range(WEEK, panel.lengths[n]):
            here, before = panel.offsets[n] + t, panel.offsets[n] + t - WEEK
            if panel.observed[here, 0] and panel.observed[before, 0]:
                ahead = panel.future_offsets[n] + t
                rows.append(panel.future_covariates[ahead] - panel.future_covariates[ahead - WEEK])
                moved.append((panel.values[here, 0] - panel.values[before, 0]) / error)
    count, y = len(rows), np.array(moved) - np.mean(moved)
    x = np.array(rows) - np.mean(rows, axis=0)
    spread = x.std(axis=0)
    x /= spread
    scores, found = [], []
    for penalty in PENALTIES * count:
        augmented = np.concatenate([x, np.sqrt(penalty) * np.eye(x.shape[1])])
        found.append(np.linalg.lstsq(augmented, np.concatenate([y, np.zeros(x.shape[1])]), rcond=None)[0])
        hat = x @ np.linalg.solve(x.T @ x + penalty * np.eye(x.shape[1]), x.T) + np.full((count, count), 1 / count)
        left = np.eye(count) - hat
        scores.append(np.mean((left @ np.array(moved)) ** 2) / (np.trace(left) / count) ** 2)
    return np.array(found[int(np.argmin(scores))] / spread)


@pytest.mark.parametrize("seed", range(5))
def test_coefficients_are_those_of_least_squares_with_rows_for_the_penalty_that_cross_validates_best(seed: int) -> None:
    rng = np.random.default_rng(seed)
    ahead = [rng.normal(size=(length + 3, 4)) * [1, 10, 0.1, 1] for length in (30, 9, 24)]
    series = [(x @ [0.5, 0, 0, 0.1])[:-3] + rng.normal(size=len(x) - 3) for x in ahead]
    series[0][rng.random(30) < 0.2] = np.nan
    panel = panel_of(series, future=ahead, seasons=(WEEK,))
    np.testing.assert_allclose(coefficients(panel)[0], slow_ridge(panel), rtol=1e-6)


@WAYS
def test_units_of_a_covariate_and_of_the_target_change_no_forecast(logarithm: bool) -> None:
    panel = promoted(series=3, columns=2)
    other = replace(
        panel, values=1e6 * panel.values, future_covariates=panel.future_covariates * [1e-9, 1e9] + [5e-9, 0]
    )
    ends = panel.lengths[:, None] - np.array([[30, 20]])
    one, two = (fit_regression(each, logarithm).part(each, ends, 5) for each in (panel, other))
    np.testing.assert_allclose(one.ahead, two.ahead, rtol=1e-5, atol=1e-9)
    np.testing.assert_allclose(1e6 * one.rest.values, two.rest.values, rtol=1e-5)


@WAYS
def test_what_is_taken_out_is_what_is_put_on(logarithm: bool) -> None:
    panel = promoted(series=3)
    ends = panel.lengths[:, None] - np.array([[30, 20, 8]])
    parted = Regression(((0.7,),), logarithm).part(panel, ends, 5)
    rows = panel.offsets[:, None, None] + ends[..., None] + 1 + np.arange(5)
    whole = parted.whole(parted.rest.values[rows])
    np.testing.assert_allclose(whole, panel.values[rows])
    quantiles = parted.whole(np.stack([parted.rest.values[rows]] * 2, axis=-1))
    np.testing.assert_allclose(quantiles, np.stack([whole] * 2, axis=-1))
    assert not np.allclose(parted.rest.values, panel.values)


def test_effects_are_around_the_mean_of_what_is_known_in_past_errors() -> None:
    past, ahead = [4.0, 6.0, 4.0, 6.0, 4.0], [1.0, 0.0, 1.0, 0.0, 2.0, 5.0, 7.0]
    panel = panel_of([[0.0, 0.0], past], future=[[9.0, 9.0], ahead])
    parted = Regression(((0.5,),)).part(panel, np.array([[1], [3]]), 3)
    np.testing.assert_allclose(parted.rest.values[2:, 0], np.array(past) - 2 * 0.5 * (np.array(ahead[:5]) - 0.5))
    np.testing.assert_allclose(parted.whole(np.zeros((2, 1, 3, 1)))[1, 0, :, 0], [1.5, 4.5, 6.5])
    np.testing.assert_array_equal(parted.rest.values[:2], panel.values[:2])
    np.testing.assert_array_equal(parted.whole(np.ones((2, 1, 3, 1)))[0], 1.0)


@WAYS
def test_nothing_of_the_target_after_an_origin_is_read(logarithm: bool) -> None:
    panel = promoted(series=2)
    ends = panel.lengths[:, None] - np.array([[40, 30]])
    later = np.concatenate([np.arange(120) > end for end in ends[:, 0]])[:, None]
    other = replace(panel, values=np.where(later, -999.0, panel.values))
    regression = Regression(((0.7,),), logarithm)
    one, two = (regression.part(each, ends, 5) for each in (panel, other))
    np.testing.assert_array_equal(one.ahead, two.ahead)
    np.testing.assert_array_equal(one.error, two.error)
    np.testing.assert_array_equal(one.rest.values[~later], two.rest.values[~later])
    cut = panel.truncated(ends[:, 0] + 1)
    expected = fit_regression(panel_of(np.split(cut.values[~later[:, 0]], 2), future=np.split(
        panel.future_covariates, 2), seasons=(WEEK,)), logarithm)  # fmt: skip
    assert fit_regression(cut, logarithm).coefficients == expected.coefficients


def test_series_are_parted_as_one_by_one() -> None:
    panel = promoted(series=4)
    ends = panel.lengths[:, None] - np.array([[10]])
    regression = Regression(((0.7,),))
    together, some = regression.part(panel, ends, 5), regression.part(panel.only(np.array([1, 3])), ends[:2], 5)
    np.testing.assert_array_equal(some.ahead, together.ahead[[1, 3]])
    rows = np.concatenate([np.arange(120, 240), np.arange(360, 480)])
    np.testing.assert_array_equal(some.rest.values[rows], together.rest.values[rows])


AWKWARD = {
    "constant": np.full((120, 1), 0.1),
    "rounding": 0.1 + 1e-17 * np.arange(120)[:, None] % 3e-17,
    "huge": 1e308 * np.sin(np.arange(120))[:, None],
    "tiny": 1e-310 * np.sin(np.arange(120))[:, None],
    "twins": np.repeat(np.sin(np.arange(120))[:, None], 2, axis=1),
    "a column for every row": np.eye(120),
    "far more columns than rows": np.random.default_rng(2).normal(size=(120, 400)),
    "a straight line": np.arange(120.0)[:, None],
}


@WAYS
@pytest.mark.parametrize("columns", AWKWARD.values(), ids=AWKWARD)
def test_awkward_covariates_do_no_harm(columns: FloatArray, logarithm: bool) -> None:
    series = 20 + 5 * np.sin(2 * np.pi * np.arange(110) / WEEK) + np.random.default_rng(3).normal(size=110)
    panel = panel_of([series], future=[columns], seasons=(WEEK,))
    parted = fit_regression(panel, logarithm).part(panel, np.array([[109]]), 10)
    assert np.abs(parted.rest.values[:, 0] - series).max() < 10
    assert np.abs(parted.whole(np.full((1, 1, 10, 1), 20.0)) - 20).max() < 10


def test_columns_that_say_the_same_share_what_one_of_them_does() -> None:
    panel = promoted(series=3)
    twins = replace(
        panel, future_covariates=np.repeat(panel.future_covariates, 2, axis=1), future_names=("one", "other")
    )
    one, two = coefficients(panel)[0], coefficients(twins)[0]
    assert two[0] == pytest.approx(two[1])
    assert two.sum() == pytest.approx(one.item(), rel=0.01)


def test_every_word_of_a_category_has_its_own_effect() -> None:
    rng = np.random.default_rng(3)
    codes = [rng.integers(1, 4, size=130).astype(float) for _ in range(20)]
    effects = np.array([0.0, 4.0, 0.0, -8.0])
    series = [50 + effects[code.astype(int)][:120] + rng.normal(size=120) for code in codes]
    panel = replace(panel_of(series, future=codes, seasons=(WEEK,)), words={"f0": ("fog", "rain", "sun")})
    found = coefficients(panel)[0] * seasonal_error(panel, WEEK).mean()
    np.testing.assert_allclose(found - found[1], [4, 0, -8], atol=0.3)
    parted = fit_regression(panel, False).part(panel, np.full((20, 1), 119), 10)
    each = effects[np.array(codes).astype(int)]  # [N, T]
    around = each[:, 120:] - each[:, :120].mean(axis=1, keepdims=True)
    np.testing.assert_allclose((parted.ahead * parted.error)[:, 0, :, 0], around, rtol=0.25, atol=0.3)


@pytest.mark.parametrize("series", [[[1.0, 1.0, 1.0, 1.0]], [[1.0, 2.0]], [[np.nan] * 9]], ids=str)
def test_series_that_tell_nothing_have_no_effects(series: list[list[float]]) -> None:
    panel = panel_of(series, future=[np.random.default_rng(4).normal(size=len(series[0]))])
    regression = fit_regression(panel, logarithm=False)
    assert regression.coefficients == ((0.0,),)
    parted = regression.part(panel, panel.lengths[:, None] - 1, 2)
    np.testing.assert_array_equal(parted.rest.values, panel.values)


@pytest.mark.parametrize(
    ("numbers", "logarithm"), [(((np.nan,),), False), (((1.0,), (np.inf,)), True), (((1.0,), ()), True), ((), False)]
)
def test_unsound_numbers_are_refused(numbers: tuple[tuple[float, ...], ...], logarithm: bool) -> None:
    with pytest.raises(ValueError, match="not finite, or do not fit together"):
        Regression(numbers, logarithm)


def test_the_error_of_a_window_is_that_of_a_plain_loop() -> None:
    rng = np.random.default_rng(5)
    actual, point = rng.normal(size=(2, 6, 4, 2))
    observed, past_error = rng.random(actual.shape) < 0.7, rng.random((6, 2)) + 0.5
    observed[3] = False
    judged = Judged(actual, observed, {EMBEDDED: Source(point, point[..., None])}, None, past_error)
    for m, error in enumerate(window_errors(judged, point)):
        seen = [
            abs(actual[m, h, c] - point[m, h, c]) / past_error[m, c]
            for h in range(4)
            for c in range(2)
            if observed[m, h, c]
        ]
        assert np.isnan(error) if m == 3 else error == pytest.approx(np.mean(seen))


@pytest.mark.parametrize("seed", range(30))
def test_what_is_clearly_better_is_that_of_a_plain_loop(seed: int) -> None:
    rng = np.random.default_rng(seed)
    count, overlap = int(rng.integers(5, 40)), float(rng.choice([1.0, 2.0]))
    plain = rng.random(count)
    others = [plain - shift + 0.5 * rng.random(count) for shift in rng.uniform(0.1, 0.5, size=2)]
    plain[0] = np.nan
    means = [sum(other[1:]) / (count - 1) for other in others]
    best = 0 if means[0] <= means[1] else 1
    gains = [float(a - b) for a, b in zip(plain[1:], others[best][1:], strict=True)]
    mean = sum(gains) / len(gains)
    variance = sum((gain - mean) ** 2 for gain in gains) / (len(gains) - 1)
    is_clear = mean > (variance * overlap / len(gains)) ** 0.5 and mean > LEAST * sum(plain[1:]) / len(gains)
    found = best_of(plain, others, overlap)
    assert found == (best if is_clear and len(gains) >= FEWEST else None, pytest.approx(found[1]), count - 1)
    assert len(gains) < FEWEST or found[1] == pytest.approx(mean / (sum(plain[1:]) / len(gains)))


def test_an_error_that_is_always_a_little_lower_is_not_enough() -> None:
    plain = np.ones(1000)
    assert best_of(plain, [plain - LEAST / 2, plain], 1.0)[0] is None
    assert best_of(plain, [plain, plain - 2 * LEAST], 1.0)[0] == 1
    assert best_of(np.zeros(9), [np.zeros(9)], 1.0) == (None, 0.0, 9)
    assert best_of(np.full(9, np.nan), [np.zeros(9)], 1.0) == (None, 0.0, 0)


HORIZON = 7


def table(
    effect: float = 8.0, length: int = 105, test: float = 0.0, kind: str = "switch", seed: int = 0
) -> pd.DataFrame:
    """Return a weekly series, `test` higher in its last week, and a covariate that is known a week longer."""
    rng, steps = np.random.default_rng(seed), np.arange(length + HORIZON)
    promo = (rng.random(len(steps)) < 0.25).astype(float) if kind != "noise" else rng.normal(size=len(steps))
    y = 50 + 5 * np.sin(2 * np.pi * steps / WEEK) + effect * promo + rng.normal(size=len(steps))
    y[length - HORIZON : length] += test
    y[length:] = np.nan
    return pd.DataFrame({"ds": pd.date_range("2024-01-01", periods=len(steps)), "y": y, "promo": promo})


def zero_shot(frame: pd.DataFrame, **settings: Any) -> api.Forecaster:
    """Return the embedded model, with the promotions where there are any."""
    future = {"future_covariates": ("promo",)} if "promo" in frame else {}
    return api.untrained(frame, target=("y",), horizon=HORIZON, **future, **settings)


@pytest.fixture(scope="module")
def with_promo() -> api.Forecaster:
    return zero_shot(table(), test=HORIZON)


def test_a_strong_promotion_makes_the_embedded_model_far_better(with_promo: api.Forecaster) -> None:
    without = zero_shot(table().drop(columns="promo"), test=HORIZON)
    one, other = (each.checkpoint.report["scores"]["pretrained"] for each in (with_promo, without))
    assert one["mase"] < 0.5 * other["mase"]
    assert one["wql"] < 0.5 * other["wql"]
    assert with_promo.checkpoint.regression is not None
    assert without.checkpoint.regression is None
    found = with_promo.checkpoint.report["reasons"]
    assert any(line.startswith("A ridge regression on promo") and line.endswith("and is added.") for line in found)


def test_what_is_to_come_moves_the_forecast_by_its_effect_however_far(with_promo: api.Forecaster) -> None:
    days = pd.date_range("2024-04-15", periods=10 * HORIZON)
    none, one = (pd.DataFrame({"ds": days, "promo": switch * (np.arange(70) % 30 == 29)}) for switch in (0.0, 1.0))
    own = table().iloc[:105]
    calm, moved = (with_promo.forecast(own, 10 * HORIZON, ahead) for ahead in (none, one))
    gap = (moved.point - calm.point)[0, :, 0]
    assert np.flatnonzero(np.abs(gap) > 1e-9).tolist() == [29, 59]
    np.testing.assert_allclose(gap[[29, 59]], 8, atol=1.0)
    spread = moved.quantiles - calm.quantiles
    np.testing.assert_allclose(spread[0, :, 0], np.repeat(gap[:, None], 9, axis=1), rtol=0.2, atol=1e-9)


def test_a_covariate_that_says_nothing_changes_nothing() -> None:
    frame = table(effect=0.0, kind="noise")
    found, plain = zero_shot(frame), zero_shot(frame.iloc[:105].drop(columns="promo"))
    assert found.checkpoint.regression is None
    assert found.checkpoint.blend == plain.checkpoint.blend
    np.testing.assert_array_equal(found.forecast().quantiles, plain.forecast().quantiles)
    assert any("it does not clearly lower the error" in line for line in found.checkpoint.report["reasons"])


def test_noise_is_hardly_ever_taken() -> None:
    taken = []
    for seed in range(4):
        found = zero_shot(table(0.0, 56, kind="noise", seed=seed), anchor="none", calibrate=False)
        taken.append(found.checkpoint.regression is not None)
    assert sum(taken) <= 1


def test_rows_that_are_held_out_tell_no_effect(with_promo: api.Forecaster) -> None:
    other = zero_shot(table(test=40.0), test=HORIZON)
    assert other.checkpoint.regression == with_promo.checkpoint.regression
    assert other.checkpoint.blend == with_promo.checkpoint.blend


def test_only_a_covariate_that_is_read_has_to_be_known_ahead(with_promo: api.Forecaster) -> None:
    known = table().iloc[:105]
    with pytest.raises(DataError, match="has no promo at 2024-04-15"):
        with_promo.forecast(known)
    unread = api.Forecaster(replace(with_promo.checkpoint, regression=None))
    assert np.isfinite(unread.forecast(known).point).all()


@pytest.mark.parametrize("length", [8, 12])
def test_too_few_rows_give_no_regression(length: int) -> None:
    found = zero_shot(table(length=length))
    assert found.checkpoint.regression is None
    assert any("past windows are too few" in line for line in found.checkpoint.report["reasons"])


def test_networks_that_read_covariates_have_no_regression() -> None:
    trained = api.train(
        table(),
        target=("y",),
        future_covariates=("promo",),
        model="lstm",
        max_steps=1,
        hidden_size=4,
        horizon=2,
        ensemble=1,
        test=0,
    )
    assert trained.checkpoint.regression is None
    assert not any("regression" in line for line in trained.checkpoint.report["reasons"])


def test_the_regression_comes_back_from_a_checkpoint(with_promo: api.Forecaster, tmp_path: Any) -> None:
    with_promo.save(tmp_path / "c.safetensors")
    again = api.load(tmp_path / "c.safetensors")
    assert again.checkpoint.regression == with_promo.checkpoint.regression
    np.testing.assert_array_equal(again.forecast(table()).quantiles, with_promo.forecast(table()).quantiles)
    pd.testing.assert_frame_equal(again.evaluate(), with_promo.evaluate())


UNSOUND = {
    "no number": {"coefficients": [[float("nan")]]},
    "a text": {"coefficients": [["many"]]},
    "too many columns": {"coefficients": [[1.0, 2.0]]},
    "too many targets": {"coefficients": [[1.0], [2.0]]},
    "another way of counting": {"logarithm": "both"},
    "an unknown part": {"colour": "red"},
}


@pytest.mark.parametrize("change", UNSOUND.values(), ids=UNSOUND)
def test_an_unsound_regression_is_refused(with_promo: api.Forecaster, tmp_path: Any, change: dict[str, Any]) -> None:
    path = tmp_path / "c.safetensors"
    with_promo.save(path)
    path.write_bytes(tampered(path.read_bytes(), lambda header, tensors: header["regression"].update(change)))
    with pytest.raises(CheckpointError, match="does not hold what its configuration describes"):
        checkpoint.load(str(path))


def test_a_checkpoint_without_a_regression_says_nothing_of_it(with_promo: api.Forecaster, tmp_path: Any) -> None:
    path = tmp_path / "c.safetensors"
    with_promo.save(path)
    path.write_bytes(tampered(path.read_bytes(), lambda header, tensors: header.pop("regression")))
    without = checkpoint.load(str(path))
    assert without.regression is None
    checkpoint.save(str(path), without)
    assert b"regression" not in path.read_bytes().replace(b"ridge regression", b"")
