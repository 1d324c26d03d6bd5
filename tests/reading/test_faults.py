import os
from pathlib import Path

import pandas as pd
import pytest

from rnncast.config import DataConfig
from rnncast.errors import DataError, RnncastError, UsageError
from rnncast.reading import panel_from_frame, read_panel

TWO = "ds,y\n2024-01-01,1\n2024-01-02,2\n"

FAULTS = [
    ("", {}, "data.csv is empty"),
    (" \n\n", {}, "data.csv is empty"),
    ("ds,y\n", {}, "a header and no rows"),
    ("ds,y,y\n2024-01-01,1,2\n", {}, "two columns called 'y'"),
    ("ds,y\n2024-01-01,1,2\n", {}, "line 2: 3 cells where the first row has 2"),
    ('ds,y\n2024-01-01,1\n\n2024-01-02,"1",2\n', {}, "line 4: 3 cells where the first row has 2"),
    ("ds,y\n2024-01-01,1\n2024-01-02,12x\n2024-01-03,3\n", {}, "line 3, column 'y': '12x' is not a number"),
    ('ds,y,c\n2024-01-01,1,"a\nb"\n2024-01-02,2,\n\n2024-01-03,3x,\n', {}, "line 6, column 'y': '3x' is not a number"),
    ("ds,y\n2024-01-01,1e999\n2024-01-02,2\n", {}, "line 2, column 'y': '1e999' is not a finite number"),
    ("ds,y\n2024-01-01,1\n2024-01-02,2\n2024-01-03,1_000\n", {}, "'1_000' is not a number"),
    ("ds,y\n2024-01-01,1\n2024-02-30,2\n", {}, "line 3, column 'ds': '2024-02-30' is no time written as YYYY-MM-DD"),
    ("ds,y\n2024-01-01,1\n,2\n2024-01-03,4\n", {}, "line 3, column 'ds': an empty cell is no time"),
    ("ds,y\n1st of May,1\n2nd of May,1\n", {}, "column 'ds' holds '1st of May', which is no known date"),
    (TWO, {"time": "y", "target": ("ds",)}, "column 'ds' holds '2024-01-01', which is not a number"),
    ("ds,y\na,1\nb,2\n", {"time": "ds"}, "column 'ds' holds 'a', which is no known date"),
    ("t,y\n1.5,1\n2.5,2\n", {"time": "t"}, "'1.5' is neither a date nor a whole number"),
    ("ds,y\n2024-01-01T00:00Z,1\n2024-01-01T01:00,1\n2024-01-01T02:00Z,1\n", {},
     "column 'ds': '2024-01-01T01:00' is no time written as YYYY-MM-DDThh:mmZ"),
    ("ds,y\n2024-01-01,1\n2024-01-01,2\n2024-01-01,2\n2024-01-02,2\n", {},
     "line 3: time 2024-01-01 stands a second time, with other values than data.csv, line 2."),
    ("ds,y\n2024-01-01,1\n2024-01-02,2\n2024-01-01,3\n2024-01-01,1\n", {},
     "line 4: time 2024-01-01 stands a second time, with other values than data.csv, line 2 and 1 more rows repeat"),
    ("id,ds,y\na,2024-01-01,1\na,2024-01-02,2\na,2024-01-02,3\nb,2024-01-01,2\n", {"id": ("id",)},
     "line 4: time 2024-01-02 of series 'a' stands a second time, with other values than data.csv, line 3."),
    ("ds,name\n2024-01-01,a\n2024-01-02,b\n", {}, "no numeric column to forecast; columns without a role: name"),
    ("c\nNA\n", {}, "no numeric column"),
    ("ds,y\n2024-01-01,1\n", {}, "cannot be told from a single row"),
    ("ds,y\n2024-01-01 00:00:00,1\n2024-01-01 00:00:07,2\n2024-01-01 00:00:14,3\n2024-01-01 01:03:33,1\n", {},
     "no regular step"),
    (TWO, {"target": ("z",)}, "--target: there is no column 'z'"),
    (TWO, {"target": ("y",), "past_covariates": ("y",)}, "given twice: --target and --past"),
    ("ds,c,y\n1,2024-01-01,1\n2,2024-01-02,2\n", {"past_covariates": ("c",)}, "holds '2024-01-01', which is not a n"),
    ("ds,y\n2024-01-01,1\n2024-01-02,2\n2024-01-04,2\n", {"missing": "error"}, "no value in 'y' at 2024-01-03"),
    ("id,ds,y\na,2024-01-01,1\na,2024-01-02,1\nb,2024-01-01,\nb,2024-01-02,\n", {}, "series 'b' has no value"),
    ("id,ds,y,s\na,2024-01-01,1,5\na,2024-01-02,1,6\nb,2024-01-01,2,1\nb,2024-01-02,2,1\n",
     {"static_covariates": ("s",)}, "series 'a' has several values in 's'"),
    (TWO, {"freq": "W-MON"}, "off the grid of frequency W-MON"),
    ("ds,y\n1900-01-01,1\n2024-01-02,2\n", {"freq": "s"}, "would lie on"),
    ("V1,V2,V3\na,1,2\na,3,4\n", {}, "line 3: series 'a' stands twice"),
    ("V1,V2,V3\na,1,2\nb,,\n", {}, "line 3: series 'b' has no value"),
]  # fmt: skip


