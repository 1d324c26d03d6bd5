import csv
import io

from rnncast.rendering import Column, Screen, Table, render, stream


def test_cells_stand_between_tabs_and_read_back_as_they_were() -> None:
    columns = Column("a b", ["x,y", "tab\there", 'a "quote"', None]), Column("y", [1 / 3, 2, True, float("nan")])
    table = Table("forecast", columns, title="A title", note="A note")
    text = render(table, "tsv", Screen())
    assert text == 'a b\ty\nx,y\t0.3333333333333333\n"tab\there"\t2\n"a ""quote"""\ttrue\n\t\n'
    assert [*csv.reader(io.StringIO(text), delimiter="\t")][2] == ["tab\there", "2"]
    assert "".join(map(str, stream([table, table], "tsv", Screen()))) == text + text.split("\n", 1)[1]
