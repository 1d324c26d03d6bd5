from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from rnncast import api, packing
from rnncast.config import DataConfig
from rnncast.errors import UsageError
from rnncast.forecasting import predict
from rnncast.panel import Panel
from rnncast.reading import panel_from_frame

SPIKES = [60, 100, 129]
QUICK = {"model": "gru", "max_steps": 2, "ensemble": 1, "hidden_size": 4}


def table(rows: int = 140) -> pd.DataFrame:
    """Return days with a week, three outliers and a gap after the second."""
    steps = np.arange(140)
    values = 50 + 5 * np.sin(steps * 2 * np.pi / 7) + np.random.default_rng(0).normal(size=140)
    values[SPIKES] += [40, -40, 50]
    values[101] = np.nan
    return pd.DataFrame({"ds": pd.date_range("2024-01-01", periods=140), "y": values}).iloc[:rows]


def read(how: str, rows: int = 140, **settings: str) -> Panel:
    return panel_from_frame(table(rows), DataConfig(outliers=how, **settings)).panel


def test_outliers_are_kept_unless_asked() -> None:
    panel = panel_from_frame(table(), DataConfig()).panel
    assert panel.raw is None
    assert panel.scored is panel
    assert panel.values[SPIKES[0], 0] == table()["y"][SPIKES[0]]


def test_clipped_ones_stay_values_and_come_nearer() -> None:
    panel, kept = read("clip"), read("keep")
    assert panel.observed.sum() == 139
    size = np.abs(panel.values[SPIKES, 0] - 50)
    assert (size < np.abs(kept.values[SPIKES, 0] - 50)).all()
    assert (size > 5).all()
    others = np.setdiff1d(np.arange(140), [*SPIKES, 101])
    np.testing.assert_array_equal(panel.values[others], kept.values[others])


@pytest.mark.parametrize("missing", ["interpolate", "ffill", "seasonal", "zero"])
def test_interpolated_ones_are_gaps_with_a_line_through_them(missing: str) -> None:
    panel, values = read("interpolate", missing=missing), table()["y"]
    assert not panel.observed[[*SPIKES, 101]].any()
    assert panel.values[60, 0] == pytest.approx((values[59] + values[61]) / 2)
    assert panel.values[100, 0] == pytest.approx((2 * values[99] + values[102]) / 3)  # beside the gap too


@pytest.mark.parametrize("how", ["clip", "interpolate"])
def test_what_came_is_kept_for_the_scores(how: str) -> None:
    panel, kept = read(how), read("keep")
    np.testing.assert_array_equal(panel.scored.observed, kept.observed)
    np.testing.assert_array_equal(panel.scored.values[kept.observed], kept.values[kept.observed])


@pytest.mark.parametrize("how", ["clip", "interpolate"])
def test_a_series_without_any_is_left_alone(how: str) -> None:
    reading = panel_from_frame(table(60), DataConfig(outliers=how))
    assert reading.panel.raw is None
    assert reading.notes == ()


@pytest.mark.parametrize("how", ["clip", "interpolate"])
def test_a_note_counts_them(how: str) -> None:
    notes = panel_from_frame(table(), DataConfig(outliers=how)).notes
    assert any(note.startswith("3 of 139 values are outliers; ") for note in notes)


def test_rows_after_an_origin_do_not_change_what_is_read_up_to_it() -> None:
    for rows in (61, 80, 100, 101, 120, 130):
        np.testing.assert_array_equal(read("clip", rows).values[: rows - 2], read("clip").values[: rows - 2])


@pytest.mark.parametrize("how", ["clip", "interpolate"])
def test_an_origin_before_an_outlier_forecasts_as_if_there_were_none(how: str) -> None:
    forecaster = api.train(table(100), horizon=7, outliers=how, **QUICK)
    predictor, origin = forecaster.predictor("final", 1), np.array([[SPIKES[2] - 1]])
    calm = table()
    calm.loc[SPIKES[2], "y"] = 50.0
    mended, plain = (predict(predictor, forecaster.read(frame).panel, origin, 7) for frame in (table(), calm))
    np.testing.assert_array_equal(mended.point, plain.point)
    np.testing.assert_array_equal(mended.quantiles, plain.quantiles)


@pytest.mark.parametrize("how", ["clip", "interpolate"])
def test_scores_take_outliers_as_they_came(how: str) -> None:
    scores = {}
    for option in ("keep", how):
        forecaster = api.train(table(), horizon=14, test=14, outliers=option, **QUICK)
        scores[option] = forecaster.checkpoint.report["scores"]
    assert scores[how]["naive"]["mase"] == pytest.approx(scores["keep"]["naive"]["mase"])
    assert scores[how]["naive"]["mae"] == pytest.approx(scores["keep"]["naive"]["mae"])
    assert scores[how]["gru"] != scores["keep"]["gru"]


@pytest.mark.parametrize("how", ["clip", "interpolate"])
def test_a_checkpoint_keeps_what_came(how: str, tmp_path: object) -> None:
    forecaster = api.train(table(), horizon=7, outliers=how, **QUICK)
    forecaster.save(f"{tmp_path}/kept.safetensors")
    loaded = api.load(f"{tmp_path}/kept.safetensors")
    raw, kept = forecaster.checkpoint.panel.raw, loaded.checkpoint.panel.raw
    assert raw is not None
    assert kept is not None
    np.testing.assert_array_equal(kept.values, raw.values)
    np.testing.assert_array_equal(kept.observed, raw.observed)
    assert loaded.checkpoint.config.data.outliers == how
    pd.testing.assert_frame_equal(loaded.evaluate(), forecaster.evaluate())


def test_an_unknown_way_is_refused() -> None:
    with pytest.raises(UsageError, match="outliers is 'drop'"):
        DataConfig(outliers="drop")


def test_the_tail_of_a_panel_keeps_what_came_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packing, "KEPT_VALUES", 10)
    panel = read("clip")
    cut, is_whole = packing.tail(panel, 20)
    assert not is_whole
    assert cut.raw is not None
    np.testing.assert_array_equal(cut.scored.values, panel.scored.values[-20:])


@pytest.mark.parametrize("harm", [lambda values: values[1:], lambda values: values > 0])
def test_what_came_is_checked_when_a_panel_is_unpacked(harm: Callable[[np.ndarray], np.ndarray]) -> None:
    arrays, texts = packing.pack(read("clip"))
    assert packing.unpack(arrays, texts).raw is not None
    with pytest.raises(ValueError, match="as they came"):
        packing.unpack({**arrays, "raw_values": harm(arrays["raw_values"])}, texts)
