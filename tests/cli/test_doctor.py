import csv
import io
import json

import pytest

from rnncast import __version__, health
from rnncast.health import Finding
from tests.cli.conftest import Call


def test_a_sound_installation_is_told_and_gives_status_0(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "LIBRARIES", ("click", "numpy"))
    monkeypatch.setenv("RNNCAST_SEED", "2")
    done = call("doctor")
    rows = {row["check"]: row for row in csv.DictReader(io.StringIO(done.stdout))}
    assert (done.status, done.stderr) == (0, "")
    assert (rows["rnncast"]["value"], rows["RNNCAST_SEED"]["status"]) == (__version__, "ok")
    assert {"devices", "threads", "current folder", "embedded model", "numpy"} <= {*rows}


@pytest.mark.parametrize("name", ["csv", "json", "table"])
def test_what_is_broken_is_told_in_every_format_and_gives_status_1(
    call: Call, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    findings = [Finding("rnncast", "ok", "1"), Finding("torch", "broken", "OSError: no", "pip install torch")]
    monkeypatch.setattr(health, "examine", lambda variables: findings)
    done = call("doctor", "--format", name)
    assert (done.status, done.stderr) == (1, "Error: broken: torch.\nHint: pip install torch\n")
    assert "OSError: no" in done.stdout
    if name == "json":
        held = json.loads(done.stdout)
        assert (held["schema"], held["health"][1]["status"]) == ("rnncast.health/1", "broken")


def test_without_the_library_of_tables_it_is_csv(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "examine", lambda variables: [Finding("rich", "broken", "gone", "pip install rich")])
    assert (
        call("doctor", "--format", "table").stdout == "check,status,value,remedy\nrich,broken,gone,pip install rich\n"
    )
