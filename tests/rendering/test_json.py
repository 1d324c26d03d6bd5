import json
from pathlib import Path

import pytest

from rnncast.rendering import Column, Screen, Table, render


def json_of(table: Table) -> str:
    return render(table, "json", Screen())


def refuse(constant: str) -> None:
    raise ValueError(constant)


def test_a_table_becomes_one_object_with_its_schema_and_a_line_for_each_row() -> None:
    columns = (Column("id", ["a", "b"]), Column("forecast", [0.1 + 0.2, 2.0]))
    text = json_of(Table("forecast", columns, title="A title", about={"model": "lstm", "levels": (80, 95)}))
    assert text == (
        "{\n"
        '  "schema": "rnncast.forecast/1",\n'
        '  "model": "lstm",\n'
        '  "levels": [80, 95],\n'
        '  "forecast": [\n'
        '    {"id": "a", "forecast": 0.30000000000000004},\n'
        '    {"id": "b", "forecast": 2.0}\n'
        "  ]\n"
        "}\n"
    )


@pytest.mark.promise("P14")
def test_what_is_no_finite_number_is_null() -> None:
    nan, inf = float("nan"), float("inf")
    table = Table("metrics", (Column("mse", [nan, inf, -inf, None, 1.0]),), about={"history": [{"loss": nan}, (inf,)]})
    answer = json.loads(json_of(table), parse_constant=refuse)
    assert [row["mse"] for row in answer["metrics"]] == [None, None, None, None, 1.0]
    assert answer["history"] == [{"loss": None}, [None]]


def test_any_text_survives_in_ascii() -> None:
    names = ["Zürich", "\x1b[31m", 'quo"te', "[/red]", "\u2028", "東京"]
    text = json_of(Table("forecast", (Column("東", names),), about={"data": "Zürich.csv"}))
    assert text.isascii()
    assert "\x1b" not in text
    assert [row["東"] for row in json.loads(text)["forecast"]] == names


def test_a_table_without_rows_has_an_empty_list() -> None:
    assert json.loads(json_of(Table("metrics", ()))) == {"schema": "rnncast.metrics/1", "metrics": []}


@pytest.mark.parametrize("about", [{"schema": 1}, {"metrics": 1}])
def test_nothing_may_hide_the_rows_or_their_schema(about: dict[str, object]) -> None:
    with pytest.raises(AssertionError):
        json_of(Table("metrics", (), about=about))


def test_a_value_that_is_not_plain_is_our_own_mistake() -> None:
    with pytest.raises(TypeError, match="no plain value"):
        json_of(Table("metrics", (), about={"path": Path("x")}))
