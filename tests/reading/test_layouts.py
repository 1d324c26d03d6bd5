import gzip
import io
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from rnncast import frequency
from rnncast.config import DataConfig
from rnncast.reading import Reading, panel_from_frame, read_panel

DAYS = [f"2024-01-{day:02d}" for day in range(1, 11)]
DAILY = "ds,y\n" + "".join(f"{day},{i}\n" for i, day in enumerate(DAYS))


def read(folder: Path, text: str, data: DataConfig | None = None, extra: str | None = None) -> Reading:
    (folder / "data.csv").write_bytes(text.encode())
    if extra is not None:
        (folder / "extra.csv").write_bytes(extra.encode())
    ahead = str(folder / "extra.csv") if extra is not None else None
    return read_panel([str(folder / "data.csv")], data or DataConfig(), ahead)


def series(reading: Reading) -> list[list[float]]:
    panel = reading.panel
    return [
        panel.values[offset : offset + length, 0].tolist()
        for offset, length in zip(panel.offsets, panel.lengths, strict=True)
    ]


@pytest.mark.parametrize(
    ("text", "name"), [("112\n118\n132\n", "value"), ("Heart rate\r\n112\r\n118\r\n132\r\n", "Heart rate")]
)
def test_a_bare_column_needs_no_header(tmp_path: Path, text: str, name: str) -> None:
    reading = read(tmp_path, text)
    assert (reading.layout, reading.panel.target_names, reading.panel.time.name) == ("bare", (name,), None)
    assert series(reading) == [[112, 118, 132]]
    assert reading.panel.start.tolist() == [1]


@pytest.mark.parametrize(
    "text",
    [
        DAILY,
        DAILY.replace(",", ";"),
        DAILY.replace(",", "\t"),
        DAILY.replace("\n", "\r\n"),
        "\ufeff" + DAILY,
        DAILY.replace("ds,y", '"ds","y"').replace("2024-01-03", '"2024-01-03"'),
        "\n" + DAILY + "\n\n",
        DAILY.replace("\n", " \n"),
    ],
)
def test_another_dialect_gives_the_same_panel(tmp_path: Path, text: str) -> None:
    reading = read(tmp_path, text)
    assert (reading.layout, reading.panel.target_names, reading.panel.time.freq) == ("wide", ("y",), "D")
    assert series(reading) == [list(range(10))]


def test_gzip_is_unpacked(tmp_path: Path) -> None:
    path = tmp_path / "data.csv.gz"
    path.write_bytes(gzip.compress(DAILY.encode()))
    assert series(read_panel([str(path)], DataConfig())) == [list(range(10))]


def test_a_dash_is_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(DAILY.encode())))
    reading = read_panel(["-"], DataConfig())
    assert reading.sources == ("-",)
    assert series(reading) == [list(range(10))]


def test_several_files_follow_each_other(tmp_path: Path) -> None:
    lines = DAILY.splitlines()
    one, other = tmp_path / "1.csv", tmp_path / "2.csv"
    one.write_text("\n".join(lines[:6]))
    other.write_text("y,ds\n" + "\n".join(",".join(reversed(line.split(","))) for line in lines[6:]))
    assert series(read_panel([str(one), str(other)], DataConfig())) == [list(range(10))]


def test_a_long_table_keeps_ids_as_text_in_the_order_of_appearance(tmp_path: Path) -> None:
    rows = "".join(f"{name},{day},{i}\n" for name in ("z", "007", "NA", "1e3") for i, day in enumerate(DAYS))
    reading = read(tmp_path, "unique_id,ds,y\n" + rows)
    assert reading.layout == "long"
    assert reading.panel.ids.tolist() == [["z"], ["007"], ["NA"], ["1e3"]]
    assert series(reading) == [list(range(10))] * 4


def test_ids_are_the_columns_that_tell_rows_apart(tmp_path: Path) -> None:
    rows = "".join(
        f"{'fair' if i % 2 else 'foul'},{town},{shop},{day},{i}\n"
        for i, day in enumerate(DAYS)
        for town in "ab"
        for shop in "cd"
    )
    reading = read(tmp_path, "weather,town,place,date,sold\n" + rows)
    assert reading.panel.id_names == ("town", "place")
    assert reading.panel.ids.tolist() == [["a", "c"], ["a", "d"], ["b", "c"], ["b", "d"]]
    assert reading.left_out == ("Left out, having no role: weather.",)


