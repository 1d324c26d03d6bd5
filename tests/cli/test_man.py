import shutil
import subprocess
from pathlib import Path

import click
import pytest

from rnncast.cli import program
from rnncast.cli.man import _plain, pages
from tests.cli.conftest import Call

PAGES = pages(click.Context(program, info_name="rnncast", help_option_names=["-h", "--help"]))


def test_every_command_has_a_page() -> None:
    assert list(PAGES) == ["rnncast", *(f"rnncast-{name}" for name in sorted(program.commands))]


@pytest.mark.parametrize("name", PAGES)
def test_groff_sets_every_page_without_a_warning(name: str) -> None:
    if shutil.which("groff") is None:
        pytest.skip("there is no groff")
    done = subprocess.run(
        ["groff", "-man", "-Tascii", "-ww", "-P-cbou"], input=PAGES[name], capture_output=True, text=True, check=True
    )
    assert done.stderr == ""
    assert f"NAME {name} - " in " ".join(done.stdout.split())
    assert "EXIT STATUS" in done.stdout


def test_a_page_tells_all_that_help_tells(call: Call) -> None:
    page = call("man", "train").stdout
    assert page == PAGES["rnncast-train"]
    for option in program.commands["train"].params:
        if isinstance(option, click.Option):
            assert all(flag.replace("-", r"\-") in page for flag in option.opts)
    assert ".SS Network\n" in page
    assert r"rnncast train sales.csv \-\-target units \-\-horizon 28" in page


def test_what_roff_would_take_for_an_order_stays_text() -> None:
    assert _plain(".5 or a\\b") == r"\&.5 or a\eb"
    assert _plain("'x' - y") == r"\&'x' \- y"


def test_all_pages_go_into_a_folder_that_is_named(call: Call, tmp_path: Path) -> None:
    (tmp_path / "man1").mkdir()
    done = call("man", "-o", "man1")
    assert (done.status, done.stdout, done.stderr) == (0, "", f"Wrote {len(PAGES)} pages into man1.\n")
    assert {path.name: path.read_text() for path in (tmp_path / "man1").iterdir()} == {
        f"{name}.1": page for name, page in PAGES.items()
    }


def test_what_cannot_be_done_is_told(call: Call) -> None:
    assert "Hint: Did you mean 'train'?" in call("man", "trian").stderr
    done = call("man", "-o", "none")
    assert (done.status, "the folder does not exist" in done.stderr) == (1, True)
