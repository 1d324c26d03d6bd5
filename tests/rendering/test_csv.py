import csv
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnncast.rendering import Column, Screen, Table, render

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8)


def csv_of(*columns: Column) -> str:
    return render(Table("forecast", columns, title="A title", note="A note"), "csv", Screen())


def test_a_table_becomes_a_header_and_a_line_for_each_row() -> None:
    text = csv_of(Column("id", ["a", "b"]), Column("n", [1, None]), Column("y", [0.1 + 0.2, float("nan")]))
    assert text == "id,n,y\na,1,0.30000000000000004\nb,,\n"


def test_text_is_quoted_where_a_reader_would_take_it_apart() -> None:
    text = csv_of(Column('a "b"', ["x,y", "line\nbreak", "return\rhere", ""]), Column("ok", [True, False, True, False]))
    assert text == '"a ""b""",ok\n"x,y",true\n"line\nbreak",false\n"return\rhere",true\n,false\n'


def test_numbers_read_back_as_they_were() -> None:
    values = [1e300, -0.0, 5e-324, 1 / 3, 123456789.123456789]
    assert [float(line) for line in csv_of(Column("y", values)).split()[1:]] == values


@pytest.mark.promise("P16")
@settings(max_examples=50, deadline=None)
@given(names=st.lists(st.tuples(TEXT, TEXT), max_size=4))
def test_any_text_reads_back_as_it_was(names: list[tuple[str, str]]) -> None:
    text = csv_of(Column("a", [first for first, _ in names]), Column("b", [second for _, second in names]))
    rows = list(csv.reader(io.StringIO(text, newline="")))
    assert rows[1:] == [list(pair) for pair in names]
