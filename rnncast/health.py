"""Health: whether this installation can do its work, and what is wrong where it cannot.

Every library is imported in a process of its own, so that one that is broken, however badly, is a finding and not the
end of the examination.
"""

import hashlib
import math
import os
import platform
import re
import subprocess
import sys
from collections.abc import Collection, Iterator, Mapping
from difflib import get_close_matches
from importlib import metadata
from typing import Literal, NamedTuple

from rnncast import __version__, memory, process, saving
from rnncast.errors import RnncastError

LIBRARIES = ("click", "numpy", "pandas", "pyarrow", "rich", "safetensors", "torch")
"""What nothing works without, each imported under the name by which it is installed."""

PATIENCE = 120.0
"""Seconds that a library may take to be imported."""

_PROBE = """
import {name}
from importlib.metadata import version
print(version("{name}"))
"""
_PROBE_TORCH = (
    _PROBE
    + """
for number in range(torch.cuda.device_count()):
    found = torch.cuda.get_device_properties(number)
    print(f"cuda:{{number}} ({{found.name}}, {{found.total_memory / 2**30:.0f}} GiB)")
if torch.backends.mps.is_available():
    print("mps")
"""
)
_REQUIREMENT = re.compile(r"""([\w.-]+).*?(?:extra\s*==\s*['"](\w+)['"])?$""")


class Finding(NamedTuple):
    """Says how it stands with one thing; what is missing may be, what is broken is to be mended."""

    check: str
    status: Literal["ok", "missing", "unused", "broken"]
    value: str
    remedy: str = ""


def examine(variables: Collection[str]) -> Iterator[Finding]:
    """Yield what is found, thing by thing; `variables` are the known names of those that begin with RNNCAST_."""
    yield Finding("rnncast", "ok", __version__)
    yield Finding("installed in", "ok", os.path.dirname(os.path.abspath(__file__)))
    yield Finding("python", "ok", platform.python_version())
    yield Finding("system", "ok", platform.platform())
    libraries, devices = _libraries()
    yield from libraries
    yield Finding("devices", "ok", ", ".join(["cpu", *devices]))
    yield Finding("threads", "ok", f"{process.granted_threads()} of {os.cpu_count()} are granted")
    free = memory.available()
    yield Finding("memory", "ok", f"{free / 2**30:.1f} GiB are free" if math.isfinite(free) else "not told")
    yield from _extras()
    yield _folder()
    yield _embedded({finding.check for finding in libraries if finding.status == "broken"})
    yield from _variables(variables)


def _libraries() -> tuple[list[Finding], list[str]]:
    """Return how it stands with each library, and the devices that torch sees beside the CPU."""
    started = {name: _start(name) for name in LIBRARIES}
    found, devices = [], list[str]()
    for name, probe in started.items():
        output, talk = _finished(probe)
        if probe.returncode:
            remedy = f"pip install --force-reinstall {name}"
            found.append(Finding(name, "broken", _last_line(talk, probe.returncode), remedy))
            continue
        version, *rest = output.splitlines()
        found.append(Finding(name, "ok", version))
        devices += rest if name == "torch" else []
    return found, devices


def _start(name: str) -> "subprocess.Popen[str]":
    probe = (_PROBE_TORCH if name == "torch" else _PROBE).format(name=name)
    # -P: nothing is imported from the current folder.
    return subprocess.Popen(
        [sys.executable, "-P", "-W", "ignore", "-c", probe],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, errors="replace",
    )  # fmt: skip


def _finished(probe: "subprocess.Popen[str]") -> tuple[str, str]:
    try:
        return probe.communicate(timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        probe.kill()
        return probe.communicate()


def _last_line(talk: str, status: int) -> str:
    said = f"importing it ended by signal {-status}" if status < 0 else f"importing it ended with status {status}"
    return (talk.strip().splitlines() or [said])[-1]


def _extras() -> Iterator[Finding]:
    """Yield for each extra but the developers' own whether what it needs is installed."""
    needed: dict[str, list[str]] = {}
    for requirement in _requirements():
        match = _REQUIREMENT.match(requirement)
        if match and match[2] and match[2] != "dev":
            needed.setdefault(match[2], []).append(match[1])
    for extra, names in sorted(needed.items()):
        versions = {name: _version(name) for name in names}
        if all(versions.values()):
            yield Finding(f"extra {extra}", "ok", ", ".join(f"{name} {versions[name]}" for name in names))
        else:
            missing = ", ".join(name for name in names if not versions[name])
            yield Finding(f"extra {extra}", "missing", f"without {missing}", f"pip install 'rnncast[{extra}]'")


def _requirements() -> list[str]:
    try:
        return metadata.requires("rnncast") or []
    except metadata.PackageNotFoundError:  # run from its source
        return []


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def _folder() -> Finding:
    try:
        saving.check_writable("rnncast.safetensors")
    except RnncastError as error:
        return Finding("current folder", "broken", error.message, error.hint)
    return Finding("current folder", "ok", "can be written")


def _embedded(broken: set[str]) -> Finding:
    """Return whether the embedded model is whole: its checksum is held against its bytes."""
    name, remedy = "embedded model", f"pip install --force-reinstall rnncast=={__version__}"
    if broken & {"numpy", "safetensors"}:
        return Finding(name, "missing", "not read, since a library is broken")
    try:
        from rnncast import embedded

        embedded.load(embedded.PATH)
        with open(embedded.PATH, "rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
    except (RnncastError, ImportError, OSError) as error:
        return Finding(name, "broken", str(error), remedy)
    return Finding(name, "ok", f"sha256 {digest}")


def _variables(known: Collection[str], environment: Mapping[str, str] = os.environ) -> Iterator[Finding]:
    """Yield the variables that are set for this program, and those that no option is named after."""
    for name in sorted(name for name in environment if name.startswith("RNNCAST_")):
        if name in known:
            yield Finding(name, "ok", environment[name])
        else:
            close = get_close_matches(name, known, n=1)
            yield Finding(name, "unused", environment[name], f"did you mean {close[0]}?" if close else "unset it")
