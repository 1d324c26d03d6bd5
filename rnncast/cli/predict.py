"""`rnncast predict`: forecast from the end of the data."""

from itertools import chain
from typing import TYPE_CHECKING, Any

import click

from rnncast.cli import choosing, following, options, plotting
from rnncast.cli.options import Talk
from rnncast.errors import UsageError

if TYPE_CHECKING:
    from rnncast.api import Forecaster
    from rnncast.exported import Exported
    from rnncast.reading import Reading

LEVELS = (80, 95)
"""Intervals that are given unless others are asked for, in percent."""


@click.command(
    cls=plotting.Command,
    short_help="Forecast from the end of the data.",
    epilog="Example: rnncast predict sales.csv --levels 80,95 -o forecast.csv",
)
@click.argument("data", nargs=-1)
@choosing.checkpoint_option
@options.horizon_option
@options.levels_option("Prediction intervals", otherwise="80,95")
@options.data_options
@choosing.anchor_option
@click.option("--future-data", metavar="FILE", help="Values of the covariates that are known ahead.")
@options.bounds_options(otherwise="as trained")
@options.run_options
@plotting.plot_option
@options.output_option
@options.format_option
@following.follow_option
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
    plot: str | None,
    output: str | None,
    format_name: str | None,
    follow: bool,
    **settings: Any,
) -> None:
    """Forecast from the end of DATA; without DATA, from the end of what the checkpoint was trained on.

    Without a checkpoint the embedded model forecasts, which is not trained on DATA; the options that tell the
    columns' roles are for it.
    """
    from rnncast import api
    from rnncast.cli.output import check, emit_parts
    from rnncast.rendering import views
    from rnncast.rendering.charts.making import Excerpt, forecast_charts

    check(output)
    plotting.check(plot)
    asked = options.given({"minimum": minimum, "maximum": maximum, "integer": integer})
    given = options.given(settings)
    if follow:
        following.check(data, format_name, {"--future-data": future_data, "--output": output, "--plot": plot})
        follower = choosing.fitted(checkpoint, data, given).follower(horizon, **asked)
        return following.follow(follower, levels or LEVELS, format_name, talk)
    if choosing.is_embedded(checkpoint, data):
        forecaster, reading = _embedded(data, future_data, given | asked | options.given({"horizon": horizon}), talk)
    else:
        forecaster, reading = choosing.load_any(checkpoint, data, future_data, given)
    talk.notes(reading.notes)
    if levels and reading.panel.classes:
        raise UsageError("--levels are of numbers, and the target is of classes.", "Leave it out.")
    parts = forecaster.forecasts(reading, horizon, **asked)
    choosing.say_reach(talk, horizon or 0, forecaster.horizon)
    forecast = next(parts)
    talk.notes(views.broken_bounds(reading.panel, forecast.bounds))
    if not forecast.quantile_levels and not forecast.panel.classes:
        talk.note("Note: no intervals, since a point loss learns none; train with --loss quantile for them.")
    shown = sorted(set(levels or LEVELS))
    about = api.about(forecaster, choosing.name(checkpoint, data), data)
    emit_parts(views.forecast_tables(chain([forecast], parts), shown, about), format_name, output, talk)
    plotting.show(
        lambda most: forecast_charts(forecast, shown, Excerpt(most, total=reading.panel.num_series)), plot, talk
    )


def _embedded(
    data: tuple[str, ...], future: str | None, settings: dict[str, Any], talk: Talk
) -> "tuple[Forecaster | Exported, Reading]":
    """Return the embedded model for the data, and these."""
    from rnncast import api

    reading = choosing.read(data, future, settings, talk)
    forecaster = api.untrained(reading, **settings)
    choosing.explain(forecaster, talk)
    return forecaster, reading
