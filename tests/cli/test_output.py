import io
import json
import sys
from pathlib import Path

import pytest
from pyarrow import parquet

from rnncast import registry
from rnncast.cli import output
from rnncast.cli.options import Talk
from rnncast.errors import UsageError
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
