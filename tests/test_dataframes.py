"""Data frames of other libraries go in as pandas' do, and results come back in the kind that went in."""

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import rnncast
from rnncast.comparing import Asked
from tests.test_architecture import run_main

TINY: dict[str, Any] = {"model": "lstm", "max_steps": 2, "ensemble": 1, "hidden_size": 4, "context_length": 8}
ROLES: dict[str, Any] = {
    "id": "shop", "time": "day", "target": "sold", "past_covariates": "visits", "future_covariates": "promo",
    "horizon": 3,
}  # fmt: skip
KINDS: dict[str, Callable[[dict[str, list[Any]]], Any]] = {
    "pandas": pd.DataFrame,
    "polars": lambda cells: pl.DataFrame(cells, strict=False),
    "pyarrow": pa.table,
}
OTHERS = [name for name in KINDS if name != "pandas"]


def cells(days: range, **more: Any) -> dict[str, list[Any]]:
    """Return two shops' days, with holes in what was counted; without `sold` what is known ahead."""
    rows = [(shop, date(2024, 1, 1) + timedelta(day), day) for shop in ("süd", "<b>") for day in days]
    numbers = [day * (3 if shop == "süd" else 2) % 7 + 0.5 for shop, _, day in rows]
    table = {"shop": [row[0] for row in rows], "day": [row[1] for row in rows], "promo": [n % 5 == 0 for *_, n in rows]}
    return table | {name: [None if n == hole else n for n in numbers] for name, hole in more.items()}


TRAINED, AHEAD = cells(range(40), visits=2.5, sold=4.5), cells(range(40, 43))


@pytest.fixture(scope="module")
def forecaster() -> rnncast.Forecaster:
    return rnncast.train(pd.DataFrame(TRAINED), **TINY, **ROLES)


def as_pandas(found: Any) -> pd.DataFrame:
    return nw.from_native(found, eager_only=True).to_pandas()


def kind_of(found: Any) -> str:
    return str(nw.from_native(found, eager_only=True).implementation.value)


@pytest.mark.parametrize("kind", OTHERS)
def test_the_same_data_in_any_kind_give_the_same_bytes(forecaster: rnncast.Forecaster, kind: str) -> None:
    again = rnncast.train(KINDS[kind](TRAINED), **TINY, **ROLES)
    found, expected = again.forecast(future=KINDS[kind](AHEAD)), forecaster.forecast(future=pd.DataFrame(AHEAD))
    assert found.point.tobytes() == expected.point.tobytes()
    assert found.quantiles.tobytes() == expected.quantiles.tobytes()
    assert found.panel.ids.tolist() == expected.panel.ids.tolist()


@pytest.mark.parametrize("kind", KINDS)
def test_results_come_back_in_the_kind_that_went_in(forecaster: rnncast.Forecaster, kind: str) -> None:
    data, ahead = KINDS[kind](TRAINED), KINDS[kind](AHEAD)
    results = [
        forecaster.predict(data, future=ahead),
        forecaster.evaluate(data, baselines=("naive",)),
        forecaster.predictions(data, baselines=("naive",)),
    ]
    assert [kind_of(found) for found in results] == [kind] * 3
    expected = forecaster.predict(pd.DataFrame(TRAINED), future=pd.DataFrame(AHEAD))
    pd.testing.assert_frame_equal(as_pandas(results[0]), expected, check_dtype=False)


@pytest.mark.parametrize("kind", KINDS)
def test_without_data_results_are_of_the_kind_that_was_trained_on(kind: str) -> None:
    data = KINDS[kind]({"day": TRAINED["day"][:40], "sold": TRAINED["sold"][:40]})
    forecaster = rnncast.train(data, horizon=3, **TINY)
    assert kind_of(forecaster.predict()) == kind_of(forecaster.evaluate(baselines=("naive",))) == kind
    assert kind_of(rnncast.untrained(data, horizon=3).predict()) == kind
    assert kind_of(rnncast.compare(data, Asked(models=("lstm",), baselines=("naive",), windows=1), **TINY)) == kind


