import numpy as np
import pytest
import torch

from rnncast.draws import AHEAD, Draws


@pytest.mark.parametrize("windows", [1, 2, 3, 5, 20, 64, 65, 1000])
@pytest.mark.parametrize("batch", [1, 7, 1024])
def test_an_epoch_draws_every_window_once_and_the_next_in_another_order(windows: int, batch: int) -> None:
    draws = Draws(windows, batch, seed=1)
    first, second = (
        torch.cat([draws.at(epoch * draws.per_epoch + step) for step in range(draws.per_epoch)]) for epoch in (0, 1)
    )
    assert first.sort().values.tolist() == second.sort().values.tolist() == list(range(windows))
    assert windows < 5 or first.tolist() != second.tolist()


def test_what_a_step_draws_does_not_depend_on_the_steps_before() -> None:
    in_turn, at_once = (Draws(10_000, 8, seed=3) for _ in range(2))
    asked = 3 * AHEAD + 5
    assert [in_turn.at(step) for step in range(asked + 1)][asked].tolist() == at_once.at(asked).tolist()


def test_another_seed_draws_other_windows() -> None:
    assert Draws(1000, 50, seed=1).at(0).tolist() != Draws(1000, 50, seed=2).at(0).tolist()


def test_a_place_gets_every_window_equally_often() -> None:
    drawn = np.array([Draws(10, 10, seed).at(0).tolist() for seed in range(2000)])  # [seeds, places]
    counts = np.array([np.bincount(place, minlength=10) for place in drawn.T])
    assert ((counts - 200) ** 2 / 200).sum() < 122  # 99.8% of chi squared with 81 degrees of freedom


def test_a_trillion_windows_take_no_memory() -> None:
    drawn = Draws(10**12, 4, seed=1).at(10**9)
    assert len(set(drawn.tolist())) == 4
    assert int(drawn.max()) < 10**12
