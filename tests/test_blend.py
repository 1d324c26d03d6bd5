import math
from itertools import pairwise
from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from rnncast.blend import (
    ALONE,
    DOUBT,
    EMBEDDED,
    FITTED,
    NARROWEST,
    OVERLAP,
    TOO_MUCH,
    WIDEST,
    Blend,
    Judged,
    Source,
    fit_blend,
)
from rnncast.config import DECILES
from rnncast.panel import FloatArray

LEVELS = (0.1, 0.5, 0.9)
SHARES = (0.0, 0.25, 0.5, 0.75, 1.0)


def judged_of(
    actual: FloatArray,
    point: FloatArray,
    anchor: FloatArray | None = None,
    sides: tuple[float, ...] = (-1.0, 0.0, 1.0),
    past_error: float = 1.0,
) -> Judged:
    """Return forecasts [M, H] of one target, whose quantiles lie `sides` around the point; NaN is not seen."""
    windows = len(actual)
    return Judged(
        actual=np.nan_to_num(actual, nan=-99.0)[..., None],
        observed=~np.isnan(actual)[..., None],
        networks={FITTED: source_of(point, sides)},
        anchor=None if anchor is None else anchor[..., None],
        past_error=np.full((windows, 1), past_error),
    )


def source_of(point: FloatArray, sides: tuple[float, ...] = (-1.0, 0.0, 1.0)) -> Source:
    """Return forecasts [M, H] of one target with quantiles that lie `sides` around them."""
    return Source(point[..., None], point[..., None, None] + np.array(sides))


def share_of(network_error: FloatArray, anchor_error: FloatArray) -> float:
    """Return the share that validation gives networks with these errors [M, H]."""
    actual = np.full(network_error.shape, 100.0)
    judged = judged_of(actual, actual + network_error, actual + anchor_error)
    return fit_blend(judged, "naive", LEVELS, calibrate=False).share


@pytest.mark.parametrize(
    ("network", "anchor", "share"),
    [(1.0, 3.0, 1.0), (3.0, 1.0, 0.0), (1.0, 1.0, 0.5), (1.0, 1.7, 0.75), (1.7, 1, 0.25)],
)
def test_thousands_of_windows_decide_and_one_leaves_one_half(network: float, anchor: float, share: float) -> None:
    rng = np.random.default_rng(0)
    errors = network * rng.normal(size=(1000, 200)), anchor * rng.normal(size=(1000, 200))
    assert share_of(*errors) == share
    assert {share_of(errors[0][[n]], errors[1][[n]]) for n in range(50)} == {0.5}


@pytest.mark.parametrize("windows", [1, 2, 30])
def test_a_share_with_far_more_than_the_lowest_error_is_never_taken(windows: int) -> None:
    exact, errors = np.zeros((windows, 4)), np.random.default_rng(1).normal(size=(windows, 4))
    assert share_of(exact, errors) == 1
    assert share_of(errors, exact) == 0
    assert share_of(np.full((windows, 4), 1.0), np.full((windows, 4), 2.0 + TOO_MUCH)) > 0.5


def test_equal_forecasts_leave_one_half() -> None:
    errors = np.random.default_rng(1).normal(size=(1000, 3))
    assert share_of(errors, errors) == 0.5


def kinds_of(*errors: FloatArray, anchor: FloatArray | None) -> Judged:
    """Return fitted networks and the embedded one with these errors [M, H]."""
    actual = np.full(errors[0].shape, 100.0)
    judged = judged_of(actual, actual, None if anchor is None else actual + anchor)
    points = [source_of(actual + error) for error in errors]
    return judged._replace(networks=dict(zip((FITTED, EMBEDDED), points, strict=True)))


@pytest.mark.parametrize(
    ("spreads", "share", "embedded"),
    [((1, 9, 9), 1.0, 0.0), ((9, 1, 9), 1.0, 1.0), ((9, 9, 1), 0.0, 0.0), ((1, 1, 9), 1.0, 0.5), ((9, 1, 1), 0.5, 1.0)],
)
def test_thousands_of_windows_tell_three_sources_apart(spreads: FloatArray, share: float, embedded: float) -> None:
    rng = np.random.default_rng(3)
    errors = [spread * rng.normal(size=(3000, 50)) for spread in spreads]
    found = fit_blend(kinds_of(*errors[:2], anchor=errors[2]), "naive", LEVELS, calibrate=False)
    assert (found.share, found.embedded) == (share, embedded)


