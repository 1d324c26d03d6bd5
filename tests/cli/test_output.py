import io
import json
import sys
from pathlib import Path

import pytest
from pyarrow import parquet

from rnncast import registry
from rnncast.cli import output
from rnncast.cli.options import Talk
from rnncast.errors import OutputError, UsageError
from rnncast.process import Place
from rnncast.rendering import Column, Table

TABLE = Table("metrics", (Column("model", ["a", "b"]), Column("mse", [1.0, 2.5])))


@pytest.mark.parametrize("name", registry.EVERY_FORMAT)
def test_the_ending_of_a_file_chooses_its_format(name: str, tmp_path: Path) -> None:
    path = tmp_path / f"result.{name}"
    output.emit(TABLE, None, str(path), Talk(quiet=True))
    assert output.format_of(None, str(path)) == name
    assert path.stat().st_size


def test_a_format_that_is_asked_for_comes_before_the_ending(tmp_path: Path) -> None:
    output.emit(TABLE, "json", str(tmp_path / "result.csv"), Talk(quiet=True))
    assert json.loads((tmp_path / "result.csv").read_text())["metrics"][1] == {"model": "b", "mse": 2.5}


def test_parquet_goes_into_a_pipe_and_not_onto_a_terminal(
    capfdbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    output.emit(TABLE, "parquet", None, Talk())
    found = parquet.read_table(io.BytesIO(capfdbinary.readouterr().out))
    assert found.to_pydict() == {"model": ["a", "b"], "mse": [1.0, 2.5]}
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    for refuse in (lambda: output.check(None, "parquet"), lambda: output.emit(TABLE, "parquet", None, Talk())):
        with pytest.raises(UsageError, match="not for a terminal") as caught:
            refuse()
        assert "--output result.parquet" in caught.value.hint


PLACE = Place(rank=1, ranks=3)


def test_a_folder_takes_a_part_of_each_process(tmp_path: Path) -> None:
    folder = f"{tmp_path}/new/forecast/"
    assert output.is_folder(folder)
    assert not output.is_folder(str(tmp_path))
    assert not output.is_folder(None)
    assert output.part_of(folder, None, PLACE) == f"{folder}part-00001-of-00003.parquet"


def test_the_part_of_an_earlier_run_is_removed_and_those_of_others_stay(tmp_path: Path) -> None:
    parts = [tmp_path / f"part-0000{number}-of-00003.parquet" for number in range(3)]
    for part in parts:
        part.touch()
    output.part_of(f"{tmp_path}/", "parquet", PLACE)
    assert [part.exists() for part in parts] == [True, False, True]


@pytest.mark.parametrize("name", ["part-00000-of-00002.parquet", "notes.txt"])
def test_a_folder_that_holds_something_else_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / name).touch()
    with pytest.raises(OutputError, match=f"holds something else: {name}"):
        output.part_of(f"{tmp_path}/", None, PLACE)
    assert (tmp_path / name).exists()


def test_a_folder_is_for_parquet_alone(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="for Parquet, not for csv"):
        output.part_of(f"{tmp_path}/", "csv", PLACE)


def test_a_folder_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match="cannot be made"):
        output.part_of(f"{tmp_path}/file/", None, PLACE)
