import json
from io import StringIO
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.cli.conftest import QUICK, Call

STEPS = np.arange(90)
USUAL = 50 + 10 * np.sin(STEPS * 2 * np.pi / 7) + np.random.default_rng(0).normal(size=90)
RARE = np.where(np.random.default_rng(1).random(90) < 0.2, 3.0, 0.0)
SHAPES = {
    "usual": USUAL,
    "constant": np.full(90, 7.25),
    "zero": np.zeros(90),
    "rare": RARE,
    "tiny": USUAL * 1e-14,
    "huge": USUAL * 1e13,
    "negative": -USUAL,
    "mixed": USUAL - 50,
    "high": 1e9 + USUAL / 1e4,
    "steps": np.where(STEPS < 45, 0.0, 1.0),
    "alternating": STEPS % 2.0,
    "brief": USUAL[:6],
    "shorter": USUAL[:23],
}


def write(path: Path, *shapes: str) -> str:
    parts = [
        pd.DataFrame({"id": name, "ds": pd.date_range("2024-01-01", periods=len(SHAPES[name])), "y": SHAPES[name]})
        for name in shapes
    ]
    pd.concat(parts).to_csv(path, index=False)
    return path.name


def forecasts(text: str) -> pd.DataFrame:
    return pd.read_csv(StringIO(text))


@pytest.mark.parametrize("shape", [name for name in SHAPES if name not in ("brief", "shorter")])
def test_a_series_of_any_shape_is_fitted_measured_and_forecast(call: Call, tmp_path: Path, shape: str) -> None:
    data = write(tmp_path / "data.csv", shape)
    assert call("train", data, "--horizon", "5", *QUICK).status == 0
    frame = forecasts(call("predict").stdout)
    assert np.isfinite(frame.select_dtypes("number").to_numpy()).all()
    past = SHAPES[shape]
    span = max(np.ptp(past), 1e-9 * np.abs(past).max())
    assert frame["forecast"].between(past.min() - span, past.max() + span).all()
    scored = call("evaluate", "--format", "json")
    assert scored.status == 0
    assert json.loads(scored.stdout)


def test_series_of_all_shapes_and_lengths_are_one_panel(call: Call, tmp_path: Path) -> None:
    data = write(tmp_path / "data.csv", *SHAPES)
    trained = call("train", data, "--horizon", "3", *QUICK)
    assert trained.status == 0, trained.stderr
    frame = forecasts(call("predict").stdout).set_index("id")
    assert np.isfinite(frame.drop(columns="ds").to_numpy()).all()
    for name, past in SHAPES.items():
        assert frame.loc[name, "forecast"].abs().max() <= 3 * np.abs(past).max(), name
    assert (frame.loc["constant", "forecast"] == 7.25).all()
    assert (frame.loc["zero"].drop(columns="ds") == 0).all(axis=None)
    assert (frame.loc["rare", "lo-95"] >= 0).all()
    assert call("evaluate", "--per-series").status == 0


def test_whole_numbers_stay_whole_where_asked(call: Call, tmp_path: Path) -> None:
    data = write(tmp_path / "data.csv", "usual", "rare", "zero")
    assert call("train", data, "--integer", "--horizon", "5", *QUICK).status == 0
    frame = pd.read_csv(StringIO(call("predict").stdout), dtype=str).drop(columns=["id", "ds"])
    assert not frame.stack().str.contains(r"[.e]").any()


def test_a_wild_value_does_no_harm_where_it_is_clipped(call: Call, tmp_path: Path) -> None:
    frame = pd.DataFrame({"ds": pd.date_range("2024-01-01", periods=90), "y": USUAL})
    frame.loc[60, "y"] = 1e9
    frame.to_csv(tmp_path / "wild.csv", index=False)
    done = call("train", "wild.csv", "--outliers", "clip", "--horizon", "5", *QUICK)
    assert "1 of 90 values are outliers; clipped for the network" in done.stderr
    assert forecasts(call("predict").stdout)["forecast"].between(20, 90).all()


def test_a_target_that_begins_late_or_ends_early_is_filled_where_it_was_not_seen(call: Call, tmp_path: Path) -> None:
    frame = pd.DataFrame({"ds": pd.date_range("2024-01-01", periods=90), "a": USUAL, "b": USUAL + 5, "c": USUAL * 2})
    frame.loc[:39, "b"] = frame.loc[85:, "c"] = None
    frame.to_csv(tmp_path / "wide.csv", index=False)
    done = call("train", "wide.csv", "--horizon", "5", *QUICK)
    assert done.status == 0
    assert "45 of 270 target values are missing; interpolate fills them." in done.stderr
    assert np.isfinite(forecasts(call("predict").stdout).drop(columns="ds").to_numpy()).all()


def test_inspect_counts_what_is_unusual(call: Call, tmp_path: Path) -> None:
    write(tmp_path / "data.csv", "usual", "constant", "zero", "rare")
    frame = pd.read_csv(tmp_path / "data.csv")
    frame.loc[60, "y"] = 500.0
    frame = pd.concat([frame.drop(index=[10, 11]), frame.loc[[300]]])
    frame.loc[120, "y"] = None
    frame.to_csv(tmp_path / "data.csv", index=False)
    done = call("inspect", "data.csv", "--format", "json")
    found = {row["property"]: row["value"] for row in json.loads(done.stdout)["inspection"]}
    counts = {
        "series": 4, "rows": 360, "missing rows": 2, "missing values": 1, "series with gaps": 2, "constant series": 2,
        "intermittent series": 1, "outliers": 1, "repeated rows": 1,
    }  # fmt: skip
    assert {name: found[name] for name in counts} == counts
    assert found["share missing"] == pytest.approx(3 / 360)
