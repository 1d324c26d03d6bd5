"""Every promise is in the table, with tests that exist, that name it, and that are all of those."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from rnncast import cli, errors
from rnncast.__main__ import INTERRUPTED
from rnncast.errors import RnncastError

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / "docs" / "reliability.md").read_text(encoding="utf-8")
PROMISES = [f"P{number}" for number in range(1, 19)]
TERMINATED = 143


def rows() -> dict[str, set[str]]:
    """Return the tests that the table names for each promise."""
    found = re.findall(r"^\| \*\*(P\d+)\*\* .*\|(.*)\|$", PAGE, re.MULTILINE)
    return {promise: set(re.findall(r"`([^`]+::[^`]+)`", tests)) for promise, tests in found}


def marked() -> Iterator[tuple[str, str]]:
    """Yield the promise and the name of every test that names one."""
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            for call in node.decorator_list if isinstance(node, ast.FunctionDef) else ():
                match call:
                    case ast.Call(func=ast.Attribute(attr="promise"), args=[ast.Constant(value=str(promise))]):
                        yield promise, f"{path.relative_to(ROOT / 'tests').as_posix()}::{node.name}"


def statuses(text: str) -> set[int]:
    """Return the exit statuses in the table of a text."""
    return {int(number) for number in re.findall(r"^\| (\d+) +\|", text, re.MULTILINE)}


def test_every_promise_has_a_row_and_a_test() -> None:
    assert list(rows()) == PROMISES
    assert all(rows().values())


@pytest.mark.parametrize("promise", PROMISES)
def test_the_tests_in_the_table_are_those_that_name_the_promise(promise: str) -> None:
    assert rows()[promise] == {test for named, test in marked() if named == promise}


@pytest.mark.promise("P13")
@pytest.mark.parametrize("page", ["README.md", "docs/reliability.md"])
def test_the_exit_statuses_in_the_documents_are_those_of_the_code(page: str) -> None:
    section = (ROOT / page).read_text(encoding="utf-8").partition("\n## Exit status\n")[2].partition("\n## ")[0]
    assert statuses(section) == statuses(cli.__doc__ or "") == {0, 1, 2, INTERRUPTED, TERMINATED}


@pytest.mark.promise("P13")
def test_every_kind_of_error_has_a_status_of_the_table() -> None:
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, RnncastError)]
    assert {kind.exit_status for kind in kinds} == {1, 2}
    tree = dict(re.findall(r"(\w+Error) +\((\d)\)", errors.__doc__ or ""))
    assert tree == {kind.__name__: str(kind.exit_status) for kind in kinds if kind is not RnncastError}
