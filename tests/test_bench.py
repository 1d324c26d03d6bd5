import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import rnncast
from bench import accuracy, data, measuring
from bench.accuracy import classics, ett, shapes, table
from bench.accuracy.base import LEVELS, read_forecasts
from rnncast.baselines import forecast_baseline
from rnncast.config import DataConfig
from rnncast.forecasting import Predictor, forecast
from tests.making import network_of, panel_of, walk

needs_data = pytest.mark.skipif(not measuring.DATA.exists(), reason="the benchmark data are not on this machine")


@needs_data
@pytest.mark.parametrize(
    ("frequency", "smape", "mase"),
    [("yearly", 22.431, 4.893), ("quarterly", 18.944, 2.078), ("monthly", 17.299, 1.314)],
)
def test_the_seasonal_naive_scores_on_m1_what_is_known(frequency: str, smape: float, mase: float) -> None:
    m1 = data.m1(frequency)
    point = forecast_baseline("seasonal-naive", m1.panel, m1.actual.shape[1])[m1.series, :, 0]
    scores = data.pooled([m1.score(point)])
    assert (round(scores["smape"], 3), round(scores["mase"], 3)) == (smape, mase)


@needs_data
def test_sets_together_score_as_their_series_do() -> None:
    sets = [data.m1(frequency) for frequency in ("yearly", "quarterly")]
    points = [forecast_baseline("naive", m1.panel, m1.actual.shape[1])[m1.series, :, 0] for m1 in sets]
    deciles = [np.repeat(point[..., None], 9, axis=-1) for point in points]
    scores = [m1.score(point, bands) for m1, point, bands in zip(sets, points, deciles, strict=True)]
    together = data.pooled(scores)
    absolute = sum(np.abs(m1.actual - point).sum() for m1, point in zip(sets, points, strict=True))
    assert together["wql"] == pytest.approx(absolute / sum(np.abs(m1.actual).sum() for m1 in sets))
    assert together["mase"] == pytest.approx(np.concatenate([score["mase"].per_series for score in scores]).mean())


@needs_data
def test_the_last_origin_of_the_airline_passengers_is_their_last_year() -> None:
    rolling = data.classic("AirPassengers")
    point = forecast_baseline("seasonal-naive", rolling.past(4), rolling.horizon)[0, :, 0]
    assert rolling.ends.tolist() == [84, 96, 108, 120, 132]
    assert round(rolling.score(4, point), 3) == 1.571


@needs_data
@pytest.mark.parametrize("name", ["ausbeer", "googl-stock"])
def test_a_classic_file_is_cut_at_the_origin(name: str, tmp_path: Path) -> None:
    rolling = data.classic(name)
    classics.cut(name, rolling, 1, tmp_path / "past.csv")
    panel = rnncast.api.read(tmp_path / "past.csv", DataConfig(target=data.CLASSICS[name])).panel
    np.testing.assert_array_equal(panel.values[:, 0], rolling.values(1))


@needs_data
def test_the_long_horizon_protocol_drops_no_window(tmp_path: Path) -> None:
    task = ett.TASKS["etth1-96"]
    columns = ett.standardise(task, tmp_path / "ett.csv")
    values = pd.read_csv(tmp_path / "ett.csv")[columns].to_numpy()
    ends = ett.origins(len(values), task.test, task.horizon)
    repeated = values[ends[:, None] + np.arange(1, 97)] - values[ends][:, None]
    assert (len(columns), len(ends)) == (7, 2785)
    # As measured elsewhere for the last column.
    assert (round((repeated[..., -1] ** 2).mean(), 4), round(np.abs(repeated[..., -1]).mean(), 4)) == (0.0693, 0.2033)


def test_errors_of_the_long_horizon_protocol_are_those_of_one_forecast_after_the_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(ett, "CHUNK", 2)
    panel = panel_of([walk(30, targets=2)])
    predictor, ends = Predictor([network_of(panel)], logarithm=False), ett.origins(30, 6, 3)
    cuts = [panel.truncated(ends[number : number + 1] + 1) for number in range(4)]
    points = np.stack([forecast(predictor, cut, 3).point[0] for cut in cuts])
    error = points - np.stack([panel.values[end : end + 3] for end in (24, 25, 26, 27)])
    found = ett.errors(predictor, panel, ends, 3)
    assert (found["MSE"], found["MAE"]) == pytest.approx(((error**2).mean(), np.abs(error).mean()), rel=1e-4)


