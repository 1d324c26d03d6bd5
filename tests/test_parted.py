import os
from pathlib import Path

import numpy as np
import pytest

from rnncast import packing, parted
from rnncast.config import DataConfig
from rnncast.errors import DataError
from rnncast.ranks import SOLO, Ranks
from rnncast.reading import Reading, read_panel
from tests.ranking import together

HEADER = "unique_id,ds,y,temperature"


def write(folder: Path, number: int, names: str, days: int = 30, header: str = HEADER) -> str:
    """Write a file of daily series, the sixth day of each missing, and an empty cell in each."""
    rows = [
        f"{name},2024-01-{day:02d},{'' if day == 9 else ord(name) + day % 7 + number},{day / 4}"
        for name in names
        for day in range(1, days + 1)
        if day != 6
    ]
    path = folder / f"part-{number}.csv"
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return str(path)


def read(paths: list[str], count: int, **data: object) -> list[Reading | None]:
    config = DataConfig(**data)  # type: ignore[arg-type]

    def part(ranks: Ranks) -> Reading | None:
        return parted.read(paths, config, ranks)

    return together(count, part)


def same(one: Reading, other: Reading) -> bool:
    (arrays, texts), (others, its) = packing.pack(one.panel), packing.pack(other.panel)
    counts = [(reading.gaps, reading.missing, reading.repeated, reading.sources) for reading in (one, other)]
    return texts == its and counts[0] == counts[1] and all(np.array_equal(arrays[n], others[n]) for n in arrays)


@pytest.mark.parametrize("count", [2, 3])
@pytest.mark.parametrize("data", [{}, {"past_covariates": ("temperature",)}, {"future_covariates": ("temperature",)}])
def test_ranks_that_read_a_part_each_have_what_one_process_reads(
    tmp_path: Path, count: int, data: dict[str, tuple[str, ...]]
) -> None:
    paths = [write(tmp_path, number, names) for number, names in enumerate(("ab", "c", "def", "g"))]
    whole = read_panel(paths, DataConfig(**data))  # type: ignore[arg-type]
    found = read(paths, count, **data)
    assert all(one is not None and same(one, whole) for one in found)
    assert whole.gaps == 7


def test_a_folder_and_a_glob_are_read_in_parts_too(tmp_path: Path) -> None:
    paths = [write(tmp_path, number, names) for number, names in enumerate(("ab", "c"))]
    for given in (str(tmp_path), os.path.join(tmp_path, "part-*.csv")):
        whole = read_panel([given], DataConfig())
        assert all(one is not None and same(one, whole) for one in read([given], 2))
    assert len(paths) == 2


def test_each_rank_opens_its_own_files_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[list[str]] = []

    def noted(paths: list[str], data: DataConfig) -> Reading:
        opened.append([Path(path).stem for path in paths])
        return read_panel(paths, data)

    monkeypatch.setattr(parted, "read_panel", noted)
    paths = [write(tmp_path, number, name) for number, name in enumerate("abcd")]
    assert all(read(paths, 2))
    assert sorted(opened) == [["part-0"], ["part-0"], ["part-0", "part-1"], ["part-2", "part-3"]]


def test_what_one_file_cannot_tell_is_left_to_all(tmp_path: Path) -> None:
    apart = [write(tmp_path, number, "ab", days=20 + number) for number in range(2)]
    assert read(apart, 2) == [None, None]
    bare = [write(tmp_path, 5 + number, "a", header="name,day,y,t") for number in range(2)]
    assert read(bare[:1], 2) == [None, None]
    odd = [write(tmp_path, 7, "a"), write(tmp_path, 8, "b", header="unique_id,ds,z,temperature")]
    assert read(odd, 2) == [None, None]
    months = tmp_path / "months.csv"
    months.write_text("unique_id,ds,y\n" + "".join(f"m,2024-{m:02d}-01,{m}\n" for m in range(1, 13)), encoding="utf-8")
    words = tmp_path / "words.csv"
    words.write_text("unique_id,ds,y\n" + "w,yesterday,3\n" * 9, encoding="utf-8")
    assert read([str(months), str(words)], 2) == [None, None]


def test_series_without_an_id_are_read_by_all(tmp_path: Path) -> None:
    paths = []
    for number in range(2):
        path = tmp_path / f"{number}.csv"
        path.write_text("ds,y\n" + "".join(f"2024-01-{d:02d},{d}\n" for d in range(1, 29)), encoding="utf-8")
        paths.append(str(path))
    assert read(paths, 2) == [None, None]


def test_standard_input_cannot_be_shared() -> None:
    with pytest.raises(DataError, match="standard input cannot be shared"):
        read(["-"], 2)


def test_one_process_reads_nothing_in_parts(tmp_path: Path) -> None:
    assert parted.read([write(tmp_path, 0, "a"), write(tmp_path, 1, "b")], DataConfig(), SOLO) is None
