import pytest
import torch
from torch import Tensor

from rnncast.synthetic import augmenting
from rnncast.synthetic.base import Dice, Sample
from rnncast.synthetic.leaning import DOWNWARDS, lean


def dice_of(count: int = 400, length: int = 60) -> Dice:
    return Dice(Sample(count, length), torch.Generator().manual_seed(1))


def series(dice: Dice) -> Tensor:
    return 10 + dice.steps()


@pytest.mark.parametrize(("change", "share"), augmenting.CHANGES, ids=lambda value: getattr(value, "__name__", ""))
def test_a_change_keeps_shape_and_finiteness(change: augmenting.Change, share: float) -> None:
    for values in (series(dice_of()), torch.zeros(400, 60).double(), torch.full((400, 60), 1e9).double()):
        changed = change(dice_of(), values)
        assert changed.shape == (400, 60)
        assert changed.isfinite().all()
    assert 0 < share < 1


def test_some_series_are_left_alone() -> None:
    values = series(dice_of())
    before = values.clone()
    same = (augmenting.augment(dice_of(), values) == values).all(dim=1).double().mean()
    assert torch.equal(values, before)
    assert 0.04 < same < 0.2


def test_a_series_leans_by_a_drift_alone_but_counts_stay_counts() -> None:
    lines = torch.arange(1.0, 61.0).double().expand(400, -1)
    leaning = lean(dice_of(), lines) - lines
    assert (leaning.diff(dim=1).sign().amax(dim=1) - leaning.diff(dim=1).sign().amin(dim=1) == 0).double().mean() > 0.7
    assert (leaning[:, -1] > 0).double().mean() == pytest.approx(1 - DOWNWARDS, abs=0.06)
    counts = lines % 7
    assert torch.equal(lean(dice_of(), counts), counts)


def test_a_mixture_is_convex() -> None:
    values = torch.full((400, 60), 3.0).double() * dice_of().log_uniform(0.1, 10.0)
    assert torch.allclose(augmenting.mix(dice_of(), values), values)


def test_a_mixture_holds_parts_of_two_or_three_series() -> None:
    parts = torch.eye(400).double()
    mixed = augmenting.mix(Dice(Sample(400, 400), torch.Generator().manual_seed(1)), parts)
    count = (mixed > 0).sum(dim=1)
    assert count.max() == 3
    assert (count >= 2).double().mean() > 0.95
    assert (count == 3).double().mean() == pytest.approx(0.5, abs=0.1)


def test_a_series_upside_down_mirrors_its_changes() -> None:
    values = series(dice_of())
    flipped = augmenting.flip_sign(dice_of(), values)
    assert torch.allclose(flipped.diff(dim=1), -values.diff(dim=1))
    assert (flipped.amin(dim=1) > 0).double().mean() == pytest.approx(0.5, abs=0.1)


def test_a_censored_series_stays_on_one_side_of_a_bound() -> None:
    values = series(dice_of())
    censored = augmenting.censor(dice_of(), values)
    kept = censored == values
    assert kept.double().mean() > 0.6
    cut = [(values[row][~kept[row]] - censored[row][~kept[row]]).sign().unique() for row in range(400)]
    assert all(len(side) <= 1 for side in cut)
    assert all(len(censored[row][~kept[row]].unique()) <= 1 for row in range(400))


def test_a_quantised_series_has_few_values() -> None:
    counts = torch.tensor([len(row.unique()) for row in augmenting.quantise(dice_of(), series(dice_of()))])
    assert counts.min() < 5
    assert counts.median() < 50


def test_outliers_are_few() -> None:
    values = series(dice_of())
    changed = augmenting.spoil(dice_of(), values) != values
    assert 0.002 < changed.double().mean() < 0.03


def test_values_are_missing_in_a_tenth_of_the_series_in_blocks() -> None:
    seen = augmenting.observed(dice_of(count=3000))
    incomplete = ~seen.all(dim=1)
    missing = ~seen[incomplete]
    assert incomplete.double().mean() == pytest.approx(0.09, abs=0.025)
    assert seen.any(dim=1).all()
    assert (missing[:, 1:] & missing[:, :-1]).double().mean() > missing.double().mean() / 2
