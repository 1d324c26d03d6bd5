"""`rnncast evaluate`: a rolling-origin backtest on rows that the weights have not learned from."""

from typing import TYPE_CHECKING, Any

import click

from rnncast import registry
from rnncast.cli import choosing, options, plotting
from rnncast.cli.options import Talk, whole
from rnncast.errors import UsageError

if TYPE_CHECKING:
    from rnncast.api import Forecaster
    from rnncast.diagnosing import Diagnosis
    from rnncast.evaluation import Scores
    from rnncast.reading import Reading
    from rnncast.rendering import Table

ALL = "all"
"""What stands for every metric there is."""


@click.command(
    cls=plotting.Command,
    short_help="Measure a checkpoint on rows it has not learned from.",
    epilog="Example: rnncast evaluate sales.csv --windows 4 --stride 7 --format json",
)
@click.argument("data", nargs=-1)
@choosing.checkpoint_option
@options.horizon_option
@click.option("--windows", metavar="N", type=whole(1), help="Number of forecast origins.  [default: as many as fit]")
@options.stride_option
@click.option("--per-series", is_flag=True, help="A row for each series.")
@click.option("--per-step", is_flag=True, help="A row for each step of the horizon.")
@click.option("--per-origin", is_flag=True, help="A row for each origin.")
@click.option("--diagnose", is_flag=True, help="What the errors are like, instead of their size.")
@click.option("--metric", "--metrics", "metrics", metavar="NAME", multiple=True,
              help="Metric to show, or 'all'; repeat.  [default: the usual ones]")  # fmt: skip
@options.levels_option("Prediction intervals to measure", otherwise="80")
@click.option("--standardised", is_flag=True, help="Measure values standardised by the training part.")
@click.option("--baseline", "baselines", metavar="NAME", multiple=True, type=click.Choice([*registry.EVERY_BASELINE]),
              help="Baseline beside the model; repeat.  [default: all but those of the extra 'stats']")  # fmt: skip
@click.option("--predictions", metavar="FILE", help="Write every forecast beside what came; .parquet or CSV.")
@options.data_options
@choosing.anchor_option
@options.fail_option
@options.run_options
@plotting.plot_option
@options.output_option
@options.format_option
@options.talk_options
@click.pass_obj
def evaluate(
    talk: Talk,
    /,
    data: tuple[str, ...],
    checkpoint: str | None,
    horizon: int | None,
    windows: int | None,
    stride: int | None,
    per_series: bool,
    per_step: bool,
    per_origin: bool,
    diagnose: bool,
    metrics: tuple[str, ...],
    levels: tuple[int, ...] | None,
    standardised: bool,
    baselines: tuple[str, ...],
    predictions: str | None,
    fail_if: tuple[str, ...],
    plot: str | None,
    output: str | None,
    format_name: str | None,
    **settings: Any,
) -> None:
    """Measure a checkpoint next to the baselines, from several origins, on rows it has not learned from.

    Without DATA: on the rows that 'rnncast train' held out. Rows that the weights know are refused. Without a
    checkpoint it is the embedded model that is measured; the options that tell the columns' roles are for it.
    """
    from rnncast import api
    from rnncast.cli.output import check, emit, format_of
    from rnncast.conditions import Condition, first_failure
    from rnncast.rendering import scores as scoreboard
    from rnncast.rendering.charts.making import Excerpt, backtest_charts
    from rnncast.scoring import intervals_of

    conditions = [Condition.parse(text) for text in fail_if]
    cut = _only({"series": per_series, "step": per_step, "origin": per_origin, "diagnosis": diagnose})
    named, gates = _checked(metrics), [condition.metric for condition in conditions]
    check(output, format_name)
    check(predictions)
    _check_plot(plot, standardised)
    forecaster, reading = _read(talk, data, checkpoint, horizon, (windows, stride), options.given(settings))
    measured = options.given({"baselines": baselines, "levels": levels or intervals_of([*named, *gates])})
    scores = forecaster.backtest(
        reading if data else None, horizon, windows, stride, standardised=standardised, **measured
    )
    if levels and scores.intervals is None:
        talk.notes(["no intervals, since a point loss learns none; train with --loss quantile for them."])
    if predictions:
        _write(scores, predictions, talk)
    about = api.about(forecaster, choosing.name(checkpoint, data), data) | scoreboard.plan(scores, standardised)
    format_name = format_of(format_name, output)
    shown = scores.every if ALL in named or (format_name == "json" and not named) else named
    found = forecaster.diagnose(scores) if diagnose else None
    emit(_table(scores, found or cut, shown, about, format_name), format_name, output, talk)
    _say(scores, standardised, bool(baselines), talk)
    plotting.show(lambda most: backtest_charts(scores, Excerpt(most)), plot, talk)
    failure = first_failure(conditions, scores.plain(gates)[scores.model])
    if failure:
        raise failure