def test_whole_numbers_called_store_and_item_are_ids(tmp_path: Path) -> None:
    rows = "".join(f"{day},{store},{item},{store}\n" for day in DAYS for store in (1, 2) for item in (1, 2))
    reading = read(tmp_path, "date,store,item,sales\n" + rows)
    assert reading.roles.id == ("store", "item")
    assert series(reading) == [[1] * 10, [1] * 10, [2] * 10, [2] * 10]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("V1,V2,V3,V4\na,1,2,3\nb,4,5,\n", "V1"),
        ("id,V1,V2,V3\na,1,2,3\nb,4,5,\n", "id"),
        ("country,1990,1991,1992\na,1,2,3\nb,4,5,\n", "country"),
        ("a,1,2,3\nb,4,5,\n".replace("1,2,3", "1,2,3.0"), "column1"),
        ('"V1","V2","V3","V4"\r\n"a","1","2","3"\r\n"b","4","5",""\r\n', "V1"),
    ],
)
def test_each_row_may_be_a_series(tmp_path: Path, text: str, name: str) -> None:
    reading = read(tmp_path, text)
    assert (reading.layout, reading.panel.id_names, reading.panel.target_names) == ("rows", (name,), ("value",))
    assert reading.panel.ids.tolist() == [["a"], ["b"]]
    assert series(reading) == [[1, 2, 3], [4, 5]]


@pytest.mark.parametrize(
    ("stamps", "freq", "format"),
    [
        (["1949-01", "1949-02", "1949-03"], "MS", "%Y-%m"),
        (["1949/01/31", "1949/02/28", "1949/03/31"], "ME", "%Y/%m/%d"),
        (["2024-01-01T00:00", "2024-01-01T00:15", "2024-01-01T00:30"], "15min", "%Y-%m-%dT%H:%M"),
        (["2024-01-01 00:00:59.75", "2024-01-01 00:01:00.00", "2024-01-01 00:01:00.25"], "250ms",
         "%Y-%m-%d %H:%M:%S.%2f"),
        (["1960", "1961", "1962"], "YS", "%Y"),
        (["20240229", "20240301", "20240302"], "D", "%Y%m%d"),
        (["7", "17", "27"], "10", None),
    ],
)  # fmt: skip
def test_times_go_out_as_they_came_in(tmp_path: Path, stamps: list[str], freq: str, format: str | None) -> None:
    reading = read(tmp_path, "date,x\n" + "".join(f"{stamp},{i}\n" for i, stamp in enumerate(stamps)))
    panel = reading.panel
    assert (panel.time.freq, panel.time.format) == (freq, format)
    assert frequency.format_stamps(panel.start[0] + np.arange(3), panel.time) == stamps


def test_unsorted_rows_gaps_and_empty_cells_are_mended_and_noted(tmp_path: Path) -> None:
    reading = read(tmp_path, "ds,y\n2024-01-05,5\n2024-01-01,1\n2024-01-02,NA\n2024-01-03,3\n2024-01-06,6\n")
    assert series(reading) == [[1, 2, 3, 4, 5, 6]]
    assert reading.panel.observed[:, 0].tolist() == [True, False, True, False, True, True]
    assert (reading.gaps, reading.missing, len(reading.notes)) == (1, 1, 3)


@pytest.mark.parametrize(("method", "filled"), [("ffill", 1), ("zero", 0), ("interpolate", 2)])
def test_gaps_are_filled_as_asked(tmp_path: Path, method: str, filled: float) -> None:
    text = "ds,y\n2024-01-01,1\n2024-01-02,\n2024-01-03,3\n"
    assert series(read(tmp_path, text, DataConfig(missing=method))) == [[1, filled, 3]]


def test_empty_rows_at_the_ends_are_left_out(tmp_path: Path) -> None:
    text = "".join(f"{day},{i if 3 <= i <= 6 else ''}\n" for i, day in enumerate(DAYS))
    reading = read(tmp_path, "ds,y\n" + text)
    assert series(reading) == [[3, 4, 5, 6]]
    assert frequency.format_stamps(reading.panel.start, reading.panel.time) == ["2024-01-04"]


def test_a_row_counter_and_a_constant_are_no_targets(tmp_path: Path) -> None:
    text = "".join(f"{i},{day},7,{i * i},{-i}\n" for i, day in enumerate(DAYS))
    reading = read(tmp_path, "row,ds,always,a,b\n" + text)
    assert reading.panel.target_names == ("a", "b")
    assert reading.left_out == ("Left out, counting the rows: row.", "Left out, always saying the same: always.")


def test_named_columns_win(tmp_path: Path) -> None:
    rows = "".join(f"{day},{i},{i + 1},{i + 2},4\n" for i, day in enumerate(DAYS))
    data = DataConfig(
        target=("b",), time="when", past_covariates=("y",), future_covariates=("c",), static_covariates=("s",)
    )
    panel = read(tmp_path, "when,y,b,c,s\n" + rows, data).panel
    assert (panel.target_names, panel.past_names, panel.future_names) == (("b",), ("y",), ("c",))
    assert panel.past_covariates[:, 0].tolist() == list(range(10))
    assert panel.static_covariates.tolist() == [[4]]


