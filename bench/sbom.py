"""The software bill of materials: what an installed rnncast consists of, as CycloneDX 1.5 JSON.

The same environment gives the same bytes: there is no time stamp and no serial number in it.
"""

import json
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from typing import Any, NamedTuple

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import rnncast
from bench.measuring import ROOT

APPROVED = "License :: OSI Approved :: "
"""How the classifier of a licence that the Open Source Initiative has approved begins."""


class Part(NamedTuple):
    """Holds an installed distribution, and the names of those that it needs."""

    found: Distribution
    needs: tuple[str, ...]

    @property
    def licence(self) -> str:
        """Return its licence as its metadata say: an SPDX expression, else names; empty where they say nothing."""
        about = self.found.metadata
        named = [text.removeprefix(APPROVED) for text in about.get_all("Classifier") or [] if text.startswith(APPROVED)]
        return about.get("License-Expression") or " OR ".join(named) or about.get("License") or ""

    @property
    def size(self) -> int:
        """Return the bytes of its files."""
        return sum(file.size or 0 for file in self.found.files or ())


def main(arguments: Sequence[str] = ()) -> None:
    """Print the bill, or write it to the file that is named."""
    text = json.dumps(bill(), indent=2) + "\n"
    if not arguments:
        print(text, end="")
        return
    with open(arguments[0], "w", encoding="utf-8") as file:
        file.write(text)


def declared() -> dict[str, tuple[str, ...]]:
    """Return the dependencies of pyproject.toml under "", and those of each extra under its name."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    sections = {"": project["dependencies"], **project["optional-dependencies"]}
    return {of: tuple(canonicalize_name(Requirement(line).name) for line in lines) for of, lines in sections.items()}


def parts(names: Sequence[str]) -> dict[str, Part]:
    """Return what is installed of some distributions and of all that they need, by name."""
    found, waiting = dict[str, Part](), list(names)
    while waiting:
        name = waiting.pop()
        if name not in found and (part := _part(name)):
            found[name] = part
            waiting += part.needs
    return dict(sorted(found.items()))


def _part(name: str) -> Part | None:
    try:
        found = distribution(name)
    except PackageNotFoundError:
        return None
    return Part(found, tuple(sorted(set(_needed(found)))))


def _needed(found: Distribution) -> Iterator[str]:
    for line in found.requires or ():
        requirement = Requirement(line)
        if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
            yield canonicalize_name(requirement.name)


def bill() -> dict[str, Any]:
    """Return the bill of what `pip install rnncast` brings, without extras."""
    direct = declared()[""]
    found = parts(direct)
    own = _component("rnncast", rnncast.__version__, "Apache-2.0", "application")
    needs = {"rnncast": sorted(direct)} | {name: list(part.needs) for name, part in found.items()}
    refs = {"rnncast": own["bom-ref"]} | {name: _reference(name, part.found.version) for name, part in found.items()}
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {"component": own},
        "components": [_component(name, part.found.version, part.licence) for name, part in found.items()],
        "dependencies": [_edges(name, needs[name], refs) for name in refs],
    }


def _component(name: str, version: str, licence: str, kind: str = "library") -> dict[str, Any]:
    reference = _reference(name, version)
    licences = [{"license": {"name": licence}}]
    return {
        "type": kind, "bom-ref": reference, "name": name, "version": version, "purl": reference, "licenses": licences,
    }  # fmt: skip


def _reference(name: str, version: str) -> str:
    return f"pkg:pypi/{name}@{version.partition('+')[0]}"


def _edges(name: str, needs: Sequence[str], refs: Mapping[str, str]) -> dict[str, Any]:
    return {"ref": refs[name], "dependsOn": [refs[other] for other in needs if other in refs]}
