from dataclasses import replace
from pathlib import Path

import pytest

import rnncast
from rnncast.checkpoint import Checkpoint
from rnncast.config import Config
from rnncast.errors import OutputError
from rnncast.keeping import Keep, name_of
from tests.making import panel_of, walk

PANEL = panel_of([walk(30)])


@pytest.fixture(scope="module")
def fit(airline: Path) -> Checkpoint:
    return rnncast.untrained(str(airline), anchor="none").checkpoint


def test_what_was_put_is_found_again_and_cleared_with_its_folder(tmp_path: Path, fit: Checkpoint) -> None:
    folder = tmp_path / "kept"
    keep = Keep(str(folder))
    assert (keep.find("one"), folder.exists()) == (None, False)
    keep.put("one", fit)
    again = Keep(str(folder))
    found = again.find("one")
    assert found is not None
    assert (found.config, again.reused) == (fit.config, ["one"])
    again.clear()
    assert not folder.exists()


def test_files_of_others_stay(tmp_path: Path, fit: Checkpoint) -> None:
    (tmp_path / "note.txt").write_text("mine")
    keep = Keep(str(tmp_path))
    keep.put("one", fit)
    keep.clear()
    assert [path.name for path in tmp_path.iterdir()] == ["note.txt"]


def test_a_damaged_fit_is_made_anew(tmp_path: Path, fit: Checkpoint) -> None:
    Keep(str(tmp_path)).put("one", fit)
    path = tmp_path / "one.safetensors"
    path.write_bytes(path.read_bytes()[:-8])
    assert Keep(str(tmp_path)).find("one") is None


def test_without_a_folder_nothing_is_kept(fit: Checkpoint) -> None:
    keep = Keep(None)
    keep.put("one", fit)
    assert keep.find("one") is None
    keep.clear()


def test_a_folder_that_cannot_be_made_is_refused_at_once(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for folder in (tmp_path / "no" / "such", tmp_path / "file" / "below"):
        with pytest.raises(OutputError, match="cannot be written"):
            Keep(str(folder))


def test_a_name_tells_rows_and_settings_apart() -> None:
    config = Config()
    changed = replace(PANEL, values=PANEL.values + 1e-9)
    cut = PANEL.truncated(PANEL.lengths - 1)
    names = [
        name_of("lstm", PANEL, config),
        name_of("gru", PANEL, config),
        name_of("lstm", changed, config),
        name_of("lstm", cut, config),
        name_of("lstm", PANEL, config.with_settings({"seed": 2})),
        name_of("lstm", PANEL, config.with_settings({"precision": "bf16"})),
    ]
    assert len(set(names)) == len(names)
    assert names[0] == name_of("lstm", replace(PANEL), Config())
    assert names[0].startswith("lstm-")
