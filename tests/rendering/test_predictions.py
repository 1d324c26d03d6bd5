import io
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from utilsforecast.evaluation import evaluate
from utilsforecast.losses import mae, quantile_loss

from rnncast.blend import Blend
from rnncast.evaluation import Plan, Scores, Wanted, backtest
from rnncast.forecasting import Predictor
from rnncast.panel import Panel, TimeAxis
from rnncast.rendering.predictions import encode, predictions
from tests.making import DAILY, network_of, panel_of, walk


def scored(panel: Panel, levels: tuple[int, ...] = (), windows: int = 3) -> Scores:
    predictor = Predictor([network_of(panel)], logarithm=False, blend=Blend())
    plan = Plan(panel.lengths - 8, windows, 2, 3)
    return backtest("gru", predictor, panel, plan, Wanted(("naive", "drift"), levels))


def one_target(time: TimeAxis = DAILY) -> Panel:
    holes = walk(30, seed=2)
    holes[25] = np.nan
    return panel_of([walk(24), holes], time=time)


def test_the_fields_own_tool_scores_the_table_as_rnncast_does() -> None:
    scores = scored(one_target())
    table = predictions(scores)
    assert list(table.columns[:7]) == ["unique_id", "ds", "cutoff", "y", "gru", "naive", "drift"]
    series = table.drop(columns="cutoff")
    found = evaluate(series, metrics=[mae], models=["gru", "naive", "drift"])
    for name in ("gru", "naive", "drift"):
        np.testing.assert_allclose(found[name], scores.score(name, "mae").per_series)
    upper = quantile_loss(series, models={"gru": "gru-hi-80"}, q=0.9)["gru"]
    np.testing.assert_allclose(upper, scores.score("gru", "pinball-0.9").per_series)


def test_every_observed_step_has_a_row_with_its_cutoff() -> None:
    scores = scored(one_target())
    table = predictions(scores)
    assert len(table) == scores.outcomes["gru"].observed.sum() == 2 * 3 * 3 - 2
    assert table["y"].notna().all()
    day = pd.Timedelta("1D")
    first = table[table["unique_id"] == "0"].iloc[0]
    assert (first["cutoff"], first["ds"]) == (pd.Timestamp("1970-01-01") + 16 * day, pd.Timestamp("1970-01-18"))
    ahead = (table["ds"] - table["cutoff"]) / day
    assert ahead.between(1, 3).all()


@pytest.mark.parametrize(("levels", "names"), [((), ("80", "60", "40", "20")), ((50, 95), ("95", "50"))])
def test_intervals_are_those_asked_for_or_all_that_were_learned(
    levels: tuple[int, ...], names: tuple[str, ...]
) -> None:
    table = predictions(scored(one_target(), levels))
    sides = [name for name in table.columns if name.startswith("gru-")]
    assert set(sides) == {f"gru-{side}-{name}" for side in ("lo", "hi") for name in names}
    assert (table[f"gru-lo-{names[0]}"] <= table[f"gru-hi-{names[0]}"]).all()


def test_targets_are_told_apart() -> None:
    table = predictions(scored(panel_of([walk(24, 2), walk(30, 2)], time=DAILY)))
    assert sorted(set(table["unique_id"])) == ["0/y0", "0/y1", "1/y0", "1/y1"]
    lone = replace(panel_of([walk(24, 2)]), ids=np.empty((1, 0), dtype=str), id_names=())
    assert sorted(set(predictions(scored(lone))["unique_id"])) == ["y0", "y1"]


@pytest.mark.parametrize(
    ("time", "first"), [(TimeAxis(), 17), (TimeAxis(name="step", freq="10", anchor="5"), 10 * 17 + 5)]
)
def test_rows_without_dates_are_numbered(time: TimeAxis, first: int) -> None:
    table = predictions(scored(one_target(time)))
    assert table["ds"].dtype == np.int64
    assert table["ds"].iloc[0] == first


def test_a_zone_stays_with_the_stamps() -> None:
    table = predictions(scored(one_target(replace(DAILY, zone="Europe/Berlin"))))
    assert str(table["ds"].dt.tz) == "Europe/Berlin"


@pytest.mark.parametrize("name", ["p.csv", "p.parquet", "P.PARQUET", "p.txt"])
def test_a_file_reads_back_as_it_was(name: str) -> None:
    table = predictions(scored(one_target()))
    data = io.BytesIO(encode(table, name))
    if "parquet" in name.lower():
        found = pd.read_parquet(data)
    else:
        found = pd.read_csv(data, dtype={"unique_id": str}, parse_dates=["ds", "cutoff"])
    pd.testing.assert_frame_equal(found, table, check_dtype=False, check_exact=True)


def test_classes_are_words_with_the_probability_of_each() -> None:
    panel = replace(panel_of([(walk(30)[:, 0] > 0).astype(float)]), words={"y0": ("dry", "rain")})
    network = network_of(panel, loss="cross_entropy", scaling="series")
    plan = Plan(panel.lengths - 8, 3, 2, 3)
    table = predictions(backtest("gru", Predictor([network], logarithm=False), panel, plan))
    assert list(table.columns[3:]) == ["y", "gru", "last-class", "most-frequent", "markov", "gru-p-dry", "gru-p-rain"]
    assert set(table["y"]) | set(table["gru"]) <= {"dry", "rain"}
    np.testing.assert_allclose(table["gru-p-dry"] + table["gru-p-rain"], 1)
