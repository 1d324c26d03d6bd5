"""`rnncast evaluate`: a rolling-origin backtest on rows that the weights have not learned from."""

from typing import Any

import click

from rnncast.cli import options
from rnncast.cli.options import Talk


@click.command(epilog="Example: rnncast evaluate sales.csv --windows 4 --stride 7 --format json")
@click.argument("data", nargs=-1)
@options.checkpoint_option
@options.horizon_option
@click.option("--windows", type=click.IntRange(1), help="Number of forecast origins. [as many as fit]")
@click.option("--stride", type=click.IntRange(1), help="Steps from one origin to the next. [one horizon]")
@click.option("--per-series", is_flag=True, help="A row for each series.")
@options.run_options
@options.output_option
@options.format_option
@click.pass_obj
def evaluate(
    talk: Talk,
    data: tuple[str, ...],
    checkpoint: str,
    horizon: int | None,
    windows: int | None,
    stride: int | None,
    per_series: bool,
    output: str | None,
    format_name: str | None,
    **run: Any,
) -> None:
    """Measure a checkpoint next to the baselines, from several origins, on rows it has not learned from.

    Without DATA: on the rows that 'rnncast train' held out. Rows that the weights know are refused.
    """
    from rnncast import api, saving
    from rnncast.cli.output import emit
    from rnncast.config import RunConfig
    from rnncast.rendering import views

    if output:
        saving.check_writable(output)
    forecaster = api.load(checkpoint, RunConfig(**options.given(run)))
    scores = forecaster.backtest(data or None, horizon, windows, stride)
    about = api.about(forecaster, data)
    table = views.series_table(scores, about) if per_series else views.scores_table(scores, about)
    emit(table, format_name, output, talk)
    talk.note(views.origins(scores))
    talk.note(views.verdict(views.plain(scores)))
