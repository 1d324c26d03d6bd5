from collections import Counter
from dataclasses import replace

import pytest
import torch
from torch import Tensor

from rnncast import lessons
from rnncast.lessons import SEASONS, SHORT, SHORTEST, Course, Lesson, lesson
from rnncast.selection import FOLDED_STEPS, LONGEST_FOLDED
from rnncast.shapes import LARGEST_HORIZON, Shape
from rnncast.synthetic import Made, Sample
from tests.making import CPU, network_of, panel_of, walk

COURSE = Course(rows=256, kinds=("waves", "walk"))


@pytest.fixture(scope="module")
def shape() -> Shape:
    network = network_of(panel_of([walk(30)]), model="folding", guess_season=0)
    return network.shape


def numbers(read: Lesson) -> list[Tensor]:
    return [*read.batch]


def test_a_step_has_the_same_lesson_every_time(shape: Shape) -> None:
    for step in range(5):
        torch.manual_seed(step)  # chance that others use
        one = lesson(COURSE, shape, step, CPU)
        torch.rand(3)
        other = lesson(COURSE, shape, step, CPU)
        assert one.shape == other.shape
        assert all(torch.equal(ours, theirs) for ours, theirs in zip(numbers(one), numbers(other), strict=True))


def test_steps_and_seeds_have_lessons_of_their_own(shape: Shape) -> None:
    targets = [lesson(COURSE, shape, step, CPU).batch.target for step in range(4)]
    targets += [lesson(replace(COURSE, seed=seed), shape, 0, CPU).batch.target for seed in (2, -1)]
    assert len({target.numpy().tobytes() for target in targets}) == len(targets)


def made_of(values: Tensor, observed: Tensor | None = None) -> Made:
    return Made(values, torch.ones_like(values, dtype=torch.bool) if observed is None else observed)


def always(monkeypatch: pytest.MonkeyPatch, made: Made) -> list[Sample]:
    """Let every lesson be of the same few series, as far as they reach; return what was asked for."""
    asked: list[Sample] = []

    def mixture(sample: Sample, random: torch.Generator, kinds: object) -> Made:
        asked.append(sample)
        repeated = -(-sample.length // made.values.shape[1])
        return Made(*(part.repeat(1, repeated)[:, : sample.length] for part in made))

    monkeypatch.setattr(lessons, "mixture", mixture)
    return asked


def test_lengths_horizons_and_seasons_are_those_that_were_promised(
    shape: Shape, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = always(monkeypatch, made_of(torch.ones(1, 8)))
    shapes = [lesson(COURSE, shape, step, CPU).shape for step in range(600)]
    found = Counter(sample.seasons for sample in asked)
    for seasons, share in SEASONS.items():
        assert abs(found[seasons] / 600 - share) < 0.06
    assert any(season not in SEASONS for season in found)
    lengths = [one.context_length for one in shapes]
    assert SHORTEST <= min(lengths) < 20
    assert 2 * SHORT < max(lengths) <= LONGEST_FOLDED
    assert sum(length <= SHORT for length in lengths) > 300
    assert max(one.num_origins for one in shapes) <= FOLDED_STEPS
    assert max(one.horizon for one in shapes) <= LARGEST_HORIZON
    for one, sample in zip(shapes, asked, strict=True):
        assert one.context_length % one.segment_length == 0
        assert one.context_length >= 2 * sample.seasons[0]
        assert sample.length == one.context_length + one.horizon
        assert (one.season_length, *((one.long_season,) if one.long_season else ())) == sample.seasons
        assert one.reach == one.horizon <= one.context_length


def test_a_batch_has_about_as_many_steps_as_the_course_says(shape: Shape, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = always(monkeypatch, made_of(torch.ones(1, 8)))
    course = replace(COURSE, rows=2**13)
    for step in range(50):
        length = lesson(course, shape, step, CPU).shape.context_length
        assert 8 <= asked[-1].count <= max(8, 2 * 2**13 // length)


def test_missing_steps_hold_the_last_value_that_was_seen(shape: Shape, monkeypatch: pytest.MonkeyPatch) -> None:
    values = torch.tensor([[9.0, 1, 2, 99, 99, 5, 6, 99]])
    observed = torch.tensor([[False, True, True, False, False, True, True, False]])
    always(monkeypatch, made_of(values, observed))
    monkeypatch.setattr(lessons, "LOGARITHMS", 0.0)
    batch = lesson(COURSE, shape, 1, CPU).batch
    assert batch.target[0, :8, 0].tolist() == [0, 1, 2, 2, 2, 5, 6, 6]
    assert batch.observed[0, :8, 0].tolist() == observed[0].tolist()


def test_only_series_above_zero_become_logarithms(shape: Shape, monkeypatch: pytest.MonkeyPatch) -> None:
    values = torch.tensor([[1.0, 2, 3, 6], [1.0, 2, 0, 6], [1.0, -2, 3, 6]])
    always(monkeypatch, made_of(values))
    targets = []
    for share in (0.0, 1.0):
        monkeypatch.setattr(lessons, "LOGARITHMS", share)
        targets.append(lesson(COURSE, shape, 3, CPU).batch.target[..., 0])
    plain, bent = targets
    assert torch.equal(plain[1:], bent[1:])
    torch.testing.assert_close(bent[0], (plain[0] / (0.1 * plain[0].mean())).asinh())


def test_a_lesson_is_learned_from_as_it_is(shape: Shape) -> None:
    network = network_of(panel_of([walk(30)]), model="folding", guess_season=0)
    read = lesson(COURSE, network.shape, 2, CPU)
    loss = network.viewing(read.shape).loss(read.batch)
    loss.backward()
    assert loss.isfinite()
    assert all(weight.grad is not None and weight.grad.isfinite().all() for weight in network.parameters())


def test_kinds_that_are_asked_for_are_drawn_alone(shape: Shape, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[object] = []

    def mixture(sample: Sample, random: torch.Generator, kinds: object) -> Made:
        drawn.append(kinds)
        return made_of(torch.ones(1, sample.length))

    monkeypatch.setattr(lessons, "mixture", mixture)
    for kinds in (("waves",), ()):
        lesson(replace(COURSE, kinds=kinds), shape, 0, CPU)
    assert drawn == [("waves",), None]
