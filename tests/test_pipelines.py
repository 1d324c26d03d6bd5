"""The examples of docs/pipelines.md run as they stand, section by section; the fits in them are made small."""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / "docs" / "pipelines.md").read_text(encoding="utf-8")
FENCE = re.compile(r"^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)
TOOLS = ("awk", "duckdb", "jq", "make", "mlr", "parallel", "sqlite3", "xargs")
FILES = {"make": "Makefile"}
SMALL = {"MODEL": "lstm", "MAX_STEPS": "2", "HIDDEN_SIZE": "4", "ENSEMBLE": "1"}

PRINTS = {
    "Train, then predict": r"month,forecast,lo-80,hi-80,lo-95,hi-95\n(1961-0[123],.*\n){3}",
    "Formats": r"(1961-1[012]\t[\d.]+\n){3}",
    "A stream": r"(\d{4},\d{4},[\d.]+\n){2}",
    "awk": r"a year: \d{4}.*\n",
    "jq": r'"1961-07"\n(1961-0\d\n)+',
    "Miller": r"(?s)\+.*\| 1961-01 .*",
    "DuckDB": r"(?s).*1961-0[78].*",
    "SQLite": r"12\n",
    "Many files": r" *\d+\n",
    "GNU parallel": r"(?s).* total\n",
    "make": r"(?s).*rnncast predict -c airline.safetensors -q -o airline-forecast.csv\n.*",
    "A gate": r"keep the old one\n",
    "cron": r"",
}
"""What the examples of each section print, as a pattern."""


def sections() -> dict[str, list[tuple[str, str]]]:
    """Return the blocks of each section by its title: their language and text."""
    parts = re.split(r"^## (.*)\n", PAGE, flags=re.MULTILINE)[1:]
    found = {title: FENCE.findall(text) for title, text in zip(parts[::2], parts[1::2], strict=True)}
    return {title: blocks for title, blocks in found.items() if blocks}


SECTIONS = sections()


def commands(language: str, text: str) -> Iterator[str]:
    """Yield what a block runs: a script as a whole, of a crontab each line without its times."""
    if language == "sh":
        yield text
    elif language == "crontab":
        yield from (line.split(None, 5)[5] for line in text.splitlines() if re.match(r"[\d*]", line))


@pytest.fixture
def environment(tmp_path: Path, clean_env: dict[str, str]) -> dict[str, str]:
    """Return an environment in whose home folder a folder `load` has the sample data, and where fits are small."""
    if not (Path(sys.executable).parent / "rnncast").exists():
        pytest.skip("the program is not installed beside this Python")
    (tmp_path / "load").mkdir()
    shutil.copytree(ROOT / "sample_data", tmp_path / "load" / "sample_data")
    settings = {f"RNNCAST_{name}": value for name, value in SMALL.items()}
    path = f"{Path(sys.executable).parent}:{clean_env['PATH']}"
    return clean_env | settings | {"HOME": str(tmp_path), "PATH": path}


def test_every_section_with_an_example_is_expected_to_print_something() -> None:
    assert list(SECTIONS) == list(PRINTS)
    assert {language for blocks in SECTIONS.values() for language, _ in blocks} == {"sh", "make", "crontab"}


@pytest.mark.parametrize("title", SECTIONS)
def test_an_example_runs(title: str, tmp_path: Path, environment: dict[str, str]) -> None:
    text = " ".join(text for _, text in SECTIONS[title])
    missing = [tool for tool in TOOLS if re.search(rf"(^|[|;&]\s*|\n){tool} ", text) and not shutil.which(tool)]
    if missing:
        pytest.skip(f"without {', '.join(missing)}")
    printed, said = "", ""
    for language, block in SECTIONS[title]:
        if language in FILES:
            (tmp_path / "load" / FILES[language]).write_text(block)
        for command in commands(language, block):
            shell = ["bash", "-euo", "pipefail", "-c", command]
            done = subprocess.run(
                shell, cwd=tmp_path / "load", env=environment, capture_output=True, text=True, stdin=subprocess.DEVNULL
            )
            assert done.returncode == 0, done.stderr
            printed, said = printed + done.stdout, said + done.stderr
    assert re.fullmatch(PRINTS[title], printed), printed
    assert "Error" not in said.replace("Error: the condition 'mase > 0.1' holds", "")


def test_a_crontab_is_taken_line_by_line() -> None:
    assert list(commands("crontab", "PATH=/bin\n# note\n15 6 * * 1  cd ~ && rnncast doctor\n")) == [
        "cd ~ && rnncast doctor"
    ]
