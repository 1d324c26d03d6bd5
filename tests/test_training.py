import math
from collections.abc import Generator
from dataclasses import replace

import numpy as np
import pytest
import torch

from rnncast import registry, schedules, training
from rnncast.config import TrainingConfig
from rnncast.errors import RunError
from rnncast.fits import Fit, Progress
from rnncast.network import Network
from rnncast.panel import Panel
from rnncast.replicas import Sums
from rnncast.schedules import Clock, learning_rate
from rnncast.training import Averaged, Best, Loop, fit, validate
from rnncast.windows import Windows
from tests.making import batch_of, full_panel, loop_of, network_of, panel_of, walk

PANEL = panel_of([walk(30, seed=1), walk(18, seed=2)])


def run(running: Generator[Progress, None, Fit]) -> tuple[list[Progress], Fit]:
    records = []
    while True:
        try:
            records.append(next(running))
        except StopIteration as done:
            return records, done.value


def progress_of(step: int, validation: float | None) -> Progress:
    return Progress("fit", step, 10, 0.0, validation, 0.1, 1.0, 0.0)


def weights_of(loop: Loop) -> torch.Tensor:
    return torch.cat([weight.detach().flatten() for weight in loop.network.parameters()])


@pytest.mark.parametrize(
    ("schedule", "fraction", "expected"),
    [
        ("cosine", 0.0, 0.05),
        ("cosine", 0.05, 0.525),
        ("cosine", 0.1, 1.0),
        ("cosine", 0.55, 0.51),
        ("cosine", 1.0, 0.02),
        ("constant", 0.05, 0.525),
        ("constant", 0.1, 1.0),
        ("constant", 1.0, 1.0),
    ],
)
def test_the_learning_rate_rises_in_a_line_and_falls_in_a_cosine(
    schedule: str, fraction: float, expected: float
) -> None:
    settings = TrainingConfig(learning_rate=4.0, schedule=schedule, warmup=0.1)
    assert learning_rate(settings, fraction) == pytest.approx(4 * expected)


def test_without_a_warm_up_the_learning_rate_starts_at_its_peak() -> None:
    assert learning_rate(TrainingConfig(learning_rate=0.3, warmup=0.0), 0.0) == pytest.approx(0.3)


@pytest.mark.parametrize(
    ("limits", "total"),
    [
        ({"max_steps": 7}, 7),
        ({"epochs": 3}, 12),
        ({"epochs": 3, "max_steps": 100}, 12),
        ({"epochs": 3, "max_steps": 5}, 5),
        ({}, 4),
    ],
)
def test_a_run_takes_the_steps_or_the_epochs_that_are_fewer(limits: dict[str, int], total: int) -> None:
    assert Clock(TrainingConfig(batch_size=8, **limits), num_windows=25, stop_at=None).total == total


def test_a_run_ends_at_its_time_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr(schedules.time, "perf_counter", lambda: now[0])
    clock = Clock(TrainingConfig(batch_size=1, max_steps=1000, time_limit=8), 10, None)
    clock.step, now[0] = 20, 102.0
    assert (clock.fraction, clock.done, clock.planned) == (0.25, False, 1000)
    now[0] = 108.0
    assert (clock.fraction, clock.done, clock.due, clock.planned) == (1.0, True, True, 20)


def test_a_record_is_due_fifty_times_a_run_and_at_its_end() -> None:
    clock = Clock(TrainingConfig(batch_size=1, max_steps=499), 10, None)
    due = []
    for clock.step in range(1, 500):
        due.append(clock.due)
    assert sum(due) == schedules.REPORTS
    assert due[-1]


def test_swapping_weights_with_their_average_twice_changes_nothing() -> None:
    network = network_of(PANEL)
    before = [weight.detach().clone() for weight in network.parameters()]
    averaged = Averaged(network)
    with torch.no_grad():
        for weight in network.parameters():
            weight.add_(1)
    averaged.swap()
    assert all(torch.equal(ours, was) for ours, was in zip(network.parameters(), before, strict=True))
    averaged.swap()
    assert all(torch.equal(ours, was + 1) for ours, was in zip(network.parameters(), before, strict=True))


def test_the_average_follows_its_recurrence() -> None:
    network = torch.nn.Linear(1, 1, bias=False)
    averaged = Averaged(network)
    expected = network.weight.item()
    for step, value in enumerate((1.0, 4.0, 2.0), start=1):
        with torch.no_grad():
            network.weight.fill_(value)
        averaged.update(step)
        decay = min(0.99, (1 + step) / (10 + step))
        expected = decay * expected + (1 - decay) * value
    averaged.swap()
    assert network.weight.item() == pytest.approx(expected)


def test_the_best_weights_are_those_of_the_lowest_validation_loss() -> None:
    network = network_of(PANEL)
    best = Best(patience=2)
    for step, loss in enumerate((3.0, 1.0, 2.0), start=1):
        torch.nn.init.constant_(network.decoder.steps.bias, step)
        best.offer(network, step, loss)
    assert (best.step, best.loss, best.exhausted) == (2, 1.0, False)
    assert (best.weights["decoder.steps.bias"] == 2).all()
    best.offer(network, 4, 1.0)
    assert best.exhausted