def test_a_window_leaves_three_sources_their_usual_shares() -> None:
    errors = np.array([[[1.0, 1.1]], [[1.2, 1.0]], [[1.1, 1.2]]])
    found = fit_blend(kinds_of(*errors[:2], anchor=errors[2]), "naive", LEVELS, calibrate=False)
    assert (found.share, found.embedded) == (0.75, pytest.approx(1 / 3))
    found = fit_blend(kinds_of(*errors[:2], anchor=None), None, LEVELS, calibrate=False)
    assert (found.share, found.embedded) == (1.0, 0.5)


def test_the_embedded_network_alone_has_most_beside_an_anchor() -> None:
    network, anchor = np.random.default_rng(3).normal(size=(2, 1, 5))
    judged = judged_of(np.zeros((1, 5)), network, anchor)
    judged = judged._replace(networks={EMBEDDED: judged.networks[FITTED]})
    assert fit_blend(judged, "naive", LEVELS, calibrate=False) == Blend("naive", 0.75)


@pytest.mark.parametrize("embedded", SHARES)
def test_networks_of_two_kinds_are_mixed_by_their_shares(embedded: float) -> None:
    fitted, other = source_of(np.array([[2.0]])), source_of(np.array([[6.0]]), sides=(-3.0, 0.0, 5.0))
    point, quantiles = Blend(embedded=embedded).networks({FITTED: fitted, EMBEDDED: other})
    assert point.item() == pytest.approx(2 + 4 * embedded)
    np.testing.assert_allclose(quantiles[0, 0, 0], np.array([1, 2, 3]) + embedded * np.array([2, 4, 8]))
    assert Blend(embedded=embedded).networks({EMBEDDED: other}) is other


def slow_share(judged: Judged, anchor: FloatArray) -> float:
    errors: dict[float, list[float]] = {share: [] for share in SHARES}
    for m in range(len(judged.actual)):
        seen = np.flatnonzero(judged.observed[m, :, 0])
        if len(seen) and judged.past_error[m, 0]:
            for share in SHARES:
                point = share * judged.networks[FITTED].point[m, :, 0] + (1 - share) * anchor[m, :, 0]
                distance = [abs(judged.actual[m, h, 0] - point[h]) for h in seen]
                errors[share].append(sum(distance) / len(seen) / judged.past_error[m, 0])
    count = len(errors[0.5])
    if not count:
        return 0.5
    best = min(SHARES, key=lambda share: sum(errors[share]))
    fitting = []
    for share in SHARES:
        above = [ours - least for ours, least in zip(errors[share], errors[best], strict=True)]
        mean = sum(above) / count
        variance = sum((one - mean) ** 2 for one in above) / (count - 1) if count > 1 else math.inf
        bearable = sum(errors[share]) <= TOO_MUCH * sum(errors[best])
        if bearable and mean <= (OVERLAP * variance / count) ** 0.5 + 1e-12:
            fitting.append(share)
    return min(fitting, key=lambda share: abs(share - 0.5))


@pytest.mark.parametrize("seed", range(40))
def test_the_share_is_that_of_a_plain_loop(seed: int) -> None:
    rng = np.random.default_rng(seed)
    windows = int(rng.integers(1, 30))
    actual = rng.normal(size=(windows, 3))
    actual[rng.random(actual.shape) < 0.2] = np.nan
    spreads = rng.choice([0.2, 1.0, 3.0], size=2)
    point, anchor = (np.nan_to_num(actual) + spread * rng.normal(size=actual.shape) for spread in spreads)
    judged = judged_of(actual, point, anchor)._replace(past_error=rng.choice([0.0, 0.5, 20.0], size=(windows, 1)))
    assert fit_blend(judged, "naive", LEVELS, calibrate=False).share == slow_share(judged, anchor[..., None])


def test_windows_in_which_nothing_was_seen_or_nothing_ever_moved_say_nothing() -> None:
    rng = np.random.default_rng(2)
    point, anchor = np.zeros((400, 2)), rng.normal(size=(400, 2))
    actual = 0.1 * rng.normal(size=(400, 2))
    whole = judged_of(np.tile(actual, (2, 1)), np.concatenate([point, anchor]), np.concatenate([anchor, point]))
    unseen, level = whole.observed.copy(), whole.past_error.copy()
    unseen[400:], level[400:] = False, 0.0
    for partly in (whole._replace(observed=unseen), whole._replace(past_error=level)):
        assert fit_blend(partly, "naive", LEVELS, calibrate=False).share == 1
    nothing = whole._replace(observed=np.zeros_like(unseen))
    assert fit_blend(nothing, "naive", LEVELS, calibrate=True) == Blend("naive", 0.5, (1.0, 1.0, 1.0))


