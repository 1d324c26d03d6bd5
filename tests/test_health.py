from pathlib import Path

import pytest

from rnncast import health, process, saving
from rnncast.errors import OutputError
from rnncast.health import Finding


def examined(monkeypatch: pytest.MonkeyPatch, *libraries: str) -> dict[str, Finding]:
    monkeypatch.setattr(health, "LIBRARIES", libraries)
    return {finding.check: finding for finding in health.examine({"RNNCAST_SEED", "RNNCAST_HIDDEN_SIZE"})}


def test_what_is_sound_is_found_sound(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    found = examined(monkeypatch, "click")
    assert {finding.status for finding in found.values()} <= {"ok", "missing", "unused"}
    assert found["threads"].value.startswith(f"{process.granted_threads()} of ")
    assert found["embedded model"].value.startswith("sha256 ")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("raise ImportError('libtorch.so: cannot open')", "ImportError: libtorch.so: cannot open"),
        ("raise SystemExit(3)", "importing it ended with status 3"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", "importing it ended by signal 11"),
        ("import time; time.sleep(9)", "importing it ended by signal 9"),
    ],
)
def test_a_library_that_is_broken_is_a_finding(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, body: str, said: str
) -> None:
    (tmp_path / "torch.py").write_text(body)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    if "sleep" in body:
        monkeypatch.setattr(health, "PATIENCE", 0.2)
    found = examined(monkeypatch, "torch")
    assert found["torch"] == Finding("torch", "broken", said, "pip install --force-reinstall torch")
    assert found["devices"].value == "cpu"


def test_nothing_is_imported_from_the_current_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "click.py").write_text("raise ImportError('not this one')")
    monkeypatch.chdir(tmp_path)
    assert examined(monkeypatch, "click")["click"].status == "ok"


def test_an_extra_that_is_missing_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    requirements = [
        "click>=8.1",
        "click>=8; extra == 'there'",
        'no-such-library>=2; extra == "gone"',
        'click; extra == "gone"',
        'mypy>=1; extra == "dev"',
    ]
    monkeypatch.setattr(health, "_requirements", lambda: requirements)
    gone, there = health._extras()
    assert gone == Finding("extra gone", "missing", "without no-such-library", "pip install 'rnncast[gone]'")
    assert (there.check, there.status, there.value[:6]) == ("extra there", "ok", "click ")


def test_a_damaged_embedded_model_is_broken(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from rnncast import embedded

    path = tmp_path / "default.safetensors"
    data = bytearray(Path(embedded.PATH).read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    monkeypatch.setattr(embedded, "PATH", str(path))
    found = health._embedded(set())
    assert (found.status, "damaged: its checksum" in found.value) == ("broken", True)
    assert health._embedded({"numpy"}).status == "missing"


def test_a_folder_that_cannot_be_written_is_broken(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: str) -> None:
        raise OutputError("it cannot be written.", "Choose another.")

    monkeypatch.setattr(saving, "check_writable", refuse)
    assert health._folder() == Finding("current folder", "broken", "it cannot be written.", "Choose another.")


def test_a_variable_that_no_option_knows_is_told() -> None:
    environment = {"RNNCAST_SEED": "2", "RNNCAST_HIDEN_SIZE": "3", "HOME": "/"}
    assert list(health._variables({"RNNCAST_SEED", "RNNCAST_HIDDEN_SIZE"}, environment)) == [
        Finding("RNNCAST_HIDEN_SIZE", "unused", "3", "did you mean RNNCAST_HIDDEN_SIZE?"),
        Finding("RNNCAST_SEED", "ok", "2"),
    ]
