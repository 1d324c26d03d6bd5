import pytest

from rnncast import registry
from rnncast.errors import DataError, UsageError
from rnncast.registry import Entry
from rnncast.rendering import Column, Screen, Table, render
from rnncast.rendering.base import visible

TABLE = Table("forecast", (Column("ds", ["2020-01-01", "2020-01-02"]), Column("forecast", [1.5, 2.25])))


def render_markdown(table: Table, screen: Screen) -> str:
    lines = [[column.name for column in table.columns], ["---"] * len(table.columns), *table.rows()]
    return "".join("| " + " | ".join(map(str, line)) + " |\n" for line in lines)


def test_a_new_format_is_one_function_and_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(registry.FORMATS, "markdown", Entry(__name__, "render_markdown", "a table in markdown"))
    text = render(TABLE, "markdown", Screen())
    assert text == "| ds | forecast |\n| --- | --- |\n| 2020-01-01 | 1.5 |\n| 2020-01-02 | 2.25 |\n"


@pytest.mark.parametrize("name", registry.FORMATS)
def test_every_format_shows_every_name_and_value_and_ends_its_last_line(name: str) -> None:
    text = render(TABLE, name, Screen())
    assert all(part in text for part in ("ds", "forecast", "2020-01-01", "1.5", "2.25"))
    assert text.endswith("\n")
    assert not text.endswith("\n\n")


@pytest.mark.parametrize("name", registry.FORMATS)
@pytest.mark.parametrize("columns", [(), (Column("a", []),), (Column("a", [None]),), (Column("a", [float("nan")]),)])
def test_every_format_takes_a_table_with_nothing_in_it(name: str, columns: tuple[Column, ...]) -> None:
    text = render(Table("metrics", columns), name, Screen())
    assert text.endswith("\n") or (name, text) == ("jsonl", "")


@pytest.mark.parametrize("name", registry.FORMATS)
def test_no_format_writes_escape_codes_without_colour(name: str) -> None:
    table = Table("metrics", (Column("model", ["a", "b"]), Column("mse", [1.0, 2.0])), best={"mse": "lowest"})
    assert "\x1b" not in render(table, name, Screen())


def test_an_unknown_format_is_told_with_the_nearest() -> None:
    with pytest.raises(UsageError) as caught:
        render(TABLE, "jason", Screen())
    assert "Did you mean 'json'?" in caught.value.hint


def test_two_columns_of_one_name_are_refused() -> None:
    with pytest.raises(DataError, match="two columns called 'a'"):
        Table("forecast", (Column("a", [1]), Column("a", [2])))


def test_columns_of_different_lengths_are_our_own_mistake() -> None:
    with pytest.raises(AssertionError):
        Table("forecast", (Column("a", [1]), Column("b", [])))


@pytest.mark.promise("P16")
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Zürich 東京", "Zürich 東京"),
        ("a\x1b[31m", r"a\x1b[31m"),
        ("a\nb\r", r"a\nb\r"),
        ("\u202eabc\udc80", r"\u202eabc\udc80"),
    ],
)
def test_characters_that_do_not_print_are_spelled_out(text: str, expected: str) -> None:
    assert visible(text) == expected
