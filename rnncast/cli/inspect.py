"""`rnncast inspect`: what a data file or a checkpoint holds."""

from typing import Any

import click

from rnncast.cli import options, plotting
from rnncast.cli.options import Talk


@click.command(
    cls=plotting.Command,
    short_help="Show what a data file or a checkpoint holds.",
    epilog="Example: rnncast inspect sales.csv",
)
@click.argument("file", nargs=-1, required=True)
@options.data_options
@plotting.plot_option
@options.output_option
@options.format_option
@options.talk_options
@click.pass_obj
def inspect(
    talk: Talk,
    /,
    file: tuple[str, ...],
    plot: str | None,
    output: str | None,
    format_name: str | None,
    **settings: Any,
) -> None:
    """Show what FILE holds: columns, frequency, season and gaps of data, settings and scores of a checkpoint."""
    from rnncast import api
    from rnncast.cli.output import check, emit
    from rnncast.config import DataConfig
    from rnncast.rendering import views
    from rnncast.rendering.charts.making import Excerpt, data_charts
    from rnncast.sealed import is_sealed

    check(output)
    plotting.check(plot)
    about = api.source(file)
    if len(file) == 1 and is_sealed(file[0]):
        checkpoint = api.load(file[0]).checkpoint
        panel, table = checkpoint.panel, views.checkpoint_table(checkpoint, about)
    else:
        reading = api.read(file, DataConfig(**options.given(settings)))
        panel, table = reading.panel, views.reading_table(reading, about)
    emit(table, format_name, output, talk)
    plotting.show(lambda most: data_charts(panel, Excerpt(most)), plot, talk)
