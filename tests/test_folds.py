import math
from collections.abc import Iterator, Sequence
from itertools import product

import numpy as np
import pytest
import torch
from torch import Tensor

from rnncast.causal import causal_scale
from rnncast.folds import Folds, History, folds, inputs
from rnncast.folds import seasonal_scale as folded_scale
from rnncast.forecasting import Predictor, forecast
from rnncast.shapes import FOLDS, LARGEST, LONG_FOLDS, NUM_INPUTS, REGULAR, TRENDS
from tests.making import batch_of, network_of, panel_of, walk

NAN = np.nan

# A day of 2 hours in a week of 6 stands for a long season: as 24 and 168, in small.
SEASONS = [(1, 0), (4, 0), (2, 6), (24, 0)]
STEPS, HORIZON = 40, 9

every_season = pytest.mark.parametrize("seasons", SEASONS, ids=str)


def series(first: int = 0, missing: Sequence[int] = (), seed: int = 0) -> np.ndarray:
    """Return a random walk that begins at step `first`, with steps that are missing."""
    values = walk(STEPS, seed=seed)[:, 0]
    values[:first] = NAN
    values[list(missing)] = NAN
    return values


def read(rows: Sequence[np.ndarray]) -> tuple[Tensor, Tensor]:
    """Return series as windows hold them, and what was seen of them, [B, L, 1]."""
    values = torch.tensor(np.stack(rows), dtype=torch.float32)[..., None]
    seen = ~values.isnan()
    return torch.where(seen, values, 7.0), seen


def history_of(rows: Sequence[np.ndarray], season: int) -> History:
    """Return what windows of some series [T] show of their past."""
    values, seen = read(rows)
    level, around = causal_scale(values, seen, season)
    scale = folded_scale(values, seen, around, season)
    known = seen.cumsum(dim=1) > 0
    return History(*(part[..., 0] for part in (values, known, level, scale, (around / scale).log())))


def places(rows: int, origins: Sequence[int]) -> Iterator[tuple[int, int, int, int]]:
    """Yield every row, number of an origin, its step, and step ahead."""
    for row, (number, origin), h in product(range(rows), enumerate(origins), range(1, HORIZON + 1)):
        yield row, number, origin, h


def in_units(value: float, scale: float) -> float:
    return min(max(value / scale, -LARGEST), LARGEST)


def expected(history: History, row: int, origin: int, h: int, seasons: tuple[int, int]) -> dict[str, list[float]]:
    """Return the folds of one step ahead, value by value."""
    season, long = seasons
    values, known, level, scale = (part[row].tolist() for part in history[:4])

    def fold(step: int, relative_to: int) -> float:
        return in_units(values[step] - level[max(relative_to, 0)], scale[origin])

    def is_known(step: int) -> bool:
        return step >= 0 and known[step]

    found: dict[str, list[float]] = {name: [] for name in Folds._fields}
    for k in range(1, FOLDS + 1):
        back = (math.ceil(h / season) + k - 1) * season
        step = origin + h - back
        found["known"].append(float(is_known(step)))
        found["raw"].append(fold(step, origin) if is_known(step) else 0.0)
        found["adjusted"].append(fold(step, origin + season - back) if is_known(step) else 0.0)
    for k in range(1, LONG_FOLDS + 1):
        place = origin - (math.ceil(h / max(long, 1)) + k - 1) * long
        there = long > 0 and is_known(place)
        found["long_known"].append(float(there))
        found["long"].append(fold(place + h, place) if there else 0.0)
    for power in range(TRENDS):
        before = origin - season * 2**power
        slope = (level[origin] - level[max(before, 0)]) / (season * 2**power)
        found["trends"].append(in_units(slope * h, scale[origin]) if is_known(before) else 0.0)
    found["last"].append(fold(origin, origin))
    rows_ahead = math.ceil(h / season)
    found["place"] = [math.log(1 + h) / 4, min(h / season, 8) / 4, min(rows_ahead, 16) / 8, float(season > 1)]
    return found