def test_forecasts_come_in_the_order_asked_for(tmp_path: Path) -> None:
    names = [f"{side}-{level}" for level in LEVELS for side in ("lo", "hi")]
    rows = [["b", 1, 5], ["b", 2, 6], ["a", 1, 7], ["a", 2, 8]]
    bounds = dict.fromkeys(names, 0.0) | {"lo-80": -1.0}
    frame = pd.DataFrame(rows, columns=["id", "step", "forecast"]).assign(**bounds)
    frame.to_csv(tmp_path / "forecast.csv", index=False)
    found = read_forecasts(tmp_path / "forecast.csv", ["a", "b"])
    assert found.point.tolist() == [[7, 8], [5, 6]]
    assert found.deciles[0, 0].tolist() == [-1, 0, 0, 0, 7, 0, 0, 0, 0]


@pytest.mark.parametrize("name", shapes.SHAPES)
def test_a_shape_has_sixty_points(name: str) -> None:
    assert shapes.SHAPES[name](np.random.default_rng(1)).shape == (60,)


def test_a_shape_is_compared_with_the_baseline_that_is_best_over_all_draws() -> None:
    assert shapes.compare([[1.0, 0.5, 2.0], [2.0, 2.5, 0.5]]) == (1.5, 1.25)
    assert shapes.ratio(0.004, 0.0) == 1.0
    assert shapes.ratio(0.03, 0.02) == 1.5


def test_a_name_means_all_that_begin_with_it() -> None:
    assert accuracy.chosen(["etth1", "m1"]) == ["m1", "etth1-96", "etth1-192", "etth1-336", "etth1-720"]
    assert accuracy.chosen([]) == list(accuracy.SUBJECTS)
    with pytest.raises(SystemExit, match="no accuracy benchmark 'etth'"):
        accuracy.chosen(["etth"])


def test_all_that_is_measured_has_a_place_in_the_table() -> None:
    classic = {f"classic-{name}" for name in data.CLASSICS}
    assert set(accuracy.SUBJECTS) - classic == set(table.BARS) - {"classics"}


@pytest.mark.parametrize(("values", "met"), [([0.3, 0.4], "yes"), ([0.3, 0.42], "by the mean"), ([0.4, 0.5], "no")])
def test_a_bar_is_met_by_every_seed_or_by_the_mean(values: list[float], met: str) -> None:
    assert table.at_most(0.4).met(values) == met


def test_classic_files_are_summed_up_by_geometric_means() -> None:
    peers = {
        name: {method: {"mase": mase} for method, mase in zip(("seasonal-naive", *table.METHODS), row, strict=True)}
        for name, row in {"a": (2.0, 1.0, 2.0, 4.0), "b": (2.0, 4.0, 2.0, None)}.items()
    }
    assert table.summary({"a": 2.0, "b": 2.0}, peers) == pytest.approx({
        "ratio to the best of three": 2**0.5,
        "ratio to AutoETS": 1.0,
        "ratio to AutoTheta": 1.0,
        "ratio to AutoARIMA": 0.5,
        "worst file, ratio to the best of three": 2.0,
        "worst file, ratio to seasonal naive": 1.0,
    })  # fmt: skip


def test_the_table_is_made_of_the_last_record_of_each_seed() -> None:
    def record(seed: int, mase: float) -> dict[str, object]:
        return {"name": "airline", "seed": seed, "scores": {"mase": mase}, "seconds": 8.0, "cpu": 6.0}

    lines = table.markdown([record(1, 0.9), record(2, 0.5), record(1, 0.4)]).splitlines()
    assert lines[2:] == [
        "| airline | mase | 0.400, 0.500 | 0.450 | 0.100 | 6 | 0.6 | yes |",
        "|  | seconds | 8.000, 8.000 | 8.000 | 0.000 |  | 20 | yes |",
    ]


def test_what_cannot_be_measured_is_skipped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(measuring, "DATA", measuring.ROOT.parent / "nowhere")
    accuracy.main(["weekly", "--seeds", "1", "--results", str(tmp_path / "results.jsonl")])
    assert "weekly is skipped: the benchmark data are not here" in capsys.readouterr().err
    assert not (tmp_path / "results.jsonl").exists()


def test_a_record_says_how_it_was_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(accuracy.SUBJECTS, "m1", lambda setting: accuracy.Measured({"mase": setting.seed}, 2.0, 1.0))
    results = tmp_path / "results.jsonl"
    accuracy.main(["m1", "--seeds", "3", "--train-options=--max-steps 5", "--results", str(results)])
    record = json.loads(results.read_text())
    assert (record["name"], record["seed"], record["scores"], record["seconds"]) == ("m1", 3, {"mase": 3}, 2.0)
    assert record["options"] == ["--max-steps", "5"]
    assert record["version"] == rnncast.__version__
