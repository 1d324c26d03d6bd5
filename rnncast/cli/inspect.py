"""`rnncast inspect`: what a data file or a checkpoint holds."""

from typing import Any

import click

from rnncast.cli import options
from rnncast.cli.options import Talk


@click.command(short_help="Show what a data file or a checkpoint holds.", epilog="Example: rnncast inspect sales.csv")
@click.argument("file", nargs=-1, required=True)
@options.data_options
@options.output_option
@options.format_option
@options.talk_options
@click.pass_obj
def inspect(talk: Talk, /, file: tuple[str, ...], output: str | None, format_name: str | None, **settings: Any) -> None:
    """Show what FILE holds: columns, frequency, season and gaps of data, settings and scores of a checkpoint."""
    from rnncast import api
    from rnncast.cli.output import check, emit
    from rnncast.config import DataConfig
    from rnncast.rendering import views
    from rnncast.sealed import is_sealed

    check(output)
    about = api.source(file)
    if len(file) == 1 and is_sealed(file[0]):
        emit(views.checkpoint_table(api.load(file[0]).checkpoint, about), format_name, output, talk)
        return
    reading = api.read(file, DataConfig(**options.given(settings)))
    emit(views.reading_table(reading, about), format_name, output, talk)