@every_season
def test_folds_equal_a_loop_over_steps(seasons: tuple[int, int]) -> None:
    history = history_of([series(), series(missing=(5, 6, 20, 33), seed=1), series(first=17, seed=2)], seasons[0])
    origins = [0, 3, 16, 17, 30, STEPS - 1]
    found = folds(history, torch.tensor(origins), HORIZON, seasons)
    for row, number, origin, h in places(3, origins):
        for name, values in expected(history, row, origin, h, seasons).items():
            got = getattr(found, name)[row, number, h - 1].tolist()
            assert got == pytest.approx(values, rel=1e-5, abs=1e-5), (name, row, origin, h)


@every_season
def test_an_origin_is_shown_the_folds_of_the_next_step_and_the_newest_change(seasons: tuple[int, int]) -> None:
    history = history_of([series(), series(first=17, seed=2)], seasons[0])
    origins = [0, 3, 17, STEPS - 1]
    found = inputs(history, torch.tensor(origins), seasons)
    assert found.shape == (2, len(origins), NUM_INPUTS)
    season = seasons[0]
    for row, (number, origin) in product(range(2), enumerate(origins)):
        values, known, _, scale, regular = (part[row].tolist() for part in history)
        one = expected(history, row, origin, 1, seasons)
        before = origin - season
        turn = in_units(values[origin] - values[before], scale[origin]) if before >= 0 and known[before] else 0.0
        reached = [float(step >= 0 and known[step]) for step in (origin - season * 2**j for j in range(TRENDS))]
        shown = [math.asinh(value) for name in ("adjusted", "long", "trends") for value in one[name]]
        shown += [*one["known"], *one["long_known"], *reached, math.asinh(turn), regular[origin]]
        shown += [math.log(season) / 5, float(season > 1)]
        assert found[row, number].tolist() == pytest.approx(shown, rel=1e-5, abs=1e-5), (row, origin)


def test_the_parts_stand_side_by_side_and_come_apart_again() -> None:
    found = folds(history_of([series()], 2), torch.tensor([20, 39]), 5, (2, 6))
    for ours, theirs in zip(Folds.of(found.joined()), found, strict=True):
        assert torch.equal(ours, theirs)


@every_season
def test_nothing_is_known_before_the_first_value_that_was_seen(seasons: tuple[int, int]) -> None:
    first, origin = 33, 35
    rows = [series(first), series(first)]
    history = history_of(rows, seasons[0])
    history.values[1, :first] = 1e6
    found = folds(history, torch.tensor([origin]), HORIZON, seasons)
    for part in found:
        assert torch.equal(part[0], part[1])
    for name, known in (("raw", "known"), ("adjusted", "known"), ("long", "long_known")):
        unknown = getattr(found, known) == 0
        assert unknown.any()
        assert not getattr(found, name)[unknown].any()


@every_season
def test_no_origin_sees_a_value_after_it(seasons: tuple[int, int]) -> None:
    for origin in (8, 25, 37):
        changed = series()
        changed[origin + 1 :] = 1e3
        before, after = (history_of([values], seasons[0]) for values in (series(), changed))
        at = torch.arange(origin + 1)
        for ours, theirs in zip(*(folds(one, at, HORIZON, seasons) for one in (before, after)), strict=True):
            assert torch.equal(ours, theirs)
        assert torch.equal(inputs(before, at, seasons), inputs(after, at, seasons))


