"""A model's own options: words such as `score=dot` become an instance of the dataclass beside the model."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import Field, fields
from typing import Any, get_args

from rnncast.errors import UsageError, nearest

_KINDS: Mapping[Any, tuple[str, Callable[[str], object]]] = {
    bool: ("true or false", {"true": True, "false": False}.__getitem__),
    int: ("a whole number", int),
    float: ("a number", float),
}


def parse(kind: type[Any] | None, words: Sequence[str], model: str) -> Any:
    """Return an instance of the options' dataclass `kind` with what the words say; None for a model without options.

    A field is a bool, an int, a float or a `Literal` of strings.

    Args:
        kind: the dataclass, None where `model` has no options.
        words: of the form key=value; of several for one key, the last counts.
        model: the name of the model, for messages.

    Raises:
        UsageError: an unknown key, or a value of another type or out of its range.
    """
    if kind is None:
        if words:
            raise UsageError(f"the model {model} has no options of its own.", f"Leave {words[0]} out.")
        return None
    known = {field.name: field for field in fields(kind)}
    values = {}
    for word in words:
        key, _, text = word.partition("=")
        if key not in known:
            raise UsageError(f"the model {model} has no option called '{key}'.", nearest(key, known))
        values[key] = _value(known[key], text)
    return kind(**values)


def _value(field: "Field[Any]", text: str) -> object:
    choices = get_args(field.type)
    one_of = f"one of {', '.join(choices)}", {choice: choice for choice in choices}.__getitem__
    expected, read = one_of if choices else _KINDS[field.type]
    try:
        return read(text)
    except (KeyError, ValueError) as error:
        raise UsageError(f"{field.name} is '{text}', expected {expected}.") from error
