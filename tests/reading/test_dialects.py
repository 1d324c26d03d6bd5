"""The same data in another dialect give the same panel to the bit, by either way of reading."""

import csv
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rnncast.config import DataConfig
from rnncast.errors import DataError, UsageError
from rnncast.reading import Reading, columnar, read_panel

IDS = ("007", "NA", 'é, "x"', "1e3")
FRAME = pd.DataFrame(
    {
        "unique_id": [name for name in IDS for _ in range(24)],
        "ds": [f"2024-02-{day:02d}" for _ in IDS for day in range(1, 25)],
        "y": [round((-1) ** i * i**4 * 0.123456789, 6) if i % 11 else None for i in range(96)],
        "n": [i * i * 997 for i in range(96)],
    }
)
LONG = DataConfig(target=("y", "n"))


class Way(NamedTuple):
    """Says how a table is written."""

    sep: str = ","
    decimal: str = "."
    thousands: str = ""
    end: str = "\n"
    encoding: str = "utf-8"
    quoting: int = csv.QUOTE_MINIMAL
    na: str = ""
    above: str = ""
    under: str = ""


WAYS = {
    "comma": Way(),
    "semicolon": Way(sep=";"),
    "tab": Way(sep="\t"),
    "bar": Way(sep="|"),
    "decimal comma": Way(sep=";", decimal=","),
    "decimal comma in quotes": Way(decimal=","),
    "decimal comma and tabs": Way(sep="\t", decimal=","),
    "thousands, English": Way(sep=";", thousands=","),
    "thousands, English, in quotes": Way(thousands=","),
    "thousands, German": Way(sep=";", decimal=",", thousands="."),
    "thousands, Swiss": Way(thousands="'"),
    "thousands, French": Way(sep=";", decimal=",", thousands="\u202f"),
    "thousands, SI": Way(thousands="\u00a0"),
    "thousands, blank": Way(sep="\t", decimal=",", thousands=" "),
    "CRLF": Way(end="\r\n"),
    "CR": Way(end="\r"),
    "BOM": Way(encoding="utf-8-sig"),
    "UTF-16": Way(encoding="utf-16"),
    "UTF-16 without a mark": Way(encoding="utf-16-le"),
    "UTF-16, big end first": Way(encoding="utf-16-be"),
    "Windows-1252": Way(encoding="cp1252"),
    "all in quotes": Way(quoting=csv.QUOTE_ALL),
    "words for missing": Way(na="NULL"),
    "comments and titles": Way(above="# made by a logger\n\nDaily report\nSite,17\n"),
    "titles as wide as the table": Way(above="Daily report,,,\n,,,\n"),
    "a source": Way(under="\nSource: the office, 2024\n"),
    "a sum": Way(under=",Total,17,4\n"),
    "empty rows": Way(under=",,,\n,,,\n"),
}  # fmt: skip


def number(value: float | None, way: Way) -> str:
    if value is None or np.isnan(value):
        return way.na
    grouped = f"{value:,}" if way.thousands else repr(value)
    text = grouped.removesuffix(".0")
    return text.translate(str.maketrans({",": way.thousands, ".": way.decimal}))


def written(frame: pd.DataFrame, way: Way) -> bytes:
    cells = {name: frame[name] for name in ("unique_id", "ds")}
    cells |= {name: frame[name].map(lambda value: number(value, way)) for name in ("y", "n")}
    text = pd.DataFrame(cells).to_csv(sep=way.sep, index=False, lineterminator="\n", quoting=way.quoting)
    return (way.above + text + way.under).replace("\n", way.end).encode(way.encoding)


def assert_same(one: Reading, other: Reading) -> None:
    assert one.panel.time == other.panel.time
    assert (one.roles, one.layout) == (other.roles, other.layout)
    for name in ("values", "observed", "offsets", "lengths", "start", "ids", "static_covariates"):
        np.testing.assert_array_equal(getattr(one.panel, name), getattr(other.panel, name))


