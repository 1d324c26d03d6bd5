"""`rnncast train`: read, hold out the end, fit, report, fit on all rows, save."""

from functools import partial
from typing import TYPE_CHECKING, Any

import click

from rnncast import process, registry
from rnncast.cli import choosing, fitting, helping, options, plotting, stopping
from rnncast.cli.options import Talk, duration
from rnncast.cli.together import ranked
from rnncast.errors import UsageError
from rnncast.ranks import Ranks

if TYPE_CHECKING:
    from rnncast.api import Forecaster
    from rnncast.config import Config
    from rnncast.rendering.charts.base import Gallery
    from rnncast.scoring import Plain


@click.command(
    cls=helping.Command,
    short_help="Fit on a table, measure on its end, save a checkpoint.",
    epilog="Example: rnncast train sales.csv --target units --horizon 28",
)
@click.argument("data", nargs=-1, required=True)
@options.data_options
@fitting.window_options
@fitting.model_option
@fitting.network_options
@fitting.training_options
@fitting.ensemble_option
@fitting.time_limit_option
@fitting.test_option
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
@click.option("--resume", is_flag=True, help="Go on from where a run that was stopped left off.")
@click.option("--save-every", "every", metavar="TIME", type=duration, default="60s", show_default=True,
              help="Time after which a run puts aside where it is.")  # fmt: skip
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
    resume: bool,
    every: float,
    format_name: str | None,
    **settings: Any,
) -> None:
    """Fit on DATA, report the error on its held-out end next to the baselines, save a checkpoint.

    DATA is one or more files of CSV, JSON lines or Parquet, packed or not, globs, folders, or - for
    standard input. What is not given is told from the data. If a condition of --fail-if holds, no
    checkpoint is written.
    """
    from rnncast import api, saving, states
    from rnncast.cli.output import check
    from rnncast.conditions import Condition, first_failure
    from rnncast.config import Config

    with ranked(talk) as (ranks, talk):
        asked, conditions = Config.of(options.given(settings)), [Condition.parse(text) for text in fail_if]
        if conditions and asked.training.test == 0:
            raise UsageError("--fail-if has nothing to judge: --test 0 holds no row out.", "Leave one of the two out.")
        check(output)
        check(None, format_name)
        begin = start if start in (None, registry.EMBEDDED) else api.load(start)
        forecaster = _fitted(data, asked, begin, _aside(states.path_of(output), every, resume, ranks), talk)
        if not ranks.leads:
            return
        scores = forecaster.checkpoint.report.get("scores")
        failure = first_failure(conditions, next(iter(scores.values()))) if scores else None
        if not failure:
            forecaster.save(output)
        saving.remove(states.path_of(output))
        if scores:
            _report(forecaster, scores, api.about(forecaster, output, data), format_name, talk)
        if failure:
            talk.note("No checkpoint was written.")
            raise failure
        talk.note(f"Saved {output}. Next: rnncast predict" + ("" if output == choosing.CHECKPOINT else f" -c {output}"))


def _aside(path: str, every: float, resume: bool, ranks: Ranks) -> stopping.Aside:
    """Return where the run is put aside; ranks that were started anew after one had failed go on by themselves."""
    from rnncast import saving

    is_anew = process.place().restarts > 0
    if ranks.count > 1 and ranks.leads and not (resume or is_anew):
        saving.remove(path)  # or a restart would go on from another run
    return stopping.Aside(path, every, resume or is_anew, ranks)


def _fitted(
    data: tuple[str, ...], asked: "Config", start: "Forecaster | str | None", aside: stopping.Aside, talk: Talk
) -> "Forecaster":
    """Read the data and fit, saying what is worth knowing."""
    from rnncast import api, holdout, keeping
    from rnncast.rendering import views

    reading, asked, known = api.prepared(data, asked, start, aside.ranks)
    talk.note(views.summary(reading))
    talk.notes((*reading.left_out, *reading.notes, *views.shortfalls(reading.panel, asked)))
    running = partial(holdout.run, reading, asked, known, ranks=aside.ranks)
    made = stopping.run(running, partial(keeping.begun, reading.panel, asked, known), aside, talk)
    talk.notes(views.broken_bounds(reading.panel, made.config.bounds))
    for line in (*made.report["reasons"], *views.choices(made.config)):
        talk.detail(line)
    return api.Forecaster(made, asked.run)


def _report(
    forecaster: "Forecaster", scores: "Plain", about: dict[str, Any], format_name: str | None, talk: Talk
) -> None:
    """Show the scores on the rows that were held out, and say how the model stands."""
    from rnncast.cli.output import emit, format_of
    from rnncast.rendering import scores as scoreboard
    from rnncast.scoring import only_usual

    comparison = forecaster.checkpoint.report["comparison"]
    shown = scores if format_of(format_name, None) == "json" else only_usual(scores)
    emit(scoreboard.metrics_table(shown, about | {"comparison": comparison}), format_name, None, talk)
    talk.notes(scoreboard.mixed_units(forecaster.checkpoint.panel))
    if sample := forecaster.checkpoint.report.get("sample"):
        talk.note(f"Measured on {sample:,} of {forecaster.checkpoint.panel.num_series:,} series, evenly spaced.")
    talk.note(scoreboard.verdict(scores, comparison))
    plotting.glance(lambda most: _held_out(forecaster, most), talk)


def _held_out(forecaster: "Forecaster", most: int) -> "Gallery":
    """Return charts of the first series' held-out end with the forecast of it."""
    from rnncast.rendering.charts.making import Excerpt, backtest_charts

    excerpt = Excerpt(most, total=forecaster.checkpoint.panel.num_series)
    return backtest_charts(forecaster.glimpse(most), excerpt)