@every_season
@pytest.mark.parametrize("factor", [1e-3, 1.0, 1e4])
def test_shift_and_scale_of_a_series_change_nothing_that_is_shown(seasons: tuple[int, int], factor: float) -> None:
    moved = 3 * factor + factor * series()
    before, after = (history_of([values], seasons[0]) for values in (series(), moved))
    at = torch.tensor([5, 20, STEPS - 1])
    for ours, theirs in zip(*(folds(one, at, HORIZON, seasons) for one in (before, after)), strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("season", [1, 4, 24])
def test_the_seasonal_scale_equals_a_loop_over_pairs_that_were_seen(season: int) -> None:
    rows = [series(), series(missing=(0, 7, 8, 9, 21, 39), seed=1), series(first=17, seed=2)]
    values, seen = read(rows)
    around = causal_scale(values, seen, season)[1]
    found = folded_scale(values, seen, around, season)
    for row, t in product(range(len(rows)), range(STEPS)):
        errors = [abs(rows[row][u] - rows[row][u - season]) for u in range(season, t + 1)]
        errors = [error for error in errors if not math.isnan(error)]
        least = float(around[row, t, 0])
        scale = max(float(np.mean(errors)), REGULAR * least) if errors else least
        assert float(found[row, t, 0]) == pytest.approx(scale, rel=1e-5), (row, t)


def test_the_seasonal_scale_of_a_series_that_repeats_is_a_share_of_its_spread() -> None:
    values = torch.tensor([1.0, 5, 2, 9] * 5)[None, :, None]
    seen = torch.ones_like(values, dtype=torch.bool)
    around = causal_scale(values, seen, 4)[1]
    torch.testing.assert_close(folded_scale(values, seen, around, 4)[:, 4:], REGULAR * around[:, 4:])


def folding(values: np.ndarray, logarithm: bool = False, **settings: object) -> tuple[np.ndarray, np.ndarray]:
    """Return point [H] and quantiles [H, Q] of a network with folds and weights by chance."""
    panel = panel_of([values], seasons=(4,))
    network = network_of(panel, model="folding", season_length=(4,), context_length=30, guess_season=0, **settings)
    found = forecast(Predictor([network], logarithm), panel, 6)
    return found.point[0, :, 0], found.quantiles[0, :, 0]


@pytest.mark.parametrize(("shift", "factor"), [(0.0, 1e-6), (0.0, 30.0), (1e3, 1.0), (-2e4, 1e3), (5.0, 0.2)])
def test_a_network_forecasts_a_series_that_is_moved_and_stretched_as_it_would_the_other(
    shift: float, factor: float
) -> None:
    values = 100 + series()
    sign = -1 if shift < 0 else 1  # all of one sign, as they are otherwise
    values = sign * values
    for ours, theirs in zip(folding(shift + factor * values), folding(values), strict=True):
        spread = np.abs(values - values.mean()).mean()
        np.testing.assert_allclose((ours - shift) / factor / spread, theirs / spread, rtol=0, atol=2e-3)


def test_a_series_with_values_of_both_signs_is_forecast_as_its_mirror_image() -> None:
    values = series() - np.mean(series())
    assert values.min() < 0 < values.max()
    (point, quantiles), (mirrored, turned) = folding(values), folding(-values)
    np.testing.assert_allclose(mirrored, -point, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(turned, -quantiles[:, ::-1], rtol=1e-5, atol=1e-6)


def test_a_series_of_one_sign_is_not() -> None:
    values = 100 + series()
    assert not np.allclose(folding(-values)[0], -folding(values)[0], rtol=1e-4)


def test_both_signs_must_have_been_seen() -> None:
    values = 100 + series()
    hidden = values.copy()
    hidden[5] = NAN  # what fills it is below zero
    panel = panel_of([hidden], seasons=(4,))
    assert panel.values.min() < 0
    (point, _), (other, _) = folding(hidden), folding(-hidden)
    assert not np.allclose(other, -point, rtol=1e-4)


def test_a_row_with_both_signs_changes_nothing_in_the_row_beside_it() -> None:
    panel = panel_of([100 + series(), series(seed=1) - np.mean(series(seed=1))], seasons=(4,))
    network = network_of(panel, model="folding", season_length=(4,), context_length=30, guess_season=0)
    together = network.forecast(batch_of(panel, network, [STEPS - 1] * 2))
    for row, values in enumerate((100 + series(), series(seed=1) - np.mean(series(seed=1)))):
        alone = network.forecast(batch_of(panel_of([values], seasons=(4,)), network, [STEPS - 1]))
        for ours, theirs in zip(alone, together, strict=True):
            torch.testing.assert_close(ours[0], theirs[row], rtol=1e-4, atol=1e-4)
