"""`rnncast predict`: forecast from the end of the data."""

from typing import Any

import click

from rnncast.cli import choosing, options
from rnncast.cli.options import Talk, several, whole
from rnncast.errors import UsageError

LEVELS = (80, 95)
"""Intervals that are given unless others are asked for, in percent."""


@click.command(
    short_help="Forecast from the end of the data.",
    epilog="Example: rnncast predict sales.csv --levels 80,95 -o forecast.csv",
)
@click.argument("data", nargs=-1)
@choosing.checkpoint_option
@options.horizon_option
@click.option(
    "--levels",
    metavar="P[,P...]",
    type=several(whole(1, 99)),
    help="Prediction intervals, in percent.  [default: 80,95]",
)
@options.data_options
@choosing.anchor_option
@click.option("--future-data", metavar="FILE", help="Values of the covariates that are known ahead.")
@options.bounds_options(otherwise="as trained")
@options.run_options
@options.output_option
@options.format_option
@options.talk_options
@click.pass_obj
def predict(
    talk: Talk,
    /,
    data: tuple[str, ...],
    checkpoint: str | None,
    horizon: int | None,
    levels: tuple[int, ...],
    future_data: str | None,
    minimum: float | None,
    maximum: float | None,
    integer: bool | None,
    output: str | None,
    format_name: str | None,
    **settings: Any,
) -> None:
    """Forecast from the end of DATA; without DATA, from the end of what the checkpoint was trained on.

    Without a checkpoint the embedded model forecasts, which is not trained on DATA; the options that tell the
    columns' roles are for it.
    """
    from rnncast import api
    from rnncast.cli.output import check, emit
    from rnncast.rendering import views

    check(output)
    asked = options.given({"minimum": minimum, "maximum": maximum, "integer": integer})
    given = options.given(settings)
    if choosing.is_embedded(checkpoint, data):
        given |= asked | options.given({"horizon": horizon})
        reading = choosing.read(data, future_data, given, talk)
        forecaster = api.untrained(reading, **given)
        choosing.explain(forecaster, talk)
    else:
        forecaster, reading = choosing.load(checkpoint, data, future_data, given)
    talk.notes(reading.notes)
    if horizon and horizon > forecaster.horizon:
        talk.note(
            f"Note: {horizon} steps are more than the {forecaster.horizon} that the checkpoint was trained for; "
            "beyond them the forecast goes on from what it forecast."
        )
    forecast = forecaster.forecast(reading, horizon, **asked)
    talk.notes(views.broken_bounds(reading.panel, forecast.bounds))
    if levels and forecast.panel.classes:
        raise UsageError("--levels are of numbers, and the target is of classes.", "Leave it out.")
    if not forecast.quantile_levels and not forecast.panel.classes:
        talk.note("Note: no intervals, since a point loss learns none; train with --loss quantile for them.")
    table = views.forecast_table(
        forecast, sorted(set(levels or LEVELS)), api.about(forecaster, choosing.name(checkpoint, data), data)
    )
    emit(table, format_name, output, talk)
