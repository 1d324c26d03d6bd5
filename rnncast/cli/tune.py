"""`rnncast tune`: settings searched by rolling-origin validation, the best trained and saved."""

from typing import Any

import click

from rnncast.cli import choosing, configuring, fitting, helping, options
from rnncast.cli.options import Talk, duration, whole
from rnncast.cli.together import ranked


@click.command(
    cls=helping.Command,
    short_help="Search settings by rolling-origin validation.",
    epilog="Example: rnncast tune sales.csv --trials 20 --study sales.log --save-config best.toml",
)
@click.argument("data", nargs=-1, required=True)
@click.option(
    "--trials", metavar="N", type=whole(1), help="Trials of the study.  [default: 20, or all of --time-limit]"
)
@click.option("--time-limit", metavar="TIME", type=duration, help="Stop the search in time, such as 90s or 5m.")
@click.option("--study", metavar="FILE|URL", help="File or database of the study: runs share it, and go on from it.")
@click.option("--metric", metavar="NAME", help="Metric that is to be low.  [default: mase]")
@click.option(
    "--criterion",
    type=click.Choice(("aic", "bic")),
    help="Information criterion that is to be low instead, see the docs.",
)
@click.option("--folds", metavar="N", type=whole(1), default="3", show_default=True, help="Fits of each trial.")
@click.option("--save-config", metavar="FILE", help="Write the best settings for 'rnncast train --config FILE'.")
@options.data_options
@fitting.window_options
@fitting.model_option
@fitting.network_options
@fitting.training_options
@fitting.ensemble_option
@fitting.test_option
@options.bounds_options()
@options.run_options
@click.option("-o", "--output", default=choosing.CHECKPOINT, show_default=True, metavar="FILE", help="Checkpoint.")
@options.format_option
@options.talk_options
@click.pass_obj
def tune(
    talk: Talk,
    /,
    data: tuple[str, ...],
    trials: int | None,
    time_limit: float | None,
    study: str | None,
    metric: str | None,
    criterion: str | None,
    folds: int,
    save_config: str | None,
    output: str,
    format_name: str | None,
    **settings: Any,
) -> None:
    """Search the settings that are not given, on the rows of DATA that are not held out, and train with the best.

    The held-out rows are looked at once, at the end. With --study an interrupted search goes on, and several runs
    share one.
    """
    from rnncast import api, saving, tuning
    from rnncast.cli.output import check, emit
    from rnncast.cli.progress import show
    from rnncast.config import Config
    from rnncast.rendering import trials as shown

    given = options.given(settings)
    with ranked(talk) as (ranks, talk):
        asked = tuning.Trials(trials, time_limit, study, metric, criterion, folds)
        for path in (output, save_config):
            check(path)
        reading, _, _ = api.prepared(data, Config.of(given), None, ranks)
        talk.notes((*reading.left_out, *reading.notes))
        found = show(tuning.search(reading, given, asked, ranks), talk)
        fit, scores = show(tuning.conclude(reading, given, found, ranks), talk)
        if not ranks.leads:
            return
        api.Forecaster(fit).save(output)
        best = dict(found.best.settings)
        if save_config:
            saving.write_text(save_config, configuring.toml(configuring.beside("train"), given | best))
        about = api.source(data) | {"best": best, "importances": found.importances, "scores": scores}
        emit(shown.trials_table(found, about), format_name, None, talk)
        for line in (*shown.remarks(found), *shown.worth(scores)):
            talk.note(line)
        wrote = f" Wrote {save_config}: rnncast train --config {save_config}" if save_config else ""
        talk.note(f"Saved {output}.{wrote}")
