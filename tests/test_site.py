"""The site of the documentation holds every page, leads nowhere else, and needs no network."""

import importlib.util
import subprocess
import sys
from pathlib import Path

import click
import command_pages
import pytest
import reference_page
import site_pages
from make_site import fetched
from site_pages import DOCS, LINK, ROOT, moved, places

import rnncast
from tests.test_docs import known_options


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the pages as Sphinx reads them."""
    folder = tmp_path_factory.mktemp("site") / "source"
    site_pages.lay_out(folder)
    return folder


def test_every_page_of_the_documentation_is_in_the_navigation() -> None:
    assert {*DOCS.rglob("*.md"), *ROOT.glob("*.md")} - set(places()) == set()


def test_the_navigation_leads_to_pages_that_are_there() -> None:
    assert [path for path in places() if not path.is_file()] == []


def test_no_two_pages_lie_in_one_place() -> None:
    assert len(set(places().values())) == len(places())


def test_every_command_has_a_page_with_all_of_its_options(commands: dict[str, click.Command]) -> None:
    pages = command_pages.pages()
    assert set(pages) == {"index", *commands}
    for name, command in commands.items():
        signatures = " ".join(line for line in pages[name].splitlines() if line.startswith("```{option} "))
        shown = {word.rstrip(",") for word in signatures.split() if word.startswith("-")}
        assert shown == {word for word in known_options(command) if word.startswith("-")} | {"-h"}
        assert f"[`{name}`]({name}.md)" in pages["index"]


def test_what_markdown_would_take_for_an_order_stays_text() -> None:
    assert command_pages.plain("'a_*' <b> [default: 1]; -h or --no-skip") == (
        r"'a\_\*' \<b\> \[default: 1\]; `-h` or `--no-skip`"
    )


def test_a_link_leads_to_the_same_page_in_the_site() -> None:
    text = "[a](../bench/README.md#accuracy), ![b](images/train.svg), [c](https://example.org/x), [d](#below)"
    assert moved(text, DOCS / "models.md", places()) == text.replace("../bench/README.md", "bench.md")
    assert moved("[a](docs/models.md)", ROOT / "README.md", places()) == "[a](models.md)"
    assert moved("[a](../checkpoint.md)", DOCS / "schemas" / "README.md", places()) == "[a](../checkpoint.md)"


def test_a_file_outside_the_site_is_named_without_a_link() -> None:
    assert moved("the [licence](LICENSE)", ROOT / "README.md", places()) == "the licence"


def test_every_link_between_pages_leads_to_a_page(source: Path) -> None:
    links = [(page, link[2]) for page in source.rglob("*.md") for link in LINK.finditer(page.read_text("utf-8"))]
    inner = [(page, target) for page, target in links if "://" not in target and target.endswith((".md", ".svg"))]
    assert len(inner) > 100
    assert [(page.name, target) for page, target in inner if not (page.parent / target).is_file()] == []


def test_every_page_stands_at_the_side(source: Path) -> None:
    home = (source / "index.md").read_text("utf-8")
    pages = {page.relative_to(source).with_suffix("") for page in source.rglob("*.md")} - {Path("index")}
    assert [page for page in pages if f"<{page}>" not in home] == []


def test_the_python_reference_has_all_that_the_package_offers() -> None:
    page = reference_page.page()
    assert [name for name in rnncast.__all__ if name[0] != "_" and f":: rnncast.{name}\n" not in page] == []
    assert ".. autofunction:: rnncast.train\n" in page
    assert ".. autoclass:: rnncast.Forecaster\n   :members:\n" in page
    assert ".. autoexception:: rnncast.RnncastError\n" in page


@pytest.mark.parametrize(
    "text",
    [
        '<script async src="https://example.org/math.js"></script>',
        "<img alt='' src='//example.org/a.png'>",
        '<link rel="stylesheet" href="http://example.org/font.css">',
        "<style>@import 'https://example.org/a.css';</style>",
        "<style>body { background: url(https://example.org/a.png) }</style>",
    ],
)
def test_what_would_be_fetched_from_elsewhere_is_found(text: str, tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text(f'<a href="https://example.org">a link</a><img src="a.png">{text}')
    assert len(fetched(tmp_path)) == 1


def test_a_link_to_elsewhere_fetches_nothing(tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text('<a href="https://example.org">a link</a><script src="a.js"></script>')
    assert fetched(tmp_path) == []


@pytest.mark.slow
@pytest.mark.skipif(importlib.util.find_spec("sphinx") is None, reason="the extra docs is not installed")
def test_the_site_builds_without_a_warning(commands: dict[str, click.Command], tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, DOCS / "make_site.py", tmp_path / "site"], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    site = tmp_path / "site"
    made = {"reference", *(f"commands/{name}" for name in ("index", *commands))}
    written = {str(place.with_suffix("")) for path, place in places().items() if path.suffix == ".md"}
    assert [page for page in made | written if not (site / f"{page}.html").is_file()] == []
    assert fetched(site) == []
    assert 'id="cmdoption-rnncast-train-horizon"' in (site / "commands" / "train.html").read_text("utf-8")