@pytest.fixture(params=["careful", "columnar"])
def path(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the path of a file that is read record by record, or by arrow where it can be."""
    if request.param == "columnar":
        monkeypatch.setattr(columnar, "SMALL", 0)
    return tmp_path / "data.csv"


def read(path: Path, content: bytes, data: DataConfig = LONG) -> Reading:
    path.write_bytes(content)
    return read_panel([str(path)], data)


@pytest.mark.promise("P11")
@pytest.mark.parametrize("name", WAYS)
def test_another_dialect_gives_the_same_panel(path: Path, name: str) -> None:
    plain = read(path, written(FRAME, Way()))
    assert plain.panel.ids[:, 0].tolist() == list(IDS)
    assert_same(read(path, written(FRAME, WAYS[name])), plain)


def test_arrow_reads_what_is_plain(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(columnar, "SMALL", 0)
    monkeypatch.setattr("rnncast.reading.delimited.read", None)
    frame = FRAME.replace(IDS[2], "é, x")  # a quote inside a cell is read with care
    for name in ("comma", "semicolon", "decimal comma", "thousands, Swiss", "CRLF", "CR", "UTF-16", "all in quotes"):
        assert read(tmp_path / "data.csv", written(frame, WAYS[name])).panel.num_series == 4


@pytest.mark.parametrize("gap", [" ", "   ", "\t  "])
def test_runs_of_blanks_separate(path: Path, gap: str) -> None:
    frame = FRAME[["ds", "y"]].iloc[24:48].fillna(0)
    rows = "\n".join(f"  {ds}{gap}{y}" for ds, y in frame.itertuples(index=False))
    plain = read(path, frame.to_csv(index=False).encode(), DataConfig())
    assert_same(read(path, f"  ds{gap}y\n{rows}\n".encode(), DataConfig()), plain)


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace(",", ", "),
        lambda text: text.replace("\n", ",\n"),
        lambda text: text.replace("\n", ",\n").replace("y,\n", "y\n", 1),
        lambda text: text.replace("y\n", "y\n-,MW\n", 1),
        lambda text: text.replace("y\n", "y\nUTC,°C\n", 1),
        lambda text: "#" + text,
        lambda text: text.replace("2024-01-09", "# 2024-01-09,7\n\n2024-01-09"),
        lambda text: text.replace("2024-01-09", "# the logger was\n2024-01-09"),
        lambda text: text.replace("2024-01-09", ",\n2024-01-09"),
        lambda text: text.replace("y\n", "y,,\n").replace("0\n", "0,,\n"),
        lambda text: "\n \n" + text + "\n\n",
        lambda text: "\n".join(f"{i or ''},{line}" for i, line in enumerate(text.splitlines())),
        lambda text: "\n".join(f"{i},{line}" if i else line for i, line in enumerate(text.splitlines())),
    ],
)  # fmt: skip
def test_what_is_no_data_is_left_out(path: Path, change: Callable[[str], str]) -> None:
    text = "ds,y\n" + "".join(f"2024-01-{i:02d},{i * 10 - 90}\n" for i in range(1, 29))
    plain = read(path, text.encode(), DataConfig())
    changed = read(path, change(text).encode(), DataConfig())
    assert changed.panel.target_names == ("y",)
    assert_same(changed, plain)


def test_what_was_left_out_is_said_with_its_line(path: Path) -> None:
    text = "Report of the office\n\nds,y\n-,MW\n2024-01-01,5\n2024-01-02,6\n2024-01-03,8\nTotal,19\n\nSource: us\n"
    notes = read(path, text.encode(), DataConfig()).notes
    assert notes[:4] == (
        f"Left out line 1 of {path}, above the header: Report of the office",
        f"Left out line 4 of {path}, under the header: - MW",
        f"Left out line 8 of {path}, under the data: Total 19",
        f"Left out line 10 of {path}, under the data: Source: us",
    )


@pytest.mark.parametrize("minus", ["\u2212", "\u2013"])
def test_a_minus_may_be_a_printed_one(path: Path, minus: str) -> None:
    rows = "".join(f"2024-01-{i:02d},{i - 9.5}\n" for i in range(1, 29))
    plain = read(path, f"ds,y\n{rows}".encode(), DataConfig())
    assert_same(read(path, f"ds,y\n{rows.replace(',-', f',{minus}')}".encode(), DataConfig()), plain)


def test_a_header_of_several_rows_names_the_columns_by_the_one_that_says_most(path: Path) -> None:
    text = "Price,Close,High\nTicker,AAPL,AAPL\nDate,,\n2024-01-02,1,2\n2024-01-03,2,4\n2024-01-04,4,5\n"
    reading = read(path, text.encode(), DataConfig())
    assert (reading.roles.time, reading.roles.target) == ("Price", ("Close", "High"))


def test_key_value_lines_above_the_header_are_left_out(path: Path) -> None:
    rows = "".join(f"2024-01-01 {hour:02d}:00,{hour % 7},{hour * hour}\n" for hour in range(24))
    text = f"Device,AB-1\nSerial,42\nInterval,60\n\nTime,Temp,RH\n{rows}"
    reading = read(path, text.encode(), DataConfig())
    assert (reading.roles.time, reading.roles.target) == ("Time", ("Temp", "RH"))
    assert len(reading.notes) == 3


def test_columns_without_a_name_are_numbered_and_the_first_is_an_index(path: Path) -> None:
    reading = read(path, b",,y\n2024-01-01,5,1\n2024-01-02,7,2\n2024-01-03,8,4\n", DataConfig())
    assert (reading.roles.time, reading.roles.target) == ("index", ("y",))
    assert reading.left_out == ("Left out, having no role: column2.",)


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("ds;y\n2024-01-01;1,234\n2024-01-02;5,678\n", [1.234, 5.678]),
        ('ds,y\n2024-01-01,"1,234"\n2024-01-02,"5,678"\n', [1234, 5678]),
        ("ds\ty\tz\n2024-01-01\t1,234\t0,5\n2024-01-02\t5,678\t0,5\n", [1.234, 5.678]),
        ("ds\ty\tz\n2024-01-01\t1,234\t2.5\n2024-01-02\t5,678\t3.5\n", [1234, 5678]),
        ("ds\ty\tz\n2024-01-01\t1.234\t0,5\n2024-01-02\t5.678\t0,5\n", [1234, 5678]),
        ("ds\ty\n2024-01-01\t1.234\n2024-01-02\t5.678\n", [1.234, 5.678]),
        ("ds\ty\n2024-01-01\t1,234\n2024-01-02\t56789\n", [1.234, 56789]),
        ("ds\ty\n2024-01-01\t1,234\n2024-01-02\t12,345,678\n", [1234, 12345678]),
        ("ds\ty\n2024-01-01\t1.234\n2024-01-02\t12.345.678\n", [1234, 12345678]),
        ("y\n1,5\n2,7\n", [1.5, 2.7]),
        ("y\n1,5e3\n-2,7E-1\n", [1500, -0.27]),
    ],
)
def test_the_decimal_sign_is_told_by_the_column_then_the_table(path: Path, text: str, values: list[float]) -> None:
    reading = read(path, text.encode(), DataConfig(target=("y",)))
    assert reading.panel.values[:, 0].tolist() == values


@pytest.mark.parametrize(
    "text", ["ds\ty\n2024-01-01\t1,234\n2024-01-02\t5,678\n", "ds;y\n2024-01-01;1.234\n2024-01-02;5\n"]
)
def test_a_decimal_sign_that_is_open_is_refused_and_may_be_said(path: Path, text: str) -> None:
    with pytest.raises(DataError, match=r"line 2, column 'y': 1[.,]234 may be a whole number") as error:
        read(path, text.encode(), DataConfig())
    assert "--decimal" in error.value.hint
    one, other = (read(path, text.encode(), DataConfig(decimal=sign)).panel.values[0, 0] for sign in ".,")
    assert {one, other} == {1.234, 1234.0}


def test_what_the_separator_tells_of_the_decimals_is_said(path: Path) -> None:
    reading = read(path, b"ds;y\n2024-01-01;1,234\n2024-01-02;5,678\n", DataConfig())
    assert "commas of 'y' stand before the decimals" in reading.notes[0]
    assert reading.form == "text, semicolons, utf-8, decimal comma"


FAULTS = [
    ("ds;y\n2024-01-01;1,5\n2024-01-02;2,5\n2024-01-03;2.5\n", {}, "line 4, column 'y': '2.5' has a decimal point"),
    ('ds,y\n2024-01-01,"1\n2024-01-02,2\n', {}, "line 2: a quote is not closed"),
    ('ds,y\n2024-01-01,"1"2\n2024-01-02,2\n', {}, "line 2: a quote is not closed, or text follows"),
    ("ds,y,z\n2024-01-01,1,2\n2024-01-02,2\n2024-01-03,1,4\n", {}, "line 3: 2 cells where the first row has 3"),
    ("ds,y,z\n2024-01-01,1,2\n2024-01-02\n2024-01-03,1,4\n", {}, "line 3: 1 cell where the first row has 3"),
    ("ds,y,z\n2024-01-01,1\n2024-01-02,2\n2024-01-03,1\n", {}, "line 2: 2 cells where the first row has 3"),
    ("ds,y\n2024-01-01,1\n2024-01-02,2,3\n", {}, "line 3: 3 cells where the first row has 2"),
    ("ds,y\n2024-01-01,1\nTotal,5\n2024-01-03,2\n", {}, "line 3, column 'ds': 'Total' is no time"),
    ("PK\x03\x04sheet", {}, "is a spreadsheet or a ZIP archive"),
    ("\x01\x02\x00\x03", {}, "is not text"),
    ("ds,é\n2024-01-01,1\n", {"encoding": "ascii"}, "line 1: not ascii text"),
    ("a,b\nc,d\n", {"delimiter": ";"}, "no numeric column"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "settings", "message"), FAULTS, ids=[message for _, _, message in FAULTS])
def test_a_fault_is_told_by_line(path: Path, text: str, settings: dict[str, str], message: str) -> None:
    with pytest.raises(DataError) as error:
        read(path, text.encode(), DataConfig(**settings))
    assert message in error.value.message
    assert error.value.hint


@pytest.mark.parametrize(
    ("setting", "value"),
    [("delimiter", "ab"), ("delimiter", "5"), ("delimiter", '"'), ("decimal", ";"), ("encoding", "klingon"),
     ("encoding", "zip")],
)  # fmt: skip
def test_settings_that_cannot_be_are_refused(setting: str, value: str) -> None:
    with pytest.raises(UsageError, match=setting):
        DataConfig(**{setting: value})


def test_a_series_in_a_row_may_end_early(path: Path) -> None:
    reading = read(path, b"id,V1,V2,V3,V4\na,1,2,3,4\nb,5,6\nc,7,8,9\n", DataConfig())
    assert (reading.layout, reading.panel.lengths.tolist()) == ("rows", [4, 2, 3])


def test_the_separator_and_the_encoding_may_be_said(path: Path) -> None:
    settings = DataConfig(delimiter="~", encoding="cp850")
    reading = read(path, "ds~Größe\n2024-01-01~1\n2024-01-02~2\n".encode("cp850"), settings)
    assert reading.panel.target_names == ("Größe",)


@pytest.mark.promise("P10")
def test_a_line_is_found_among_quoted_line_ends_and_empty_lines_by_either_way(path: Path) -> None:
    text = 'ds,y,c\n2024-01-01,1,"a\nb"\n2024-01-02,2,\n\n2024-01-03,3x,\n2024-01-04,4,\n'
    with pytest.raises(DataError, match="line 6, column 'y': '3x' is not a number"):
        read(path, text.encode(), DataConfig())


numbers = st.floats(-1e300, 1e300) | st.integers(-(10**9), 10**9)
values = st.lists(numbers, min_size=3, max_size=8)
names = st.text(st.characters(codec="cp1252", categories=["L", "N", "P", "S"]), min_size=1, max_size=6)


ways = st.builds(
    Way,
    sep=st.sampled_from(",;\t|"),
    decimal=st.sampled_from(".,"),
    end=st.sampled_from(["\n", "\r\n", "\r"]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"]),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
@given(series=st.dictionaries(names, values, min_size=2, max_size=4), way=ways, index=st.booleans())
def test_what_pandas_writes_comes_back(path: Path, series: dict[str, list[float]], way: Way, index: bool) -> None:
    parts = [
        pd.DataFrame({"unique_id": name, "ds": pd.date_range("2019-12-31", periods=len(column)), "y": column})
        for name, column in series.items()
    ]
    frame = pd.concat(parts, ignore_index=True)
    text = frame.to_csv(sep=way.sep, decimal=way.decimal, lineterminator=way.end, quoting=way.quoting, index=index)
    told = "cp1252" if way.encoding == "cp1252" else None  # a word in it may be another in UTF-8
    panel = read(path, text.encode(way.encoding), DataConfig(freq="D", decimal=way.decimal, encoding=told)).panel
    assert panel.ids[:, 0].tolist() == list(series)
    assert panel.target_names == ("y",)
    assert panel.values[:, 0].tolist() == [value for column in series.values() for value in column]
