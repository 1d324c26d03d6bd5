from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from pyarrow import parquet

from rnncast.config import DataConfig
from rnncast.errors import DataError
from rnncast.reading import Reading, panel_from_frame, read_panel

FRAME = pd.DataFrame(
    {
        "id": ["007"] * 5 + ["b"] * 5,
        "ds": list(pd.date_range("2024-01-01", periods=5)) * 2,
        "y": [0.1, np.nan, 1 / 3, 4, 5e9] * 2,
    }
)


def read(folder: Path, table: pd.DataFrame | pa.Table) -> Reading:
    path = folder / "data"
    if isinstance(table, pd.DataFrame):
        table.to_parquet(path)
    else:
        parquet.write_table(table, path)
    return read_panel([str(path)], DataConfig())


@pytest.mark.parametrize("index", [[], ["ds"], ["id", "ds"]])
def test_a_file_reads_as_the_data_frame_in_it(tmp_path: Path, index: list[str]) -> None:
    frame = FRAME.set_index(index) if index else FRAME
    reading, plain = read(tmp_path, frame), panel_from_frame(FRAME, DataConfig())
    assert (reading.form, reading.layout) == ("Parquet", "long")
    assert reading.panel.ids.tolist() == plain.panel.ids.tolist() == [["007"], ["b"]]
    np.testing.assert_array_equal(reading.panel.values, plain.panel.values)
    np.testing.assert_array_equal(reading.panel.observed, plain.panel.observed)


@pytest.mark.parametrize(
    "days",
    [
        pa.array(range(19000, 19005), pa.int32()).cast(pa.date32()),
        pa.array([86400 * day for day in range(19000, 19005)], pa.int64()).cast(pa.timestamp("s")),
        pa.array(["2022-01-08", "2022-01-09", "2022-01-10", "2022-01-11", "2022-01-12"]),
        pa.array(["2022-01-08", "2022-01-09", "2022-01-10", "2022-01-11", "2022-01-12"]).dictionary_encode(),
    ],
    ids=["date", "timestamp", "text", "category"],
)
@pytest.mark.parametrize("kind", [pa.int8(), pa.float32(), pa.decimal128(5, 2), pa.large_string()], ids=str)
def test_columns_may_have_any_plain_type(tmp_path: Path, days: pa.Array, kind: pa.DataType) -> None:
    numbers = pa.array([1, 2, 4, 8, 16], pa.int8())
    reading = read(tmp_path, pa.table({"ds": days, "y": numbers.cast(kind)}))
    assert reading.panel.time.freq == "D"
    assert reading.panel.values[:, 0].tolist() == [1, 2, 4, 8, 16]


def test_a_column_of_several_values_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="column 'y' holds several values a row"):
        read(tmp_path, pa.table({"ds": ["2024-01-01"], "y": [[1, 2]]}))


@pytest.mark.parametrize("harm", [lambda whole: whole[: len(whole) // 2], lambda whole: whole[:4] + b"x" + whole[5:-9]])
def test_a_damaged_file_is_refused(tmp_path: Path, harm: object) -> None:
    FRAME.to_parquet(tmp_path / "data")
    whole = (tmp_path / "data").read_bytes()
    (tmp_path / "data").write_bytes(harm(whole))  # type: ignore[operator]
    with pytest.raises(DataError, match="is a damaged Parquet file"):
        read_panel([str(tmp_path / "data")], DataConfig())


def test_no_rows_are_told(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="is empty"):
        read(tmp_path, FRAME.iloc[:0])
