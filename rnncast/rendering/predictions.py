"""Forecasts beside what came, as the field's own tools read them: unique_id, ds, cutoff, y and a column a forecaster.

Axes: N series, W origins, H horizon, C targets; P rows, one for each value that was observed.
"""

import io
from math import isclose

import numpy as np
import pandas as pd
import pyarrow as pa
from pyarrow import parquet

from rnncast import classes
from rnncast.evaluation import Scores
from rnncast.frequency import format_stamps, to_stamps
from rnncast.metrics import Outcome
from rnncast.panel import IntArray, Panel
from rnncast.zones import aware

Place = tuple[IntArray, ...]


def predictions(scores: Scores) -> pd.DataFrame:
    """Return a row for each series, target, origin and step of which something was observed.

    Columns are `unique_id`, the ids and the target where there are several; `ds` and `cutoff`, stamps or numbers of
    steps; `y`; a forecast by each model; and `MODEL-lo-80, MODEL-hi-80` of the model's intervals: those that were asked
    for, or all that it learned.
    """
    panel, own = scores.panel, scores.outcomes[scores.model]
    observed = own.observed[..., :1] if panel.classes else own.observed
    series, target, window, step = np.nonzero(observed.transpose(0, 3, 1, 2))  # [P]
    cutoff = panel.start[series] + scores.plan.ends(panel)[series, window]
    place = (series, window, step, target)
    found = {
        "unique_id": np.array(_names(panel), dtype=object)[series, target],
        "ds": _stamps(cutoff + 1 + step, panel),
        "cutoff": _stamps(cutoff, panel),
        "y": own.actual[place],
    }
    if panel.classes:
        return pd.DataFrame(found | _of_classes(scores, (series, window, step)))
    found |= {name: outcome.point[place] for name, outcome in scores.outcomes.items()}
    return pd.DataFrame(found | _intervals(scores, place))


def encode(table: pd.DataFrame, path: str) -> bytes:
    """Return a table as the file `path` is to hold it: Parquet by its ending, else CSV."""
    buffer = io.BytesIO()
    if path.lower().endswith(".parquet"):
        parquet.write_table(pa.Table.from_pandas(table, preserve_index=False), buffer)
        return buffer.getvalue()
    return table.to_csv(index=False, lineterminator="\n").encode("utf-8", errors="backslashreplace")


def _names(panel: Panel) -> list[list[str]]:
    """Return what each series and target is called, [N, C]: the ids and the target, where there are several."""
    is_told = panel.id_names and len(panel.target_names) == 1
    targets = [()] if is_told else [(target,) for target in panel.target_names]
    return [["/".join((*ids, *target)) for target in targets] for ids in panel.ids.tolist()]


def _stamps(ordinals: IntArray, panel: Panel) -> object:
    """Return when steps were, [P]; their numbers where rows are merely counted."""
    time = panel.time
    different, which = np.unique(ordinals, return_inverse=True)
    if time.freq is None or time.freq.isdigit():
        return np.array([int(number) for number in format_stamps(different, time)], dtype=np.int64)[which]
    stamps = to_stamps(different, time)[which]
    return stamps if time.zone is None else aware(stamps, time.zone)


def _intervals(scores: Scores, place: Place) -> dict[str, object]:
    """Return the ends of the intervals that were asked for, else of all that were learned."""
    outcome = scores.intervals or scores.outcomes[scores.model]
    levels, quantiles = outcome.quantile_levels, outcome.quantiles[place]  # [P, Q]
    found: dict[str, object] = {}
    for high, level in enumerate(levels):
        low = next((n for n, other in enumerate(levels) if level > 0.5 and isclose(other, 1 - level)), None)
        if low is not None:
            percent = f"{round(200 * level - 100, 6):g}"
            found[f"{scores.model}-lo-{percent}"] = quantiles[:, low]
            found[f"{scores.model}-hi-{percent}"] = quantiles[:, high]
    return found


def _of_classes(scores: Scores, place: Place) -> dict[str, object]:
    """Return the words that came and the likeliest by each forecaster, and the model's probabilities."""
    words = np.array(scores.panel.classes, dtype=object)
    own = scores.outcomes[scores.model]
    found: dict[str, object] = {"y": words[classes.numbers(own.actual[place])]}
    found |= {name: words[_probable(outcome, place)] for name, outcome in scores.outcomes.items()}
    chances = classes.whole(own.point[place])  # [P, K]
    return found | {f"{scores.model}-p-{word}": chances[:, number] for number, word in enumerate(words)}


def _probable(outcome: Outcome, place: Place) -> IntArray:
    likeliest: IntArray = classes.whole(outcome.point[place]).argmax(axis=-1)
    return likeliest
