import csv
import gzip
import io
import json
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from rnncast import api, registry
from rnncast.selection import validation_rows
from tests.cli.conftest import QUICK, Call

NAMES = ["lstm", *registry.BASELINES]


def names(text: str) -> list[str]:
    return [line.split(",")[0] for line in text.splitlines()[1:]]


def extended(airline: Path, months: int) -> str:
    return airline.read_text() + "".join(f"1961-{month:02d},{440 + 7 * month}\n" for month in range(1, months + 1))


def test_without_data_the_held_out_rows_are_measured_as_train_did(call: Call, airline: Path) -> None:
    reported = call("train", airline, *QUICK).stdout
    done = call("evaluate")
    assert done.status == 0
    ours, theirs = (pd.read_csv(io.StringIO(text), index_col="model") for text in (done.stdout, reported))
    pd.testing.assert_frame_equal(ours, theirs, rtol=1e-4)  # one by numpy, the other by torch
    assert done.stderr.splitlines()[0] == "1 series, 1 origin, 12 steps from each."
    assert "MASE" in done.stderr.splitlines()[1]


def test_the_same_file_in_any_order_and_packing_is_measured_on_the_held_out_rows(
    call: Call, trained: Path, airline: Path, tmp_path: Path
) -> None:
    expected = call("evaluate", "-c", trained).stdout
    text = airline.read_text()
    lines = text.splitlines()
    (tmp_path / "other.csv.gz").write_bytes(gzip.compress(text.encode()))
    (tmp_path / "turned.csv").write_text("\n".join([lines[0], *reversed(lines[1:])]))
    for path in (airline, "other.csv.gz", "turned.csv"):
        assert call("evaluate", path, "-c", trained).stdout == expected


def test_more_windows_than_unlearned_rows_are_refused_with_a_remedy(
    call: Call, trained: Path, airline: Path, tmp_path: Path
) -> None:
    (tmp_path / "longer.csv").write_text(extended(airline, 12))
    (tmp_path / "barely.csv").write_text(extended(airline, 3))
    for path, windows in ((airline, 2), ("longer.csv", 2), ("barely.csv", 2)):
        done = call("evaluate", path, "-c", trained, "--windows", str(windows))
        assert (done.status, done.stdout) == (2, "")
        assert f"Error: {windows} windows of 12 steps need 24 rows that the weights have not learned" in done.stderr
        assert "Hint: Train with --test 24" in done.stderr


def test_rows_cut_off_before_the_end_are_still_known(call: Call, trained: Path, airline: Path, tmp_path: Path) -> None:
    lines = airline.read_text().splitlines(keepends=True)
    (tmp_path / "late.csv").write_text(lines[0] + "".join(lines[60:]))
    (tmp_path / "early.csv").write_text("".join(lines[:100]))
    assert call("evaluate", "late.csv", "-c", trained, "--windows", "2").status == 2
    done = call("evaluate", "early.csv", "-c", trained)
    assert (done.status, done.stdout) == (2, "")
    assert "there are none" in done.stderr


def test_a_bare_column_is_known_whatever_was_cut_off_before_it(call: Call, tmp_path: Path) -> None:
    values = [f"{(i * 37) % 101 + i / 8}\n" for i in range(80)]
    (tmp_path / "all.csv").write_text("".join(values))
    (tmp_path / "late.csv").write_text("".join(values[30:]))
    (tmp_path / "other.csv").write_text("".join(f"{(i * 29) % 97}\n" for i in range(80)))
    call("train", "all.csv", "--horizon", "4", *QUICK)
    assert call("evaluate", "late.csv", "--windows", "2").status == 2
    assert call("evaluate", "late.csv").status == 0
    assert call("evaluate", "other.csv", "--windows", "2").status == 0


