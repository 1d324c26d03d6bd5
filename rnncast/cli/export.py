"""`rnncast export`: the checkpoint as an ONNX file."""

import click

from rnncast.cli import choosing, helping, options
from rnncast.cli.options import Talk


@click.command(
    cls=helping.Command,
    short_help="Write the checkpoint as an ONNX file.",
    epilog="Example: rnncast export forecaster.onnx -c rnncast.safetensors",
)
@click.argument("output", metavar="FILE.onnx")
@click.option("-c", "--checkpoint", envvar="RNNCAST_CHECKPOINT", default=choosing.CHECKPOINT, show_default=True,
              metavar="FILE", help="Checkpoint that 'rnncast train' wrote, or set RNNCAST_CHECKPOINT.")  # fmt: skip
@options.horizon_option
@click.option("--anchor", type=click.Choice(("keep", "none")), default="keep", show_default=True,
              help="keep: the graph reads the forecast of the baseline that the checkpoint is blended with; "
              "none: it goes without, and needs raw values alone.")  # fmt: skip
@options.bounds_options(otherwise="as trained")
@options.talk_options
@click.pass_obj
def export(
    talk: Talk,
    /,
    output: str,
    checkpoint: str,
    horizon: int | None,
    anchor: str,
    minimum: float | None,
    maximum: float | None,
    integer: bool | None,
) -> None:
    """Write a checkpoint as FILE.onnx, which reads raw values and gives forecasts, without Python.

    Scaling, seasons, gaps, quantiles and bounds are inside. Its forecasts are compared with torch's on the
    checkpoint's own rows before the file is written. 'rnncast predict -c FILE.onnx DATA' runs it. Needs the extra
    'export'.
    """
    from dataclasses import replace

    from rnncast import api, exporting, sealed
    from rnncast.cli.output import check

    check(output)
    kept = api.load(checkpoint).checkpoint
    bounds = options.given({"minimum": minimum, "maximum": maximum, "integer": integer})
    asked = exporting.Asked(
        horizon=horizon, bounds=replace(kept.config.bounds, **bounds), without_anchor=anchor == "none"
    )
    found = exporting.export(output, kept, sealed.content(checkpoint), asked)
    about = found.about
    if about.anchor is not None:
        talk.note(
            f"Note: the checkpoint is blended with the baseline '{about.anchor}', whose forecast the graph reads as "
            "its input 'anchor'; rnncast predict gives it. With --anchor none the graph goes without."
        )
    if about.left_out is not None:
        talk.note(
            f"Note: the baseline '{about.left_out}' is left out, as asked for: forecasts are not those of {checkpoint}."
        )
    talk.note(
        f"Wrote {output}: it reads {', '.join(about.inputs)}, forecasts {about.horizon} steps, and agrees with torch "
        f"on {found.windows} window{'s' * (found.windows != 1)}, to {found.largest:.1g} of a value."
    )
