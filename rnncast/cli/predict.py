"""`rnncast predict`: forecast from the end of the data."""

from typing import Any

import click

from rnncast.cli import options
from rnncast.cli.options import Numbers, Talk


@click.command(epilog="Example: rnncast predict sales.csv --levels 80,95 --format csv -o forecast.csv")
@click.argument("data", nargs=-1)
@options.checkpoint_option
@options.horizon_option
@click.option("--levels", type=Numbers(int), default="80,95", show_default=True, help="Prediction intervals, percent.")
@click.option("--future-data", metavar="FILE", help="Values of the covariates that are known ahead.")
@options.run_options
@options.output_option
@options.format_option
@click.pass_obj
def predict(
    talk: Talk,
    data: tuple[str, ...],
    checkpoint: str,
    horizon: int | None,
    levels: tuple[int, ...],
    future_data: str | None,
    output: str | None,
    format_name: str | None,
    **run: Any,
) -> None:
    """Forecast from the end of DATA; without DATA, from the end of what the checkpoint was trained on."""
    from rnncast import api, saving
    from rnncast.cli.output import emit
    from rnncast.config import RunConfig
    from rnncast.rendering import views

    if output:
        saving.check_writable(output)
    forecaster = api.load(checkpoint, RunConfig(**options.given(run)))
    if horizon and horizon > forecaster.horizon:
        talk.note(
            f"Note: {horizon} steps are more than the {forecaster.horizon} that the checkpoint was trained for; "
            "beyond them the forecast goes on from its own median."
        )
    forecast = forecaster.forecast(data or None, horizon, future_data)
    if not forecast.quantile_levels:
        talk.note("Note: no intervals, since a point loss learns none; train with --loss quantile for them.")
    emit(views.forecast_table(forecast, levels, api.about(forecaster, data)), format_name, output, talk)