def test_newer_rows_are_measured_from_the_end_of_the_training_run(
    call: Call, trained: Path, airline: Path, tmp_path: Path
) -> None:
    (tmp_path / "longer.csv").write_text(extended(airline, 12))
    done = call("evaluate", "longer.csv", "-c", trained, "--format", "json")
    found = json.loads(done.stdout)
    assert [row["model"] for row in found["metrics"]] == NAMES
    assert (found["windows"], found["steps"], found["data"]) == (1, 12, ["longer.csv"])
    assert found["metrics"][0] != json.loads(call("evaluate", "-c", trained, "--format", "json").stdout)["metrics"][0]


def test_another_series_with_the_same_dates_is_measured_from_many_origins(
    call: Call, trained: Path, airline: Path, tmp_path: Path
) -> None:
    rows = [line.split(",") for line in airline.read_text().splitlines()]
    text = "\n".join([",".join(rows[0]), *(f"{stamp},{1000 - int(value)}" for stamp, value in rows[1:])])
    (tmp_path / "other.csv").write_text(text)
    done = call("evaluate", "other.csv", "-c", trained)
    assert (done.status, names(done.stdout)) == (0, NAMES)
    assert done.stderr.startswith("1 series, 5 origins, 12 steps apart, 12 steps from each.")


def test_windows_and_stride_say_from_where(call: Call, airline: Path) -> None:
    call("train", airline, *QUICK, "--test", "24")
    done = call("evaluate", "--windows", "4", "--stride", "3", "--horizon", "6")
    assert done.stderr.startswith("1 series, 4 origins, 3 steps apart, 6 steps from each.")


def test_per_series_lists_each(call: Call, trained_energy: Path, energy: Path) -> None:
    lines = call("evaluate", "-c", trained_energy, "--per-series").stdout.splitlines()
    sites = list(dict.fromkeys(line.split(",")[0] for line in energy.read_text().splitlines()[1:]))
    assert lines[0].startswith("site,model,mse,")
    assert [line.split(",")[:2] for line in lines[1:]] == [[site, name] for site in sites for name in NAMES]


@pytest.mark.parametrize(("condition", "status"), [("mase > 1000", 0), ("mase > 0", 1)])
def test_a_condition_decides_the_status_and_the_scores_are_shown_anyway(
    call: Call, trained: Path, condition: str, status: int
) -> None:
    done = call("evaluate", "-c", trained, "--fail-if", condition)
    assert (done.status, names(done.stdout)) == (status, NAMES)


def test_a_baseline_that_is_better_is_told(call: Call, tmp_path: Path) -> None:
    (tmp_path / "line.csv").write_text("day,x\n" + "".join(f"2024-01-{d:02d},{d * 10}\n" for d in range(1, 31)))
    said = call("train", "line.csv", "-H", "3", *QUICK, "--lr", "0.5").stderr
    assert "Warning: the baseline drift is better than lstm: MASE " in said


@pytest.fixture(scope="session")
def trained_long(tmp_path_factory: pytest.TempPathFactory, airline: Path) -> Path:
    """Return a checkpoint of the airline passengers with three years held out, horizon 6."""
    path = tmp_path_factory.mktemp("trained") / "long.safetensors"
    api.train(str(airline), model="lstm", max_steps=4, ensemble=1, hidden_size=8, test=36, horizon=6).save(path)
    return path


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_metrics_and_baselines_are_those_asked_for(call: Call, trained_long: Path) -> None:
    done = call("evaluate", "-c", trained_long, "--metric", "CRPS", "--metric", "pinball-0.9", "--baseline", "drift")
    assert done.stdout.startswith("model,crps,pinball-0.9\nlstm,")
    assert names(done.stdout) == ["lstm", "drift"]
    every = call("evaluate", "-c", trained_long, "--metrics", "all", "--baseline", "naive2").stdout
    assert {"owa", "mape", "msis-80", "width-20", "pinball-0.5"} <= set(rows(every)[0])


