"""Build the documentation as a site: `python docs/make_site.py [FOLDER]`, by default into build/site.

Every warning is an error, and so is whatever a browser would fetch from elsewhere: the site needs no network.
"""

import re
import sys
import tempfile
from pathlib import Path

from site_pages import DOCS, ROOT, lay_out

FETCHED = re.compile(
    r"""<(?:script|link|img|iframe|source|object)\b[^>]*\b(?:src|href|data)=["']?(?:https?:)?//[^>]*>"""
    r"""|url\(["']?(?:https?:)?//[^)]*\)|@import[^;]*//[^;]*;"""
)
"""What has a browser fetch something from elsewhere while it shows a page."""


def build(site: Path) -> int:
    """Build the site and return an exit status."""
    from sphinx.cmd.build import main  # with the extra `docs` alone

    with tempfile.TemporaryDirectory() as name:
        source = Path(name, "source")
        lay_out(source)
        options = ["--quiet", "--fail-on-warning", "--fresh-env", "--doctree-dir", str(Path(name, "state"))]
        return main([*options, "--conf-dir", str(DOCS / "theme"), str(source), str(site)])


def fetched(site: Path) -> list[str]:
    """Return what the pages of a site would have a browser fetch from elsewhere."""
    files = sorted(path for path in site.rglob("*") if path.suffix in (".html", ".css"))
    return [
        f"{path.name}: {found[0]}" for path in files for found in FETCHED.finditer(path.read_text(encoding="utf-8"))
    ]


if __name__ == "__main__":
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "build" / "site"
    status = build(folder)
    outside = fetched(folder)
    print("\n".join(outside) or f"Wrote {folder / 'index.html'}.")
    sys.exit(status or bool(outside))
