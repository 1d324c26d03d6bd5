"""`rnncast evaluate`: a rolling-origin backtest on rows that the weights have not learned from."""

from typing import Any

import click

from rnncast.cli import choosing, options
from rnncast.cli.options import Talk, whole


@click.command(
    short_help="Measure a checkpoint on rows it has not learned from.",
    epilog="Example: rnncast evaluate sales.csv --windows 4 --stride 7 --format json",
)
@click.argument("data", nargs=-1)
@choosing.checkpoint_option
@options.horizon_option
@click.option("--windows", metavar="N", type=whole(1), help="Number of forecast origins.  [default: as many as fit]")
@click.option("--stride", metavar="N", type=whole(1), help="Steps from one origin to the next.  [default: one horizon]")
@click.option("--per-series", is_flag=True, help="A row for each series.")
@options.data_options
@choosing.anchor_option
@options.fail_option
@options.run_options
@options.output_option
@options.format_option
@options.talk_options
@click.pass_obj
def evaluate(
    talk: Talk,
    /,
    data: tuple[str, ...],
    checkpoint: str | None,
    horizon: int | None,
    windows: int | None,
    stride: int | None,
    per_series: bool,
    fail_if: tuple[str, ...],
    output: str | None,
    format_name: str | None,
    **settings: Any,
) -> None:
    """Measure a checkpoint next to the baselines, from several origins, on rows it has not learned from.

    Without DATA: on the rows that 'rnncast train' held out. Rows that the weights know are refused. Without a
    checkpoint it is the embedded model that is measured; the options that tell the columns' roles are for it.
    """
    from rnncast import api
    from rnncast.cli.output import check, emit
    from rnncast.conditions import Condition, first_failure
    from rnncast.rendering import views

    conditions = [Condition.parse(text) for text in fail_if]
    check(output)
    given = options.given(settings)
    if choosing.is_embedded(checkpoint, data):
        reading = choosing.read(data, None, given, talk)
        forecaster = api.untrained_before(reading, windows, stride, **(given | options.given({"horizon": horizon})))
        choosing.explain(forecaster, talk)
    else:
        forecaster, reading = choosing.load(checkpoint, data, None, given)
    talk.notes(reading.notes)
    scores = forecaster.backtest(reading if data else None, horizon, windows, stride)
    about = api.about(forecaster, choosing.name(checkpoint, data), data) | views.plan(scores)
    table = views.series_table(scores, about) if per_series else views.scores_table(scores, about)
    emit(table, format_name, output, talk)
    overall = scores.plain()
    talk.note(views.origins(scores))
    talk.notes(views.mixed_units(scores.panel))
    talk.note(views.verdict(overall))
    failure = first_failure(conditions, next(iter(overall.values())))
    if failure:
        raise failure