def test_intervals_need_not_be_learned(call: Call, trained_long: Path) -> None:
    found = rows(call("evaluate", "-c", trained_long, "--levels", "95,50", "--baseline", "naive").stdout)
    assert list(found[0])[-3:] == ["wql", "coverage-50", "coverage-95"]
    assert float(found[0]["coverage-50"]) <= float(found[0]["coverage-95"])
    usual = rows(call("evaluate", "-c", trained_long, "--baseline", "naive").stdout)
    assert usual[0]["wql"] == found[0]["wql"]
    gate = call("evaluate", "-c", trained_long, "--baseline", "naive", "--fail-if", "msis-99 > 0")
    assert (gate.status, "msis-99 is " in gate.stderr) == (1, True)


@pytest.mark.parametrize(
    ("option", "header", "count"),
    [
        ("--per-step", "step,model,mae", 6),
        ("--per-origin", "origin,cutoff,model,mae", 6),
        ("--per-series", "model,mae", 1),
    ],
)
def test_a_table_by_step_origin_or_series(call: Call, trained_long: Path, option: str, header: str, count: int) -> None:
    done = call("evaluate", "-c", trained_long, option, "--metric", "mae", "--baseline", "naive")
    assert done.stdout.splitlines()[0] == header
    found = [float(row["mae"]) for row in rows(done.stdout) if row["model"] == "lstm"]
    overall = rows(call("evaluate", "-c", trained_long, "--baseline", "naive").stdout)[0]["mae"]
    assert len(found) == count
    assert sum(found) / count == pytest.approx(float(overall))


def test_json_holds_every_metric_and_how_far_to_trust_them(call: Call, trained_long: Path) -> None:
    found = json.loads(call("evaluate", "-c", trained_long, "--format", "json").stdout)
    own = found["metrics"][0]
    assert {"mase", "owa", "crps", "msis-80"} <= set(own)
    low, high = found["intervals"]["mase"]
    assert low <= own["mase"] <= high
    assert found["comparison"]["metric"] == "mase"
    assert 0 <= found["comparison"]["p_value"] <= 1
    assert found["standardised"] is False


def test_standardised_values_are_those_of_the_training_part(call: Call, trained_long: Path, airline: Path) -> None:
    values = np.array([float(row["passengers"]) for row in rows(airline.read_text())])
    kept = api.load(trained_long).checkpoint
    before = kept.panel.truncated(kept.panel.lengths - kept.held_out)
    learned = int(before.lengths[0] - validation_rows(before, kept.config.training.validation, 6)[0])
    plain, found = (
        rows(call("evaluate", "-c", trained_long, "--baseline", "naive", *more).stdout)
        for more in ((), ("--standardised",))
    )
    for row, other in zip(plain, found, strict=True):
        assert float(other["mae"]) == pytest.approx(float(row["mae"]) / values[:learned].std())
        assert float(other["mse"]) == pytest.approx(float(row["mse"]) / values[:learned].var())
        assert float(other["mase"]) == pytest.approx(float(row["mase"]))


def test_every_forecast_is_written_beside_what_came(call: Call, trained_long: Path, tmp_path: Path) -> None:
    for name in ("p.csv", "p.parquet"):
        done = call("evaluate", "-c", trained_long, "--baseline", "naive", "--predictions", name, "--levels", "80")
        assert f"Wrote {name}." in done.stderr
        read = pd.read_csv if name.endswith("csv") else pd.read_parquet
        table = read(tmp_path / name)
        assert list(table) == ["unique_id", "ds", "cutoff", "y", "lstm", "naive", "lstm-lo-80", "lstm-hi-80"]
        assert len(table) == 36
        error = (table["lstm"] - table["y"]).abs().mean()
        assert error == pytest.approx(float(rows(done.stdout)[0]["mae"]))