def test_without_validation_the_last_weights_are_the_best() -> None:
    network, best = network_of(PANEL), Best(patience=None)
    for step in (1, 2, 3):
        best.offer(network, step, None)
    assert (best.step, best.exhausted) == (3, False)


@pytest.mark.parametrize("optimizer", registry.OPTIMIZERS)
def test_every_optimizer_lowers_the_loss(optimizer: str) -> None:
    records, found = run(fit(loop_of(PANEL, optimizer=optimizer, max_steps=60, learning_rate=5e-3), "fit"))
    losses = [record.loss for record in records]
    assert np.mean(losses[-10:]) < np.mean(losses[:5])
    assert found.history == tuple(records)
    assert (found.best_step, found.planned_steps) == (60, 60)


def test_an_optimizer_needs_a_learning_rate() -> None:
    with pytest.raises(ValueError, match="resolved"):
        loop_of(PANEL, learning_rate=None)


@pytest.mark.parametrize("dropout", [0.0, 0.3])
def test_the_same_seed_gives_the_same_weights(dropout: float) -> None:
    def trained(seed: int) -> torch.Tensor:
        loop = loop_of(PANEL, seed=seed, dropout=dropout, num_layers=2)
        torch.manual_seed(seed)
        run(fit(loop, "fit"))
        return weights_of(loop)

    assert torch.equal(trained(3), trained(3))
    assert not torch.equal(trained(3), trained(4))


def test_an_epoch_draws_every_window_once() -> None:
    loop = loop_of(PANEL, batch_size=8)
    steps = math.ceil(len(loop.index) / 8)
    drawn = torch.cat([loop.draws.at(step) for step in range(steps)])
    assert drawn.sort().values.tolist() == list(range(len(loop.index)))
    assert len(loop.draws.at(steps)) == 8


def test_validation_changes_nothing_in_the_training() -> None:
    plain, judged = (loop_of(PANEL, dropout=0.3, num_layers=2) for _ in range(2))
    batch = batch_of(PANEL, judged.network, (20, 10))
    torch.manual_seed(0)
    alone, _ = run(fit(plain, "fit"))
    torch.manual_seed(0)
    watched, found = run(fit(judged, "fit", [batch]))
    assert [record.loss for record in alone] == [record.loss for record in watched]
    assert found.best_step == min(watched, key=lambda record: record.validation).step


def test_validation_is_the_loss_after_the_last_origins() -> None:
    loop = loop_of(PANEL, dropout=0.5, num_layers=2)
    batch = batch_of(PANEL, loop.network, (20, 10))
    expected = loop.network.eval().loss(batch, last_only=True).item()
    loop.network.train()
    assert validate(loop, [batch, batch]) == pytest.approx(expected)
    assert loop.network.training
    assert validate(loop, []) is None


def test_patience_ends_a_run_early() -> None:
    loop = loop_of(PANEL, max_steps=40, patience=3, learning_rate=1e-12)
    loop.averaged.update = lambda step: None
    records, found = run(fit(loop, "fit", [batch_of(PANEL, loop.network, (20, 10))]))
    assert len(records) == 3
    assert found.best_step == 0


def test_the_weights_before_the_first_step_are_kept_where_none_were_better(monkeypatch: pytest.MonkeyPatch) -> None:
    losses = iter(range(100))
    monkeypatch.setattr(training, "validate", lambda *_: next(losses))
    loop = loop_of(PANEL, max_steps=3)
    before = weights_of(loop)
    _, found = run(fit(loop, "fit", [batch_of(PANEL, loop.network, (20, 10))]))
    assert found.best_step == 0
    assert torch.equal(weights_of(loop), before)


def test_a_refit_of_no_step_changes_nothing() -> None:
    loop = loop_of(PANEL, max_steps=20)
    before = weights_of(loop)
    records, found = run(fit(loop, "fit", stop_at=0))
    assert (records, found.best_step, found.planned_steps) == ([], 0, 20)
    assert torch.equal(weights_of(loop), before)


def test_the_gradient_is_clipped_to_its_bound() -> None:
    loop = loop_of(PANEL, clip_norm=1e-3, optimizer="sgd")
    loop.step(1, 0.5)
    norm = math.sqrt(sum(float(weight.grad.square().sum()) for weight in loop.network.parameters()))
    assert norm <= 1e-3 * (1 + 1e-5)
    clock = Clock(loop.training, 10, None)
    assert loop.record("fit", clock, None).gradient_norm > 1e-3


def test_a_refit_stops_on_the_way_of_the_whole_schedule() -> None:
    whole, _ = run(fit(loop_of(PANEL, max_steps=20), "fit"))
    part, found = run(fit(loop_of(PANEL, max_steps=20), "fit", stop_at=7))
    assert (found.best_step, found.planned_steps, len(part)) == (7, 20, 7)
    assert [record.learning_rate for record in part] == [record.learning_rate for record in whole[:7]]
    assert [record.loss for record in part] == [record.loss for record in whole[:7]]


