"""Options that several commands share, their types, and what is said on stderr."""

import re
import shutil
import sys
import textwrap
from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields, replace
from typing import Any

import click

from rnncast import config, registry
from rnncast.cli import helping
from rnncast.rendering.base import visible

Decorator = Callable[[Any], Any]
Parse = Callable[[str], Any]


@dataclass(frozen=True, slots=True)
class Talk:
    """Says how much is said on stderr, and whether colours are welcome."""

    quiet: bool = False
    verbose: int = 0
    colour: bool = True

    def note(self, text: str) -> None:
        """Say something on stderr that is worth knowing."""
        if not self.quiet:
            click.echo(_wrapped(visible(text)), err=True)

    def notes(self, texts: Iterable[str]) -> None:
        """Say several such things."""
        for text in texts:
            self.note(f"Note: {text}")

    def detail(self, text: str) -> None:
        """Say something on stderr that only --verbose asks for."""
        if self.verbose:
            self.note(text)


def _wrapped(text: str) -> str:
    """Return what is said, on a terminal in lines that end between words; elsewhere it stays one line."""
    if not sys.stderr.isatty():
        return text
    width = shutil.get_terminal_size().columns
    return textwrap.fill(text, width, break_long_words=False, break_on_hyphens=False)


def _set(ctx: click.Context, param: click.Parameter, value: Any) -> None:
    """Change what is said, on the program or on a command: what comes later adds to what came before."""
    talk = ctx.obj or Talk()
    change = {"colour": talk.colour and not value} if param.name == "no_color" else {str(param.name): value}
    ctx.obj = replace(talk, **change) if value else talk


def whole(least: int, most: int | None = None) -> Parse:
    """Return a parser of whole numbers from `least` to `most`."""
    upto = f"of at least {least}" if most is None else f"from {least} to {most}"

    def parse(text: str) -> int:
        if not re.fullmatch(r"\s*[+-]?[0-9]{1,18}\s*", text) or not least <= int(text) <= (most or int(text)):
            raise click.BadParameter(f"'{text}' is not a whole number {upto}.")
        return int(text)

    return parse


def separator(text: str) -> str:
    """Return what separates cells, by its name or as it is."""
    return {"tab": "\t", "\\t": "\t", "blank": " "}.get(text.lower(), text)


def several(parse: Parse) -> Parse:
    """Return a parser of values separated by commas, each read by `parse`."""
    return lambda text: tuple(parse(part) for part in text.split(","))


def number(text: str) -> float:
    """Return a finite number."""
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not abs(value) < float("inf"):
        raise click.BadParameter(f"'{text}' is not a number.")
    return value


