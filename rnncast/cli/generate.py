"""`rnncast generate`: made-up series as a table."""

from typing import Any

import click

from rnncast import registry
from rnncast.cli import helping, options
from rnncast.cli.options import Talk, several, whole

MOST_STEPS, MOST_IN_A_SEASON = 1_000_000, 100_000
_N: dict[str, Any] = {"metavar": "N", "show_default": True}


def _list_kinds(ctx: click.Context, param: click.Parameter, value: bool) -> None:
    if value and not ctx.resilient_parsing:
        width = max(map(len, registry.GENERATORS)) + 2
        for name, entry in registry.GENERATORS.items():
            click.echo(f"{name:{width}}{entry.summary}")
        ctx.exit()


@click.command(
    cls=helping.Command,
    short_help="Make up series, of many kinds, as a table.",
    epilog="Example: rnncast generate --series 100 --length 200 --freq MS -o made.csv",
)
@click.option("--series", "count", type=whole(1), default="10", help="Number of series.", **_N)
@click.option("--length", type=whole(2, MOST_STEPS), default="240", help="Steps of each.", **_N)
@click.option(
    "--freq",
    metavar="ALIAS",
    default="MS",
    show_default=True,
    help="Frequency, a pandas offset alias: h, D, W-MON, MS, 15min.",
)
@click.option(
    "--season-length",
    metavar="N[,M]",
    type=several(whole(1, MOST_IN_A_SEASON)),
    default=None,
    help="Steps in a season; 1: no season.  [default: by the frequency]",
)
@click.option(
    "--start",
    metavar="DATE",
    default="2000-01-01",
    show_default=True,
    help="Date; the series begin at the first step from there on.",
)
@click.option(
    "--kind",
    "kinds",
    metavar="NAME",
    multiple=True,
    help="Kind of series, see --list-kinds; repeat.  [default: all of them]",
)
@click.option(
    "--list-kinds",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_list_kinds,
    help="List the kinds and leave.",
)
@click.option("--seed", type=whole(0), default="0", help="Seed of all chance.", **_N)
@options.output_option
@click.option(
    "--format",
    "format_name",
    type=click.Choice(tuple(registry.EVERY_FORMAT)),
    help="Format of the table.  [default: csv, else by the ending of --output]",
)
@options.talk_options
@click.pass_obj
def generate(talk: Talk, /, output: str | None, format_name: str | None, **asked: Any) -> None:
    """Make up series: a long table of unique_id, ds and y, that 'rnncast train' reads as it is.

    The same seed gives the same series. In CSV a missing value is an empty cell.
    """
    from rnncast import saving, synthetic
    from rnncast.cli.output import check, emit_parts, format_of
    from rnncast.rendering.made import made_tables

    check(output, format_name)
    request = synthetic.Request(**options.given(asked))
    chosen = format_name or (format_of(None, output) if output else "csv")
    if chosen != "csv":
        emit_parts(made_tables(request), chosen, output, talk)
    elif output is None:
        for text in synthetic.as_csv(request):
            click.echo(text, nl=False)
    else:
        saving.write_text(output, "".join(synthetic.as_csv(request)))
        talk.note(f"Wrote {output}.")