def test_errors_are_counted_in_those_of_the_seasonal_naive() -> None:
    # The networks are better in few series of large numbers, the anchor in many of small ones.
    scale = np.where(np.arange(2000) < 100, 1000.0, 1.0)[:, None]
    network, anchor = np.where(scale > 1, 0.1, 1.0), np.where(scale > 1, 1.0, 0.1)
    judged = judged_of(np.zeros_like(scale), scale * network, scale * anchor)
    assert fit_blend(judged, "naive", LEVELS, calibrate=False).share == 1
    assert fit_blend(judged._replace(past_error=scale), "naive", LEVELS, calibrate=False).share == 0


def test_networks_without_an_anchor_are_left_alone() -> None:
    judged = judged_of(np.ones((50, 2)), np.zeros((50, 2)))
    assert fit_blend(judged, None, LEVELS, calibrate=False) == ALONE
    network = np.array([1.0, -2.0])
    assert ALONE.point(network, None) is network


def widths_of(errors: FloatArray, levels: tuple[float, ...] = LEVELS, **judged: tuple[float, ...]) -> tuple[float, ...]:
    """Return the widths that validation gives networks with these errors [M, H]."""
    return fit_blend(judged_of(-errors, np.zeros_like(errors), **judged), None, levels, calibrate=True).widths


def test_the_width_is_a_quantile_of_the_scores_with_the_correction_for_a_finite_sample() -> None:
    # 19 scores: of 80% the 16th, since 0.8 x 20 = 16, where the plain quantile would be the 15.2th.
    errors = np.random.default_rng(3).permutation(np.arange(1, 20) / 10)[None]
    low, middle, high = widths_of(np.where(np.arange(19) % 2, errors, -errors))
    assert low == high == pytest.approx(1.6 ** (1 / (1 + DOUBT)))
    assert middle == 1


def test_of_too_few_scores_the_largest_counts() -> None:
    assert widths_of(np.array([[0.5, 2.0, -1.0]]))[0] == pytest.approx(2 ** (1 / (1 + DOUBT)))


def test_a_score_is_counted_in_the_width_of_its_own_side() -> None:
    # Errors are point minus actual here: what came lies above the point where they are negative.
    errors = np.tile([[-3.0, 1.0]], (1000, 1))
    assert widths_of(errors, sides=(-0.5, 0.0, 2.0))[0] == pytest.approx(2.0, rel=0.01)
    assert widths_of(-errors, sides=(-2.0, 0.0, 0.5))[0] == pytest.approx(2.0, rel=0.01)


@pytest.mark.parametrize("windows", [1, 2, 10, 100])
def test_few_windows_draw_the_width_toward_one(windows: int) -> None:
    assert widths_of(np.full((windows, 5), 3.0))[0] == pytest.approx(3 ** (windows / (windows + DOUBT)))


@pytest.mark.parametrize("windows", [30, 100])
def test_many_windows_may_make_intervals_narrower(windows: int) -> None:
    assert widths_of(np.full((windows, 5), 0.5))[0] == pytest.approx(0.5 ** (windows / (windows + DOUBT)))


@pytest.mark.parametrize("windows", [1, 29])
def test_fewer_may_only_widen_them(windows: int) -> None:
    assert widths_of(np.full((windows, 5), 0.5)) == (1.0, 1.0, 1.0)


def test_windows_in_which_nothing_was_seen_do_not_count() -> None:
    errors = np.full((12, 2), 3.0)
    errors[2:] = np.nan
    assert widths_of(errors)[0] == pytest.approx(3 ** (2 / (2 + DOUBT)))


@pytest.mark.parametrize(("error", "width"), [(1e6, WIDEST), (1e-6, NARROWEST), (0.0, NARROWEST)])
def test_widths_have_bounds(error: float, width: float) -> None:
    assert widths_of(np.full((100, 3), error)) == (width, 1.0, width)


def test_an_interval_without_any_width_stays_as_it_is() -> None:
    assert widths_of(np.ones((100, 3)), sides=(0.0, 0.0, 0.0)) == (1.0, 1.0, 1.0)


