"""Every format through the command line, and a new one: a file with a function, and a line in the directory board."""

import subprocess
import sys
from pathlib import Path

import pytest

from rnncast import registry
from rnncast.cli import output
from tests.cli.conftest import Call

PART = """
from rnncast.rendering.base import Screen, Table


def render(table: Table, screen: Screen) -> str:
    return "".join("- " + ", ".join(map(str, row)) + "\\n" for row in table.rows())
"""
LINE = '    "bullets": Entry("rnncast.rendering.bullets", "render", "a list"),\n'
RUN = """
import sys
from importlib.util import module_from_spec, spec_from_file_location

import rnncast

folder, *words = sys.argv[1:]
spec = spec_from_file_location("rnncast.registry", folder + "/registry.py")
rnncast.registry = sys.modules["rnncast.registry"] = module_from_spec(spec)
spec.loader.exec_module(rnncast.registry)
import rnncast.rendering

rnncast.rendering.__path__.append(folder)
from rnncast.cli import main

main(words)
"""


def test_a_new_format_is_one_function_and_one_registration(
    tmp_path: Path, root: Path, airline: Path, clean_env: dict[str, str]
) -> None:
    board = (root / "rnncast" / "registry.py").read_text()
    (tmp_path / "registry.py").write_text(board.replace("FORMATS = {\n", f"FORMATS = {{\n{LINE}", 1))
    (tmp_path / "bullets.py").write_text(PART)

    def run(*words: str) -> str:
        asked = [sys.executable, "-c", RUN, str(tmp_path), *words]
        return subprocess.run(asked, env=clean_env, cwd=tmp_path, capture_output=True, text=True, check=True).stdout

    assert run("inspect", str(airline), "-o", "result.bullets", "-q") == ""
    assert "- rows, 144\n" in (tmp_path / "result.bullets").read_text()
    assert "|bullets|" in run("predict", "--help").replace("[", "|")


@pytest.mark.parametrize("name", registry.EVERY_FORMAT)
def test_every_command_that_prints_a_table_knows_every_format(
    call: Call, airline: Path, trained: Path, name: str
) -> None:
    commands = {
        "inspect": ("inspect", airline),
        "predict": ("predict", "-c", trained, "-H", "2"),
        "evaluate": ("evaluate", "-c", trained, "--baseline", "naive"),
        "generate": ("generate", "--series", "2", "--length", "5"),
    }
    for command, words in commands.items():
        done = call(*words, "--format", name, "-o", command, "-q")
        assert (done.status, done.stdout, done.stderr) == (0, "", "")
        assert Path(command).stat().st_size


@pytest.mark.parametrize(("ending", "name"), ({name: name for name in registry.EVERY_FORMAT} | output.ENDINGS).items())
def test_the_ending_of_a_file_says_the_format(call: Call, airline: Path, ending: str, name: str) -> None:
    call("inspect", airline, "-o", f"by-ending.{ending}")
    call("inspect", airline, "-o", "as-asked", "--format", name)
    assert Path(f"by-ending.{ending}").read_bytes() == Path("as-asked").read_bytes()
