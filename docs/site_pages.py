"""The pages of the site, as Sphinx reads them.

They are those that docs/README.md leads to, which is the navigation too. All are plain Markdown that reads on its own;
here their links are turned to where the pages lie in the site. The pages of the commands and of the Python interface
are made from the code.
"""

import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import command_pages
import reference_page

from rnncast.cli import program

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
HOME = DOCS / "README.md"

SECTION = re.compile(r"^## (.+)\n((?:(?!## ).*\n?)*)", re.MULTILINE)
ENTRY = re.compile(r"^- \[([^\]]+)\]\(([^)]+)\)", re.MULTILINE)
LINK = re.compile(r"\[([^\]]*)\]\(([^)\s#]+)(#[^)\s]*)?\)")

MADE = {
    "Commands": ["All commands <commands/index>", *(f"{name} <commands/{name}>" for name in program.commands)],
    "Python": ["Reference <reference>"],
}
"""Pages that are made from the code, by the section of the navigation that they end."""


def lay_out(folder: Path) -> None:
    """Write all pages, and the files that they show, into a folder that is not there yet."""
    known = places()
    for path, there in known.items():
        (folder / there).parent.mkdir(parents=True, exist_ok=True)
        if path.suffix == ".md":
            (folder / there).write_text(moved(path.read_text(encoding="utf-8"), path, known), encoding="utf-8")
        else:
            shutil.copy(path, folder / there)
    with (folder / "index.md").open("a", encoding="utf-8") as home:
        home.writelines(_contents(known))
    (folder / "reference.md").write_text(reference_page.page(), encoding="utf-8")
    (folder / "commands").mkdir()
    for name, text in command_pages.pages().items():
        (folder / "commands" / f"{name}.md").write_text(text, encoding="utf-8")


def navigation() -> dict[str, dict[Path, str]]:
    """Return by section the pages, and what they are called there."""
    found = SECTION.findall(HOME.read_text(encoding="utf-8"))
    return {name: {(DOCS / to).resolve(): title for title, to in ENTRY.findall(text)} for name, text in found}


def places() -> dict[Path, Path]:
    """Return where each page, and each file beside the pages, lies in the site."""
    listed = (page for pages in navigation().values() for page in pages)
    beside = (path for folder in ("images", "schemas") for path in (DOCS / folder).iterdir() if path.suffix != ".md")
    return {path: _place(path) for path in (HOME, *listed, *beside)}


def _place(path: Path) -> Path:
    """Return the place of a file: as in docs/, else under its own name, a README under that of its folder."""
    if path == HOME:
        return Path("index.md")
    if path.is_relative_to(DOCS):
        return path.relative_to(DOCS)
    name = path.parent.name if path.name == "README.md" and path.parent != ROOT else path.stem
    return Path(f"{name.lower()}.md")


def moved(text: str, page: Path, known: dict[Path, Path]) -> str:
    """Return the text of a page with its links turned; a file that is not in the site is named without a link."""

    def turned(link: re.Match[str]) -> str:
        target = (page.parent / link[2]).resolve()
        if target in known:
            return f"[{link[1]}]({os.path.relpath(known[target], known[page].parent)}{link[3] or ''})"
        return link[1] if target.exists() else link[0]

    return LINK.sub(turned, text)


def _contents(known: dict[Path, Path]) -> Iterator[str]:
    """Yield a table of contents for each section, which stands at the side of every page."""
    for name, pages in navigation().items():
        entries = [f"{title} <{known[page].with_suffix('')}>" for page, title in pages.items()]
        yield "\n".join(["\n```{toctree}", ":hidden:", f":caption: {name}\n", *entries, *MADE.get(name, ()), "```\n"])
