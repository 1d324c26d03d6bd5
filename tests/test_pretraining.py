import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from rnncast import embedded, pretraining, registry, sealed
from rnncast.config import Config
from rnncast.embedded import Embedded
from rnncast.errors import CheckpointError, UsageError
from rnncast.fits import Progress
from rnncast.lessons import Course, lesson
from rnncast.panel import Panel
from rnncast.pretraining import Pupil, configured, run
from rnncast.sealed import Sealed
from rnncast.shapes import LARGEST_HORIZON
from tests.making import CPU, panel_of, walk

COURSE = Course(rows=256, kinds=("waves",))
STEPS = 6


@pytest.fixture(autouse=True)
def _few_lessons_judge(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pretraining, "JUDGED", 2)


def tiny(**settings: object) -> Config:
    return configured(Config.of({"hidden_size": 6, "num_layers": 1, "max_steps": STEPS, **settings}))


def finished(
    path: Path,
    config: Config,
    course: Course = COURSE,
    panels: dict[str, Panel] | None = None,
    start: Embedded | None = None,
) -> tuple[Embedded, list[Progress]]:
    """Run to the end; return the model and the progress."""
    running, records = run(config, course, str(path), panels or {}, start), []
    while True:
        try:
            records.append(next(running))
        except StopIteration as done:
            return done.value, records


class Ticking:
    """A clock on which a second passes whenever it is looked at."""

    def __init__(self) -> None:
        self._ticks: Iterator[float] = iter(range(10**6))

    def perf_counter(self) -> float:
        """Return the seconds so far."""
        return next(self._ticks)


@pytest.fixture
def _ticking(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pretraining, "time", Ticking())


@pytest.mark.usefixtures("_ticking")
def test_a_run_in_pieces_gives_the_weights_of_one_in_one_go(tmp_path: Path) -> None:
    whole, _ = finished(tmp_path / "whole", tiny())
    steps = []
    for limit in (4, 2, None):
        model, _ = finished(tmp_path / "pieces", tiny(time_limit=limit))
        steps.append(model.report["steps"])
        assert os.path.exists(tmp_path / "pieces.state") == (limit is not None)
    assert steps == [2, 3, STEPS]
    for name, weight in whole.weights.items():
        np.testing.assert_array_equal(weight, model.weights[name], err_msg=name)


@pytest.mark.usefixtures("_ticking")
def test_every_piece_leaves_a_model_that_can_be_used(tmp_path: Path) -> None:
    model, _ = finished(tmp_path / "m", tiny(time_limit=4))
    loaded = embedded.load(str(tmp_path / "m"))
    assert dict(loaded.settings)["hidden_size"] == 6
    assert loaded.report["steps"] == 2
    for name, weight in model.weights.items():
        np.testing.assert_array_equal(loaded.weights[name], weight.astype(np.float16))


@pytest.mark.usefixtures("_ticking")
def test_seconds_of_all_pieces_count(tmp_path: Path) -> None:
    first, _ = finished(tmp_path / "m", tiny(time_limit=4))
    second, _ = finished(tmp_path / "m", tiny())
    assert 0 < first.report["seconds"] < second.report["seconds"]


@pytest.mark.promise("P5")
def test_a_run_that_ends_leaves_the_model_alone(tmp_path: Path) -> None:
    finished(tmp_path / "m", tiny())
    assert os.listdir(tmp_path) == ["m"]


def test_another_seed_gives_other_weights_and_the_same_the_same(tmp_path: Path) -> None:
    models = [
        finished(tmp_path / f"{number}", tiny(seed=seed, max_steps=2), replace(COURSE, seed=seed))[0]
        for number, seed in enumerate((1, 1, 2))
    ]
    one, same, other = (model.weights["decoder.hidden.weight"] for model in models)
    assert np.array_equal(one, same)
    assert not np.array_equal(one, other)


