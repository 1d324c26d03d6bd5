from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from rnncast import registry, synthetic
from rnncast.errors import UsageError
from rnncast.synthetic import Made, Request, Sample, augmenting, mixture

Plain = Callable[[Sample], Made]


def made(sample: Sample, seed: int = 1, kinds: tuple[str, ...] | None = None) -> Made:
    return mixture(sample, torch.Generator().manual_seed(seed), kinds)


@pytest.fixture
def families(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Stand ten families of constants in for the registry's, and augment nothing; return their names."""

    class Constant(registry.Entry):
        def load(self) -> Callable[[Sample, torch.Generator], Tensor]:
            return lambda sample, random: torch.full((sample.count, sample.length), float(self.attribute)).double()

    entries = {f"kind-{number}": Constant("", str(number), "") for number in range(10)}
    monkeypatch.setattr(registry, "GENERATORS", entries)
    monkeypatch.setattr(augmenting, "augment", lambda dice, values: values)
    return list(entries)


@pytest.mark.parametrize("seasons", [(1,), (12,), (24, 168)], ids=str)
def test_values_are_finite_single_precision_with_a_mask(seasons: tuple[int, ...]) -> None:
    values, observed = made(Sample(64, 50, seasons))
    assert values.shape == observed.shape == (64, 50)
    assert (values.dtype, observed.dtype) == (torch.float32, torch.bool)
    assert values.isfinite().all()


def test_the_same_seed_gives_the_same_mixture() -> None:
    first, second = made(Sample(40, 30, (4,))), made(Sample(40, 30, (4,)))
    assert torch.equal(first.values, second.values)
    assert torch.equal(first.observed, second.observed)
    assert not torch.equal(first.values, made(Sample(40, 30, (4,)), seed=2).values)


@pytest.mark.parametrize("count", [1, 3, 10, 15, 100, 257])
def test_families_have_nearly_equal_parts(families: list[str], count: int) -> None:
    counts = made(Sample(count, 5)).values[:, 0].long().bincount(minlength=10)
    assert counts.sum() == count
    assert counts.max() - counts.min() <= 1 + count // synthetic.FINER


def test_series_of_a_family_do_not_stand_together(families: list[str]) -> None:
    kinds = made(Sample(200, 5)).values[:, 0]
    assert (kinds.diff() == 0).sum() < 60


def test_a_family_named_twice_counts_twice(families: list[str]) -> None:
    values = made(Sample(150, 5), kinds=("kind-1", "kind-1", "kind-2")).values[:, 0]
    assert (values == 1).double().mean() == pytest.approx(2 / 3, abs=0.07)
    assert ((values == 1) | (values == 2)).all()


def test_an_unknown_family_is_refused_with_the_nearest() -> None:
    with pytest.raises(UsageError, match="there is no kind of series called 'sarim'") as caught:
        made(Sample(4, 10), kinds=("sarim",))
    assert "'sarima'" in caught.value.hint


def test_most_series_of_a_mixture_are_positive_and_some_are_not() -> None:
    values = made(Sample(600, 60, (12,))).values
    assert 0.7 < (values.amin(dim=1) > 0).double().mean() < 0.95


def test_the_first_series_are_the_same_however_many_are_asked_for() -> None:
    few, many = (torch.cat([block.values for block in synthetic.blocks(Request(count, 24))]) for count in (3, 300))
    assert len(many) == 300
    assert torch.equal(few, many[:3])


def test_a_long_table_has_a_row_for_each_step_and_an_empty_cell_where_a_value_is_missing() -> None:
    request = Request(40, 30, freq="D", start="2024-02-20")
    header, *rows = "".join(synthetic.as_csv(request)).splitlines()
    values, observed = next(synthetic.blocks(request))
    cells = [row.split(",") for row in rows]
    assert header == "unique_id,ds,y"
    assert [cell[0] for cell in cells] == [f"S{number}" for number in range(1, 41) for _ in range(30)]
    assert [cell[1] for cell in cells[9:11]] == ["2024-02-29", "2024-03-01"]
    assert [cell[2] != "" for cell in cells] == observed.flatten().tolist()
    assert not observed.all()
    read = torch.tensor([float(cell[2] or "nan") for cell in cells]).view(40, 30)
    assert torch.allclose(read[observed], values[observed], rtol=1e-6)


@pytest.mark.parametrize(
    ("freq", "season", "first"),
    [
        ("MS", (12,), "2000-02-01"),
        ("ME", (12,), "2000-01-31"),
        ("h", (24, 168), "2000-01-15T00:00:00"),
        ("B", (5,), "2000-01-17"),
        ("W-MON", (52,), "2000-01-17"),
        ("QS", (4,), "2000-04-01"),
        ("YE", (1,), "2000-12-31"),
    ],
)
def test_stamps_begin_on_the_frequency_at_or_after_the_start(freq: str, season: tuple[int, ...], first: str) -> None:
    request = Request(length=3, freq=freq, start="2000-01-15")
    assert request.seasons == season
    assert request.stamps()[0] == first


def test_seasons_may_be_given_in_any_order() -> None:
    assert Request(freq="h", season_length=(48, 6)).seasons == (6, 48)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"freq": "fortnight"}, "freq is 'fortnight', which is no frequency"),
        ({"freq": "5"}, "freq is '5', a number"),
        ({"start": "soon"}, "start is 'soon', which is no date"),
        ({"start": "2000-01-01T00:00+01:00"}, "with a time zone"),
        ({"kinds": ("ets",)}, "no kind of series called 'ets'"),
        ({"freq": "YS", "length": 9000}, "the series would end in the year 10999"),
        ({"length": 1}, "at least 1 of 2 can be made"),
        ({"count": 0}, "at least 1 of 2 can be made"),
    ],
    ids=str,
)
def test_what_cannot_be_made_is_refused(wrong: dict[str, object], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        Request(**wrong)  # type: ignore[arg-type]
