from collections.abc import Callable
from concurrent.futures import CancelledError
from typing import Any

import numpy as np
import pytest
import torch

from rnncast.config import TrainingConfig
from rnncast.errors import RunError
from rnncast.fits import Fit, Progress
from rnncast.panel import Forecast, Panel
from rnncast.ranks import SOLO, Ranks
from rnncast.schedules import Clock
from rnncast.shares import Share
from rnncast.training import Loop, fit, validate
from tests.making import batch_of, loop_of, panel_of, walk
from tests.ranking import together

GAPS = [1.0, float("nan"), float("nan"), 2.0, float("nan"), 3.0] * 4
PANEL = panel_of([walk(30, seed=1), GAPS, walk(18, seed=2)])


def run(loop: Loop) -> tuple[list[Progress], Fit, dict[str, torch.Tensor]]:
    batch = batch_of(PANEL, loop.network, (20, 15, 10))
    running, records = fit(loop, "fit", [batch, batch, batch]), []
    while True:
        try:
            records.append(next(running))
        except StopIteration as done:
            return records, done.value, dict(loop.network.state_dict())


def each(count: int, do: Callable[[Loop], Any], **settings: Any) -> list[Any]:
    """Return what `do` makes of the loop of each of some ranks, whose loops were made one after the other."""
    loops = [loop_of(PANEL, **settings) for _ in range(count)]

    def of(ranks: Ranks) -> Any:
        made = loops[ranks.number]
        return do(Loop(made.network, made.windows, made.index, made.training, ranks=ranks))

    return together(count, of)


@pytest.mark.parametrize("count", [2, 3])
def test_ranks_learn_what_one_process_learns_where_other_steps_count_on_each(count: int) -> None:
    records, found, weights = run(loop_of(PANEL))
    for its, other, learned in each(count, run):
        for one, same in zip(records, its, strict=True):
            assert same.loss == pytest.approx(one.loss, rel=1e-5)
            assert same.validation == pytest.approx(one.validation, rel=1e-5)
            assert same.gradient_norm == pytest.approx(one.gradient_norm, rel=1e-4)
        assert other.best_step == found.best_step
        torch.testing.assert_close(learned, weights, rtol=1e-3, atol=1e-5)


def test_the_mean_of_the_ranks_means_would_be_another_gradient() -> None:
    loop = loop_of(PANEL)
    series, ends = loop.index.locate(loop.draws.at(0))
    halves = [loop.replicas.sums(loop.windows, *part) for part in zip(series.chunk(2), ends.chunk(2), strict=True)]
    assert halves[0].steps != halves[1].steps
    whole, gradients = halves[0].plus(halves[1]).means()
    means = [half.means() for half in halves]
    assert abs(float((means[0][0] + means[1][0]) / 2 - whole)) > 1e-3 * float(whole)
    averaged = (means[0][1][-1] + means[1][1][-1]) / 2
    assert not torch.allclose(averaged, gradients[-1], rtol=1e-2)


def test_all_ranks_have_the_same_weights_to_the_bit_with_dropout_too() -> None:
    first, *others = (weights for _, _, weights in each(3, run, dropout=0.4, num_layers=2))
    assert all(torch.equal(first[name], weights[name]) for weights in others for name in first)


def test_ranks_drop_different_numbers_and_each_the_same_ones_again() -> None:
    def drawn(loop: Loop) -> list[torch.Tensor]:
        loop.step(3, 0.5)
        return [chance.get_state() for chance in loop.replicas.chances]

    one, again = (each(2, drawn, dropout=0.4, num_layers=2) for _ in range(2))
    assert not torch.equal(one[0][0], one[1][0])
    assert torch.equal(one[0][0], again[0][0])
    assert torch.equal(one[1][0], again[1][0])


def test_a_batch_may_have_fewer_windows_than_there_are_ranks() -> None:
    records, _, weights = run(loop_of(PANEL, batch_size=2, max_steps=4))
    for its, _, learned in each(3, run, batch_size=2, max_steps=4):
        assert [one.loss for one in its] == pytest.approx([one.loss for one in records], rel=1e-5)
        torch.testing.assert_close(learned, weights, rtol=1e-3, atol=1e-5)


