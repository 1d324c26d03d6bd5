from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise, product
from math import exp, inf, log

import numpy as np
import pytest

from rnncast import registry
from rnncast.baselines import forecast_baseline, seasonal
from rnncast.baselines.autoregression import EXACT, FEWEST, RECENT, ar, seasonal_ar
from rnncast.baselines.naive import drift, naive, seasonal_naive, window_average
from rnncast.baselines.seasonal import holt_winters
from rnncast.baselines.smoothing import ALPHAS, DAMPED_ALPHAS, DAMPED_BETAS, PHIS, damped, naive2, ses, theta
from rnncast.errors import UsageError
from rnncast.panel import BoolArray, FloatArray, Panel
from rnncast.recursions import ROUNDING

Slow = Callable[[list[float], list[bool], int, int], list[float]]


def panel_of(lengths: list[int], season_length: int = 4, seed: int = 0, missing: float = 0.0) -> Panel:
    """Build a panel of two targets with random values, `missing` of them not observed."""
    random = np.random.default_rng(seed)
    total, count = sum(lengths), len(lengths)
    offsets = np.concatenate([[0], np.cumsum(lengths)[:-1]]).astype(np.int64)
    return Panel(
        values=random.normal(size=(total, 2)),
        observed=random.random((total, 2)) >= missing,
        offsets=offsets,
        lengths=np.array(lengths),
        start=np.zeros(count, dtype=np.int64),
        ids=np.array([[str(n)] for n in range(count)]),
        id_names=("id",),
        target_names=("a", "b"),
        past_covariates=np.zeros((total, 0)),
        future_covariates=np.zeros((total, 0)),
        future_offsets=offsets,
        future_lengths=np.array(lengths),
        static_covariates=np.zeros((count, 0)),
        season_lengths=(season_length,),
    )


def slow_naive(values: list[float], seen: list[bool], season: int, horizon: int) -> list[float]:
    last = max((t for t in range(len(values)) if seen[t]), default=0)
    return [values[last]] * horizon


def slow_seasonal_naive(values: list[float], seen: list[bool], season: int, horizon: int) -> list[float]:
    last = max((t for t in range(len(values)) if seen[t]), default=0)
    held = [values[min(t, last)] for t in range(len(values))]
    for _ in range(horizon):
        held.append(held[len(held) - min(season, len(values))])
    return held[len(values) :]


def slow_drift(values: list[float], seen: list[bool], season: int, horizon: int) -> list[float]:
    known = [t for t in range(len(values)) if seen[t]] or [0]
    first, last = known[0], known[-1]
    slope = (values[last] - values[first]) / (last - first) if last > first else 0.0
    return [values[last] + slope * (t - last) for t in range(len(values), len(values) + horizon)]


