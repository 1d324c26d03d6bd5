"""Options that several commands share, their types, and what is said on stderr."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import click

from rnncast import config, registry
from rnncast.rendering.base import visible

Decorator = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class Talk:
    """Says how much is said on stderr, and whether colours are welcome."""

    quiet: bool = False
    verbose: int = 0
    colour: bool = True

    def note(self, text: str) -> None:
        """Say something on stderr that is worth knowing."""
        if not self.quiet:
            click.echo(visible(text), err=True)

    def detail(self, text: str) -> None:
        """Say something on stderr that only --verbose asks for."""
        if self.verbose:
            self.note(text)


class Numbers(click.ParamType):
    """A list of numbers separated by commas."""

    def __init__(self, kind: type[int] | type[float]) -> None:
        self.kind = kind
        self.name = "N[,N...]"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the numbers as a tuple."""
        if isinstance(value, tuple):
            return value
        try:
            return tuple(self.kind(part) for part in str(value).split(","))
        except ValueError:
            self.fail(f"'{value}' is not a list of numbers such as 1,2.", param, ctx)


class Duration(click.ParamType):
    """A time such as 90s, 5m or 1.5h; a bare number is seconds."""

    name = "TIME"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the seconds."""
        match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*(s|m|h|)", str(value))
        if not match:
            self.fail(f"'{value}' is not a time such as 90s, 5m or 1h.", param, ctx)
        return float(match[1]) * {"s": 1, "": 1, "m": 60, "h": 3600}[match[2]]


def together(*options: Decorator) -> Decorator:
    """Return one decorator that adds several options, in this order in the help."""

    def decorate(function: Any) -> Any:
        for option in reversed(options):
            function = option(function)
        return function

    return decorate


def given(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return only the settings that the user gave."""
    return {name: value for name, value in settings.items() if value is not None and value != ()}


def choice(name: str, known: tuple[str, ...], text: str) -> Decorator:
    """Return an option that takes one of a few words."""
    return click.option(name, type=click.Choice(known), help=text)


data_options = together(
    click.option("-t", "--target", metavar="COL", multiple=True, help="Column to forecast; repeat for several."),
    click.option("--time", metavar="COL", help="Time column."),
    click.option("--id", metavar="COL", multiple=True, help="Series id column of a long table; repeat for several."),
    click.option("--past", "past_covariates", metavar="COL", multiple=True, help="Covariate known in the past only."),
    click.option("--future", "future_covariates", metavar="COL", multiple=True, help="Covariate known ahead."),
    click.option("--static", "static_covariates", metavar="COL", multiple=True, help="Covariate constant per series."),
    click.option("--freq", metavar="ALIAS", help="Frequency, a pandas offset alias: h, D, W-MON, MS, 15min."),
    click.option("--season-length", type=Numbers(int), help="Steps in a season, shortest first."),
    choice("--missing", config.MISSING, "How gaps are filled; the loss never counts a filled value. [interpolate]"),
)

run_options = together(
    click.option("--device", metavar="NAME", help="auto, cpu, cuda, cuda:N or mps. [auto]"),
    choice("--precision", config.PRECISIONS, "Number format of the network. [auto: fp32]"),
    click.option("--threads", type=click.IntRange(1), help="CPU threads. [what this process is granted]"),
)

format_option = click.option(
    "--format", "format_name", type=click.Choice(tuple(registry.FORMATS)), help="[table on a terminal, csv in a pipe]"
)
output_option = click.option("-o", "--output", type=click.Path(), help="Write the table to a file. [standard output]")
checkpoint_option = click.option(
    "-c", "--checkpoint", default="rnncast.safetensors", show_default=True, envvar="RNNCAST_CHECKPOINT",
    metavar="FILE", help="Checkpoint that 'rnncast train' wrote; or set RNNCAST_CHECKPOINT.",
)  # fmt: skip
horizon_option = click.option("-H", "--horizon", type=click.IntRange(1), help="Steps to forecast.")
