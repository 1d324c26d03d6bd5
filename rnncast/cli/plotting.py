"""Charts beside a result: --plot draws them on stderr, which leaves stdout to the result, or into a picture's file."""

import os
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import click

from rnncast import registry
from rnncast.cli import helping
from rnncast.cli.options import Talk

if TYPE_CHECKING:
    from rnncast.rendering.charts.base import Gallery

TERMINAL = "-"
"""What stands for the terminal in place of a file."""

MOST_SEEN, MOST_PAINTED, MOST_FITTED = 4, 12, 2
"""Charts in a terminal, in a picture and after a fit."""

REFUSED = ("html", "jpg", "jpeg", "gif", "webp", "bmp", "tif", "tiff", "eps", "ps")
"""Endings of files that are meant to be pictures, and that nothing here draws."""

Draw = Callable[[int], "Gallery"]
"""Returns at most so many charts."""

plot_option = click.option(
    "--plot", metavar="[FILE]",
    help="Draw a chart: in the terminal, or as the picture FILE: .png, .svg, .pdf.",
)  # fmt: skip


class Command(helping.Command):
    """A command whose option --plot may stand without a file."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse the words of a call; the word after --plot is its file where it ends like a picture."""
        return super().parse_args(ctx, _joined(args))


def _joined(args: Sequence[str]) -> list[str]:
    """Return the words of a call with each --plot joined to its file, or to the terminal where it has none."""
    found, rest = [], list(args)
    while rest and rest[0] != "--":
        word = rest.pop(0)
        if word == "--plot":
            is_file = bool(rest) and ending_of(rest[0]) in (*registry.PICTURES, *REFUSED)
            word = f"--plot={rest.pop(0) if is_file else TERMINAL}"
        found.append(word)
    return found + rest


def ending_of(path: str) -> str:
    """Return the ending of a file's name, in small letters."""
    return os.path.splitext(path)[1].removeprefix(".").lower()


def check(plot: str | None) -> None:
    """Refuse a picture that cannot be drawn or written, before any work is done.

    Raises:
        UsageError: the ending is no picture's.
        DeviceError: the library that draws is not installed.
        OutputError: the file cannot be written.
    """
    if plot is None or plot == TERMINAL:
        return
    from rnncast import saving
    from rnncast.rendering import charts

    charts.check(ending_of(plot))
    saving.check_writable(plot)


def show(draw: Draw, plot: str | None, talk: Talk) -> None:
    """Draw what --plot asks for, if it does."""
    if plot is None:
        return
    if plot == TERMINAL:
        _print(draw(MOST_SEEN), talk)
        return
    from rnncast import saving
    from rnncast.rendering import charts

    saving.write(plot, charts.draw(draw(MOST_PAINTED), ending_of(plot)))
    talk.note(f"Wrote {plot}.")


def glance(draw: Draw, talk: Talk) -> None:
    """Draw a small chart where somebody looks on."""
    if sys.stderr.isatty() and not talk.quiet:
        _print(draw(MOST_FITTED), talk, is_small=True)


def _print(gallery: "Gallery", talk: Talk, is_small: bool = False) -> None:
    from rnncast.cli.output import screen_of
    from rnncast.rendering.charts import terminal

    text = terminal.render(gallery, screen_of(sys.stderr, talk), is_small)
    click.echo("\n" + text, nl=False, err=True, color=True)