def test_the_verdict_says_p_where_origins_can_tell(call: Call, trained_long: Path) -> None:
    said = call("evaluate", "-c", trained_long).stderr.splitlines()
    assert said[0] == "1 series, 6 origins, 6 steps apart, 6 steps from each."
    assert re.search(r"better than .*: MASE [0-9.]+ against [0-9.]+, p [=<] 0\.[0-9]+\.$", said[1])
    assert len(said) == 2


def test_a_diagnosis_is_a_table_of_its_own(call: Call, trained_long: Path) -> None:
    done = call("evaluate", "-c", trained_long, "--diagnose", "--baseline", "naive")
    found = rows(done.stdout)
    assert [row["check"] for row in found][:3] == ["autocorrelation", "Ljung-Box", "bias"]
    assert {row["check"] for row in found} >= {"largest error", "importance"}
    assert 0 <= float(found[1]["p"]) <= 1


def test_from_many_origins_only_quick_baselines_stand_beside_the_model(call: Call, tmp_path: Path) -> None:
    values = np.random.default_rng(1).normal(size=300).cumsum()
    (tmp_path / "long.csv").write_text("y\n" + "".join(f"{value}\n" for value in values))
    call("train", "long.csv", "--horizon", "2", "--test", "110", *QUICK)
    done = call("evaluate", "--stride", "1")
    assert names(done.stdout) == ["lstm", *registry.UNFITTED]
    assert "Note: from more than 100 origins" in done.stderr
    assert "109 origins" in done.stderr


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--per-step", "--per-origin"), "Error: --per-series, --per-step, --per-origin and --diagnose are tables"),
        (("--metric", "mape-3"), "Error: there is no metric called 'mape-3'."),
        (("--baseline", "last-class"), "Error: there is no baseline called 'last-class'."),
        (("--predictions", "nowhere/p.csv"), "Error: 'nowhere/p.csv' cannot be written: the folder does not exist."),
        (("--levels", "0"), "Error: Invalid value for '--levels': '0' is not a whole number from 1 to 99."),
    ],
)
def test_what_does_not_fit_is_refused(call: Call, trained_long: Path, options: tuple[str, ...], message: str) -> None:
    done = call("evaluate", "-c", trained_long, *options)
    assert (done.status, done.stdout) == (1 if "cannot be written" in message else 2, "")
    assert message in done.stderr


@pytest.mark.parametrize(
    "change",
    [
        lambda stamp, value: f"{stamp},{value}",
        lambda stamp, value: f"{stamp},{value / 1000}",
        lambda stamp, value: f"{stamp},{value + 1000}",
        lambda stamp, value: f"{stamp},{round(value, -1)}",
        lambda stamp, value: f"{int(stamp[:4]) + 20}{stamp[4:]},{value}",
    ],
    ids=["as it was", "in other units", "at another level", "rounded", "moved by twenty years"],
)
def test_rows_that_were_learned_are_refused_however_they_were_changed(
    call: Call, trained: Path, airline: Path, tmp_path: Path, change: Callable[[str, float], str]
) -> None:
    lines = [line.split(",") for line in airline.read_text().splitlines()[1:133]]
    text = "".join(change(stamp, float(value)) + "\n" for stamp, value in lines)
    (tmp_path / "changed.csv").write_text("month,passengers\n" + text)
    done = call("evaluate", "changed.csv", "-c", trained)
    assert (done.status, done.stdout) == (2, "")
    assert "that the weights have not learned from, and there are none." in done.stderr
    assert "Hint: Train with --test 12" in done.stderr


def test_some_series_under_other_names_are_refused(
    call: Call, trained_energy: Path, energy: Path, tmp_path: Path
) -> None:
    lines = energy.read_text().splitlines()
    kept = [line.replace("campus", "other") for line in lines[1:] if line.startswith("campus")][:-6]
    (tmp_path / "part.csv").write_text("\n".join([lines[0], *kept]))
    done = call("evaluate", "part.csv", "-c", trained_energy)
    assert (done.status, done.stdout) == (2, "")
    assert "there are none" in done.stderr
