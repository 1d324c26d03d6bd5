"""`rnncast train`: read, hold out the end, fit, report, fit on all rows, save."""

from typing import TYPE_CHECKING, Any

import click

from rnncast import config, registry
from rnncast.cli import options
from rnncast.cli.options import Duration, Numbers, Talk

if TYPE_CHECKING:
    from rnncast.api import Forecaster
    from rnncast.reading import Reading


def _list_models(ctx: click.Context, param: click.Parameter, value: bool) -> None:
    if value:
        names = {"auto": "chosen by the data (the default)"}
        names |= {name: entry.summary for name, entry in registry.MODELS.items()}
        for name, summary in names.items():
            click.echo(f"{name:8}{summary}")
        ctx.exit()


window_options = options.together(
    options.horizon_option,
    click.option("-L", "--context", "context_length", type=click.IntRange(1), help="Steps of history that are read."),
    click.option("--segment", "segment_length", type=click.IntRange(1), help="Steps that the model reads at once."),
    click.option("--lags", "num_lags", type=click.IntRange(1), help="Last values read at each origin."),
    click.option("--guess-season", type=click.IntRange(0),
                 help="Season of the naive forecast that the network corrects; 0: the level."),
    options.choice("--transform", config.TRANSFORMS, "Logarithm before all else. [auto]"),
    options.choice("--channels", config.CHANNELS, "Several targets: each by itself, or together. [independent]"),
)  # fmt: skip

model_options = options.together(
    click.option("-m", "--model", metavar="NAME", help="Model, see --list-models. [auto]"),
    click.option("--list-models", is_flag=True, is_eager=True, expose_value=False, callback=_list_models,
                 help="List the models and leave."),
    click.option("--hidden-size", type=click.IntRange(1), help="Numbers in a state."),
    click.option("--layers", "num_layers", type=click.IntRange(1), help="Recurrent layers, one above the other."),
    click.option("--dropout", type=click.FloatRange(0, 1, max_open=True), help="Share dropped between layers."),
    options.choice("--activation", config.ACTIVATIONS, "Of the vanilla rnn. [tanh]"),
    click.option("--residual/--no-residual", default=None, help="Residual paths around layers. [on]"),
    click.option("--attention/--no-attention", default=None, help="Causal attention over past states. [off]"),
)  # fmt: skip

training_options = options.together(
    click.option("--loss", type=click.Choice(tuple(registry.HEADS)), help="Training loss. [quantile]"),
    click.option("--quantiles", type=Numbers(float), help="Levels that the model learns. [nine deciles]"),
    click.option("--optimizer", type=click.Choice(tuple(registry.OPTIMIZERS)), help="[adamw]"),
    click.option("--lr", "learning_rate", type=float, help="Peak learning rate."),
    click.option("--weight-decay", type=float, help="[0.001]"),
    click.option("--clip-norm", type=float, help="Largest norm of a gradient. [1]"),
    options.choice("--schedule", config.SCHEDULES, "Learning rate after the warm-up. [cosine]"),
    click.option("--warmup", type=float, help="Share of the steps in which the rate rises. [0.1]"),
    click.option("--max-steps", type=click.IntRange(1), help="Stop after so many optimiser steps."),
    click.option("--epochs", type=click.IntRange(1), help="Stop after so many passes over all windows."),
    click.option("--patience", type=click.IntRange(1), help="Stop after so many validations without a gain."),
    click.option("--time-limit", type=Duration(), help="Stop in time, such as 90s or 5m."),
    click.option("--batch-size", type=click.IntRange(1), help="Windows a step."),
    options.choice("--origins", config.ORIGINS, "Take the loss at all origins of a window or the last. [all]"),
    click.option("--ensemble", type=click.IntRange(1), metavar="N", help="Networks, each from its own seed."),
    click.option("--seed", type=click.IntRange(0), help="[1]"),
    click.option("--test", type=click.IntRange(0), help="Rows held out to measure. [one horizon]"),
    click.option("--validation", type=click.IntRange(0), help="Rows before them to stop by. [one horizon]"),
)


@click.command(epilog="Example: rnncast train sales.csv --target units --horizon 28")
@click.argument("data", nargs=-1, required=True)
@options.data_options
@window_options
@model_options
@training_options
@options.run_options
@click.option("-o", "--output", default="rnncast.safetensors", show_default=True, metavar="FILE", help="Checkpoint.")
@options.format_option
@click.pass_obj
def train(talk: Talk, data: tuple[str, ...], output: str, format_name: str | None, **settings: Any) -> None:
    """Fit on DATA, report the error on its held-out end next to the baselines, save a checkpoint.

    DATA is one or more CSV files, plain or gzip, or - for standard input. What is not given is told
    from the data.
    """
    from rnncast import api, saving
    from rnncast.cli.output import emit
    from rnncast.cli.progress import show
    from rnncast.config import Config
    from rnncast.rendering import views

    asked = Config.of(options.given(settings))
    saving.check_writable(output)
    reading = api.read(data, asked.data)
    _say_reading(talk, reading)
    forecaster = show(api.training(reading, asked), talk)
    _say_choices(talk, forecaster)
    forecaster.save(output)
    scores = forecaster.checkpoint.report.get("scores")
    if scores:
        emit(views.metrics_table(scores, api.about(forecaster)), format_name, None, talk)
        talk.note(views.verdict(scores))
    talk.note(f"Saved {output}. Next: rnncast predict" + ("" if output == "rnncast.safetensors" else f" -c {output}"))


def _say_reading(talk: Talk, reading: "Reading") -> None:
    from rnncast.rendering import views

    talk.note(views.summary(reading))
    for note in reading.notes:
        talk.note(f"Note: {note}")


def _say_choices(talk: Talk, forecaster: "Forecaster") -> None:
    from rnncast.rendering import views

    for line in views.choices(forecaster.checkpoint.config):
        talk.detail(line)