@pytest.mark.promise("P10")
@pytest.mark.parametrize(("text", "settings", "message"), FAULTS, ids=[message[:40] for _, _, message in FAULTS])
def test_a_fault_is_told_in_one_line_with_a_hint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, settings: dict[str, object], message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("data.csv").write_bytes(text.encode())
    with pytest.raises(DataError) as error:
        read_panel(["data.csv"], DataConfig(**settings))
    assert message in error.value.message
    assert error.value.hint
    assert "\n" not in error.value.message + error.value.hint
    assert str(tmp_path) not in error.value.message


def test_an_unknown_column_offers_the_nearest(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("ds,price\n2024-01-01,1\n2024-01-02,2\n")
    with pytest.raises(RnncastError) as error:
        read_panel([str(tmp_path / "a.csv")], DataConfig(target=("prise",)))
    assert error.value.hint == "Did you mean 'price'? Known: ds, price."


def test_sources_that_are_no_files_are_named_as_typed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("folder").mkdir()
    os.mkfifo("pipe")
    Path("bad.gz").write_bytes(b"\x1f\x8b\x08broken")
    Path("latin.csv").write_bytes("ds,y\n2024-01-01,é\n".encode("latin-1"))
    cases = {
        "none.csv": "there is no file none.csv",
        "http://x.y/z.csv": "there is no file http://x.y/z.csv",
        "folder": "the folder folder holds no table",
        "pipe": "pipe is not a regular file",
        "bad.gz": "bad.gz is damaged",
        "latin.csv": "columns without a role: y (text, 'é')",
        "a\0b": "cannot be read",
    }
    for path, message in cases.items():
        with pytest.raises(DataError) as error:
            read_panel([path], DataConfig())
        assert message in error.value.message


def test_a_closed_standard_input_is_an_empty_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", None)
    with pytest.raises(DataError, match="standard input is empty"):
        read_panel(["-"], DataConfig())


def test_files_with_other_columns_do_not_join(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a.csv").write_text(TWO)
    Path("b.csv").write_text(TWO.replace("y", "z"))
    with pytest.raises(DataError, match=r"b\.csv has no column 'y', and a\.csv has one"):
        read_panel(["a.csv", "b.csv"], DataConfig())


def test_a_fault_in_the_second_file_is_told_with_its_own_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a.csv").write_text(TWO)
    Path("b.csv").write_text("ds,y\n2024-01-03,3\n2024-01-04,oh\n")
    with pytest.raises(DataError, match=r"b\.csv, line 3, column 'y': 'oh'"):
        read_panel(["a.csv", "b.csv"], DataConfig())


def test_settings_that_do_not_fit_are_usage_errors(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(TWO)
    with pytest.raises(UsageError, match="no data to read"):
        read_panel([], DataConfig())
    with pytest.raises(UsageError, match="no future covariate"):
        read_panel([str(path)], DataConfig(), str(path))
    with pytest.raises(UsageError, match="freq is 'zz'"):
        read_panel([str(path)], DataConfig(freq="zz"))


def test_future_data_need_their_columns(tmp_path: Path) -> None:
    data, extra = tmp_path / "a.csv", tmp_path / "b.csv"
    data.write_text("ds,y,p\n2024-01-01,1,1\n2024-01-02,2,1\n")
    extra.write_text("ds,q\n2024-01-03,1\n")
    with pytest.raises(DataError, match="has no column 'p'"):
        read_panel([str(data)], DataConfig(future_covariates=("p",)), str(extra))


@pytest.mark.parametrize(
    ("frame", "message"),
    [
        (pd.DataFrame(), "the data frame is empty"),
        (pd.DataFrame([[1, 2]], columns=["a", "a"]), "two columns called 'a'"),
        (pd.DataFrame({"ds": [pd.NaT, pd.Timestamp("2024"), pd.Timestamp("2025")], "y": [1, 2, 3]}), "row 1"),
        (pd.DataFrame({"ds": pd.date_range("2024", periods=2), "y": [1, float("inf")]}), "row 2, column 'y'"),
    ],
)
def test_faults_of_a_data_frame_are_told_by_row(frame: pd.DataFrame, message: str) -> None:
    with pytest.raises(DataError, match=message):
        panel_from_frame(frame, DataConfig())
