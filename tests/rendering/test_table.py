import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from rnncast.rendering import Column, Screen, Table, render

SCORES = Table(
    "metrics",
    (
        Column("model", ["lstm", "seasonal-naive", "drift"]),
        Column("MSE", [1234.5678, 22.5, float("nan")]),
        Column("sMAPE", [12.3456789, 9.1, 9.1]),
        Column("coverage-80", [0.78, 0.85, None]),
        Column("windows", [1, 20, 300]),
    ),
    title="Held-out rows",
    note="seasonal-naive is better than lstm.",
    best={"MSE": "lowest", "sMAPE": "lowest", "coverage-80": 0.8},
)
WIDE = Table(
    "forecast",
    (
        Column("unique_id", [f"a-series-with-a-long-name-{n}" for n in range(100)]),
        Column("ds", ["2020-01-01 00:00:00"] * 100),
        *(Column(f"column-{k}", [1500.25 * n + k + 1 for n in range(100)]) for k in range(9)),
    ),
)


def table_of(table: Table, screen: Screen | None = None) -> str:
    return render(table, "table", screen or Screen())


def column_of(*values: float, digits: int = 5) -> list[str]:
    text = table_of(Table("forecast", (Column("id", ["a"] * len(values)), Column("y", list(values), digits))))
    return [line[4:] for line in text.splitlines()[2:]]


def test_a_table_of_scores_looks_like_this() -> None:
    assert table_of(SCORES) == (
        "Held-out rows\n"
        "\n"
        "model              MSE    sMAPE   coverage-80   windows\n"
        "-------------------------------------------------------\n"
        "lstm            1234.6   12.346          0.78*        1\n"
        "seasonal-naive    22.5*   9.100*         0.85        20\n"
        "drift                -    9.100*            -       300\n"
        "\n"
        "seasonal-naive is better than lstm.\n"
        "* the best of its column\n"
    )


def test_colour_changes_nothing_but_colour() -> None:
    coloured = table_of(SCORES, Screen(colour=True))
    assert "\x1b[1;32m" in coloured
    plain = re.sub(r"\x1b\[[0-9;]*m", "", coloured)
    assert [line.rstrip() for line in plain.splitlines()] == table_of(SCORES).splitlines()


def test_one_row_alone_is_not_called_the_best() -> None:
    table = Table("metrics", (Column("model", ["a", "b"]), Column("mse", [1.0, None])), best={"mse": "lowest"})
    assert "*" not in table_of(table)


@pytest.mark.parametrize(("aim", "expected"), [("lowest", "c"), ("highest", "b"), (0.75, "a")])
def test_the_best_is_the_lowest_the_highest_or_the_nearest(aim: str | float, expected: str) -> None:
    columns = (Column("model", ["a", "b", "c"]), Column("score", [0.7, 0.9, 0.1]))
    lines = table_of(Table("metrics", columns, best={"score": aim})).splitlines()  # type: ignore[dict-item]
    assert [line[0] for line in lines[2:5] if line.endswith("*")] == [expected]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ((112.0, 118.0), ["112", "118"]),
        ((0.00123456, 12.3), [" 0.0012", "12.3000"]),
        ((-1.23456789, 99999.4), ["   -1.23", "99999.40"]),
        ((1.5e12, -2.0), [" 1.5000e+12", "-2.0000e+00"]),
        ((1e-9, 0.0), ["1.0000e-09", "0.0000e+00"]),
        ((float("inf"), 1.0), ["inf", "  1"]),
        ((0.0, 0.0), ["0", "0"]),
        ((99999.96, 99999.5), ["100000", "100000"]),
    ],
)
def test_numbers_show_a_few_digits_with_their_points_below_each_other(
    values: tuple[float, ...], expected: list[str]
) -> None:
    assert column_of(*values) == expected


@pytest.mark.promise("P16")
def test_markup_and_control_characters_in_the_data_are_harmless() -> None:
    name = "[/red] \x1b[31m\n\x07 [link]"
    table = Table("forecast", (Column(name, [name]),), title=f"of {name!s}".replace("\n", ""), note="tab\there")
    text = table_of(table)
    assert r"[/red] \x1b[31m\n\x07 [link]" in text
    assert all(character.isprintable() for line in text.split("\n") for character in line)


@pytest.mark.parametrize("width", [60, 80, 100, 140, 200])
@pytest.mark.parametrize("table", [SCORES, WIDE], ids=["scores", "wide"])
def test_no_line_is_wider_than_the_screen_and_no_number_is_cut(table: Table, width: int) -> None:
    text = table_of(table, Screen(width))
    assert max(map(cell_len, text.splitlines())) <= width
    numbers = [cell for line in text.splitlines() for cell in re.findall(r"\d+\.\d+", line)]
    assert len(numbers) == {id(SCORES): 7, id(WIDE): 900}[id(table)]
    assert text.count("2020-01-01 00:00:00") % 100 == 0


def test_a_wide_table_goes_on_below_with_its_first_columns_again() -> None:
    blocks = table_of(WIDE, Screen(60)).rstrip("\n").split("\n\n")
    headers = [block.splitlines()[0].split() for block in blocks]
    assert all(header[:2] == ["unique_id", "ds"] for header in headers)
    assert [name for header in headers for name in header[2:]] == [f"column-{k}" for k in range(9)]


def test_what_was_cut_to_divide_a_table_has_the_room_that_is_left_beside_it() -> None:
    columns = [Column(f"a-long-name-{k}-lo-80", [0.5]) for k in range(5)]
    text = table_of(Table("metrics", (Column("model", ["lstm"]), *columns)), Screen(60))
    assert text.split("\n\n")[-1].splitlines()[0] == "model  a-long-name-3-lo-80  a-long-name-4-lo-80"


def test_a_long_table_shows_its_head_and_tail_and_says_how_to_get_the_rest() -> None:
    lines = table_of(WIDE, Screen(200, max_rows=7)).splitlines()
    assert lines[6] == "... 93 more rows ..."
    ends = [line.split()[0].rpartition("-")[2] for line in [*lines[2:6], *lines[7:10]]]
    assert ends == ["0", "1", "2", "3", "97", "98", "99"]
    assert lines[-1] == "All rows: --format csv"


def test_a_file_gets_all_rows() -> None:
    assert "more rows" not in table_of(WIDE)


def test_text_that_is_too_long_is_cut_in_the_middle() -> None:
    table = Table("inspection", (Column("name", ["begin-" + "x" * 100 + "-end"]), Column("value", [True])))
    line = table_of(table, Screen(60)).splitlines()[2]
    assert line.startswith("begin-")
    assert "..." in line
    assert "-end" in line
    assert cell_len(line) <= 60


WORDS = st.text(max_size=30)


@settings(max_examples=40, deadline=None)
@given(
    names=st.lists(WORDS, min_size=1, max_size=6, unique=True),
    cells=st.lists(st.one_of(WORDS, st.none(), st.booleans(), st.floats()), min_size=1, max_size=4),
    width=st.integers(60, 200),
)
def test_any_table_fits_the_screen(names: list[str], cells: list[str | float | None], width: int) -> None:
    text = table_of(Table("inspection", tuple(Column(name, cells) for name in names), note=names[0]), Screen(width))
    assert max(map(cell_len, text.split("\n"))) <= width
