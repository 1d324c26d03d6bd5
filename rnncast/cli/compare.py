"""`rnncast compare`: the same backtest for several models and the baselines, as a leaderboard."""

from typing import TYPE_CHECKING, Any

import click

from rnncast import registry
from rnncast.cli import fitting, helping, options
from rnncast.cli.options import Talk, whole
from rnncast.errors import OutputError, UsageError

if TYPE_CHECKING:
    from rnncast.keeping import Keep

KEPT = "rnncast-compare"
"""Folder in which fits lie until a comparison is done."""


@click.command(
    cls=helping.Command,
    short_help="Rank several models and the baselines.",
    epilog="Example: rnncast compare sales.csv --model lstm --model gru --windows 4 --ensemble best.safetensors",
)
@click.argument("data", nargs=-1, required=True)
@click.option(
    "-m", "--model", "models", metavar="NAME", multiple=True,
    help=f"Model, see --list-models; '{registry.EMBEDDED}' is the embedded one as it is; repeat.  "
    f"[default: auto, lstm, gru, mlp, {registry.EMBEDDED}]",
)  # fmt: skip
@fitting.list_models_option
@click.option("--baseline", "baselines", metavar="NAME", multiple=True, help="Baseline; repeat.  [default: all usual]")
@click.option("--windows", metavar="N", type=whole(1), help="Number of forecast origins.  [default: 5, or as many fit]")
@options.stride_option
@click.option("--refit", is_flag=True, help="Fit anew at each origin, not once before the first.")
@click.option("--top", metavar="N", type=whole(1), help="Models in the ensemble.  [default: 3]")
@click.option(
    "--ensemble", "kept_ensemble", metavar="FILE", help="Checkpoint of a weighted ensemble of the best models."
)
@click.option("--keep", metavar="FOLDER", help=f"Keep the fits.  [default: in {KEPT} until done, to go on from there]")
@options.data_options
@fitting.window_options
@fitting.network_options
@fitting.training_options
@fitting.time_limit_option
@options.bounds_options()
@options.fail_option
@options.run_options
@options.output_option
@options.format_option
@options.talk_options
@click.pass_obj
def compare(
    talk: Talk,
    /,
    data: tuple[str, ...],
    models: tuple[str, ...],
    baselines: tuple[str, ...],
    windows: int | None,
    stride: int | None,
    refit: bool,
    top: int | None,
    kept_ensemble: str | None,
    keep: str | None,
    fail_if: tuple[str, ...],
    output: str | None,
    format_name: str | None,
    **settings: Any,
) -> None:
    """Measure several models and the baselines on DATA from the same origins, and rank them.

    Each model is fitted once, on the rows before the first origin; --refit fits it anew at each. What an interrupted
    run has fitted is not fitted again. Conditions of --fail-if are of the best model.
    """
    from rnncast import api, comparing, conditions, config
    from rnncast.cli.output import check, emit
    from rnncast.cli.progress import show
    from rnncast.rendering import leaderboard, scores

    if top and not kept_ensemble:
        raise UsageError("--top is of an ensemble, and none is asked for.", "Add --ensemble FILE.")
    gates = [conditions.Condition.parse(text) for text in fail_if]
    count = (top or comparing.TOP) if kept_ensemble else 0
    names = models or comparing.MODELS, baselines or None
    asked = comparing.Asked(*names, windows, stride, refit, count)
    for path in (output, kept_ensemble):
        check(path)
    reading, settled, _ = api.prepared(data, config.Config.of(options.given(settings)), None)
    talk.notes((*reading.left_out, *reading.notes))
    kept = _keep(keep, talk)
    board = show(comparing.compare(reading, settled, asked, kept), talk)
    if kept.reused:
        talk.notes([f"fits made before are taken from {keep or KEPT}: {len(kept.reused)}."])
    about = api.source(data) | scores.plan(board.scores) | {"refit": refit}
    emit(leaderboard.leaderboard_table(board, about), format_name, output, talk)
    for line in (scores.origins(board.scores), *leaderboard.remarks(board)):
        talk.note(line)
    if keep is None:
        kept.clear()
    judged = board.scores.plain([gate.metric for gate in gates])
    failure = conditions.first_failure(gates, judged[board.best_model])
    if failure:
        raise failure
    if board.ensemble is not None and kept_ensemble:
        api.Forecaster(board.ensemble).save(kept_ensemble)
        talk.note(f"Saved {kept_ensemble}. Next: rnncast predict -c {kept_ensemble}")


def _keep(folder: str | None, talk: Talk) -> "Keep":
    """Return where fits are kept: in the folder asked for, else in the usual one if it can be made.

    Raises:
        OutputError: the folder asked for cannot be written.
    """
    from rnncast.keeping import Keep

    try:
        return Keep(folder or KEPT)
    except OutputError:
        if folder is not None:
            raise
        talk.notes([f"the folder {KEPT} cannot be made here, so an interrupted run would begin anew; see --keep."])
        return Keep(None)
