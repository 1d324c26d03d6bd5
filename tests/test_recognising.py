import numpy as np
import pandas as pd
import pytest

from rnncast.config import DataConfig
from rnncast.panel import IntArray, Panel
from rnncast.reading import panel_from_frame
from rnncast.recognising import learned_rows
from tests.making import panel_of as numbered


def frame(values: np.ndarray, start: str = "2024-01-01") -> pd.DataFrame:
    return pd.DataFrame({"ds": pd.date_range(start, periods=len(values)), "y": values})


def wave(count: int, seed: int = 0) -> np.ndarray:
    noise = np.random.default_rng(seed).normal(size=200)[:count]
    return 20 + 5 * np.sin(2 * np.pi * np.arange(count) / 7) + noise


def panel_of(values: np.ndarray, start: str = "2024-01-01", name: str | None = None) -> Panel:
    data = frame(values, start) if name is None else frame(values, start).assign(id=name)
    return panel_from_frame(data, DataConfig(freq="D", id=() if name is None else ("id",))).panel


def known(panel: Panel, learned: Panel, held_out: int = 4) -> IntArray:
    return learned_rows(panel, learned, np.full(learned.num_series, held_out))


def test_rows_up_to_the_held_out_ones_are_known() -> None:
    learned = panel_of(wave(60))
    assert known(learned, learned).tolist() == [56]
    assert known(panel_of(wave(70)), learned).tolist() == [56]
    assert known(panel_of(wave(70)), learned, held_out=0).tolist() == [60]
    assert known(learned.truncated(np.array([30])), learned).tolist() == [30]


def test_another_series_with_the_same_stamps_is_not_known() -> None:
    assert known(panel_of(wave(60, seed=1)), panel_of(wave(60))).tolist() == [0]
    assert known(panel_of(100 - wave(60)), panel_of(wave(60))).tolist() == [0]


def test_a_series_with_a_few_corrected_values_is_still_known() -> None:
    values = wave(60)
    values[::3] += 1
    assert known(panel_of(values), panel_of(wave(60))).tolist() == [56]


def test_rows_after_all_that_was_learned_are_new_and_rows_before_may_be_known() -> None:
    late = panel_from_frame(frame(wave(20, seed=1), "2025-01-01"), DataConfig()).panel
    early = panel_from_frame(frame(wave(20, seed=1), "2023-01-01"), DataConfig()).panel
    assert known(late, panel_of(wave(60))).tolist() == [0]
    assert known(early, panel_of(wave(60))).tolist() == [20]


def test_only_the_series_of_the_same_id_is_known() -> None:
    both = pd.concat([frame(wave(60, seed)).assign(id=name) for seed, name in enumerate("ab")])
    one = panel_from_frame(both[both["id"] == "a"], DataConfig(id=("id",))).panel
    assert known(panel_from_frame(both, DataConfig(id=("id",))).panel, one).tolist() == [56, 0]


def test_a_lone_series_is_known_whatever_it_is_called() -> None:
    named = panel_from_frame(frame(wave(60)).assign(id="a"), DataConfig(id=("id",))).panel
    assert known(named, panel_of(wave(60))).tolist() == [56]


WAYS = {
    "moved in time": lambda values: panel_of(values, "2031-05-01"),
    "under another name": lambda values: panel_of(values, name="other"),
    "in other units": lambda values: panel_of(32 + 1.8 * values),
    "in other units and moved": lambda values: panel_of(values / 1000, "2031-05-01", "other"),
    "at another level": lambda values: panel_of(values + 30),
    "rounded": lambda values: panel_of(values.round(0)),
    "rounded in other units": lambda values: panel_of((32 + 1.8 * values).round(1)),
    "with noise": lambda values: panel_of(values + 0.05 * np.random.default_rng(9).normal(size=len(values))),
    "with holes": lambda values: panel_of(np.where(np.arange(len(values)) % 9 == 4, np.nan, values)),
}


@pytest.mark.parametrize("way", WAYS)
def test_rows_that_were_learned_are_known(way: str) -> None:
    assert known(WAYS[way](wave(60)), panel_of(wave(60), name="a")).tolist() == [56]


@pytest.mark.parametrize("way", ["moved in time", "in other units and moved"])
def test_a_stretch_of_what_was_learned_is_known_up_to_its_end(way: str) -> None:
    longer = WAYS[way](np.append(wave(60)[20:], wave(30, seed=5)))
    assert known(longer, panel_of(wave(60), name="a")).tolist() == [36]


def test_every_series_is_looked_for_among_all_that_were_learned() -> None:
    both = pd.concat([frame(wave(60, seed)).assign(id=name) for seed, name in enumerate("ab")])
    renamed = both.replace({"id": {"a": "x", "b": "y"}})
    new = pd.concat([renamed, frame(wave(60, 7)).assign(id="z")])
    panels = [panel_from_frame(data, DataConfig(id=("id",))).panel for data in (new, both)]
    assert known(*panels).tolist() == [56, 56, 0]


SHAPES = {
    "a line": np.arange(60.0),
    "a season alone": np.tile(np.arange(7.0) ** 2, 10)[:60],
    "a constant": np.ones(60),
    "counts, most of them zero": np.random.default_rng(3).poisson(0.3, 60).astype(float),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_newer_rows_of_a_shape_that_fits_everywhere_are_new(shape: str) -> None:
    assert known(panel_of(SHAPES[shape][:30], "2025-01-01"), panel_of(SHAPES[shape])).tolist() == [0]


def test_numbered_rows_in_other_units_are_known_wherever_they_begin() -> None:
    learned = numbered([wave(60)])
    assert known(numbered([3 * wave(60)[25:]]), learned).tolist() == [31]


def test_large_and_tiny_changes_are_compared_without_a_warning() -> None:
    values = wave(60) * np.where(np.arange(60) % 2, 1e150, 1e-150)
    assert known(panel_of(values, "2031-01-01"), panel_of(wave(60), name="a")).tolist() == [0]