def duration(text: str) -> float:
    """Return the seconds of a time such as 90s, 5m or 1.5h; a bare number is seconds."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*(s|m|h|)", text)
    if not match:
        raise click.BadParameter(f"'{text}' is not a time such as 90s, 5m or 1h.")
    return float(match[1]) * {"s": 1, "": 1, "m": 60, "h": 3600}[match[2]]


def together(*options: Decorator) -> Decorator:
    """Return one decorator that adds several options, in this order in the help."""

    def decorate(function: Any) -> Any:
        for option in reversed(options):
            function = option(function)
        return function

    return decorate


def given(settings: dict[str, Any]) -> dict[str, Any]:
    """Return only the settings that the user gave."""
    return {name: value for name, value in settings.items() if value is not None and value != ()}


def setting(name: str, *flags: str, text: str, otherwise: str = "", **more: Any) -> Decorator:
    """Return an option for the setting called `name`; its default stands in the help.

    Args:
        name: a field of a section of `config.Config`.
        flags: how the option is spelled.
        text: what it is, one sentence.
        otherwise: what holds where the default is open, or a word for it.
        more: what else click should know.
    """
    default = _DEFAULTS[name]
    shown = otherwise or ("" if default in (None, ()) else str(default))
    told = f"{text}  [default: {shown}]" if shown else text
    return click.option(*flags, name, cls=helping.Option, subject=_SUBJECTS[name], help=told, **more)


_SECTIONS = {section.name: getattr(config.Config(), section.name) for section in fields(config.Config)}
_DEFAULTS = {field.name: getattr(section, field.name) for section in _SECTIONS.values() for field in fields(section)}
_SUBJECTS = {field.name: helping.SECTIONS[name] for name, section in _SECTIONS.items() for field in fields(section)}
_COL: dict[str, Any] = {"metavar": "COL", "multiple": True}
_TOLD: dict[str, Any] = {"otherwise": "told from the text"}

talk_options = together(
    click.option("-q", "--quiet", is_flag=True, expose_value=False, callback=_set, help="Say nothing but errors."),
    click.option("-v", "--verbose", count=True, expose_value=False, callback=_set,
                 help="Say every choice; twice: tracebacks too."),
    click.option("--no-color", is_flag=True, expose_value=False, callback=_set, help="No colours; as NO_COLOR does."),
)  # fmt: skip

data_options = together(
    setting("target", "-t", "--target", text="Column to forecast; repeat for several.", **_COL),
    setting("time", "--time", text="Time column.", metavar="COL"),
    setting("id", "--id", text="Series id column of a long table; repeat for a compound id.", **_COL),
    setting("past_covariates", "--past", text="Covariate known in the past only; repeat.", **_COL),
    setting("future_covariates", "--future", text="Covariate known ahead; repeat.", **_COL),
    setting("static_covariates", "--static", text="Covariate constant per series; repeat.", **_COL),
    setting("category", "--category", text="Covariate whose numbers are names, such as codes; repeat.", **_COL),
    setting("date_order", "--date-order", text="Order of dates such as 01/02/2024, where no cell tells it.",
            type=click.Choice(config.DATE_ORDERS)),
    setting("time_zone", "--time-zone", text="Zone of local times, such as Europe/Berlin; follows daylight saving.",
            metavar="NAME"),
    setting("freq", "--freq", text="Frequency, a pandas offset alias: h, D, W-MON, MS, 15min.", metavar="ALIAS"),
    setting("season_length", "--season-length", text="Steps in a season, shortest first.", type=several(whole(1)),
            metavar="N[,M]"),
    setting("missing", "--missing", text="How gaps are filled; the loss never counts a filled value.",
            type=click.Choice(config.MISSING)),
    setting("outliers", "--outliers", text="What becomes of outliers in the past; scores take them as they came.",
            type=click.Choice(config.OUTLIERS)),
    setting("aggregate", "--aggregate", text="Join the rows that share a step of --freq and a series.",
            type=click.Choice(config.AGGREGATES)),
    setting("holidays", "--holidays", text="Country whose holidays are known ahead: US, or DE-BY; repeat.",
            metavar="CODE", multiple=True),
    setting("delimiter", "--delimiter", text="What separates cells: a sign, tab or blank.", metavar="SIGN",
            type=separator, **_TOLD),
    setting("decimal", "--decimal", text="What begins decimals, where numbers like 1,234 leave it open.",
            type=click.Choice(config.DECIMALS), **_TOLD),
    setting("encoding", "--encoding", text="How text is encoded, such as cp1252.", metavar="NAME", **_TOLD),
)  # fmt: skip

run_options = together(
    setting("device", "--device", text="auto, cpu, cuda, cuda:N or mps.", metavar="NAME"),
    setting("precision", "--precision", text="Number format of the network.", type=click.Choice(config.PRECISIONS)),
    setting("threads", "--threads", text="CPU threads.", otherwise="what the machine grants", type=whole(1),
            metavar="N"),
)  # fmt: skip


def bounds_options(otherwise: str = "") -> Decorator:
    """Return the options of the bounds; `otherwise` says what holds where one is not given."""
    return together(
        setting("minimum", "--min", text="Least value of forecasts and intervals.", metavar="X", type=number,
                otherwise=otherwise),
        setting("maximum", "--max", text="Largest value of forecasts and intervals.", metavar="X", type=number,
                otherwise=otherwise),
        setting("integer", "--integer/--no-integer", text="Whole numbers, in forecasts and intervals.", default=None,
                otherwise=otherwise),
    )  # fmt: skip


format_option = click.option(
    "--format", "format_name", type=click.Choice(tuple(registry.EVERY_FORMAT)),
    help="Format of the result.  [default: table on a terminal, csv in a pipe]",
)  # fmt: skip
_OUTPUT = "Write the result to a file; its ending says the format: .csv, .tsv, .json, .jsonl, .parquet, .md."
output_option = click.option("-o", "--output", metavar="FILE", help=_OUTPUT)
parts_option = click.option(
    "-o", "--output", metavar="FILE|FOLDER/", help=f"{_OUTPUT} Into a folder, named with / at its end: Parquet."
)
fail_option = click.option(
    "--fail-if", metavar="CONDITION", multiple=True, help="Leave with status 1 if it holds: 'mase > 1'; repeat."
)
stride_option = click.option(
    "--stride", metavar="N", type=whole(1), help="Steps from one origin to the next.  [default: one horizon]"
)


def levels_option(text: str, otherwise: str) -> Decorator:
    """Return the option of prediction intervals, described by `text`, and what they are `otherwise`."""
    parse = several(whole(1, 99))
    return click.option("--levels", metavar="P[,P...]", type=parse, help=f"{text}, in percent.  [default: {otherwise}]")


horizon_option = click.option(
    "-H", "--horizon", metavar="N", type=whole(1), help="Steps to forecast.  [default: as trained, or by the frequency]"
)
