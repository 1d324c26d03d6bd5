import os
from collections.abc import Iterator
from concurrent.futures import CancelledError
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest

from rnncast import holdout, sealed, states
from rnncast.checkpoint import Checkpoint
from rnncast.config import Config
from rnncast.errors import CheckpointError
from rnncast.reading import Reading
from rnncast.sealed import Sealed
from rnncast.states import States
from rnncast.training import Loop
from tests.making import panel_of, walk

BEGUN = {"data": "x", "max_steps": 8}
SETTINGS: dict[str, Any] = {
    "model": "lstm", "hidden_size": 4, "num_layers": 2, "dropout": 0.3, "context_length": 12, "horizon": 2,
    "max_steps": 8, "ensemble": 2, "batch_size": 4, "transform": "none", "season_length": (1,), "threads": 1,
}  # fmt: skip


def train(fits: States | None = None, **settings: Any) -> Checkpoint:
    panel = panel_of([walk(40, seed=1), walk(30, seed=2)])
    config = Config.of(SETTINGS | settings)
    running = holdout.run(Reading(panel, config.data, layout=""), config, states=fits)
    while True:
        try:
            next(running)
        except StopIteration as done:
            made: Checkpoint = done.value
            return made


@contextmanager
def stopping_after(steps: int, fits: States) -> Iterator[None]:
    """Stop fits as a signal does, after so many steps of all of them together."""
    taken, step = [0], Loop.step

    def counted(loop: Loop, number: int, fraction: float) -> None:
        step(loop, number, fraction)
        taken[0] += 1
        if taken[0] == steps:
            assert fits.stop()

    with patch.object(Loop, "step", counted):
        yield


def resumed(folder: Path, steps: list[int], **settings: Any) -> Checkpoint:
    """Return what comes of a run that is stopped again and again, each time after so many steps."""
    path = str(folder / "x.state")
    for count in steps:
        fits = states.load(path, BEGUN) if os.path.exists(path) else States()
        with stopping_after(count, fits), pytest.raises(CancelledError):
            train(fits, **settings)
        states.save(path, BEGUN, fits)
    return train(states.load(path, BEGUN), **settings)


def same(one: Checkpoint, other: Checkpoint) -> bool:
    arrays = [[array for part in (*made.heldout, *made.final) for array in part.values()] for made in (one, other)]
    assert one.history == other.history
    assert one.report == other.report
    assert one.blend == other.blend
    return all(np.array_equal(a, b) for a, b in zip(*arrays, strict=True))


@pytest.mark.promise("P5")
@pytest.mark.parametrize("steps", [[1], [5], [11], [16], [18], [3, 9], [1, 1, 1, 10]], ids=str)
def test_a_run_that_was_stopped_goes_on_bit_for_bit(tmp_path: Path, steps: list[int]) -> None:
    assert same(resumed(tmp_path, steps), train())


@pytest.mark.parametrize("optimizer", ["adamw", "adam", "sgd", "rmsprop"])
def test_whatever_the_optimizer_is(tmp_path: Path, optimizer: str) -> None:
    assert same(resumed(tmp_path, [6], optimizer=optimizer), train(optimizer=optimizer))


def test_patience_counts_on(tmp_path: Path) -> None:
    settings = {"max_steps": 200, "patience": 3, "learning_rate": 0.3, "ensemble": 1}
    assert same(resumed(tmp_path, [2, 7], **settings), train(**settings))


def test_replicas_go_on_with_the_chance_of_each(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rnncast.device.WORTH_SHARING", 0)
    settings = {"threads": 2, "ensemble": 1}
    assert same(resumed(tmp_path, [5], **settings), train(**settings))


def test_members_side_by_side_go_on_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rnncast.device.WORTH_SHARING", 0)
    assert same(resumed(tmp_path, [5, 8], threads=2), train(threads=2))


def test_nothing_is_to_be_stopped_where_no_fit_is_under_way() -> None:
    fits = States()
    train(fits)
    assert all(state.plain["is_over"] for state in fits.taken().values())
    assert not fits.stop()
    assert not States().stop()


@pytest.mark.promise("P5")
def test_another_beginning_is_refused_with_what_changed(tmp_path: Path) -> None:
    path = str(tmp_path / "x.state")
    states.save(path, BEGUN, States())
    with pytest.raises(CheckpointError, match=r"max_steps was 8, now 9; data was x, now y"):
        states.load(path, {"max_steps": 9, "data": "y"})


@pytest.mark.promise("P5")
def test_a_state_with_fewer_tensors_is_refused(tmp_path: Path) -> None:
    path, fits = str(tmp_path / "x.state"), States()
    with stopping_after(3, fits), pytest.raises(CancelledError):
        train(fits)
    states.save(path, BEGUN, fits)
    whole = sealed.read(path, 1)
    for name in whole.tensors:
        rest = {key: array for key, array in whole.tensors.items() if key != name}
        sealed.write(path, Sealed(whole.header, rest))
        with pytest.raises(CheckpointError, match="does not hold what it should"):
            train(states.load(path, BEGUN))


@pytest.mark.promise("P5")
def test_a_state_of_another_network_is_refused(tmp_path: Path) -> None:
    path, fits = str(tmp_path / "x.state"), States()
    with stopping_after(3, fits), pytest.raises(CancelledError):
        train(fits)
    states.save(path, BEGUN, fits)
    with pytest.raises(CheckpointError, match="does not hold what it should"):
        train(states.load(path, BEGUN), hidden_size=5)
    with pytest.raises(CheckpointError, match="took 4 windows a step, and would take 3 now"):
        train(states.load(path, BEGUN), batch_size=3)


@pytest.mark.parametrize("header", [{}, {"run": BEGUN}, {"run": 3, "fits": {}}, {"run": BEGUN, "fits": {"a": 1}}])
def test_what_is_no_state_is_refused(tmp_path: Path, header: dict[str, Any]) -> None:
    path = str(tmp_path / "x.state")
    sealed.write(path, Sealed({"format_version": 1} | header, {}))
    with pytest.raises(CheckpointError, match="no state of a training run"):
        states.load(path, BEGUN)
