"""Columns of words: which code a word has, what is missing, what was never learned, and what is no category."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from rnncast.config import DataConfig
from rnncast.errors import DataError, UsageError
from rnncast.reading import Reading, as_classes, panel_from_frame, read_panel
from rnncast.reading.categories import codes, strangers, told

SKY = ["sun", "rain", "sun", "?", "fog", "sun", "rain", "sun", "fog", "sun"]
DAYS = [f"2024-01-{day:02d}" for day in range(1, 11)]


def cells(*texts: str) -> np.ndarray:
    return np.array(texts, dtype=object)


def read(folder: Path, text: str, **data: object) -> Reading:
    (folder / "data.csv").write_text(text)
    return read_panel([str(folder / "data.csv")], DataConfig(**({"target": ("y",)} | data)))  # type: ignore[arg-type]


def table(sky: list[str], name: str = "sky") -> str:
    return f"day,y,{name}\n" + "".join(
        f"{day},{n},{word}\n" for n, (day, word) in enumerate(zip(DAYS, sky, strict=True))
    )


def test_words_stand_in_their_order_numbers_first() -> None:
    assert told("c", cells("b", "10", "a", " 9 ", "B", "", "nan", "9.0", "e5", "-")) == ("9", "10", "B", "a", "b", "e5")


def test_none_is_a_word_among_words() -> None:
    np.testing.assert_array_equal(codes(cells("none", "rain", "nan"), told("c", cells("none", "rain"))), [1, 2, np.nan])


def test_a_word_has_its_place_and_others_none() -> None:
    found = codes(cells("rain", " sun ", "hail", "", "NA"), ("rain", "sun"))
    np.testing.assert_array_equal(found, [1, 2, 0, np.nan, np.nan])


def test_a_number_is_one_word_however_it_is_written_but_codes_keep_their_zeros() -> None:
    assert told("c", cells("1", "1.0", "+1", "1e0", "100e-2", " 1 ", "1e400")) == ("1", "1e400")
    assert told("c", cells("01", "1", "007", "01e0", "0.50", "0", ".5")) == ("0", "0.5", "1", "007", "01", "01e0")


@pytest.mark.parametrize("role", ["past_covariates", "future_covariates"])
def test_a_column_of_words_is_a_category(tmp_path: Path, role: str) -> None:
    reading = read(tmp_path, table(SKY), **{role: ("sky",)})
    assert reading.roles.category == ("sky",)
    assert reading.panel.words == {"sky": ("fog", "rain", "sun")}
    assert getattr(reading.panel, role)[:, 0].tolist() == [3, 2, 3, 0, 1, 3, 2, 3, 1, 3]


def test_what_is_missing_has_code_zero_however_numbers_are_filled(tmp_path: Path) -> None:
    rows = table(SKY).splitlines()
    del rows[5]
    for method in ("interpolate", "ffill", "seasonal", "zero"):
        reading = read(tmp_path, "\n".join(rows), past_covariates=("sky",), missing=method)
        assert reading.panel.past_covariates[3:5, 0].tolist() == [0, 0]
    with pytest.raises(DataError, match="no value in 'sky' at 2024-01-04"):
        read(tmp_path, table(SKY), past_covariates=("sky",), missing="error")


def test_a_static_word_is_one_of_each_series(tmp_path: Path) -> None:
    rows = [
        f"{shop},2024-01-0{day},{day},{kind}"
        for shop, kind in zip("ab", ("big", "small"), strict=True)
        for day in range(1, 8)
    ]
    text = "shop,day,y,kind\n" + "\n".join(rows)
    assert read(tmp_path, text, static_covariates=("kind",)).panel.static_covariates.tolist() == [[1], [2]]
    with pytest.raises(DataError, match=r"series 'a' has several values in 'kind'"):
        read(tmp_path, text.replace("a,2024-01-03,3,big", "a,2024-01-03,3,small"), static_covariates=("kind",))


def test_numbers_are_a_category_where_it_is_said(tmp_path: Path) -> None:
    numbers = ["1", "2", "1", "10", "2", "1", "1", "2", "2", "10"]
    plain = read(tmp_path, table(numbers), past_covariates=("sky",))
    assert (plain.panel.words, plain.panel.past_covariates[3, 0]) == ({}, 10)
    named = read(tmp_path, table(numbers), past_covariates=("sky",), category=("sky",))
    assert (named.panel.words, named.panel.past_covariates[3, 0]) == ({"sky": ("1", "2", "10")}, 3)


def test_known_words_keep_their_codes_and_others_are_told_of(tmp_path: Path) -> None:
    first = read(tmp_path, table(SKY), past_covariates=("sky",))
    later = ["hail", "rain", "snow", "sun", "snow", "rain", "sun", "haze", "ice", "sun"]
    (tmp_path / "later.csv").write_text(table(later))
    reading = read_panel([str(tmp_path / "later.csv")], first.roles, words=first.panel.words)
    assert reading.panel.words == first.panel.words
    assert reading.panel.past_covariates[:, 0].tolist() == [0, 2, 0, 3, 0, 2, 3, 0, 0, 3]
    assert reading.notes == (
        "5 cells of 'sky' say what was not learned from, and are taken for missing: hail, haze, ice and 1 more.",
    )


def test_words_that_were_known_before_say_nothing() -> None:
    assert strangers("sky", cells("sun", "", "rain"), ("rain", "sun")) is None


def test_numbers_that_come_where_words_were_learned_are_unknown_words(tmp_path: Path) -> None:
    first = read(tmp_path, table(SKY), past_covariates=("sky",))
    (tmp_path / "later.csv").write_text(table(["7"] * 10))
    later = read_panel([str(tmp_path / "later.csv")], first.roles, words=first.panel.words)
    assert not later.panel.past_covariates.any()


def test_text_that_hardly_repeats_is_no_category(tmp_path: Path) -> None:
    days = pd.date_range("2024-01-01", periods=60).strftime("%Y-%m-%d")
    frame = pd.DataFrame({"day": days, "y": range(60), "said": [f"note {n}" for n in range(60)]})
    with pytest.raises(DataError, match=r"column 'said' has 60 different words in 60 cells") as caught:
        panel_from_frame(frame, DataConfig(target=("y",), past_covariates=("said",)))
    assert "--id" in caught.value.hint
    frame["said"] = [f"note {n // 2}" for n in range(60)]
    assert len(panel_from_frame(frame, DataConfig(target=("y",), past_covariates=("said",))).panel.words["said"]) == 30


def test_categories_of_pandas_are_words() -> None:
    frame = pd.DataFrame({"day": DAYS, "y": range(10), "sky": pd.Categorical([w if w != "?" else None for w in SKY])})
    panel = panel_from_frame(frame, DataConfig(target=("y",), past_covariates=("sky",))).panel
    assert panel.words == {"sky": ("fog", "rain", "sun")}
    assert panel.past_covariates[3, 0] == 0


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({"category": ("sky",)}, "--category: column 'sky' has no role"),
        ({"category": ("skye",)}, "--category: there is no column 'skye'"),
        ({"past_covariates": ("day",)}, "column 'day' holds '2024-01-01', which is not a number"),
    ],
)
def test_what_cannot_be_a_category_is_told(tmp_path: Path, data: dict[str, object], message: str) -> None:
    with pytest.raises(DataError, match=message):
        read(tmp_path, table(SKY), **data)


def test_a_column_of_nothing_is_no_category(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="column 'sky' is empty"):
        read(tmp_path, table(["?"] * 10), past_covariates=("sky",), category=("sky",))


STATES = [
    "run",
    "run",
    "idle",
    "stop",
    "run",
    "run",
    "",
    "idle",
    "run",
    "run",
    "run",
    "idle",
    "stop",
    "run",
    "run",
    "run",
]


def states(words: list[str], **more: object) -> pd.DataFrame:
    days = pd.date_range("2024-01-01", periods=len(words)).strftime("%Y-%m-%d")
    return pd.DataFrame({"day": days, "state": words} | more)


def test_a_lone_column_of_words_is_the_target_as_classes() -> None:
    reading = panel_from_frame(states(STATES), DataConfig())
    panel = reading.panel
    assert (panel.target_names, panel.classes) == (("state",), ("idle", "run", "stop"))
    assert reading.roles.category == ("state",)
    assert panel.values[:7].tolist() == [[1, 0], [1, 0], [0, 0], [0, 1], [1, 0], [1, 0], [1, 0]]
    assert panel.observed.all(axis=1).tolist() == [word != "" for word in STATES]
    assert "'state' is forecast as 3 classes: idle, run, stop." in reading.notes


@pytest.mark.parametrize("more", [{"row": range(1, 17)}, {"unit": [7] * 16}])
def test_columns_that_count_or_stand_still_leave_the_words_the_target(more: dict[str, object]) -> None:
    assert panel_from_frame(states(STATES, **more), DataConfig()).panel.target_names == ("state",)


def test_numbers_that_change_are_the_target_before_words_and_words_by_name() -> None:
    frame = states(STATES, size=[n % 5 for n in range(16)])
    assert panel_from_frame(frame, DataConfig()).panel.target_names == ("size",)
    named = panel_from_frame(frame, DataConfig(target=("state",))).panel
    assert (named.target_names, named.num_targets) == (("state",), 2)


def test_words_of_a_long_table_are_classes_of_each_series() -> None:
    frame = pd.concat([states(STATES).assign(machine=name) for name in "ba"], ignore_index=True)
    panel = panel_from_frame(frame, DataConfig()).panel
    assert (panel.id_names, panel.target_names, panel.num_series) == (("machine",), ("state",), 2)


def test_gaps_repeat_the_class_before_them_or_that_of_the_season(tmp_path: Path) -> None:
    frame = states(["a", "a", "b", "b", "a", "a", "b", "", "a", "b", "b", "a"] * 4)
    settings = {"season_length": (4,)}
    filled = [
        panel_from_frame(frame, DataConfig(missing=how, **settings)).panel.values[7, 0]  # type: ignore[arg-type]
        for how in ("interpolate", "ffill", "seasonal")
    ]
    assert filled == [1, 1, 1]
    with pytest.raises(DataError, match="no value in 'state' at 2024-01-08"):
        panel_from_frame(frame, DataConfig(missing="error"))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"missing": "zero"}, "--missing zero is for numbers, and the target 'state' holds words"),
        ({"outliers": "clip"}, "--outliers clip is for numbers"),
        ({"aggregate": "mean"}, "--aggregate mean is for numbers"),
    ],
)
def test_what_has_no_sense_for_classes_is_refused(settings: dict[str, str], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        panel_from_frame(states(STATES), DataConfig(**settings))  # type: ignore[arg-type]


def test_several_targets_of_words_are_refused_and_told_apart_by_name() -> None:
    frame = states(STATES, other=STATES[::-1])
    with pytest.raises(DataError, match="no numeric column to forecast"):
        panel_from_frame(frame, DataConfig())
    with pytest.raises(DataError, match="target 'state' holds words, and these are forecast alone"):
        panel_from_frame(frame, DataConfig(target=("state", "other")))


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["on"] * 16, "target 'state' always says 'on'"),
        ([f"w{n}" for n in range(101)] * 3, "has 101 different words, and classes are 2 to 100"),
        ([f"w{n}" for n in range(40)], "too many to learn"),
    ],
)
def test_a_target_of_one_word_or_too_many_is_refused(words: list[str], message: str) -> None:
    with pytest.raises(DataError, match=message):
        panel_from_frame(states(words), DataConfig(target=("state",)))


def test_a_class_that_was_not_learned_is_missing() -> None:
    first = panel_from_frame(states(STATES), DataConfig())
    later = panel_from_frame(states(["run", "broken", "stop", "run"] * 4), first.roles, words=first.panel.words)
    assert later.panel.observed[:4, 0].tolist() == [True, False, True, True]
    assert later.panel.values[:4].tolist() == [[1, 0], [1, 0], [0, 1], [1, 0]]
    assert any("broken" in note for note in later.notes)


def test_numbers_become_classes_where_they_are_asked_for() -> None:
    frame = pd.DataFrame({"t": range(1, 13), "coin": [0, 1, np.nan, 1] * 3})
    reading = as_classes(panel_from_frame(frame, DataConfig(target=("coin",))))
    assert reading.panel.classes == ("0", "1")
    assert reading.panel.values[:4, 0].tolist() == [0, 1, 1, 1]
    assert not reading.panel.observed[2, 0]
    again = panel_from_frame(frame, reading.roles, words=reading.panel.words)
    np.testing.assert_array_equal(again.panel.values, reading.panel.values)
    np.testing.assert_array_equal(again.panel.observed, reading.panel.observed)


def test_numbers_named_as_a_category_are_classes_too() -> None:
    frame = pd.DataFrame({"t": range(1, 13), "coin": [0, 1, 2, 1] * 3})
    assert panel_from_frame(frame, DataConfig(target=("coin",), category=("coin",))).panel.classes == ("0", "1", "2")


def test_classes_of_several_columns_of_numbers_are_refused() -> None:
    frame = pd.DataFrame({"t": range(1, 13), "a": [1, 2, 4] * 4, "b": [3, 2, 4] * 4})
    with pytest.raises(DataError, match="classes of one column are forecast, and there are several: a, b"):
        as_classes(panel_from_frame(frame, DataConfig()))