def test_a_loss_that_is_no_number_keeps_the_best_weights(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training, "AHEAD", 1)  # values that change are seen at the next step
    loop = loop_of(PANEL, max_steps=10)
    running = fit(loop, "fit")
    for _ in range(4):
        next(running)
    loop.windows.values.fill_(math.nan)
    records, found = run(running)
    assert [record.diverged for record in records] == [True]
    assert records[0].exploding
    assert found.best_step == 4
    assert weights_of(loop).isfinite().all()


def test_a_loss_that_never_was_a_number_is_an_error_with_advice() -> None:
    loop = loop_of(PANEL, max_steps=10)
    loop.windows.values.fill_(math.nan)
    with pytest.raises(RunError, match="not a number any more after 1 steps") as caught:
        run(fit(loop, "fit"))
    assert "--lr" in caught.value.hint


@pytest.mark.parametrize(("norm", "exploding"), [(1.0, False), (1e3, True), (math.inf, True), (math.nan, True)])
def test_exploding_gradients_are_told(norm: float, exploding: bool) -> None:
    assert replace(progress_of(1, None), gradient_norm=norm).exploding is exploding


@pytest.mark.parametrize("model", ["lstm", "gru", "rnn", "transformer"])
@pytest.mark.parametrize("optimizer", ["adamw", "sgd"])
def test_steps_move_the_weights_as_gradients_that_torch_collects_do(model: str, optimizer: str) -> None:
    settings = {"model": model, "num_layers": 2, "optimizer": optimizer, "max_steps": 5, "learning_rate": 1e-2}
    ours, theirs = loop_of(PANEL, **settings), loop_of(PANEL, **settings)
    for number in range(1, 6):
        ours.step(number, 0.5)
        theirs.network.zero_grad()
        theirs.network.loss(theirs.windows.batch(*theirs.index.locate(theirs.draws.at(number - 1)))).backward()
        theirs.optimizer.rate = learning_rate(theirs.training, 0.5)
        torch.nn.utils.clip_grad_norm_(theirs.network.parameters(), theirs.training.clip_norm or math.inf)
        theirs.optimizer.step()
    torch.testing.assert_close(weights_of(ours), weights_of(theirs), rtol=1e-2, atol=1e-3)


@pytest.mark.parametrize(
    ("panel", "settings"),
    [
        (PANEL, {"model": "rnn"}),
        (PANEL, {"model": "lstm", "dropout": 0.3, "origins": "last"}),
        (full_panel(3, past=1, known=2, seasons=(4,)), {"model": "gru"}),
        (full_panel(3, past=1, known=2, seasons=(4,)), {"model": "gru", "channels": "joint"}),
        (PANEL, {"model": "esrnn"}),
    ],
)
def test_windows_that_are_looked_at_together_teach_what_they_teach_alone(
    monkeypatch: pytest.MonkeyPatch, panel: Panel, settings: dict[str, object]
) -> None:
    def trained(ahead: int) -> list[torch.Tensor]:
        monkeypatch.setattr(training, "AHEAD", ahead)
        loop = loop_of(panel, batch_size=5, max_steps=9, **settings)
        for number in range(1, loop.draws.per_epoch + 3):  # past the last windows of an epoch, which may be fewer
            loop.step(number, 0.5)
        return list(loop.network.parameters())

    assert all(torch.equal(one, other) for one, other in zip(trained(16), trained(1), strict=True))


@pytest.mark.parametrize(("model", "looks"), [("rnn", 1), ("esrnn", 6)])
def test_what_is_seen_is_looked_at_once_for_several_steps_unless_weights_change_it(
    monkeypatch: pytest.MonkeyPatch, model: str, looks: int
) -> None:
    counted: list[int] = []
    look = Network.look
    monkeypatch.setattr(Network, "look", lambda self, batch: counted.append(len(batch.target)) or look(self, batch))
    loop = loop_of(PANEL, model=model, batch_size=2)
    for number in range(1, 7):
        loop.step(number, 0.5)
    assert len(counted) == looks


def test_a_batch_that_does_not_fit_is_gone_through_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training, "AHEAD", 1)  # as on a device that may have too little memory
    plain, short = (loop_of(PANEL, model="lstm", batch_size=8, max_steps=3) for _ in range(2))
    whole = short.replicas.sums

    def sums(windows: Windows, series: torch.Tensor, ends: torch.Tensor) -> Sums:
        if len(series) > 2:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return whole(windows, series, ends)

    monkeypatch.setattr(short.replicas, "sums", sums)
    for number in (1, 2, 3):
        plain.step(number, 0.5)
        short.step(number, 0.5)
    assert short.parts == 4
    torch.testing.assert_close(weights_of(short), weights_of(plain), rtol=1e-2, atol=1e-3)


def test_a_window_that_does_not_fit_ends_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training, "AHEAD", 1)  # as on a device that may have too little memory
    loop = loop_of(PANEL, model="lstm", batch_size=4, max_steps=3)

    def sums(windows: Windows, series: torch.Tensor, ends: torch.Tensor) -> Sums:
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(loop.replicas, "sums", sums)
    with pytest.raises(torch.OutOfMemoryError):
        loop.step(1, 0.5)
