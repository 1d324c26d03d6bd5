"""Markup: text that is escaped where it is put into a page, and elements around it.

A page is built of `Html`, which is markup already; everything else becomes text. So nothing that the data say, be it
`</script>`, can be taken for markup.
"""

import json
from html import escape
from importlib import resources
from math import floor, isfinite, log10

from rnncast.rendering.base import visible

VOID = frozenset({"input", "meta", "path", "line"})
"""Elements that hold nothing and are not closed."""

Attribute = str | int | float | bool | None


class Html(str):
    """Holds markup: what is put into a page as it is."""

    __slots__ = ()


def part_of(package: str, name: str) -> str:
    """Return the text of a file that lies in a package: a style, a script, a page to fill in."""
    return resources.files(package).joinpath(name).read_text(encoding="utf-8")


def markup(value: object) -> Html:
    """Return markup as it is, and anything else as text of a page, with what does not print spelled out."""
    return value if isinstance(value, Html) else Html(escape(visible(str(value))))


def joined(*parts: object) -> Html:
    """Return markup and texts, one after the other."""
    return Html("".join(map(markup, parts)))


def element(name: str, *children: object, **attributes: Attribute) -> Html:
    """Return an element.

    Args:
        name: its tag.
        children: what it holds, markup or text.
        attributes: by name, with `_` for `-`, and one at the end of a Python word; True stands without a value, False
            and None are left out.
    """
    said = "".join(_said(key.rstrip("_").replace("_", "-"), value) for key, value in attributes.items())
    if name in VOID:
        return Html(f"<{name}{said}/>")
    return Html(f"<{name}{said}>{joined(*children)}</{name}>")


def _said(name: str, value: Attribute) -> str:
    if value is None or value is False:
        return ""
    return f" {name}" if value is True else f' {name}="{markup(value)}"'


def data(value: object) -> Html:
    """Return plain values as a script that is none, from which JSON is read; nothing in it can end it."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return element("script", Html(text), type="application/json")


def section(name: str, title: str, *children: object) -> Html:
    """Return a section of the page, to which its title in the contents leads."""
    return element("section", element("h2", title, id=name), *children, aria_labelledby=name)


def paragraph(*parts: object) -> Html:
    """Return a paragraph."""
    return element("p", *parts)


def number(value: float) -> str:
    """Return a number as a sentence has it, with four digits that count."""
    if not isfinite(value):
        return "unknown"
    size = floor(log10(abs(value))) if value else 0
    return f"{value:.4g}" if size < -4 or size > 14 else f"{value:,.{max(0, 3 - size)}f}"
