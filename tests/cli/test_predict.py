import csv
import gzip
import io
import json
from pathlib import Path

import pytest

from tests.cli.conftest import QUICK, Call
from tests.conftest import RunCli

TINY = ("--context", "12", "--horizon", "3", *QUICK)


def rows_of(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def table(stamps: list[str], name: str = "date") -> str:
    return f"{name},sold\n" + "".join(f"{stamp},{10 + i % 5 + i / 10}\n" for i, stamp in enumerate(stamps))


def stamps_after(call: Call, path: Path, stamps: list[str], *options: str) -> list[str]:
    path.write_text(table(stamps))
    assert call("-q", "train", path, *TINY, *options)[::2] == (0, "")
    return [row["date"] for row in rows_of(call("-q", "predict").stdout)]


def test_a_forecast_continues_the_calendar_of_the_data(call: Call, trained: Path) -> None:
    done = call("predict", "-c", trained)
    rows = rows_of(done.stdout)
    assert (done.status, done.stderr) == (0, "")
    assert list(rows[0]) == ["month", "forecast", "lo-80", "hi-80", "lo-95", "hi-95"]
    assert [row["month"] for row in rows] == [f"1961-{month:02d}" for month in range(1, 13)]


def test_the_data_of_the_training_run_give_the_same_forecast(call: Call, trained: Path, airline: Path) -> None:
    assert call("predict", "-c", trained).stdout == call("predict", airline, "-c", trained).stdout


@pytest.mark.promise("P11")
def test_standard_input_gzip_and_several_files_are_the_same_data(
    run_cli: RunCli, call: Call, trained: Path, airline: Path, tmp_path: Path
) -> None:
    expected = call("predict", "-c", trained).stdout
    text = airline.read_text()
    (tmp_path / "a.csv.gz").write_bytes(gzip.compress(text.encode()))
    lines = text.splitlines(keepends=True)
    (tmp_path / "1.csv").write_text("".join(lines[:70]))
    (tmp_path / "2.csv").write_text(lines[0] + "".join(lines[70:]))
    assert call("predict", "a.csv.gz", "-c", trained).stdout == expected
    assert call("predict", "1.csv", "2.csv", "-c", trained).stdout == expected
    assert run_cli("predict", "-", "-c", trained, stdin=text).stdout == expected


def test_the_checkpoint_may_be_named_by_a_variable(call: Call, trained: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = call("predict", "-c", trained).stdout
    monkeypatch.setenv("RNNCAST_CHECKPOINT", str(trained))
    assert call("predict").stdout == expected


def test_intervals_rise_and_the_wider_hold_the_narrower(call: Call, trained: Path) -> None:
    for row in rows_of(call("predict", "-c", trained, "-H", "30", "--levels", "50,80,95,99").stdout):
        bounds = [float(row[name]) for name in (
            "lo-99", "lo-95", "lo-80", "lo-50", "forecast", "hi-50", "hi-80", "hi-95", "hi-99"
        )]  # fmt: skip
        assert bounds == sorted(bounds)


def test_a_longer_horizon_than_trained_is_told_and_begins_with_the_trained_one(call: Call, trained: Path) -> None:
    short = call("predict", "-c", trained).stdout.splitlines()
    done = call("predict", "-c", trained, "--horizon", "30")
    assert done.stdout.splitlines()[: len(short)] == short
    assert done.stdout.splitlines()[-1].startswith("1963-06,")
    assert done.stderr.startswith("Note: 30 steps are more than the 12 ")


def test_a_shorter_horizon_is_the_beginning_of_the_trained_one(call: Call, trained: Path) -> None:
    whole = call("predict", "-c", trained).stdout.splitlines()
    assert call("predict", "-c", trained, "-H", "5").stdout.splitlines() == whole[:6]


@pytest.mark.parametrize(
    ("name", "start"), [("f.csv", "month,"), ("f.json", "{"), ("f", "month,"), ("f.CSV", "month,")]
)
def test_a_file_is_written_in_the_format_of_its_extension(
    call: Call, trained: Path, tmp_path: Path, name: str, start: str
) -> None:
    done = call("predict", "-c", trained, "-o", name)
    assert done == (0, "", f"Wrote {name}.\n")
    assert (tmp_path / name).read_text().startswith(start)


def test_a_format_that_is_asked_for_wins_over_the_extension(call: Call, trained: Path, tmp_path: Path) -> None:
    call("predict", "-c", trained, "-o", "f.json", "--format", "csv")
    assert (tmp_path / "f.json").read_text() == call("predict", "-c", trained).stdout


def test_json_tells_how_it_was_made_and_holds_the_same_numbers(call: Call, trained: Path, airline: Path) -> None:
    found = json.loads(call("predict", airline, "-c", trained, "--format", "json").stdout)
    rows = rows_of(call("predict", "-c", trained).stdout)
    assert found["schema"] == "rnncast.forecast/1"
    assert (found["model"], found["checkpoint"], found["data"]) == ("lstm", str(trained), [str(airline)])
    assert [row["forecast"] for row in found["forecast"]] == [float(row["forecast"]) for row in rows]


@pytest.mark.parametrize(
    ("stamps", "expected"),
    [
        ([f"{2018 + m // 12}-{m % 12 + 1:02d}-01" for m in range(36)], ["2021-01-01", "2021-02-01", "2021-03-01"]),
        ([f"2024-01-{d:02d}" for d in range(1, 32)] + [f"2024-02-{d:02d}" for d in range(1, 28)],
         ["2024-02-28", "2024-02-29", "2024-03-01"]),
        ([f"2024-01-{d:02d}" for d in range(1, 27) if d % 7 not in (6, 0)], ["2024-01-29", "2024-01-30", "2024-01-31"]),
        ([str(year) for year in range(1990, 2020)], ["2020", "2021", "2022"]),
    ],
    ids=["months", "leap day", "business days", "years"],
)  # fmt: skip
def test_calendars_go_on(call: Call, tmp_path: Path, stamps: list[str], expected: list[str]) -> None:
    assert stamps_after(call, tmp_path / "data.csv", stamps) == expected


def test_month_ends_go_on_at_month_ends(call: Call, tmp_path: Path) -> None:
    ends = ["31", "28", "31", "30", "31", "30", "31", "31", "30", "31", "30", "31"]
    stamps = [f"{year}-{month:02d}-{ends[month - 1]}" for year in (2021, 2022, 2023) for month in range(1, 13)]
    expected = ["2024-01-31", "2024-02-29", "2024-03-31"]
    assert stamps_after(call, tmp_path / "data.csv", stamps) == expected


def test_a_bare_column_of_numbers_has_steps_from_one(call: Call, tmp_path: Path) -> None:
    (tmp_path / "data.csv").write_text("".join(f"{i % 7}.5\n" for i in range(40)))
    call("-q", "train", "data.csv", *TINY)
    rows = rows_of(call("predict").stdout)
    assert list(rows[0])[:2] == ["step", "forecast"]
    assert [row["step"] for row in rows] == ["1", "2", "3"]


def test_a_long_table_keeps_its_names_and_the_order_of_its_series(call: Call, tmp_path: Path) -> None:
    text = "shop,day,sold\n" + "".join(
        f"{shop},2024-01-{day:02d},{day % 7 + len(shop)}\n"
        for shop in ("zoo", "007", 'Änne, "B"')
        for day in range(1, 31)
    ).replace('Änne, "B"', '"Änne, ""B"""')
    (tmp_path / "data.csv").write_text(text, encoding="utf-8")
    call("-q", "train", "data.csv", *TINY)
    rows = rows_of(call("predict").stdout)
    assert list(rows[0])[:3] == ["shop", "day", "forecast"]
    assert [row["shop"] for row in rows] == ["zoo"] * 3 + ["007"] * 3 + ['Änne, "B"'] * 3
    assert [row["day"] for row in rows[:3]] == ["2024-01-31", "2024-02-01", "2024-02-02"]


def test_rows_that_are_series_have_their_ids_and_steps(call: Call, tmp_path: Path) -> None:
    text = "V1," + ",".join(f"V{i}" for i in range(2, 32)) + "\n"
    text += "".join(f"{name}," + ",".join(str(i % 4 + 1) for i in range(30)) + "\n" for name in ("H1", "H2"))
    (tmp_path / "data.csv").write_text(text)
    call("-q", "train", "data.csv", *TINY)
    rows = rows_of(call("predict").stdout)
    assert list(rows[0])[:3] == ["V1", "step", "forecast"]
    assert [(row["V1"], row["step"]) for row in rows] == [(name, str(h)) for name in ("H1", "H2") for h in (1, 2, 3)]


def test_several_targets_have_a_column_and_intervals_each(call: Call, tmp_path: Path) -> None:
    rows = "".join(f"2024-01-{day:02d},{day % 7},{day % 5 + 0.5}\n" for day in range(1, 32))
    (tmp_path / "data.csv").write_text("day,a,b\n" + rows)
    call("-q", "train", "data.csv", *TINY)
    header = call("predict", "--levels", "80").stdout.splitlines()[0]
    assert header == "day,a,a-lo-80,a-hi-80,b,b-lo-80,b-hi-80"


def test_a_missing_future_covariate_is_named_with_its_first_stamp(call: Call, trained_energy: Path) -> None:
    done = call("predict", "-c", trained_energy)
    assert (done.status, done.stdout) == (2, "")
    assert "Error: series 'campus' has no holiday at 2024-03-01 00:00" in done.stderr
    assert "--future-data" in done.stderr


def ahead(sites: tuple[str, ...] = ("campus", "hospital", "mall", "plant"), hours: int = 6) -> str:
    return "site,time,holiday\n" + "".join(
        f"{site},2024-03-01 {hour:02d}:00,{hour % 2}\n" for site in sites for hour in range(hours)
    )


def sites_of(energy: Path) -> tuple[str, ...]:
    return tuple(dict.fromkeys(line.split(",")[0] for line in energy.read_text().splitlines()[1:]))


def test_future_data_serve_with_the_data_and_without_them(
    call: Call, trained_energy: Path, energy: Path, tmp_path: Path
) -> None:
    (tmp_path / "ahead.csv").write_text(ahead(sites_of(energy)))
    own = call("predict", "-c", trained_energy, "--future-data", "ahead.csv")
    again = call("predict", energy, "-c", trained_energy, "--future-data", "ahead.csv")
    assert (own.status, again.status) == (0, 0)
    assert own.stdout == again.stdout
    assert len(own.stdout.splitlines()) == 1 + 6 * len(sites_of(energy))


def test_future_data_that_end_too_early_are_told(
    call: Call, trained_energy: Path, energy: Path, tmp_path: Path
) -> None:
    (tmp_path / "ahead.csv").write_text(ahead(sites_of(energy), hours=4))
    done = call("predict", "-c", trained_energy, "--future-data", "ahead.csv")
    assert done.status == 2
    assert "at 2024-03-01 04:00" in done.stderr


def test_future_data_without_future_covariates_are_refused(call: Call, trained: Path, tmp_path: Path) -> None:
    (tmp_path / "ahead.csv").write_text(ahead())
    done = call("predict", "-c", trained, "--future-data", "ahead.csv")
    assert (done.status, done.stdout) == (2, "")
    assert "no future covariate" in done.stderr


def test_what_was_mended_in_new_data_is_told(call: Call, trained: Path, airline: Path, tmp_path: Path) -> None:
    lines = airline.read_text().splitlines(keepends=True)
    (tmp_path / "gap.csv").write_text("".join(lines[:50] + lines[52:]))
    assert call("predict", "gap.csv", "-c", trained).stderr.startswith("Note: 2 of 144 steps have no row")
    assert call("-q", "predict", "gap.csv", "-c", trained).stderr == ""