def _read(
    talk: Talk, data: tuple[str, ...], checkpoint: str | None, horizon: int | None,
    origins: tuple[int | None, int | None], given: dict[str, Any],
) -> "tuple[Forecaster, Reading]":  # fmt: skip
    """Return what is measured, and the data; of the embedded model one that knows nothing of what it is measured on."""
    from rnncast import api

    if choosing.is_embedded(checkpoint, data):
        reading = choosing.read(data, None, given, talk)
        forecaster = api.untrained_before(reading, *origins, **(given | options.given({"horizon": horizon})))
        choosing.explain(forecaster, talk)
    else:
        forecaster, reading = choosing.load(checkpoint, data, None, given)
    talk.notes(reading.notes)
    return forecaster, reading


def _only(cuts: dict[str, bool]) -> str | None:
    """Return the one table that is asked for; None is the overall one.

    Raises:
        UsageError: several are.
    """
    asked = [name for name, is_asked in cuts.items() if is_asked]
    if len(asked) > 1:
        raise UsageError(
            "--per-series, --per-step, --per-origin and --diagnose are tables of their own.", "Leave one of them."
        )
    return asked[0] if asked else None


def _check_plot(plot: str | None, standardised: bool) -> None:
    """Raise an error where no chart can be drawn."""
    if plot and standardised:
        raise UsageError("--plot draws values as they are, and --standardised changes them.", "Leave one of the two.")
    plotting.check(plot)


def _checked(metrics: tuple[str, ...]) -> tuple[str, ...]:
    """Return the metrics that are asked for, each once, in lower case.

    Raises:
        UsageError: there is no such metric.
    """
    names = tuple(dict.fromkeys(name.lower() for name in metrics))
    for name in names:
        if name != ALL:
            registry.find_metric(name)
    return names


def _say(scores: "Scores", standardised: bool, is_chosen: bool, talk: Talk) -> None:
    """Say what was measured, and how the model stands."""
    from rnncast import assessment
    from rnncast.rendering import scores as scoreboard

    standing = assessment.against_best(scores)
    talk.note(scoreboard.origins(scores))
    talk.notes(scoreboard.remarks(scores, standardised, is_chosen))
    talk.note(scoreboard.verdict(scores.plain(), None if standing is None else standing.plain()))
    talk.notes(scoreboard.untold(scores, standing))


def _write(scores: "Scores", path: str, talk: Talk) -> None:
    """Write every forecast beside what came."""
    from rnncast import saving
    from rnncast.rendering.predictions import encode, predictions

    saving.write(path, encode(predictions(scores), path))
    talk.note(f"Wrote {path}.")


def _table(
    scores: "Scores", cut: "Diagnosis | str | None", metrics: tuple[str, ...], about: dict[str, Any], format_name: str
) -> "Table":
    """Return the table that is asked for; the overall one says how far it can be trusted, where there is a place."""
    from rnncast import assessment
    from rnncast.rendering import scores as scoreboard
    from rnncast.rendering.diagnosis import diagnosis_table

    if cut is not None and not isinstance(cut, str):
        return diagnosis_table(cut, scores.panel, about)
    if cut is not None:
        tables = {"series": scoreboard.series_table, "step": scoreboard.step_table, "origin": scoreboard.origin_table}
        return tables[cut](scores, about, metrics or None)
    if format_name not in ("table", "markdown", "json"):
        return scoreboard.scores_table(scores, about, metrics or None)
    spread, standing = assessment.spread(scores, metrics or scores.usual), assessment.against_best(scores)
    if format_name == "json":
        return scoreboard.scores_table(scores, about | scoreboard.trust(spread, standing), metrics or None)
    return scoreboard.with_spread(scoreboard.scores_table(scores, about, metrics or None), spread)
