"""`rnncast train`: read, hold out the end, fit, report, fit on all rows, save."""

from typing import Any

import click

from rnncast import config, registry
from rnncast.cli import choosing, options
from rnncast.cli.options import Talk, duration, number, setting, several, whole
from rnncast.errors import UsageError


def _list_models(ctx: click.Context, param: click.Parameter, value: bool) -> None:
    if value:
        names = {"auto": "chosen by the data (the default)"}
        names |= {name: entry.summary for name, entry in registry.MODELS.items()}
        width = max(map(len, names)) + 2
        for name, summary in names.items():
            click.echo(f"{name:{width}}{summary}")
        ctx.exit()


_N: dict[str, Any] = {"metavar": "N", "type": whole(1)}
_ROWS: dict[str, Any] = {"metavar": "N", "type": whole(0), "otherwise": "one horizon, less where series are short"}
_X: dict[str, Any] = {"metavar": "X", "type": number}
_BY_DATA: dict[str, Any] = {"otherwise": "by the data"}

window_options = options.together(
    setting("horizon", "-H", "--horizon", text="Steps to forecast.", otherwise="by the frequency", **_N),
    setting("context_length", "-L", "--context", text="Steps of history that the model reads.", **_N, **_BY_DATA),
    setting("segment_length", "--segment", text="Steps that the model reads at once.", **_N, **_BY_DATA),
    setting("num_lags", "--lags", text="Last values read at each origin.", **_N, **_BY_DATA),
    setting("guess_season", "--guess-season", text="Season of the naive forecast that the network corrects; 0: none.",
            metavar="N", type=whole(0), **_BY_DATA),
    setting("transform", "--transform", text="Logarithm of the values first.", type=click.Choice(config.TRANSFORMS)),
    setting("scaling", "--scaling", text="Level and spread at each origin, the level alone, or a whole series'.",
            type=click.Choice(config.SCALINGS)),
    setting("channels", "--channels", text="Several targets: each by itself, or together.",
            type=click.Choice(config.CHANNELS)),
)  # fmt: skip

model_options = options.together(
    setting("model", "-m", "--model", text="Model, see --list-models.", metavar="NAME"),
    click.option("--list-models", is_flag=True, is_eager=True, expose_value=False, callback=_list_models,
                 help="List the models and leave."),
    setting("hidden_size", "--hidden-size", text="Numbers in a state.", **_N, **_BY_DATA),
    setting("num_layers", "--layers", text="Recurrent layers, one above the other.", **_N, **_BY_DATA),
    setting("dropout", "--dropout", text="Share dropped between layers.", **_X, **_BY_DATA),
    setting("activation", "--activation", text="Of the vanilla rnn.", type=click.Choice(config.ACTIVATIONS)),
    setting("residual", "--residual/--no-residual", text="Residual paths around layers.", otherwise="on", default=None),
    setting("skip", "--skip/--no-skip", text="Linear path from lags to forecast.", otherwise="on", default=None),
    setting("attention", "--attention/--no-attention", text="Causal attention over past states.", otherwise="off",
            default=None),
    setting("option", "--option", text="Option of the model's own, see the docs; repeat.", metavar="KEY=VALUE",
            multiple=True),
)  # fmt: skip