@pytest.mark.parametrize("kind", OTHERS)
def test_of_files_and_of_a_loaded_checkpoint_results_are_pandas(kind: str, tmp_path: Path) -> None:
    forecaster = rnncast.train(KINDS[kind]({"y": [n % 7 for n in range(40)]}), horizon=3, **TINY)
    (tmp_path / "y.csv").write_text("y\n" + "".join(f"{n % 7}\n" for n in range(40)))
    forecaster.save(tmp_path / "m.safetensors")
    assert isinstance(rnncast.load(tmp_path / "m.safetensors").predict(), pd.DataFrame)
    assert isinstance(forecaster.predict(tmp_path / "y.csv"), pd.DataFrame)


def test_stamps_with_a_zone_keep_it_in_any_kind() -> None:
    stamps = pd.date_range("2024-03-30", periods=48, freq="h", tz="Europe/Berlin")
    frame = pd.DataFrame({"at": stamps, "y": np.arange(48) % 5 + 1.0})
    found = rnncast.train(pl.from_pandas(frame), horizon=2, **TINY).predict()
    assert found["at"].dtype == pl.Datetime("us", "Europe/Berlin")
    assert found["at"][0].hour == (stamps[-1] + pd.Timedelta(hours=1)).hour


def test_one_column_is_data_enough() -> None:
    values = [n % 7 + 1.0 for n in range(40)]
    expected = rnncast.untrained(pd.Series(values, name="y"), horizon=2).predict()["forecast"].tolist()
    assert rnncast.untrained(pl.Series("y", values), horizon=2).predict()["forecast"].to_list() == expected


def test_a_table_of_arrow_is_whole_after_it_was_read() -> None:
    table = pa.table(TRAINED)
    rnncast.untrained(table, **ROLES | {"past_covariates": (), "future_covariates": ()})
    assert table.to_pydict() == TRAINED


def test_flags_that_miss_some_are_numbers_in_any_kind() -> None:
    flags = [None if n % 7 == 3 else n % 2 == 0 for n in range(40)]
    table = {"y": [n % 5 + 1.0 for n in range(40)], "open": flags}
    expected = rnncast.train(
        pd.DataFrame(table).astype({"open": "boolean"}), target="y", past_covariates="open", horizon=2, **TINY
    )
    for kind in OTHERS:
        found = rnncast.train(KINDS[kind](table), target="y", past_covariates="open", horizon=2, **TINY)
        assert found.forecast().point.tobytes() == expected.forecast().point.tobytes()


@pytest.mark.parametrize("data", [pl.LazyFrame(TRAINED), {"y": [1, 2, 3]}, 7], ids=lambda data: type(data).__name__)
def test_what_is_no_table_is_refused(data: Any) -> None:
    with pytest.raises(rnncast.RnncastError, match=f"data of the type {type(data).__name__} cannot be read") as found:
        rnncast.train(data)
    assert "a lazy one has to be collected" in str(found.value.hint)


def test_a_column_of_lists_is_refused() -> None:
    with pytest.raises(rnncast.RnncastError, match="column 'y' holds several values a row"):
        rnncast.train(pl.DataFrame({"y": [[1, 2], [3]]}))


def test_data_frames_and_files_do_not_mix(forecaster: rnncast.Forecaster, airline: Path) -> None:
    for data, future in ((airline, pl.DataFrame(AHEAD)), (pa.table(TRAINED), airline)):
        with pytest.raises(rnncast.RnncastError, match="data frame"):
            forecaster.predict(data, future=future)


def test_the_command_line_loads_no_other_library_of_data_frames(
    airline: Path, clean_env: dict[str, str], tmp_path: Path
) -> None:
    done = run_main("predict", str(airline), "--horizon", "2", env=clean_env, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert {"narwhals", "polars"}.isdisjoint(done.stderr.split())
