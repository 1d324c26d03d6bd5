import json
from dataclasses import dataclass
from typing import Literal

import pytest

from rnncast.config import Config
from rnncast.errors import UsageError
from rnncast.options import parse


@dataclass(frozen=True, slots=True)
class Options:
    rate: float = 0.5
    count: int = 3
    is_deep: bool = False
    kind: Literal["round", "square"] = "round"


def test_words_become_the_fields_in_their_types() -> None:
    found = parse(Options, ("rate=1e-2", "count=7", "is_deep=true", "kind=square"), "shape")
    assert found == Options(rate=0.01, count=7, is_deep=True, kind="square")


def test_what_is_not_said_has_its_default_and_the_last_word_counts() -> None:
    assert parse(Options, (), "shape") == Options()
    assert parse(Options, ("count=1", "count=2"), "shape") == Options(count=2)


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("rate=fast", "rate is 'fast', expected a number."),
        ("count=1.5", "count is '1.5', expected a whole number."),
        ("count=", "count is '', expected a whole number."),
        ("is_deep=1", "is_deep is '1', expected true or false."),
        ("kind=oval", "kind is 'oval', expected one of round, square."),
    ],
)
def test_a_value_of_another_type_is_an_error_that_says_what_fits(word: str, expected: str) -> None:
    with pytest.raises(UsageError) as raised:
        parse(Options, (word,), "shape")
    assert raised.value.message == expected


def test_an_unknown_key_is_an_error_that_names_the_model_and_the_nearest_key() -> None:
    with pytest.raises(UsageError) as raised:
        parse(Options, ("cuont=3",), "shape")
    assert raised.value.message == "the model shape has no option called 'cuont'."
    assert raised.value.hint == "Did you mean 'count'? Known: rate, count, is_deep, kind."


def test_options_are_kept_as_plain_values() -> None:
    config = Config.of({"model": "attention", "option": "score=dot"})
    assert config.model.option == ("score=dot",)
    assert Config.from_dict(json.loads(json.dumps(config.to_dict()))) == config


@pytest.mark.parametrize("words", ["score", ["score=dot", "additive"], [3]])
def test_an_option_without_a_value_is_refused_before_any_model_is_loaded(words: object) -> None:
    with pytest.raises(UsageError, match="expected a text of the form key=value"):
        Config.of({"option": words})


def test_a_model_without_options_takes_none() -> None:
    assert parse(None, (), "plain") is None
    with pytest.raises(UsageError, match="plain has no options"):
        parse(None, ("rate=1",), "plain")
