"""`rnncast inspect`: what a data file or a checkpoint holds."""

from typing import Any

import click

from rnncast.cli import options
from rnncast.cli.options import Talk


@click.command(epilog="Example: rnncast inspect sales.csv")
@click.argument("file", nargs=-1, required=True)
@options.data_options
@options.output_option
@options.format_option
@click.pass_obj
def inspect(talk: Talk, file: tuple[str, ...], output: str | None, format_name: str | None, **settings: Any) -> None:
    """Show what FILE holds: of data the columns' roles, frequency, season and gaps; of a checkpoint
    its configuration and scores."""  # noqa: D205, D209 - click shows the first paragraph
    from rnncast import api
    from rnncast.checkpoint import is_checkpoint
    from rnncast.cli.output import emit
    from rnncast.config import DataConfig
    from rnncast.rendering import views

    if len(file) == 1 and is_checkpoint(file[0]):
        emit(views.checkpoint_table(api.load(file[0]).checkpoint), format_name, output, talk)
        return
    reading = api.read(file, DataConfig(**options.given(settings)))
    emit(views.reading_table(reading), format_name, output, talk)
