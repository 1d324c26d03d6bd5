"""Files, globs, folders and standard input, plain or packed."""

import bz2
import gzip
import io
import lzma
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from rnncast.config import DataConfig
from rnncast.errors import DataError
from rnncast.reading import Reading, read_panel

DAYS = [f"2024-01-{day:02d}" for day in range(1, 29)]
TABLE = "ds,y\n" + "".join(f"{day},{i * i / 4}\n" for i, day in enumerate(DAYS))
PACK: dict[str, Callable[[bytes], bytes]] = {
    "plain": bytes,
    "gzip": gzip.compress,
    "bzip2": bz2.compress,
    "xz": lzma.compress,
    "zstd": lambda text: pa.compress(text, codec="zstd", asbytes=True),
}


def as_parquet(text: str) -> bytes:
    written = io.BytesIO()
    pd.read_csv(io.StringIO(text), parse_dates=["ds"]).to_parquet(written)
    return written.getvalue()


def as_json_lines(text: str) -> bytes:
    return pd.read_csv(io.StringIO(text)).to_json(orient="records", lines=True).encode()


KINDS: dict[str, Callable[[str], bytes]] = {"csv": str.encode, "json": as_json_lines, "parquet": as_parquet}


def values(reading: Reading) -> list[float]:
    return reading.panel.values[:, 0].tolist()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("packing", PACK)
def test_content_and_not_the_name_says_what_a_file_is(folder: Path, kind: str, packing: str) -> None:
    Path("data").write_bytes(PACK[packing](KINDS[kind](TABLE)))
    assert values(read_panel(["data"], DataConfig())) == [i * i / 4 for i in range(28)]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("packing", PACK)
def test_standard_input_may_be_of_any_kind(monkeypatch: pytest.MonkeyPatch, kind: str, packing: str) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(PACK[packing](KINDS[kind](TABLE)))))
    reading = read_panel(["-"], DataConfig())
    assert values(reading) == [i * i / 4 for i in range(28)]
    assert reading.sources == ("-",)


@pytest.mark.parametrize("packing", ["gzip", "bzip2", "xz", "zstd"])
@pytest.mark.parametrize("harm", ["cut", "changed"])
def test_a_damaged_archive_is_refused(folder: Path, packing: str, harm: str) -> None:
    draws = np.random.default_rng(0).normal(size=28)
    noise = "".join(f"{day},{value}\n" for day, value in zip(DAYS, draws, strict=True))
    whole = bytearray(PACK[packing](("ds,y\n" + noise).encode()))
    if harm == "cut" or packing == "zstd":  # which may be written without a checksum
        whole = whole[: len(whole) // 2]
    else:
        whole[len(whole) // 2 : len(whole) // 2 + 8] = bytes(8)
    Path("data").write_bytes(whole)
    with pytest.raises(DataError, match=f"data is damaged: its {packing} data cannot be unpacked"):
        read_panel(["data"], DataConfig())


def test_a_folder_gives_its_tables_in_the_order_of_their_names(folder: Path) -> None:
    lines = TABLE.splitlines()
    Path("all").mkdir()
    parts = {"b.csv": lines[10:20], "a.tsv": lines[1:10], "c.csv.gz": lines[20:]}
    for name, part in parts.items():
        text = "\n".join([lines[0], *part])
        packed = gzip.compress(text.encode()) if name.endswith("gz") else text.encode()
        (Path("all") / name).write_bytes(packed)
    (Path("all") / ".hidden.csv").write_text("x")
    (Path("all") / "README.md").write_text("x")
    (Path("all") / "inner.csv").mkdir()
    reading = read_panel(["all"], DataConfig())
    assert values(reading) == [i * i / 4 for i in range(28)]
    assert reading.notes == ()


def test_a_glob_gives_all_files_that_match(folder: Path) -> None:
    lines = TABLE.splitlines()
    Path("part-1.csv").write_text("\n".join(lines[:11]))
    Path("part-2.csv").write_text("\n".join([lines[0], *lines[11:]]))
    Path("other.csv").write_text("x")
    assert len(values(read_panel(["part-*.csv"], DataConfig()))) == 28


def test_a_name_with_the_signs_of_a_glob_is_a_file_where_there_is_one(folder: Path) -> None:
    Path("load[1].csv").write_text(TABLE)
    assert len(values(read_panel(["load[1].csv"], DataConfig()))) == 28


@pytest.mark.parametrize(
    ("path", "message"),
    [("*.csv", r"no file matches \*\.csv"), ("empty", "the folder empty holds no table"), ("a.csv", "no file a.csv")],
)
def test_nothing_to_read_is_told(folder: Path, path: str, message: str) -> None:
    Path("empty").mkdir()
    with pytest.raises(DataError, match=message):
        read_panel([path], DataConfig())


def test_a_pipe_in_a_folder_is_left_alone(folder: Path) -> None:
    Path("all").mkdir()
    (Path("all") / "a.csv").write_text(TABLE)
    os.mkfifo(Path("all") / "b.csv")
    assert len(values(read_panel(["all"], DataConfig()))) == 28


def test_files_with_the_same_times_are_series_called_by_their_names(folder: Path) -> None:
    Path("north.csv").write_text(TABLE)
    Path("south.csv.gz").write_bytes(gzip.compress(TABLE.replace(".25", ".5").encode()))
    reading = read_panel(["north.csv", "south.csv.gz"], DataConfig())
    assert (reading.layout, reading.roles.id) == ("long", ("file",))
    assert reading.panel.ids.tolist() == [["north"], ["south"]]
    assert "each file is a series" in " ".join(reading.notes)
    alone = read_panel(["south.csv.gz"], reading.roles)
    assert alone.panel.ids.tolist() == [["south"]]


def test_files_that_overlap_a_little_are_one_series(folder: Path) -> None:
    lines = TABLE.splitlines()
    Path("1.csv").write_text("\n".join(lines[:16]))
    Path("2.csv").write_text("\n".join([lines[0], *lines[15:]]))
    reading = read_panel(["1.csv", "2.csv"], DataConfig())
    assert reading.roles.id == ()
    assert values(reading) == [i * i / 4 for i in range(28)]


def test_an_id_column_is_preferred_to_the_name_of_the_file(folder: Path) -> None:
    for name in "ab":
        rows = "".join(f"{name}{i},{day},{i}\n" for i in (1, 2) for day in DAYS)
        Path(f"{name}.csv").write_text("id,ds,y\n" + rows)
    reading = read_panel(["a.csv", "b.csv"], DataConfig())
    assert reading.roles.id == ("id",)
    assert reading.panel.num_series == 4


def test_files_in_different_dialects_join(folder: Path) -> None:
    lines = TABLE.splitlines()
    Path("1.csv").write_text("\n".join(lines[:16]))
    Path("2.csv").write_text("\n".join([lines[0], *lines[16:]]).replace(",", ";").replace(".", ","))
    assert values(read_panel(["1.csv", "2.csv"], DataConfig())) == [i * i / 4 for i in range(28)]


@pytest.mark.parametrize("other", ["ds,z\n2024-01-01,1\n", "ds\n2024-01-01\n", "ds,y,z\n2024-01-01,1,2\n"])
def test_files_with_other_columns_are_told_with_the_column(folder: Path, other: str) -> None:
    Path("1.csv").write_text(TABLE)
    Path("2.csv").write_text(other)
    with pytest.raises(DataError, match=r"[12]\.csv has no column '[yz]', and [12]\.csv has one"):
        read_panel(["1.csv", "2.csv"], DataConfig())
