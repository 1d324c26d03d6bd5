import json

from rnncast.rendering import Column, Screen, Table, render


def test_every_row_is_an_object_on_a_line_of_its_own() -> None:
    columns = Column("id", ["a\nb", "é"]), Column("n", [1, None]), Column("y", [0.1 + 0.2, float("inf")])
    lines = render(Table("forecast", columns, title="A title"), "jsonl", Screen()).splitlines()
    assert [json.loads(line) for line in lines] == [
        {"id": "a\nb", "n": 1, "y": 0.1 + 0.2},
        {"id": "é", "n": None, "y": None},
    ]
    assert all(line.isascii() for line in lines)