def test_a_rank_that_is_cancelled_ends_all_before_the_same_step() -> None:
    def stopped(loop: Loop) -> int:
        for number in range(1, 9):
            loop.cancelled = number == 4 and loop.ranks.number == 1
            try:
                loop.step(number, 0.5)
            except CancelledError:
                return number
        return 0

    assert each(3, stopped) == [4, 4, 4]


def test_ranks_begin_with_the_weights_of_the_leading_one() -> None:
    def met(loop: Loop) -> dict[str, torch.Tensor]:
        with torch.no_grad():
            for weight in loop.network.parameters():
                weight += loop.ranks.number
        loop.meet(3)
        return dict(loop.network.state_dict())

    first, other = each(2, met)
    assert all(torch.equal(first[name], other[name]) for name in first)


def test_ranks_that_stand_at_different_steps_do_not_begin() -> None:
    with pytest.raises(RunError, match="different steps"):
        each(2, lambda loop: loop.meet(loop.ranks.number))


@pytest.mark.parametrize("batches", [1, 2, 5])
def test_validation_is_shared_and_the_same_on_all(batches: int) -> None:
    def judged(loop: Loop) -> float | None:
        return validate(loop, [batch_of(PANEL, loop.network, (20 - n, 15, 10)) for n in range(batches)])

    alone = judged(loop_of(PANEL))
    assert each(3, judged) == pytest.approx([alone] * 3)


def test_the_slowest_clock_says_when_the_time_is_over() -> None:
    def late(ranks: Ranks) -> tuple[bool, float, int]:
        clock = Clock(TrainingConfig(max_steps=100, batch_size=1, time_limit=50.0), 100, None, 0, ranks)
        clock.go_on(10, 60.0 if ranks.number == 1 else 5.0)
        return clock.done, clock.fraction, clock.planned

    assert together(2, late) == [(True, 1.0, 10)] * 2


def forecast_of(panel: Panel) -> Forecast:
    """Forecast the last value, and beside it two quantiles that say which series it is."""
    last = panel.values[panel.offsets + panel.lengths - 1][:, None]  # [N, 1, C]
    names = panel.ids[:, 0].astype(np.float64)[:, None, None, None]
    quantiles = last[..., None] + names * np.array([-1.0, 1.0])
    return Forecast(last, quantiles, (0.1, 0.9), panel.start + panel.lengths, panel)


SERIES = panel_of([walk(4, seed=seed) for seed in range(11)])


def forecasts(share: Share) -> list[Forecast]:
    return list(share.over(SERIES, forecast_of))


@pytest.mark.parametrize("count", [2, 3, 7])
def test_the_leading_rank_yields_all_series_in_order(count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rnncast.shares.SERIES", 2)
    alone = forecasts(Share(SOLO))
    first, *others = together(count, lambda ranks: forecasts(Share(ranks)))
    assert others == [[]] * (count - 1)
    for one, same in zip(alone, first, strict=True):
        for name in ("point", "quantiles", "first"):
            np.testing.assert_array_equal(getattr(one, name), getattr(same, name))
        np.testing.assert_array_equal(one.panel.ids, same.panel.ids)


def test_apart_each_rank_yields_series_that_follow_each_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rnncast.shares.SERIES", 2)
    found = together(3, lambda ranks: forecasts(Share(ranks, is_apart=True)))
    names = [[name for part in parts for name in part.panel.ids[:, 0].tolist()] for parts in found]
    assert names == [["0", "1", "2", "3"], ["4", "5", "6", "7"], ["8", "9", "10"]]


def test_ranks_beyond_the_series_have_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rnncast.shares.SERIES", 100)
    assert [len(parts) for parts in together(2, lambda ranks: forecasts(Share(ranks, is_apart=True)))] == [1, 0]
    assert [len(parts) for parts in together(2, lambda ranks: forecasts(Share(ranks)))] == [1, 0]