OTHERS = [
    ({"hidden_size": 7}, COURSE),
    ({"max_steps": 9}, COURSE),
    ({"learning_rate": 0.1}, COURSE),
    ({"option": ("cell=mingru",)}, COURSE),
    ({}, replace(COURSE, rows=512)),
    ({}, replace(COURSE, kinds=("walk",))),
    ({}, replace(COURSE, seed=2)),
]


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the state of a run that has taken one step."""
    path = tmp_path_factory.mktemp("begun") / "m"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pretraining, "time", Ticking())
        finished(path, tiny(time_limit=2))
    return path.with_name("m.state")


def beside(tmp_path: Path, state: bytes) -> Path:
    """Return the path of a model beside which lies a state."""
    (tmp_path / "m.state").write_bytes(state)
    return tmp_path / "m"


@pytest.mark.promise("P5")
@pytest.mark.parametrize(("settings", "course"), OTHERS, ids=str)
def test_a_state_of_other_settings_is_refused_and_stays(
    begun: Path, tmp_path: Path, settings: dict[str, object], course: Course
) -> None:
    path = beside(tmp_path, begun.read_bytes())
    with pytest.raises(CheckpointError, match="was begun with other settings"):
        finished(path, tiny(**settings), course)
    assert os.listdir(tmp_path) == ["m.state"]
    assert (tmp_path / "m.state").read_bytes() == begun.read_bytes()


@pytest.mark.promise("P5")
@pytest.mark.parametrize("place", [0.1, 0.5, 0.99])
def test_a_damaged_state_is_refused(begun: Path, tmp_path: Path, place: float) -> None:
    data = bytearray(begun.read_bytes())
    data[int(place * len(data))] ^= 1
    with pytest.raises(CheckpointError):
        finished(beside(tmp_path, bytes(data)), tiny())
    assert os.listdir(tmp_path) == ["m.state"]


@pytest.mark.parametrize("missing", ["weights/", "average/", "exp_avg_sq/"])
def test_a_state_without_all_its_numbers_is_refused(begun: Path, tmp_path: Path, missing: str) -> None:
    state = sealed.read(str(begun), 1)
    kept = {name: values for name, values in state.tensors.items() if not name.startswith(missing)}
    sealed.write(str(tmp_path / "m.state"), Sealed(state.header, kept))
    with pytest.raises(CheckpointError, match="does not hold what it should"):
        finished(tmp_path / "m", tiny())


def test_the_loss_falls() -> None:
    course = Course(rows=512, kinds=("smoothing",))
    pupil = Pupil.new(tiny(hidden_size=16), CPU)
    read = lesson(course, pupil.network.shape, 0, CPU)
    losses = [float(pupil.learn(read)[0]) for _ in range(30)]
    assert losses[-1] < 0.8 * losses[0]


def test_a_lesson_without_a_finite_loss_does_not_cost_the_weights() -> None:
    pupil = Pupil.new(tiny(), CPU)
    weights = {name: value.clone() for name, value in pupil.network.state_dict().items()}
    read = lesson(COURSE, pupil.network.shape, 0, CPU)
    read.batch.target[:] = torch.nan
    _, norm = pupil.learn(read)
    assert not norm.isfinite()
    assert all(torch.equal(value, weights[name]) for name, value in pupil.network.state_dict().items())


def test_judging_leaves_the_weights_as_they_are() -> None:
    pupil = Pupil.new(tiny(), CPU)
    pupil.learn(lesson(COURSE, pupil.network.shape, 0, CPU))
    weights = {name: value.clone() for name, value in pupil.network.state_dict().items()}
    assert pupil.judge(COURSE) == pupil.judge(COURSE)
    assert all(torch.equal(value, weights[name]) for name, value in pupil.network.state_dict().items())


def test_progress_is_told_at_intervals_and_at_the_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pretraining, "REPORT", 2)
    monkeypatch.setattr(pretraining, "KEEP", 4)
    _, records = finished(tmp_path / "m", tiny(max_steps=5))
    assert [(record.step, record.total_steps) for record in records] == [(2, 5), (4, 5), (5, 5)]
    assert [record.validation is not None for record in records] == [False, True, True]
    assert {record.fit for record in records} == {"pretraining"}


def test_real_series_are_measured_and_nothing_is_learned_from_them(tmp_path: Path) -> None:
    panel = panel_of([20 + walk(60)[:, 0], 30 + walk(50, seed=1)[:, 0]], seasons=(4,))
    with_panel, _ = finished(tmp_path / "one", tiny(max_steps=2), panels={"shops": panel})
    without, _ = finished(tmp_path / "other", tiny(max_steps=2))
    scores = embedded.load(str(tmp_path / "one")).report["scores"]
    assert list(scores) == ["shops"]
    assert list(scores["shops"]) == [embedded.MODEL, *registry.BASELINES]
    assert scores["shops"][embedded.MODEL]["mase"] > 0
    for name, weight in without.weights.items():
        assert np.array_equal(weight, with_panel.weights[name])


def test_what_is_not_asked_for_is_as_the_embedded_model_has_it() -> None:
    config = configured(Config.of({"hidden_size": 5}))
    assert (config.model.model, config.model.hidden_size) == ("folding", 5)
    assert config.window.horizon == LARGEST_HORIZON
    assert embedded.needed(config) | {"hidden_size": 128} == embedded.needed(configured(Config()))


@pytest.mark.parametrize("cell", ["slstm", "mingru"])
def test_other_cells_are_pretrained_too(tmp_path: Path, cell: str) -> None:
    model, _ = finished(tmp_path / "m", tiny(max_steps=1, option=(f"cell={cell}",)))
    assert model.settings["option"] == (f"cell={cell}",)
    assert all(np.isfinite(weight).all() for weight in model.weights.values())


def test_a_course_can_begin_with_the_weights_of_another(tmp_path: Path) -> None:
    first, _ = finished(tmp_path / "first", tiny())
    config = tiny(seed=2, learning_rate=1e-9, max_steps=2)
    nearly, _ = finished(tmp_path / "second", config, start=first)
    fresh, _ = finished(tmp_path / "third", config)
    for name, weight in first.weights.items():
        np.testing.assert_allclose(nearly.weights[name], weight, atol=1e-6, err_msg=name)
    name = "decoder.hidden.weight"
    assert not np.allclose(fresh.weights[name], first.weights[name], atol=1e-3)


@pytest.mark.usefixtures("_ticking")
def test_what_begins_with_a_model_goes_on_with_the_same_alone(tmp_path: Path) -> None:
    first, _ = finished(tmp_path / "first", tiny())
    whole, _ = finished(tmp_path / "whole", tiny(seed=2), start=first)
    finished(tmp_path / "m", tiny(seed=2, time_limit=4), start=first)
    for start in (None, first._replace(weights={name: 2 * weight for name, weight in first.weights.items()})):
        with pytest.raises(CheckpointError, match="was begun with other settings"):
            finished(tmp_path / "m", tiny(seed=2), start=start)
    pieces, _ = finished(tmp_path / "m", tiny(seed=2), start=first)
    for name, weight in whole.weights.items():
        np.testing.assert_array_equal(weight, pieces.weights[name], err_msg=name)


def test_a_model_of_other_sizes_is_nothing_to_begin_with(tmp_path: Path) -> None:
    first, _ = finished(tmp_path / "first", tiny(max_steps=1))
    with pytest.raises(UsageError, match="weights of other sizes"):
        finished(tmp_path / "m", tiny(hidden_size=7), start=first)
    assert os.listdir(tmp_path) == ["first"]
