"""What a fit may be told: the options of windows, networks and training, shared by the commands that fit."""

from typing import Any

import click

from rnncast import config, registry
from rnncast.cli import options
from rnncast.cli.options import duration, number, setting, several, whole


def _list_models(ctx: click.Context, param: click.Parameter, value: bool) -> None:
    if value and not ctx.resilient_parsing:
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
    setting("yearly", "--yearly/--no-yearly", text="Read where in the year a step lies.",
            otherwise="days and finer steps of two years and more", default=None),
)  # fmt: skip

list_models_option = click.option(
    "--list-models", is_flag=True, is_eager=True, expose_value=False, callback=_list_models,
    help="List the models and leave.",
)  # fmt: skip
model_option = options.together(
    setting("model", "-m", "--model", text="Model, see --list-models.", metavar="NAME"), list_models_option
)

network_options = options.together(
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
    setting("loss", "--loss", text=f"Training loss: {', '.join(registry.LOSSES)}.", metavar="NAME",
            type=click.Choice(tuple(registry.LOSSES))),
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
    setting("batch_size", "--batch-size", text="Windows a step.", **_N, **_BY_DATA),
    setting("origins", "--origins", text="Take the loss at all origins of a window, or the last.",
            type=click.Choice(config.ORIGINS)),
    setting("seed", "--seed", text="Seed of all chance.", metavar="N", type=whole(0)),
    setting("validation", "--validation", text="Rows before those, to judge the fit by.", metavar="N", type=whole(0),
            otherwise="four origins, less where series are short"),
    setting("anchor", "--anchor", text="Baseline that forecasts are blended with as validation says.",
            type=click.Choice(("auto", "none", *registry.ANCHORS)), metavar="NAME"),
    setting("calibrate", "--calibrate/--no-calibrate", text="Widen intervals to what validation saw.", otherwise="on",
            default=None),
)  # fmt: skip

time_limit_option = setting("time_limit", "--time-limit", text="Stop in time, such as 90s or 5m.", metavar="TIME",
                            type=duration)  # fmt: skip
ensemble_option = setting("ensemble", "--ensemble", text="Networks, each from its own seed.", **_N, **_BY_DATA)
test_option = setting("test", "--test", text="Rows at the end kept out of the fit, to measure.", **_ROWS)
