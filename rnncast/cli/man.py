r"""`rnncast man`: the pages of the manual, made from what the commands say of themselves, as roff for `man`.

In roff a line that begins with a full stop or a quote is an order, and \ and - stand for themselves as \e and \-.
"""

import inspect
import os
import sys
from collections.abc import Iterable, Iterator

import click

from rnncast import __version__, saving
from rnncast.cli import helping, options
from rnncast.cli.options import Talk
from rnncast.errors import UsageError, nearest

STATUSES = (
    ("0", "done, or whoever read the output stopped reading"),
    ("1", "the run failed: memory, disk, divergence, a condition of --fail-if that holds, something that is broken"),
    ("2", "the input or the usage is wrong"),
    ("130", "Ctrl-C"),
    ("143", "SIGTERM"),
)
SETTINGS = (
    "A variable is named after an option: RNNCAST_HIDDEN_SIZE is --hidden-size of every command that has it. The "
    "command line comes first, then variables, then the file of --config, then the default; --print-config prints "
    "what holds."
)


@click.command(
    cls=helping.Command,
    short_help="Make the pages of the manual.",
    epilog="Example: rnncast man train | man -l -",
)
@click.argument("command", required=False)
@click.option("-o", "--output", metavar="FOLDER", help="Write all pages into a folder.")
@options.talk_options
@click.pass_obj
def man(talk: Talk, /, command: str | None, output: str | None) -> None:
    """Print the page of COMMAND, by default the program's own, as 'man -l -' reads it, or write all into a folder."""
    found = pages(click.get_current_context().find_root())
    asked = f"rnncast-{command}" if command else "rnncast"
    if asked not in found:
        known = [name.removeprefix("rnncast-") for name in found if name != "rnncast"]
        raise UsageError(f"there is no command '{command}'.", nearest(str(command), known))
    if output is None:
        click.echo(found[asked], nl=False)
        if sys.stdout.isatty():
            talk.note(f"Note: this is what man reads: {' '.join(filter(None, ('rnncast man', command)))} | man -l -")
        return
    for name, page in found.items():
        saving.write_text(os.path.join(output, f"{name}.1"), page)
    talk.note(f"Wrote {len(found)} pages into {output}.")


def pages(root: click.Context) -> dict[str, str]:
    """Return every page by its name: the program's, and one for each command."""
    program = root.command
    assert isinstance(program, click.Group), "the program is the group of its commands"
    commands = {f"rnncast-{name}": command for name, command in sorted(program.commands.items())}
    made = {name: _page(name, _of_command(command, root)) for name, command in commands.items()}
    return {"rnncast": _page("rnncast", _of_program(program, commands)), **made}


def _of_program(program: click.Group, commands: dict[str, click.Command]) -> Iterator[str]:
    yield from _name("rnncast", "forecast time series with recurrent networks")
    yield from (".SH SYNOPSIS", ".B rnncast", _plain("[OPTIONS] COMMAND [ARGS]..."))
    yield from (".SH DESCRIPTION", *_paragraphs(program.help or ""), ".SH COMMANDS")
    yield from _terms((f"{name}(1)", command.get_short_help_str(200)) for name, command in commands.items())


def _of_command(command: click.Command, root: click.Context) -> Iterator[str]:
    context = click.Context(command, info_name=command.name, parent=root)
    short = command.get_short_help_str(200).rstrip(".")
    yield from _name(f"rnncast-{command.name}", short[:1].lower() + short[1:])
    yield from (".SH SYNOPSIS", f".B rnncast {command.name}", _plain(" ".join(command.collect_usage_pieces(context))))
    yield from (".SH DESCRIPTION", *_paragraphs(command.help or ""), ".SH OPTIONS")
    for subject, records in helping.records(command, context).items():
        yield f".SS {subject}"
        yield from _terms(records)
    yield from (".SH EXAMPLE", ".nf", _plain(helping.example(command)), ".fi")


def _page(name: str, body: Iterable[str]) -> str:
    """Return a page: its head, its body, and what all pages end with."""
    head = f'.TH "{_plain(name).upper()}" "1" "" "rnncast {_plain(__version__)}" "User Commands"'
    foot = [".SH ENVIRONMENT", _plain(SETTINGS), ".SH EXIT STATUS", *_terms(STATUSES)]
    also = [] if name == "rnncast" else [".SH SEE ALSO", r".BR rnncast (1)"]
    return "\n".join([head, *body, *foot, *also]) + "\n"


def _name(name: str, what: str) -> Iterator[str]:
    yield from (".SH NAME", rf"{_plain(name)} \- {_plain(what)}")


def _terms(records: Iterable[tuple[str, str]]) -> Iterator[str]:
    """Yield what is explained, each in bold, with its text indented below it."""
    for term, text in records:
        yield from (".TP", rf"\fB{_plain(term)}\fR", _plain(text))


def _paragraphs(text: str) -> Iterator[str]:
    r"""Yield paragraphs; the lines of one that begins with \b stay as they are."""
    for number, paragraph in enumerate(inspect.cleandoc(text).split("\n\n")):
        if number:
            yield ".PP"
        if paragraph.startswith("\b"):
            yield from (".nf", *map(_plain, paragraph.split("\n")[1:]), ".fi")
        else:
            yield _plain(" ".join(paragraph.split()))


def _plain(text: str) -> str:
    """Return text that roff sets as it is."""
    escaped = " ".join(text.split("\n")).replace("\\", r"\e").replace("-", r"\-")
    return rf"\&{escaped}" if escaped.startswith((".", "'")) else escaped