@pytest.mark.parametrize(
    ("levels", "calibrated"),
    [
        ((0.5, 0.6, 0.7, 0.9), ()),
        ((0.1, 0.5), ()),
        ((0.1, 0.5, 0.9, 0.95), (0, 2)),
        ((0.05, 0.1, 0.3, 0.5, 0.7, 0.9), (1, 2, 4, 5)),
    ],
)
def test_only_central_intervals_are_calibrated(levels: tuple[float, ...], calibrated: tuple[int, ...]) -> None:
    sides = tuple(NormalDist().inv_cdf(level) for level in levels)
    widths = widths_of(2 * np.random.default_rng(4).normal(size=(500, 4)), levels, sides=sides)
    assert tuple(np.flatnonzero(np.array(widths) != 1)) == calibrated
    np.testing.assert_allclose(np.array(widths)[list(calibrated)], 2, rtol=0.15)


@pytest.mark.parametrize("spread", [0.3, 0.6, 1.0, 2.0, 3.5])
def test_intervals_that_were_too_narrow_or_too_wide_come_to_hold_what_they_should(spread: float) -> None:
    rng = np.random.default_rng(5)
    sides = tuple(spread * NormalDist().inv_cdf(level) for level in DECILES)
    fitted = fit_blend(judged_of(rng.normal(size=(500, 6)), np.zeros((500, 6)), sides=sides), None, DECILES, True)
    found = fitted.quantiles(np.array(sides), np.zeros(()))
    new = rng.normal(size=20_000)
    for number, level in enumerate(DECILES[:4]):
        coverage = ((found[number] <= new) & (new <= found[-1 - number])).mean()
        assert coverage == pytest.approx(1 - 2 * level, abs=0.02)


def test_intervals_are_calibrated_around_the_blend() -> None:
    actual = np.random.default_rng(6).normal(size=(1000, 4))
    judged = judged_of(actual, actual + 2, actual - 2)
    assert fit_blend(judged, "naive", LEVELS, calibrate=True) == Blend("naive", 0.5, (NARROWEST, 1.0, NARROWEST))


@pytest.mark.parametrize(("levels", "calibrate"), [(LEVELS, False), ((), True)])
def test_without_calibration_or_levels_there_are_no_widths(levels: tuple[float, ...], calibrate: bool) -> None:
    judged = judged_of(np.full((50, 2), 9.0), np.zeros((50, 2)))
    assert fit_blend(judged, None, levels, calibrate).widths == ()


finite = st.floats(-1e6, 1e6)
widths = st.floats(NARROWEST, WIDEST)


@given(
    spread=arrays(np.float64, (3, 9), elements=st.floats(0, 1e6)),
    point=arrays(np.float64, 3, elements=finite),
    factors=st.lists(widths, min_size=9, max_size=9),
)
def test_quantiles_rise_and_hold_the_point(spread: FloatArray, point: FloatArray, factors: list[float]) -> None:
    around = np.concatenate([-np.sort(spread[:, :4])[:, ::-1], np.zeros((3, 1)), np.sort(spread[:, 5:])], axis=1)
    found = Blend(widths=tuple(factors)).quantiles(around, point)
    for left, right in pairwise(range(9)):
        assert (found[:, left] <= found[:, right]).all()
    np.testing.assert_array_equal(found[:, 4], point)


@given(network=arrays(np.float64, 4, elements=finite), anchor=arrays(np.float64, 4, elements=finite))
@pytest.mark.parametrize("share", SHARES)
def test_a_blend_lies_between_its_parts(share: float, network: FloatArray, anchor: FloatArray) -> None:
    found = Blend("naive", share).point(network, anchor)
    np.testing.assert_allclose(found, anchor + share * (network - anchor), rtol=1e-9, atol=1e-3)
    slack = 1e-9 * (1 + np.abs(network) + np.abs(anchor))
    assert (found >= np.minimum(network, anchor) - slack).all()
    assert (found <= np.maximum(network, anchor) + slack).all()


@pytest.mark.parametrize(("share", "kept"), [(0.0, 2.0), (1.0, 3.0)])
def test_what_has_no_share_does_not_matter_at_all(share: float, kept: float) -> None:
    mad = np.array([np.inf])
    network, anchor = (mad, np.array([2.0])) if share == 0 else (np.array([3.0]), mad)
    assert Blend("naive", share).point(network, anchor).tolist() == [kept]


@pytest.mark.parametrize(
    "wrong",
    [
        {"share": -0.1},
        {"share": 1.1},
        {"embedded": -0.1},
        {"embedded": np.nan},
        {"share": np.nan},
        {"widths": (1.0, 0.2)},
        {"widths": (np.nan,)},
    ],
    ids=str,
)
def test_a_blend_with_impossible_numbers_is_refused(wrong: dict) -> None:
    with pytest.raises(ValueError, match="out of bounds"):
        Blend("naive", **wrong)
