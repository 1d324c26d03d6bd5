"""`rnncast pretrain`: make the embedded model anew."""

from typing import Any

import click

from rnncast import registry
from rnncast.cli import helping, options
from rnncast.cli.options import Talk, duration, number, setting, whole

_N: dict[str, Any] = {"metavar": "N", "type": whole(1)}


@click.command(
    cls=helping.Command,
    short_help="Make the embedded model anew, from made-up series.",
    epilog="Example: rnncast pretrain m1-monthly.csv --time-limit 1h -o default.safetensors",
)
@click.argument("data", nargs=-1)
@setting("max_steps", "--max-steps", text="Optimiser steps in all.", otherwise="15000", **_N)
@setting("time_limit", "--time-limit", text="Stop in time, such as 1h; the next run goes on.", metavar="TIME",
         type=duration)  # fmt: skip
@click.option("--rows", default="8192", show_default=True, help="Steps of all series of a batch together.", **_N)
@click.option("--kind", "kinds", multiple=True, type=click.Choice(tuple(registry.GENERATORS)), metavar="NAME",
              help="Family of made-up series, as of 'rnncast generate'; repeat.  [default: all]")  # fmt: skip
@setting("hidden_size", "--hidden-size", text="Numbers in a state.", otherwise="128", **_N)
@setting("num_layers", "--layers", text="Recurrent layers, one above the other.", otherwise="2", **_N)
@setting("option", "--option", text="Option of the model 'folding', see the docs; repeat.", metavar="KEY=VALUE",
         multiple=True)  # fmt: skip
@setting("learning_rate", "--lr", text="Peak learning rate.", otherwise="0.003", metavar="X", type=number)
@setting("seed", "--seed", text="Seed of all chance.", metavar="N", type=whole(0))
@options.run_options
@click.option("--from", "start", metavar="FILE",
              help="Model whose weights to begin with; 'default' is the package's own.")  # fmt: skip
@click.option("-o", "--output", default="default.safetensors", show_default=True, metavar="FILE", help="Weights.")
@options.format_option
@options.talk_options
@click.pass_obj
def pretrain(
    talk: Talk,
    /,
    data: tuple[str, ...],
    rows: int,
    kinds: tuple[str, ...],
    start: str | None,
    output: str,
    format_name: str | None,
    **settings: Any,
) -> None:
    """Fit the embedded model to made-up series, and measure it on DATA, of which it learns nothing.

    Runs for hours in all. A run that stops leaves its state beside the output, and the next one goes on.
    """
    from rnncast import api, embedded, pretraining
    from rnncast.cli.output import check, emit
    from rnncast.cli.progress import show
    from rnncast.config import Config, DataConfig
    from rnncast.lessons import Course
    from rnncast.rendering.scores import metrics_table

    check(output)
    config = pretraining.configured(Config.of(options.given(settings)))
    panels = {path: api.read(path, DataConfig()).panel for path in data}
    course = Course(rows=rows, seed=config.training.seed, kinds=kinds)
    begun = None
    if start is not None:
        begun = embedded.load() if start == registry.EMBEDDED else embedded.load(start)
    model = show(pretraining.run(config, course, output, panels, begun), talk)
    for path, scores in model.report["scores"].items():
        talk.note(path)
        emit(metrics_table(scores, api.source([path])), format_name, None, talk)
    talk.note(f"Saved {output}, {model.report['steps']} of {config.training.max_steps} steps.")
