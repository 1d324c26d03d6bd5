import gzip
import json
from pathlib import Path

import pytest

from rnncast import registry
from tests.cli.conftest import QUICK, Call

NAMES = ["lstm", *registry.BASELINES]


def names(text: str) -> list[str]:
    return [line.split(",")[0] for line in text.splitlines()[1:]]


def extended(airline: Path, months: int) -> str:
    return airline.read_text() + "".join(f"1961-{month:02d},{440 + 7 * month}\n" for month in range(1, months + 1))


def test_without_data_the_held_out_rows_are_measured_as_train_did(call: Call, airline: Path) -> None:
    reported = call("train", airline, *QUICK).stdout
    done = call("evaluate")
    assert (done.status, done.stdout) == (0, reported)
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
