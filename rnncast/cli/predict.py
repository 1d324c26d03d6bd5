"""`rnncast predict`: forecast from the end of the data."""

from functools import partial
from itertools import chain
from typing import TYPE_CHECKING, Any

import click

from rnncast import process
from rnncast.cli import choosing, following, options, plotting
from rnncast.cli.options import Talk
from rnncast.cli.together import ranked
from rnncast.errors import UsageError
from rnncast.ranks import Ranks

if TYPE_CHECKING:
    from rnncast.api import Forecaster
    from rnncast.exported import Exported
    from rnncast.panel import Forecast
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
@options.parts_option
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
    from rnncast.cli.output import check, emit_parts, is_folder, part_of
    from rnncast.rendering import views
    from rnncast.rendering.charts.making import Excerpt, forecast_charts
    from rnncast.shares import Share

    asked = options.given({"minimum": minimum, "maximum": maximum, "integer": integer})
    if follow:
        following.check(data, format_name, {"--future-data": future_data, "--output": output, "--plot": plot})
        follower = choosing.fitted(checkpoint, data, options.given(settings)).follower(horizon, **asked)
        return following.follow(follower, levels or LEVELS, format_name, talk)
    with ranked(talk) as (ranks, talk):
        if (is_apart := is_folder(output)) and output is not None:
            output, format_name = part_of(output, format_name, process.place()), "parquet"
        check(output)
        plotting.check(plot)
        ranks.wait()  # until all have seen that the folder holds nothing else
        more = asked | options.given({"horizon": horizon})
        forecaster, reading = _chosen(checkpoint, (data, future_data), options.given(settings), more, talk, ranks)
        if levels and reading.panel.classes:
            raise UsageError("--levels are of numbers, and the target is of classes.", "Leave it out.")
        parts = forecaster.forecasts(reading, horizon, share=Share(ranks, is_apart), **asked)
        choosing.say_reach(talk, horizon or 0, forecaster.horizon)
        forecast = next(parts, None)
        if forecast is None:  # other ranks have all series
            return
        _say_limits(talk, reading, forecast)
        shown = sorted(set(levels or LEVELS))
        about = api.about(forecaster, choosing.name(checkpoint, data), data)
        emit_parts(views.forecast_tables(chain([forecast], parts), shown, about), format_name, output, talk)
        excerpt = partial(Excerpt, total=reading.panel.num_series)
        plotting.show(lambda most: forecast_charts(forecast, shown, excerpt(most)), plot if ranks.leads else None, talk)


def _chosen(
    checkpoint: str | None,
    data: tuple[tuple[str, ...], str | None],
    settings: dict[str, Any],
    more: dict[str, Any],
    talk: Talk,
    ranks: Ranks,
) -> "tuple[Forecaster | Exported, Reading]":
    """Return what forecasts, and what the `data` and those ahead hold, as it reads them.

    The embedded model needs to know `more` before it is made: the horizon and the bounds.
    """
    from rnncast import api

    if choosing.is_embedded(checkpoint, data[0]):
        reading = choosing.read(*data, settings | more, talk, ranks)
        forecaster = api.untrained(reading, **settings, **more)
        choosing.explain(forecaster, talk)
        talk.notes(reading.notes)
        return forecaster, reading
    found = choosing.load_any(checkpoint, *data, settings, ranks)
    talk.notes(found[1].notes)
    return found


def _say_limits(talk: Talk, reading: "Reading", forecast: "Forecast") -> None:
    """Say which bounds the past breaks, and that a point loss learns no intervals."""
    from rnncast.rendering import views

    talk.notes(views.broken_bounds(reading.panel, forecast.bounds))
    if not forecast.quantile_levels and not forecast.panel.classes:
        talk.note("Note: no intervals, since a point loss learns none; train with --loss quantile for them.")