training_options = options.together(
    setting("loss", "--loss", text="Training loss.", type=click.Choice(tuple(registry.HEADS))),
    setting("quantiles", "--quantiles", text="Levels that the model learns.", otherwise="nine deciles",
            metavar="Q[,Q...]", type=several(number)),
    setting("optimizer", "--optimizer", text="Optimiser.", type=click.Choice(tuple(registry.OPTIMIZERS))),
    setting("learning_rate", "--lr", text="Peak learning rate.", **_X, **_BY_DATA),
    setting("weight_decay", "--weight-decay", text="Weight decay.", **_X),
    setting("clip_norm", "--clip-norm", text="Largest norm of a gradient; 0: any.", **_X),
    setting("averaging", "--averaging/--no-averaging", text="Moving average of the weights.", otherwise="on",
            default=None),
    setting("schedule", "--schedule", text="Learning rate after the warm-up.", type=click.Choice(config.SCHEDULES)),
    setting("warmup", "--warmup", text="Share of the steps in which the rate rises.", **_X),
    setting("max_steps", "--max-steps", text="Stop after so many optimiser steps.", **_N, **_BY_DATA),
    setting("epochs", "--epochs", text="Stop after so many passes over all windows.", **_N),
    setting("patience", "--patience", text="Stop after so many validations without a gain.", **_N),
    setting("time_limit", "--time-limit", text="Stop in time, such as 90s or 5m.", metavar="TIME", type=duration),
    setting("batch_size", "--batch-size", text="Windows a step.", **_N, **_BY_DATA),
    setting("origins", "--origins", text="Take the loss at all origins of a window, or the last.",
            type=click.Choice(config.ORIGINS)),
    setting("ensemble", "--ensemble", text="Networks, each from its own seed.", **_N, **_BY_DATA),
    setting("seed", "--seed", text="Seed of all chance.", metavar="N", type=whole(0)),
    setting("test", "--test", text="Rows at the end kept out of the fit, to measure.", **_ROWS),
    setting("validation", "--validation", text="Rows before those, to judge the fit by.", metavar="N", type=whole(0),
            otherwise="four origins, less where series are short"),
    setting("anchor", "--anchor", text="Baseline that forecasts are blended with as validation says.",
            type=click.Choice(("auto", "none", *registry.BASELINES)), metavar="NAME"),
    setting("calibrate", "--calibrate/--no-calibrate", text="Widen intervals to what validation saw.", otherwise="on",
            default=None),
)  # fmt: skip


@click.command(
    short_help="Fit on a table, measure on its end, save a checkpoint.",
    epilog="Example: rnncast train sales.csv --target units --horizon 28",
)
@click.argument("data", nargs=-1, required=True)
@options.data_options
@window_options
@model_options
@training_options
@options.bounds_options()
@options.fail_option
@options.run_options
@click.option(
    "--from",
    "start",
    metavar="FILE",
    help="Checkpoint whose weights to start from: fine-tune it; 'default' is the embedded model.",
)
@click.option("-o", "--output", default=choosing.CHECKPOINT, show_default=True, metavar="FILE", help="Checkpoint.")
@options.format_option
@options.talk_options
@click.pass_obj
def train(
    talk: Talk,
    /,
    data: tuple[str, ...],
    fail_if: tuple[str, ...],
    start: str | None,
    output: str,
    format_name: str | None,
    **settings: Any,
) -> None:
    """Fit on DATA, report the error on its held-out end next to the baselines, save a checkpoint.

    DATA is one or more CSV files, plain or gzip, or - for standard input. What is not given is told
    from the data. If a condition of --fail-if holds, no checkpoint is written.
    """
    from rnncast import api, holdout
    from rnncast.cli.output import check, emit
    from rnncast.cli.progress import show
    from rnncast.conditions import Condition, first_failure
    from rnncast.config import Config
    from rnncast.rendering import views

    asked, conditions = Config.of(options.given(settings)), [Condition.parse(text) for text in fail_if]
    if conditions and asked.training.test == 0:
        raise UsageError("--fail-if has nothing to judge: --test 0 holds no row out.", "Leave one of the two out.")
    check(output)
    begin = start if start in (None, registry.EMBEDDED) else api.load(start)
    reading, asked, known = api.prepared(data, asked, begin)
    talk.note(views.summary(reading))
    talk.notes((*reading.left_out, *reading.notes, *views.shortfalls(reading.panel, asked)))
    forecaster = api.Forecaster(show(holdout.run(reading, asked, known), talk), asked.run)
    talk.notes(views.broken_bounds(reading.panel, forecaster.checkpoint.config.bounds))
    for line in (*forecaster.checkpoint.report["reasons"], *views.choices(forecaster.checkpoint.config)):
        talk.detail(line)
    scores = forecaster.checkpoint.report.get("scores")
    failure = first_failure(conditions, next(iter(scores.values()))) if scores else None
    if not failure:
        forecaster.save(output)
    if scores:
        emit(views.metrics_table(scores, api.about(forecaster, output, data)), format_name, None, talk)
        talk.notes(views.mixed_units(reading.panel))
        talk.note(views.verdict(scores))
    if failure:
        talk.note("No checkpoint was written.")
        raise failure
    talk.note(f"Saved {output}. Next: rnncast predict" + ("" if output == choosing.CHECKPOINT else f" -c {output}"))