def test_rows_with_future_covariates_and_no_target_are_known_ahead(tmp_path: Path) -> None:
    rows = "".join(f"{day},{i if i < 7 else ''},{i if i != 9 else ''}\n" for i, day in enumerate(DAYS))
    panel = read(tmp_path, "ds,y,promo\n" + rows, DataConfig(future_covariates=("promo",))).panel
    assert (panel.lengths.tolist(), panel.future_lengths.tolist()) == ([7], [9])
    assert panel.future_covariates[:, 0].tolist() == list(range(9))


def test_a_second_table_gives_future_covariates(tmp_path: Path) -> None:
    rows = "".join(f"{name},{day},{i},{i}\n" for name in "ab" for i, day in enumerate(DAYS[:5]))
    ahead = "".join(f"{name},{day},{i}\n" for name in "bac" for i, day in enumerate(DAYS[: 8 if name == "a" else 7]))
    reading = read(tmp_path, "id,ds,y,p\n" + rows, DataConfig(future_covariates=("p",)), "id,ds,p\n" + ahead)
    panel = reading.panel
    assert (panel.lengths.tolist(), panel.future_lengths.tolist()) == ([5, 5], [8, 7])
    assert panel.future_covariates[:, 0].tolist() == [*range(8), *range(7)]
    assert "do not have" in reading.notes[0]


def test_without_times_a_second_table_follows_the_first(tmp_path: Path) -> None:
    data = DataConfig(target=("y",), future_covariates=("p",))
    panel = read(tmp_path, "y,p\n1,5\n2,6\n4,7\n", data, "p\n8\n9\n").panel
    assert (panel.lengths.tolist(), panel.future_lengths.tolist()) == ([3], [5])


def test_the_resolved_roles_read_the_same_again(tmp_path: Path) -> None:
    reading = read(tmp_path, "V1,V2,V3,V4\na,1,2,3\nb,4,5,\n")
    again = read(tmp_path, "V1,V2,V3,V4\na,1,2,3\nb,4,5,\n", reading.roles)
    assert (again.roles, again.layout) == (reading.roles, "rows")


def test_a_single_row_is_enough_where_the_frequency_is_given(tmp_path: Path) -> None:
    assert series(read(tmp_path, "ds,y\n2024-01-01,1\n", DataConfig(freq="D"))) == [[1]]


def test_a_data_frame_reads_as_its_csv_does(tmp_path: Path) -> None:
    frame = pd.DataFrame({"id": ["07"] * 4 + ["b"] * 4, "ds": DAYS[:4] * 2, "y": [0.1, np.nan, 1 / 3, 4] * 2})
    from_text = read(tmp_path, frame.to_csv(index=False))
    typed = frame.assign(ds=pd.to_datetime(frame["ds"]))
    for one in (frame, typed, typed.set_index("ds")[["id", "y"]]):
        reading = panel_from_frame(one, DataConfig(), "a frame")
        np.testing.assert_array_equal(reading.panel.values, from_text.panel.values)
        np.testing.assert_array_equal(reading.panel.start, from_text.panel.start)
        assert reading.panel.ids.tolist() == from_text.panel.ids.tolist()


def test_a_series_with_a_period_index_is_a_monthly_panel() -> None:
    index = pd.period_range("2024-01", periods=6, freq="M", name="month")
    reading = panel_from_frame(pd.DataFrame({"n": range(0, 12, 2), "b": [True, False] * 3}, index=index), DataConfig())
    assert (reading.panel.time.freq, reading.panel.target_names) == ("MS", ("n", "b"))


def test_a_gap_of_a_past_covariate_knows_nothing_of_later_rows(tmp_path: Path) -> None:
    text = "ds,y,p\n2024-01-01,1,5\n2024-01-02,2,\n2024-01-03,3,9\n"
    panel = read(tmp_path, text, DataConfig(target=("y",), past_covariates=("p",))).panel
    assert panel.past_covariates.tolist() == [[5], [5], [9]]


@pytest.mark.parametrize("numbers", [range(9001, 24000, 50), range(1, 200)])
def test_names_of_series_that_look_like_quarters_are_names(tmp_path: Path, numbers: range) -> None:
    names = [f"Q{number}" for number in numbers]  # Q12001 is the first quarter of 2001 too, and Q124 of 2024
    reading = read(tmp_path, "V1,V2,V3,V4\n" + "".join(f"{name},1,2,3\n" for name in names))
    assert (reading.layout, reading.panel.ids[:, 0].tolist()) == ("rows", names)
