"""Help by subject: options in groups, each under what it is about, and an example that can be pasted."""

import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

import click

OWN = "Options"
"""What the options of one command alone stand under."""

SECTIONS = {
    "data": "Data",
    "window": "Window",
    "model": "Network",
    "training": "Training",
    "bounds": "Bounds",
    "run": "Machine",
}
"""Subjects of the settings, by the section of `config.Config` that they are of."""

_OUTPUT, _GENERAL = "Output", "General"
_SHARED = {
    "list_models": SECTIONS["model"],
    "list_kinds": OWN,
    "output": _OUTPUT,
    "format_name": _OUTPUT,
    "plot": _OUTPUT,
}
"""Subjects of options that are no settings, by their names; of others see `_subject`."""

SUBJECTS = (OWN, *SECTIONS.values(), _OUTPUT, _GENERAL)
"""Subjects, in the order of the help."""

WIDEST = 24
"""Cells for an option beside its text; what is longer stands on a line of its own."""

ARGUMENTS = "rnncast.arguments"
"""Key of a context under which a command's own words lie, before they are parsed."""


class Option(click.Option):
    """An option that knows its subject."""

    def __init__(self, *declared: Any, subject: str, **more: Any) -> None:
        super().__init__(*declared, **more)
        self.subject = subject


class Command(click.Command):
    """A command whose help goes by subject."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse the words of a call, and keep them as they are."""
        ctx.meta[ARGUMENTS] = tuple(args)
        return super().parse_args(ctx, args)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write a section for each subject, the texts of all below each other."""
        groups = records(self, ctx)
        width = min(max(len(spelled) for rows in groups.values() for spelled, _ in rows), WIDEST)
        for subject, rows in groups.items():
            with formatter.section(subject):
                formatter.write_dl([(spelled.ljust(width), text) for spelled, text in rows], col_max=WIDEST)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the example, broken only where a shell goes on with the next line."""
        with formatter.section("Example"):
            indent = " " * formatter.current_indent
            lines = textwrap.wrap(example(self), formatter.width - 8, break_long_words=False, break_on_hyphens=False)
            formatter.write(indent + f" \\\n{indent}  ".join(lines) + "\n")


def example(command: click.Command) -> str:
    """Return the call that a command shows as an example."""
    return (command.epilog or "").removeprefix("Example: ")


def subjects(params: Sequence[click.Parameter]) -> dict[str, list[click.Option]]:
    """Return the options among `params` that are not hidden, by subject, both in the order of the help."""
    found: dict[str, list[click.Option]] = {subject: [] for subject in SUBJECTS}
    for param in params:
        if isinstance(param, click.Option) and not param.hidden:
            found[_subject(param)].append(param)
    return {subject: options for subject, options in found.items() if options}


def records(command: click.Command, ctx: click.Context) -> Mapping[str, list[tuple[str, str]]]:
    """Return by subject how each option is spelled, and its text."""
    groups = subjects(command.get_params(ctx))
    return {
        subject: [record for option in options if (record := option.get_help_record(ctx))]
        for subject, options in groups.items()
    }


def _subject(option: click.Option) -> str:
    """Return what an option is about: what no command sees the value of is how every command talks and is set up."""
    if isinstance(option, Option):
        return option.subject
    return _SHARED.get(str(option.name), OWN if option.expose_value else _GENERAL)
