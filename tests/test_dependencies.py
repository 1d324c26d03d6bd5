"""What rnncast is built from: said, licensed, and listed for whoever wants to know."""

import json
import re
from pathlib import Path

import pytest

from bench import sbom

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / "docs" / "dependencies.md").read_text(encoding="utf-8")
DECLARED = sbom.declared()

APPROVED = re.compile(
    r"(BSD|Apache|MIT|PSF|Python Software Foundation|Zlib|0BSD|BSL|MPL|Mozilla|ISC|CC0)[-\w. ]*( License.*)?"
    r"( WITH LLVM-exception)?"
)
"""Licences that are approved by the Open Source Initiative, as metadata spell them; CC0 is a waiver."""


@pytest.mark.parametrize(("extra", "name"), [(extra, name) for extra, names in DECLARED.items() for name in names])
def test_every_dependency_stands_in_its_documentation(extra: str, name: str) -> None:
    heading = {"": "Always", "dev": "For working on rnncast"}.get(extra, "Extras")
    section = PAGE.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    rows = [line for line in section.splitlines() if line.startswith("|") and f"`{name}`" in line]
    assert rows
    assert extra in ("", "dev") or any(f"| `{extra}` |" in row for row in rows)


def test_nothing_stands_there_that_is_no_dependency() -> None:
    told = {name for line in PAGE.splitlines() if line.startswith("| `") for name in re.findall(r"`([\w-]+)`", line)}
    assert told == {name for names in DECLARED.values() for name in names} | set(DECLARED) - {"", "dev"}


@pytest.mark.parametrize("name", sbom.parts(DECLARED[""]))
def test_what_is_always_installed_has_an_approved_licence(name: str) -> None:
    licence = sbom.parts(DECLARED[""])[name].licence
    assert licence
    assert [part for part in re.split(r" AND | OR ", licence) if not APPROVED.fullmatch(part)] == []


def test_every_version_that_is_tested_is_pinned() -> None:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pins = {line.partition("==")[0].lower().replace("_", "-") for line in lines}
    assert set(sbom.parts(DECLARED[""])) - pins == set()


def test_the_bill_of_materials_lists_everything_once_and_what_needs_what(tmp_path: Path) -> None:
    sbom.main([str(tmp_path / "sbom.json")])
    bill = json.loads((tmp_path / "sbom.json").read_text())
    assert (bill["bomFormat"], bill["specVersion"]) == ("CycloneDX", "1.5")
    references = [part["bom-ref"] for part in (bill["metadata"]["component"], *bill["components"])]
    assert len(references) == len(set(references))
    assert set(DECLARED[""]) <= {part["name"] for part in bill["components"]}
    edges = {edge["ref"]: edge["dependsOn"] for edge in bill["dependencies"]}
    assert list(edges) == references
    assert {other for needed in edges.values() for other in needed} <= set(references)
    assert all(part["licenses"][0]["license"]["name"] for part in bill["components"])


def test_the_bill_of_materials_is_the_same_every_time() -> None:
    assert json.dumps(sbom.bill()) == json.dumps(sbom.bill())
