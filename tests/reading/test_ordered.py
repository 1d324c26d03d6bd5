from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from pyarrow import feather, parquet

from rnncast.config import DataConfig
from rnncast.errors import DataError
from rnncast.panel import Panel
from rnncast.reading import Reading, ordered, panel_from_frame, read_panel
from rnncast.reading import parquet as columnar

NAN = float("nan")


def long(lengths: tuple[int, ...] = (5, 3, 4), **columns: Any) -> pd.DataFrame:
    """Return series of random numbers one after the other, each from another day on."""
    draw = np.random.default_rng(1)
    days = [pd.date_range("2024-01-01", periods=count) + pd.Timedelta(days=i) for i, count in enumerate(lengths)]
    names = np.repeat([f"s{number}" for number in range(len(lengths))], lengths)
    frame = pd.DataFrame({"unique_id": names, "ds": np.concatenate(days), "y": draw.normal(size=sum(lengths))})
    return frame.assign(**columns)


def is_in_order(monkeypatch: pytest.MonkeyPatch, *paths: Path) -> bool:
    """Tell whether files become a panel without a table."""
    panels: list[Panel | None] = []
    kept = ordered.read

    def read(*given: Any) -> Panel | None:
        panels.append(kept(*given))
        return panels[-1]

    monkeypatch.setattr(ordered, "read", read)
    read_panel([str(path) for path in paths], DataConfig())
    return bool(panels) and panels[0] is not None


def assert_same(found: Reading, expected: Reading) -> None:
    assert (found.roles, found.layout, found.notes) == (expected.roles, expected.layout, expected.notes)
    for name in ("values", "observed", "offsets", "lengths", "start", "ids"):
        np.testing.assert_array_equal(getattr(found.panel, name), getattr(expected.panel, name), name)
    for name in ("time", "season_lengths", "id_names", "target_names"):
        assert getattr(found.panel, name) == getattr(expected.panel, name)


PLAIN = {
    "stamps": long(),
    "counts": long(ds=[1, 2, 3, 4, 5, 1, 2, 3, 7, 8, 9, 10]),
    "a gap": long(y=[1, 2, NAN, 4, 5, 1, 2, 3, 1, NAN, NAN, 4]),
    "whole numbers": long(y=range(12)),
    "numbers as ids": long(unique_id=[7] * 5 + [3] * 3 + [11] * 4),
    "categories": long().astype({"unique_id": "category"}),
    "one step each": long((1, 1, 5), ds=[*pd.to_datetime(["2024-01-02"] * 2), *pd.date_range("2024-01-01", periods=5)]),
}
ODD = {
    "a step without a row": long().drop(index=2).reset_index(drop=True),
    "other order": long().iloc[::-1].reset_index(drop=True),
    "a series in two places": pd.concat([long(), long().assign(ds=long()["ds"] + pd.Timedelta(days=40))[:5]]),
    "an end without a value": long(y=[1, 2, 3, 4, NAN, 1, 2, 3, 1, 2, 3, 4]),
    "a column more": long(price=range(12)),
    "a zone": long().assign(ds=long()["ds"].dt.tz_localize("UTC")),
    "one series": long((12,)).assign(unique_id="a"),
}


@pytest.mark.parametrize("name", PLAIN)
@pytest.mark.parametrize("ending", ["parquet", "feather"])
def test_rows_in_order_read_as_their_data_frame(
    name: str, ending: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / f"data.{ending}"
    (PLAIN[name].to_parquet if ending == "parquet" else PLAIN[name].to_feather)(path)
    found = read_panel([str(path)], DataConfig())
    assert_same(found, panel_from_frame(PLAIN[name], DataConfig()))
    assert found.form == {"parquet": "Parquet", "feather": "Arrow"}[ending]
    assert is_in_order(monkeypatch, path)


@pytest.mark.parametrize("name", ODD)
def test_other_rows_read_as_their_data_frame(name: str, tmp_path: Path) -> None:
    ODD[name].reset_index(drop=True).to_parquet(tmp_path / "data")
    found = read_panel([str(tmp_path / "data")], DataConfig())
    assert_same(found, panel_from_frame(ODD[name].reset_index(drop=True), DataConfig()))


@pytest.mark.parametrize("rows", [1, 2, 5, 7])
def test_series_may_go_on_from_batch_to_batch_and_from_file_to_file(
    rows: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(columnar, "_ROWS", rows)
    frame = long((40, 30))
    frame[:33].to_parquet(tmp_path / "a.parquet")
    frame[33:].reset_index(drop=True).to_feather(tmp_path / "b.feather")
    paths = tmp_path / "a.parquet", tmp_path / "b.feather"
    found = read_panel([str(path) for path in paths], DataConfig(id=("unique_id",)))
    np.testing.assert_array_equal(found.panel.values[:, 0], frame["y"])
    assert found.panel.lengths.tolist() == [40, 30]
    assert found.form == "Parquet and Arrow"


def test_many_numbers_of_float32_stay_that_and_parts_of_them_do_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    frame = long().astype({"y": np.float32})
    frame.to_parquet(tmp_path / "data")
    assert read_panel([str(tmp_path / "data")], DataConfig()).panel.values.dtype == np.float64
    monkeypatch.setattr(ordered, "LARGE", 1)
    panel = read_panel([str(tmp_path / "data")], DataConfig()).panel
    assert panel.values.dtype == np.float32
    assert panel.observed.strides == (0, 0)
    part = panel.part(np.array([1, 2]))
    assert part.values.dtype == panel.at(panel.offsets, 2)[0].dtype == np.float64
    np.testing.assert_array_equal(part.values[:, 0], frame["y"][5:].astype(np.float64))


def test_a_number_that_is_none_is_refused_by_its_row(tmp_path: Path) -> None:
    long(y=[1, 2, 3, 4, 5, 1, np.inf, 3, 1, 2, 3, 4]).to_parquet(tmp_path / "data")
    with pytest.raises(DataError, match="row 7, column 'y'"):
        read_panel([str(tmp_path / "data")], DataConfig())


def test_damaged_files_are_called_what_they_are(tmp_path: Path) -> None:
    feather.write_feather(pa.Table.from_pandas(long((400, 300))), str(tmp_path / "data"))
    (tmp_path / "data").write_bytes((tmp_path / "data").read_bytes()[:400])
    with pytest.raises(DataError, match="is a damaged Arrow file"):
        read_panel([str(tmp_path / "data")], DataConfig())


def test_a_file_without_rows_is_empty(tmp_path: Path) -> None:
    parquet.write_table(pa.Table.from_pandas(long()[:0]), str(tmp_path / "data"))
    with pytest.raises(DataError, match="is empty"):
        read_panel([str(tmp_path / "data")], DataConfig())