def slow_window_average(values: list[float], seen: list[bool], season: int, horizon: int) -> list[float]:
    last = max((t for t in range(len(values)) if seen[t]), default=0)
    window = season * -(-horizon // season)
    known = [values[t] for t in range(max(last - window + 1, 0), last) if seen[t]] + [values[last]]
    return [sum(known) / len(known)] * horizon


def is_seasonal(values: list[float], season: int) -> bool:
    count, mean = len(values), sum(values) / len(values)
    if season == 1 or count < 3 * season or max(values) == min(values):
        return False
    centred = [value - mean for value in values]
    products = [sum(centred[t] * centred[t - lag] for t in range(lag, count)) for lag in range(season + 1)]
    correlation = [product / products[0] for product in products]
    limit = 1.645 * ((1 + 2 * sum(r**2 for r in correlation[1:season])) / count) ** 0.5
    return abs(correlation[season]) > limit


def seasonal_figure(values: list[float], season: int, is_additive: bool) -> list[float]:
    half = season // 2
    rest: list[list[float]] = [[] for _ in range(season)]
    for t in range(half, len(values) - half):
        around = values[t - half : t + half + 1]
        if season % 2 == 0:
            around = [around[0] / 2, *around[1:-1], around[-1] / 2]
        trend = sum(around) / season
        rest[t % season].append(values[t] - trend if is_additive else values[t] / trend)
    figure = [sum(part) / len(part) for part in rest]
    mean = sum(figure) / season
    return [part - mean if is_additive else part / mean for part in figure]


def slow_states(values: list[float], points: list[tuple[float, float, float]], size: int) -> tuple[int, FloatArray]:
    """Return the first point of the grid with the least squares, and the last level and trend, by plain recursion."""

    def run(initial: FloatArray, point: tuple[float, float, float]) -> tuple[FloatArray, FloatArray]:
        phi, alpha, beta = point
        (level, trend), errors = initial, []
        for value in values:
            errors.append(value - level - phi * trend)
            level, trend = level + phi * trend + alpha * errors[-1], phi * trend + alpha * beta * errors[-1]
        return np.array(errors), np.array([level, trend])

    found = []
    for point in points:
        start = np.array([values[0], 0.0])
        errors, _ = run(start, point)
        changes = np.stack([run(start + unit, point)[0] - errors for unit in np.eye(2)[:size]], axis=1)
        shift = np.linalg.lstsq(changes, -errors)[0]
        errors, state = run(start + np.concatenate([shift, np.zeros(2 - size)]), point)
        found.append((float(errors @ errors), state))
    enough = min(square for square, _ in found) + ROUNDING * sum((value - values[0]) ** 2 for value in values)
    best = next(number for number, (square, _) in enumerate(found) if square <= enough)
    return best, found[best][1]


def slow_naive2_core(values: list[float], steps: range) -> list[float]:
    return [values[-1] for _ in steps]


def slow_ses_core(values: list[float], steps: range) -> list[float]:
    _, state = slow_states(values, [(0.0, alpha, 0.0) for alpha in ALPHAS], 1)
    return [float(state[0]) for _ in steps]


def slow_theta_core(values: list[float], steps: range) -> list[float]:
    slope, start = np.polyfit(np.arange(len(values)), values, 1) if len(values) > 1 else (0.0, values[0])
    line = [2 * value - start - slope * t for t, value in enumerate(values)]
    smoothed = slow_ses_core(line, steps)
    return [(start + slope * (len(values) - 1 + k) + level) / 2 for k, level in zip(steps, smoothed, strict=True)]


def slow_damped_core(values: list[float], steps: range) -> list[float]:
    points = [(phi, alpha, beta) for phi in PHIS for alpha in DAMPED_ALPHAS for beta in DAMPED_BETAS]
    best, (level, trend) = slow_states(values, points, 2)
    return [level + sum(points[best][0] ** power for power in range(1, k + 1)) * trend for k in steps]


def holt_winters_run(
    values: list[float], start: list[float], point: tuple[float, ...]
) -> tuple[list[float], list[float]]:
    """Return the errors, and the last level, trend and season."""
    phi, alpha, beta, gamma = point
    level, trend, *season = start
    errors = []
    for value in values:
        errors.append(value - level - phi * trend - season[0])
        level, trend = level + phi * trend + alpha * errors[-1], phi * trend + alpha * beta * errors[-1]
        season = [*season[1:], season[0] + gamma * (1 - alpha) * errors[-1]]
    return errors, [level, trend, *season]


def holt_winters_fit(values: list[float], steps: range, season: int) -> tuple[float, list[float]]:
    """Return the least sum of squares and the forecasts of the first point of the grid that has it."""
    found = []
    for point in product(seasonal.PHIS, seasonal.ALPHAS, seasonal.BETAS, seasonal.GAMMAS):
        units = np.eye(2 + season).tolist()
        changes = np.stack([holt_winters_run([0.0] * len(values), unit, point)[0] for unit in units], axis=1)
        plain = holt_winters_run(values, [0.0] * (2 + season), point)[0]
        start = np.linalg.lstsq(changes, -np.array(plain))[0]
        errors, (level, trend, *figure) = holt_winters_run(values, start.tolist(), point)
        reach = [sum(point[0] ** power for power in range(1, k + 1)) for k in steps]
        ahead = [level + far * trend + figure[(k - 1) % season] for k, far in zip(steps, reach, strict=True)]
        found.append((sum(error**2 for error in errors), ahead))
    enough = min(squares for squares, _ in found) + ROUNDING * sum((value - values[0]) ** 2 for value in values)
    return next(fitted for fitted in found if fitted[0] <= enough)


def slow_holt_winters(values: list[float], seen: list[bool], season: int, horizon: int) -> list[float]:
    known = [t for t in range(len(values)) if seen[t]] or [0]
    gap = len(values) - 1 - known[-1]
    history = np.interp(range(known[0], known[-1] + 1), known, [values[t] for t in known]).tolist()
    if season == 1 or len(history) < 2 * season + 3:
        return adjusted(slow_damped_core)(values, seen, season, horizon)
    steps = range(gap + 1, gap + horizon + 1)
    squares, forecast = holt_winters_fit(history, steps, season)
    if min(history) <= 0:
        return forecast
    logs = [log(value) for value in history]
    log_squares, log_forecast = holt_winters_fit(logs, steps, season)
    is_log = len(logs) / 2 * log(log_squares) + sum(logs) < len(logs) / 2 * log(squares)
    return [exp(value) for value in log_forecast] if is_log else [max(value, 0.0) for value in forecast]


def adjusted(core: Callable[[list[float], range], list[float]], is_adjusted: bool = True) -> Slow:
    """Return a slow forecast of what `core` makes of the values between first and last seen, their season taken out."""

    def forecast(values: list[float], seen: list[bool], season: int, horizon: int) -> list[float]:
        known = [t for t in range(len(values)) if seen[t]] or [0]
        gap = len(values) - 1 - known[-1]
        values = np.interp(range(known[0], known[-1] + 1), known, [values[t] for t in known]).tolist()
        steps, is_additive = range(gap + 1, gap + horizon + 1), min(values) <= 0
        figure = [0.0 if is_additive else 1.0] * season
        if is_adjusted and is_seasonal(values, season):
            figure = seasonal_figure(values, season, is_additive)
        phase = [figure[t % season] for t in range(len(values) + steps[-1])]
        plain = [value - phase[t] if is_additive else value / phase[t] for t, value in enumerate(values)]
        ahead = phase[len(values) - 1 :]
        whole = [f + ahead[k] if is_additive else f * ahead[k] for f, k in zip(core(plain, steps), steps, strict=True)]
        return whole if min(values) < 0 else [max(value, 0.0) for value in whole]

    return forecast


def slow_burg(x: list[float], lags: int, free: int) -> tuple[float, list[float]]:
    """Return the lowest AICc for each value, and the weights that have it."""
    n, weights = len(x), list[float]()
    ahead, behind = list(x), list(x)
    variance = sum(value**2 for value in x) / n
    found = [(slow_aicc(variance, n, free), weights)]
    for order in range(1, min(lags, n - 1) + 1):
        pairs = [(ahead[t], behind[t - 1]) for t in range(order, n)]
        squares = sum(f**2 + b**2 for f, b in pairs)
        k = 2 * sum(f * b for f, b in pairs) / squares if squares > 0 else 0.0
        weights = [a - k * b for a, b in zip(weights, weights[::-1], strict=True)] + [k]
        ahead, behind = (
            [0.0] + [ahead[t] - k * behind[t - 1] for t in range(1, n)],
            [0.0] + [behind[t - 1] - k * ahead[t] for t in range(1, n)],
        )
        variance *= 1 - k**2
        found.append((slow_aicc(variance, n, free + order), weights))
    return min(found, key=lambda pair: pair[0])


def slow_aicc(variance: float, n: int, free: int) -> float:
    return inf if n <= free + 1 else log(max(variance, EXACT)) + 2 * free / (n - free - 1)


def slow_form(x: list[float], lags: int, far: int, has_mean: bool) -> tuple[float, list[float]]:
    mean = sum(x) / len(x) if has_mean else 0.0
    criterion, weights = slow_burg([value - mean for value in x], lags, 1 + has_mean)
    whole = [value - mean for value in x]
    for _ in range(far):
        whole.append(sum(a * value for a, value in zip(weights, whole[::-1], strict=False)))
    return criterion, [mean + value for value in whole[len(x) :]]


def slow_ar_core(season: int) -> Callable[[list[float], range], list[float]]:
    """Return the forecast of the likeliest of the forms."""

    def forecast(values: list[float], steps: range) -> list[float]:
        lags, far = max(FEWEST, season + 1), steps[-1]
        found = [(0.0 if len(values) == 1 else inf, [values[-1]] * far)]
        forms = [(values, 0.0, lambda value: value)]
        if min(values) > 0:
            forms.append(([log(value) for value in values], 2 * sum(map(log, values)) / len(values), exp))
        for numbers, density, back in forms:
            changes = [b - a for a, b in pairwise(numbers)]
            for has_mean in (False, True) if changes else ():
                criterion, ahead = slow_form(changes, lags, far, has_mean)
                found.append((criterion + density, [back(numbers[-1] + sum(ahead[: k + 1])) for k in range(far)]))
            criterion, ahead = slow_form(numbers, lags, far, has_mean=True)
            found.append((criterion + density, [back(value) for value in ahead]))
        best = min(found, key=lambda pair: pair[0])[1]
        reach = 3 * (max(values) - min(values))
        return [min(max(best[k - 1], min(values) - reach), max(values) + reach) for k in steps]

    return forecast


def slow_ar(values: list[float], seen: list[bool], season: int, horizon: int) -> list[float]:
    return adjusted(slow_ar_core(season))(values, seen, season, horizon)


def slow_seasonal_ar(values: list[float], seen: list[bool], season: int, horizon: int) -> list[float]:
    return adjusted(slow_ar_core(season), is_adjusted=False)(values, seen, season, horizon)


SLOW: dict[str, Slow] = {
    "naive": slow_naive,
    "seasonal-naive": slow_seasonal_naive,
    "drift": slow_drift,
    "window-average": slow_window_average,
    "naive2": adjusted(slow_naive2_core),
    "ses": adjusted(slow_ses_core),
    "theta": adjusted(slow_theta_core),
    "damped": adjusted(slow_damped_core),
    "holt-winters": slow_holt_winters,
    "ar": slow_ar,
    "seasonal-ar": slow_seasonal_ar,
}
SHORT = [1, 2, 3, 4, 5, 9, 40]


def slow_forecast(name: str, panel: Panel, horizon: int) -> FloatArray:
    forecast = np.zeros((panel.num_series, horizon, panel.num_targets))
    for n in range(panel.num_series):
        rows = slice(panel.offsets[n], panel.offsets[n] + panel.lengths[n])
        for c in range(panel.num_targets):
            values, seen = panel.values[rows, c].tolist(), panel.observed[rows, c].tolist()
            forecast[n, :, c] = SLOW[name](values, seen, panel.season_length, horizon)
    return forecast


@pytest.fixture
def _coarse(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave a few points of the grid of Holt and Winters, which a written-out loop takes seconds for."""
    for name, points in {"ALPHAS": [0.15, 0.7], "BETAS": [0.05], "GAMMAS": [0.05, 0.4]}.items():
        monkeypatch.setattr(seasonal, name, np.array(points))


@pytest.mark.usefixtures("_coarse")
@pytest.mark.parametrize("missing", [0.0, 0.4, 1.0])
@pytest.mark.parametrize("horizon", [1, 3, 11])
@pytest.mark.parametrize("name", SLOW)
def test_a_baseline_equals_a_written_out_loop(name: str, horizon: int, missing: float) -> None:
    panel = panel_of(SHORT, missing=missing)
    expected = slow_forecast(name, panel, horizon)
    np.testing.assert_allclose(forecast_baseline(name, panel, horizon), expected, rtol=1e-6, atol=1e-9)


@pytest.mark.usefixtures("_coarse")
@pytest.mark.parametrize("season_length", [4, 5, 7])
@pytest.mark.parametrize("level", [0.0, 8.0], ids=["additive", "multiplicative"])
@pytest.mark.parametrize("name", SLOW)
def test_a_baseline_of_seasonal_series_equals_a_written_out_loop(name: str, level: float, season_length: int) -> None:
    panel = panel_of([3 * season_length - 1, 3 * season_length, 33, 65, 70], season_length, missing=0.1)
    step = np.arange(len(panel.values))[:, None]
    wave = 4 * np.sin(2 * np.pi * step / season_length)
    panel = replace(panel, values=np.maximum(wave + panel.values + level, -99 if level == 0 else 0.1))
    np.testing.assert_allclose(forecast_baseline(name, panel, 9), slow_forecast(name, panel, 9), rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("name", registry.BASELINES)
@pytest.mark.parametrize("size", [1e-300, 1e-6, 1.0, 1e15, 1e300])
def test_a_baseline_does_not_depend_on_the_unit(name: str, size: float) -> None:
    panel = panel_of([9, 40, 70])
    scaled = forecast_baseline(name, replace(panel, values=panel.values * size), 5)
    np.testing.assert_allclose(scaled / size, forecast_baseline(name, panel, 5), rtol=1e-6)


@pytest.mark.parametrize("name", registry.BASELINES)
@pytest.mark.parametrize("value", [0.0, -3.7, 1e15 / 3])
def test_a_constant_goes_on(name: str, value: float) -> None:
    panel = panel_of([1, 2, 5, 40])
    forecast = forecast_baseline(name, replace(panel, values=np.full_like(panel.values, value)), 5)
    np.testing.assert_allclose(forecast, value, rtol=1e-12)


@pytest.mark.parametrize("name", ["naive2", "ses", "theta", "damped", "holt-winters", "ar", "seasonal-ar", "combined"])
def test_a_history_without_negative_values_has_no_negative_forecast(name: str) -> None:
    panel = panel_of([30, 30])
    falling = np.maximum(25.0 - np.arange(60) % 30, 0.0)[:, None] * np.array([1.0, 2.0])
    assert (forecast_baseline(name, replace(panel, values=falling), 40) >= 0).all()


@pytest.mark.parametrize("name", ["naive2", "ses", "theta", "damped", "holt-winters", "ar", "combined"])
def test_an_exact_season_goes_on(name: str) -> None:
    panel = panel_of([24], season_length=4)
    values = np.tile([[2.0, -1], [4, 1], [6, 3], [8, -3]], (6, 1))
    forecast = forecast_baseline(name, replace(panel, values=values), 6)
    np.testing.assert_allclose(forecast[0], values[:6], atol=0.05)


def test_a_long_history_is_smoothed_like_its_last_steps() -> None:
    panel = panel_of([9000, 4096], season_length=1)
    values = panel.values.copy()
    values[9000:] = values[9000 - 4096 : 9000]
    for baseline in (ses, damped):
        long, recent = baseline(replace(panel, values=values), 4)
        np.testing.assert_allclose(long, recent, rtol=1e-9)


def test_smoothing_follows_a_line_as_far_as_it_may() -> None:
    panel = replace(panel_of([30], season_length=1), values=np.arange(60.0).reshape(30, 2))
    np.testing.assert_allclose(ses(panel, 2)[0, :, 0], 58, atol=0.01)
    np.testing.assert_allclose(theta(panel, 2)[0, :, 0], [59, 60], atol=0.01)
    np.testing.assert_allclose(damped(panel, 2)[0, :, 0], [58 + 2 * 0.98, 58 + 2 * (0.98 + 0.98**2)], atol=0.3)


def test_naive2_is_naive_where_there_is_no_season() -> None:
    panel = panel_of([9, 40, 70], season_length=1, missing=0.3)
    np.testing.assert_array_equal(naive2(panel, 5), naive(panel, 5))


def test_a_season_that_changes_is_followed() -> None:
    early, late, noise = np.split(np.random.default_rng(0).normal(size=(16, 12)), [1, 2])
    share = np.linspace(0, 1, 14)[:, None]  # of the later season
    turning = (10 * (1 - share) * early + 10 * share * late + 0.5 * noise).ravel()
    whole = replace(panel_of([168], season_length=12), values=np.stack([turning, turning + 100], axis=1))
    panel, came = whole.truncated(np.array([156])), whole.values[156:]
    error = {name: np.abs(forecast_baseline(name, panel, 12)[0] - came).mean() for name in ("holt-winters", "naive2")}
    assert error["holt-winters"] < error["naive2"] / 2


def test_holt_winters_multiplies_where_the_season_grows_with_the_level() -> None:
    step = np.arange(60)
    growing = np.exp(0.1 * np.sin(np.pi * step / 2) + 2 * (1 - 0.98**step))
    whole = replace(panel_of([60]), values=np.stack([growing, 1e15 * growing], axis=1))
    forecast = holt_winters(whole.truncated(np.array([48])), 12)
    np.testing.assert_allclose(forecast[0] / whole.values[48:], 1, atol=1e-6)


@pytest.mark.parametrize("season_length", [1, 61])
def test_holt_winters_leaves_what_it_cannot_smooth_to_the_damped_trend(season_length: int) -> None:
    panel = panel_of([9, 130, 200], season_length, missing=0.3)
    np.testing.assert_array_equal(holt_winters(panel, 7), damped(panel, 7))


def test_holt_winters_of_a_long_history_reads_its_last_ten_seasons() -> None:
    panel = panel_of([600, 300], season_length=30)
    values = panel.values.copy()
    values[600:] = values[300:600]
    long, recent = holt_winters(replace(panel, values=values), 6)
    np.testing.assert_allclose(long, recent, rtol=1e-9)


def test_holt_winters_stays_a_number_however_far_apart_the_values_are() -> None:
    panel = panel_of([40])
    spread = np.where(np.random.default_rng(0).random((40, 2)) < 0.5, 1e-300, 1e15)
    steep = np.geomspace(1e-300, 1e290, 40)[:, None] * np.ones(2)
    for values in (spread, steep, steep[::-1]):
        assert np.isfinite(holt_winters(replace(panel, values=values), 30)).all()


@pytest.mark.parametrize("name", registry.BASELINES)
def test_a_baseline_forecasts_every_series_however_short(name: str) -> None:
    forecast = forecast_baseline(name, panel_of([1, 1, 2], season_length=24), 5)
    assert forecast.shape == (3, 5, 2)
    assert np.isfinite(forecast).all()


@pytest.mark.parametrize("name", registry.BASELINES)
def test_a_baseline_never_looks_past_the_end_of_a_cut_panel(name: str) -> None:
    panel = panel_of([9, 20, 6], missing=0.3)
    lengths = np.array([5, 1, 6])
    spoiled, seen = panel.values.copy(), panel.observed.copy()
    for offset, length, whole in zip(panel.offsets, lengths, panel.lengths, strict=True):
        spoiled[offset + length : offset + whole] = 1e9
        seen[offset + length : offset + whole] ^= True
    other = replace(panel, values=spoiled, observed=seen)
    expected = forecast_baseline(name, panel.truncated(lengths), 4)
    np.testing.assert_array_equal(forecast_baseline(name, other.truncated(lengths), 4), expected)


@pytest.mark.parametrize("name", registry.BASELINES)
def test_a_baseline_never_reads_what_a_gap_at_the_end_was_filled_with(name: str) -> None:
    panel = panel_of([12])
    observed: BoolArray = np.ones_like(panel.observed)
    observed[5:] = False
    refilled = np.where(observed, panel.values, -1e9)
    gap, other = replace(panel, observed=observed), replace(panel, observed=observed, values=refilled)
    np.testing.assert_array_equal(forecast_baseline(name, gap, 6), forecast_baseline(name, other, 6))


@pytest.mark.parametrize("name", registry.BASELINES)
def test_a_baseline_leaves_the_panel_as_it_was(name: str) -> None:
    panel = panel_of(SHORT, missing=0.3)
    values, observed = panel.values.copy(), panel.observed.copy()
    forecast_baseline(name, panel, 3)[:] = 0
    np.testing.assert_array_equal(panel.values, values)
    np.testing.assert_array_equal(panel.observed, observed)


def test_four_values_continue_as_a_hand_calculation_says() -> None:
    panel = replace(panel_of([4], season_length=2), values=np.array([[1.0, 5], [2, 5], [3, 5], [7, 5]]))
    assert naive(panel, 3)[0, :, 0].tolist() == [7, 7, 7]
    assert seasonal_naive(panel, 3)[0, :, 0].tolist() == [3, 7, 3]
    assert window_average(panel, 1)[0, :, 0].tolist() == [5]
    assert window_average(panel, 3)[0, :, 0].tolist() == [3.25, 3.25, 3.25]
    assert drift(panel, 3)[0, :, 0].tolist() == [9, 11, 13]
    assert drift(panel, 3)[0, :, 1].tolist() == [5, 5, 5]


def test_an_unknown_baseline_is_told_with_the_nearest() -> None:
    with pytest.raises(UsageError) as caught:
        forecast_baseline("seasonal_naive", panel_of([3]), 1)
    assert "seasonal-naive" in caught.value.hint


def test_an_autoregression_finds_the_weights_that_made_the_values() -> None:
    noise, values = np.random.default_rng(0).normal(size=4000), np.zeros(4000)
    for step in range(2, 4000):
        values[step] = 1.2 * values[step - 1] - 0.5 * values[step - 2] + noise[step]
    panel = replace(panel_of([4000], season_length=1), values=np.stack([values, values + 100], axis=1))
    expected = [1.2 * values[-1] - 0.5 * values[-2]]
    expected.append(1.2 * expected[0] - 0.5 * values[-1])
    np.testing.assert_allclose(ar(panel, 2)[0, :, 0], expected, atol=0.1)
    np.testing.assert_allclose(ar(panel, 2)[0, :, 1] - 100, expected, atol=0.1)


def test_an_autoregression_goes_on_along_a_line_and_an_exponential() -> None:
    step = np.arange(40.0)
    panel = replace(panel_of([30], season_length=1), values=np.stack([5 - 2 * step, 3 * 1.1**step], axis=1)[:30])
    expected = np.stack([5 - 2 * step, 3 * 1.1**step], axis=1)[30:]
    np.testing.assert_allclose(ar(panel, 10)[0], expected, rtol=1e-6)


def test_lags_of_a_season_carry_one_on_that_turns_around() -> None:
    figure = np.random.default_rng(1).normal(size=12)
    turning = np.concatenate([(-1) ** year * figure for year in range(14)])  # its mean is no season
    panel = replace(panel_of([156], season_length=12), values=np.stack([turning, 2 * turning], axis=1)[:156])
    error = [np.abs(method(panel, 12)[0, :, 0] - turning[156:]).mean() for method in (seasonal_ar, holt_winters)]
    assert error[0] < error[1] / 4


def test_an_autoregression_reads_the_last_steps_alone() -> None:
    panel = panel_of([3000, RECENT], season_length=1)
    values = panel.values.copy()
    values[3000:] = values[3000 - RECENT : 3000]
    long, recent = ar(replace(panel, values=values), 4)
    np.testing.assert_allclose(long, recent, rtol=1e-6)
