"""The pages of the commands, as Markdown for Sphinx: what commands say of themselves, as their help and `man` do."""

import inspect
import re
from collections.abc import Iterable, Iterator

import click

from rnncast.cli import helping, program
from rnncast.cli.man import SETTINGS, STATUSES

MARKUP = re.compile(r"([\\`*_<>\[\]{}$#|~])")
"""Signs that Markdown may read as orders."""
OPTION = re.compile(r"(?<![\w-])--?[A-Za-z][\w-]*")


def pages() -> dict[str, str]:
    """Return the text of each page by its name: a command's, and `index` for all of them."""
    root = click.Context(program, info_name="rnncast", **program.context_settings)
    made = {name: "\n".join(_of_command(command, root)) for name, command in program.commands.items()}
    return {"index": "\n".join(_of_all(program.commands)), **made}


def _of_all(commands: dict[str, click.Command]) -> Iterator[str]:
    yield "# Commands\n"
    named = {f"[`{name}`]({name}.md)": command.get_short_help_str(200) for name, command in commands.items()}
    yield from _table("command", "does", named.items())
    yield f"\n## Settings\n\n{plain(SETTINGS)}\n\n## Exit status\n"
    yield from _table("status", "when", STATUSES)


def _of_command(command: click.Command, root: click.Context) -> Iterator[str]:
    context = click.Context(command, info_name=command.name, parent=root)
    yield f"# rnncast {command.name}\n\n{plain(inspect.cleandoc(command.help or ''))}\n"
    yield from _block("text", " ".join(("rnncast", str(command.name), *command.collect_usage_pieces(context))))
    yield "For example:\n"
    yield from _block("sh", helping.example(command))
    yield from _block(f"{{program}} rnncast {command.name}")
    for subject, records in helping.records(command, context).items():
        yield f"## {subject}\n"
        for spelled, text in records:
            yield from _block(f"{{option}} {spelled.replace(' / ', ', ')}", plain(text))


def _block(kind: str, text: str = "") -> Iterator[str]:
    yield f"```{kind}\n{text}\n```\n"


def _table(first: str, second: str, rows: Iterable[tuple[str, str]]) -> Iterator[str]:
    yield f"| {first} | {second} |\n| --- | --- |"
    yield from (f"| {left} | {plain(right)} |" for left, right in rows)


def plain(text: str) -> str:
    """Return text that Markdown sets as it is, with options as code."""
    return OPTION.sub(r"`\g<0>`", MARKUP.sub(r"\\\1", text))
