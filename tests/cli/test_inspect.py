import json
from pathlib import Path

import pytest

from tests.cli.conftest import Call


def properties(text: str) -> dict[str, object]:
    return {row["property"]: row["value"] for row in json.loads(text)["inspection"]}


def test_a_data_file_tells_its_columns_frequency_and_gaps(call: Call, airline: Path, tmp_path: Path) -> None:
    lines = airline.read_text().splitlines(keepends=True)
    (tmp_path / "gap.csv").write_text("".join(lines[:50] + lines[52:]))
    found = properties(call("inspect", "gap.csv", "--format", "json").stdout)
    assert (found["time"], found["target"], found["frequency"], found["season"]) == ("month", "passengers", "MS", "12")
    assert (found["first"], found["last"], found["rows"], found["missing rows"]) == ("1949-01", "1960-12", 144, 2)


def test_a_checkpoint_tells_its_settings_and_scores(call: Call, trained: Path) -> None:
    found = properties(call("inspect", trained, "--format", "json").stdout)
    assert (found["model"], found["members"], found["horizon"], found["hidden_size"]) == ("lstm", 1, 12, 8)
    assert isinstance(found["held out, lstm, mase"], float)


@pytest.mark.parametrize("width", [60, 100, 160])
def test_both_are_tables_for_people_that_fit_the_terminal(
    call: Call, trained: Path, airline: Path, width: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    for path in (trained, airline):
        text = call("--no-color", "inspect", path).stdout
        assert max(map(len, text.splitlines())) <= width


def test_several_files_are_inspected_together(call: Call, airline: Path, tmp_path: Path) -> None:
    lines = airline.read_text().splitlines(keepends=True)
    (tmp_path / "1.csv").write_text("".join(lines[:70]))
    (tmp_path / "2.csv").write_text(lines[0] + "".join(lines[70:]))
    done = call("inspect", "1.csv", "2.csv", "--format", "json")
    assert properties(done.stdout)["rows"] == 144
    assert json.loads(done.stdout)["data"] == ["1.csv", "2.csv"]
