"""`rnncast report`: one page on data, backtest, forecast and training."""

import os
import shlex
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from rnncast import registry
from rnncast.cli import choosing, helping, options
from rnncast.cli.options import Talk, whole

if TYPE_CHECKING:
    from rnncast.api import Forecaster
    from rnncast.reading import Reading
    from rnncast.reporting import Asked

OUTPUT = "report.html"
LEVELS = (50, 80, 95)
"""Intervals that are drawn unless others are asked for, in percent."""


@click.command(
    cls=helping.Command,
    short_help="Write one page on data, backtest and forecast.",
    epilog="Example: rnncast report sales.csv --series north -o sales.html",
)
@click.argument("data", nargs=-1)
@choosing.checkpoint_option
@click.option("-o", "--output", default=OUTPUT, show_default=True, metavar="FILE", help="Where the page goes.")
@click.option("--series", metavar="ID", multiple=True,
              help="Series to draw, besides the best and the worst where there are more than 8; repeat.")  # fmt: skip
@options.horizon_option
@options.levels_option("Prediction intervals", otherwise="50,80,95")
@click.option("--windows", metavar="N", type=whole(1),
              help="Number of origins of the backtest.  [default: as many as fit]")  # fmt: skip
@options.stride_option
@click.option("--baseline", "baselines", metavar="NAME", multiple=True, type=click.Choice([*registry.EVERY_BASELINE]),
              help="Baseline beside the model; repeat.  [default: all but those of the extra 'stats']")  # fmt: skip
@click.option("--future-data", metavar="FILE", help="Values of the covariates that are known ahead.")
@options.data_options
@choosing.anchor_option
@options.run_options
@options.talk_options
@click.pass_obj
def report(
    talk: Talk,
    /,
    data: tuple[str, ...],
    checkpoint: str | None,
    output: str,
    series: tuple[str, ...],
    horizon: int | None,
    levels: tuple[int, ...] | None,
    windows: int | None,
    stride: int | None,
    baselines: tuple[str, ...],
    future_data: str | None,
    **settings: Any,
) -> None:
    """Write one page on DATA and what a checkpoint forecasts of them, to look at and to send on.

    The page is one file that needs no network. Without DATA it is of the data that the checkpoint was trained on,
    without a checkpoint of the embedded model.
    """
    from rnncast import reporting, saving

    saving.check_writable(output)
    asked = reporting.Asked(
        title=", ".join("standard input" if source == "-" else os.path.basename(source) for source in data),
        command=_command(click.get_current_context()),
        series=series,
        levels=tuple(sorted(set(levels or LEVELS))),
        horizon=horizon,
        windows=windows,
        stride=stride,
        baselines=baselines or None,
    )
    forecaster, tested, reading = _read(talk, data, checkpoint, future_data, asked, options.given(settings))
    talk.notes(reading.notes)
    saving.write_text(output, reporting.page(reporting.gather(forecaster, tested, reading, asked)))
    talk.note(f"Wrote {output}.")


def _read(
    talk: Talk, data: tuple[str, ...], checkpoint: str | None, future: str | None, asked: "Asked", given: dict[str, Any]
) -> "tuple[Forecaster, Callable[[], Forecaster], Reading]":
    """Return what forecasts, what makes the one that is measured, and the data.

    The embedded model is measured as one that knows nothing of what it is measured on.
    """
    from rnncast import api

    if not choosing.is_embedded(checkpoint, data):
        forecaster, reading = choosing.load(checkpoint, data, future, given)
        return forecaster, lambda: forecaster, reading
    given |= options.given({"horizon": asked.horizon})
    reading = choosing.read(data, future, given, talk)
    forecaster = api.untrained(reading, **given)
    choosing.explain(forecaster, talk)
    return forecaster, lambda: api.untrained_before(reading, asked.windows, asked.stride, **given), reading


def _command(ctx: click.Context) -> str:
    """Return the line that asks for the same again, wherever its options came from."""
    words = ["rnncast", str(ctx.command.name)]
    for param in ctx.command.params:
        value = ctx.params.get(str(param.name))
        if value in (None, ()) or ctx.get_parameter_source(str(param.name)) == ParameterSource.DEFAULT:
            continue
        if isinstance(param, click.Argument):
            words += value
            continue
        for one in value if param.multiple else [value]:
            words += [max(param.opts, key=len), ",".join(map(str, one)) if isinstance(one, tuple) else str(one)]
    return shlex.join(words)
