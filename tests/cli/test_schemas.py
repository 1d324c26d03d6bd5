"""What the commands print as JSON is what docs/schemas says, and nothing that it does not name."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from rnncast import health
from tests.cli.conftest import Call

SCHEMAS = Path(__file__).resolve().parents[2] / "docs" / "schemas"
FILES = sorted(SCHEMAS.glob("*.json"))


def described(text: str) -> dict[str, Any]:
    """Return a result, once it is what its schema says and has no member that the schema does not name."""
    result = json.loads(text)
    name = result["schema"].removeprefix("rnncast.").replace("/", "-")
    schema = json.loads((SCHEMAS / f"{name}.json").read_text())
    jsonschema.Draft202012Validator(schema).validate(result)
    assert set(result) <= set(schema["properties"])
    return dict(result)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_schema_is_sound_and_says_which_output_it_is_of(path: Path) -> None:
    schema = json.loads(path.read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    kind, _, version = path.stem.partition("-")
    assert schema["properties"]["schema"] == {"const": f"rnncast.{kind}/{version}"}
    assert schema["$id"] == f"urn:rnncast:{kind}:{version}"
    assert {"schema", kind} <= {*schema["required"]} <= {*schema["properties"]}
    assert f"| [{path.name}]({path.name}) |" in (SCHEMAS / "README.md").read_text()


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("forecast", ("predict", "-H", "3")),
        ("forecast", ("predict", "DATA", "-c", "default", "-H", "1", "--levels", "50")),
        ("metrics", ("evaluate",)),
        ("metrics", ("evaluate", "--per-step", "--baseline", "naive")),
        ("metrics", ("evaluate", "--per-origin", "--windows", "1", "--metric", "all")),
        ("metrics", ("evaluate", "--per-series", "--baseline", "naive")),
        ("diagnosis", ("evaluate", "--diagnose")),
        ("inspection", ("inspect", "DATA")),
        ("inspection", ("inspect", "CHECKPOINT")),
        ("series", ("generate", "--series", "2", "--length", "30", "--freq", "D")),
        ("health", ("doctor",)),
    ],
    ids=lambda value: value if isinstance(value, str) else " ".join(value),
)
def test_an_output_is_what_its_schema_says(
    call: Call, trained: Path, airline: Path, monkeypatch: pytest.MonkeyPatch, kind: str, words: tuple[str, ...]
) -> None:
    monkeypatch.setenv("RNNCAST_CHECKPOINT", str(trained))
    monkeypatch.setattr(health, "LIBRARIES", ("click",))
    paths = {"DATA": str(airline), "CHECKPOINT": str(trained)}
    done = call(*(paths.get(word, word) for word in words), "-q", "--format", "json")
    assert done.status == 0, done.stderr
    assert described(done.stdout)[kind]


def test_several_targets_and_series_are_what_the_schema_says(call: Call, tmp_path: Path) -> None:
    rows = [f"{site},{year},{year % 7},{year % 5}" for site in "ab" for year in range(1990, 2020)]
    (tmp_path / "sites.csv").write_text("\n".join(["site,year,load,warmth", *rows]))
    done = call("predict", "sites.csv", "-H", "2", "-c", "default", "-q", "--format", "json")
    forecast = described(done.stdout)["forecast"]
    assert {"site", "year", "load", "load-lo-80", "warmth-hi-95"} == {*forecast[0]} - {
        "load-hi-80", "load-lo-95", "load-hi-95", "warmth", "warmth-lo-80", "warmth-hi-80", "warmth-lo-95",
    }  # fmt: skip


def test_fitting_comparing_and_tuning_are_what_their_schemas_say(call: Call, airline: Path) -> None:
    quick = ("--model", "lstm", "--max-steps", "2", "--hidden-size", "4", "--format", "json", "-q")
    assert described(call("train", airline, "--ensemble", "1", *quick).stdout)["metrics"]
    compared = described(call("compare", airline, "--baseline", "naive", "--windows", "1", *quick).stdout)
    assert compared["metrics"][0]["rank"] == 1
    tuned = described(call("tune", airline, "--ensemble", "1", "--trials", "1", "--folds", "1", *quick).stdout)
    assert tuned["trials"][0]["state"] == "complete"


def test_a_result_that_is_not_what_its_schema_says_is_told_apart() -> None:
    health = {"schema": "rnncast.health/1", "version": "1", "health": [{"check": "a", "status": "fine", "value": ""}]}
    with pytest.raises(jsonschema.ValidationError):
        described(json.dumps(health))
