import io
import json

from pyarrow import parquet

from rnncast.rendering import Column, Screen, Table, encode


def test_columns_keep_their_type_and_mixed_ones_are_text() -> None:
    table = Table(
        "inspection",
        (
            Column("id", ["a", "b"]), Column("n", [1, None]), Column("y", [1, 0.5]), Column("is", [True, None]),
            Column("value", ["x", 2]), Column("none", [None, None]),
        ),
        about={"horizon": 3, "data": ("a.csv",)},
    )  # fmt: skip
    found = parquet.read_table(io.BytesIO(encode(table, "parquet", Screen())))
    assert found.to_pydict() == {
        "id": ["a", "b"], "n": [1, None], "y": [1.0, 0.5], "is": [True, None],
        "value": ["x", "2"], "none": [None, None],
    }  # fmt: skip
    assert [str(kind) for kind in found.schema.types] == ["string", "int64", "double", "bool", "string", "string"]
    assert json.loads(found.schema.metadata[b"rnncast"]) == {
        "schema": "rnncast.inspection/1",
        "horizon": 3,
        "data": ["a.csv"],
    }


def test_text_formats_are_encoded_as_they_are_rendered() -> None:
    assert encode(Table("metrics", (Column("é", ["ü"]),)), "csv", Screen()) == "é\nü\n".encode()
