import math
from collections.abc import Generator

import pytest
import torch

from rnncast.errors import RunError
from rnncast.fits import Fit, Progress
from rnncast.rounds import one_by_one, side_by_side
from rnncast.training import Loop, fit
from tests.making import loop_of, panel_of, walk

PANEL = panel_of([walk(30, seed=1), walk(18, seed=2)])
MODELS = ("lstm", "gru", "transformer")


def loops() -> list[Loop]:
    return [
        loop_of(PANEL, model=model, num_layers=2, dropout=0.3, max_steps=6 + number, seed=number)
        for number, model in enumerate(MODELS)
    ]


def fits(made: list[Loop]) -> dict[Loop, Generator[Progress, None, Fit]]:
    return {loop: fit(loop, str(number)) for number, loop in enumerate(made)}


def weights(made: list[Loop]) -> list[torch.Tensor]:
    return [torch.cat([weight.detach().flatten() for weight in loop.network.parameters()]) for loop in made]


def test_fits_side_by_side_find_what_they_find_one_by_one() -> None:
    alone, together = loops(), loops()
    first = list(one_by_one(fits(alone)))
    second = list(side_by_side(fits(together), together[::-1], count=2))
    assert all(torch.equal(one, other) for one, other in zip(weights(alone), weights(together), strict=True))
    assert sorted(record.fit for record in first) == sorted(record.fit for record in second)
    assert {(record.fit, record.step, record.loss) for record in first} == {
        (record.fit, record.step, record.loss) for record in second
    }


def test_records_come_round_by_round_in_the_order_of_the_fits() -> None:
    made = loops()
    records = list(side_by_side(fits(made), made[::-1], count=2))
    assert [record.fit for record in records] == ["0", "1", "2"] * 6 + ["1", "2", "2"]
    assert [record.fit for record in records if record.is_last] == ["0", "1", "2"]


def test_what_was_found_is_told_by_loop() -> None:
    made = loops()
    found: list[dict[Loop, Fit]] = []

    def run() -> Generator[Progress, None, None]:
        found.append((yield from side_by_side(fits(made), made, count=3)))

    list(run())
    assert [found[0][loop].best_step for loop in made] == [6, 7, 8]


def test_a_run_that_is_left_takes_no_step_any_more() -> None:
    made = loops()
    running = side_by_side(fits(made), made, count=2)
    next(running)
    running.close()
    before = weights(made)
    assert all(loop.cancelled for loop in made)
    assert all(torch.equal(one, other) for one, other in zip(before, weights(made), strict=True))


def test_an_interrupt_ends_the_fits_at_their_next_step(monkeypatch: pytest.MonkeyPatch) -> None:
    made = [loop_of(PANEL, max_steps=10**9, seed=seed) for seed in (1, 2)]
    step, taken = Loop.step, []

    def interrupted(loop: Loop, number: int, fraction: float) -> None:
        step(loop, number, fraction)
        taken.append(number)
        if loop is made[0]:
            raise KeyboardInterrupt

    monkeypatch.setattr(Loop, "step", interrupted)
    with pytest.raises(KeyboardInterrupt):
        next(side_by_side(fits(made), made, count=2))
    assert len(taken) < 10_000


def test_a_fit_that_fails_ends_the_others() -> None:
    made = loops()
    made[1].windows.values.fill_(math.nan)
    with pytest.raises(RunError, match="not a number any more"):
        list(side_by_side(fits(made), made, count=2))
    assert all(loop.cancelled for loop in made)
