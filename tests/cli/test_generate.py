from pathlib import Path

import pytest

from rnncast import registry
from tests.cli.conftest import QUICK, Call

SMALL = ("--series", "4", "--length", "40")


def test_series_are_a_long_table_with_stamps_of_the_frequency(call: Call) -> None:
    done = call("generate", "--series", "2", "--length", "3", "--freq", "QS", "--start", "2024-02-01")
    header, *rows = done.stdout.splitlines()
    assert (done.status, done.stderr, header) == (0, "", "unique_id,ds,y")
    assert [row.rsplit(",", 1)[0] for row in rows] == [
        f"S{number},{stamp}" for number in (1, 2) for stamp in ("2024-04-01", "2024-07-01", "2024-10-01")
    ]


def test_the_same_seed_gives_the_same_bytes_and_another_others(call: Call) -> None:
    first, second, other = (call("generate", *SMALL, "--seed", seed).stdout for seed in ("1", "1", "2"))
    assert first == second != other


def test_a_file_holds_what_standard_output_would(call: Call, tmp_path: Path) -> None:
    done = call("generate", *SMALL, "-o", "made.csv")
    assert (done.status, done.stdout, done.stderr) == (0, "", "Wrote made.csv.\n")
    assert (tmp_path / "made.csv").read_text() == call("generate", *SMALL).stdout


def test_training_reads_them_without_any_option_for_the_data(call: Call) -> None:
    call("generate", *SMALL, "-o", "made.csv")
    done = call("train", "made.csv", *QUICK)
    assert done.status == 0, done.stderr
    assert "4 series, 160 rows, every month (MS), season 12; target y" in done.stderr


@pytest.mark.parametrize(("freq", "season"), [("h", '"24, 168"'), ("D", "7"), ("W-MON", "52"), ("YS", "")])
def test_every_frequency_is_told_from_what_was_made(call: Call, freq: str, season: str) -> None:
    call("generate", *SMALL, "--freq", freq, "-o", "made.csv")
    inspected = call("inspect", "made.csv").stdout
    assert f"frequency,{freq}\n" in inspected
    assert f"season,{season}\n" in inspected


@pytest.mark.parametrize("kind", registry.GENERATORS)
def test_every_kind_can_be_asked_for_by_name(call: Call, kind: str) -> None:
    done = call("generate", *SMALL, "--kind", kind, "--season-length", "4")
    assert (done.status, done.stdout.count("\n")) == (0, 161)


def test_kinds_may_be_several(call: Call) -> None:
    both = call("generate", *SMALL, "--kind", "waves", "--kind", "walk").stdout
    assert len({both, call("generate", *SMALL, "--kind", "waves").stdout, call("generate", *SMALL).stdout}) == 3


def test_kinds_are_listed(call: Call) -> None:
    listed = [tuple(line.split(maxsplit=1)) for line in call("generate", "--list-kinds").stdout.splitlines()]
    assert listed == [(name, entry.summary) for name, entry in registry.GENERATORS.items()]


def test_the_documentation_lists_and_explains_every_kind(call: Call, root: Path) -> None:
    page = (root / "docs" / "synthetic.md").read_text(encoding="utf-8")
    assert f"--list-kinds\n{call('generate', '--list-kinds').stdout}```" in page
    assert [kind for kind in registry.GENERATORS if f"\n### {kind}\n" not in page] == []


@pytest.mark.parametrize(
    ("option", "value", "message"),
    [
        ("--freq", "fortnight", "freq is 'fortnight', which is no frequency."),
        ("--freq", "5", "freq is '5', a number, and series are made on dates."),
        ("--start", "soon", "start is 'soon', which is no date."),
        ("--kind", "sarim", "there is no kind of series called 'sarim'."),
        ("--series", "0", "Invalid value for '--series': '0' is not a whole number of at least 1."),
        ("--length", "1", "Invalid value for '--length': '1' is not a whole number from 2 to 1000000."),
        ("--season-length", "0", "Invalid value for '--season-length': '0' is not a whole number from 1 to 100000."),
        ("--seed", "-1", "Invalid value for '--seed': '-1' is not a whole number of at least 0."),
    ],
)
def test_a_wrong_option_is_refused(call: Call, option: str, value: str, message: str) -> None:
    done = call("generate", option, value)
    assert (done.status, done.stdout) == (2, "")
    assert done.stderr.startswith(f"Error: {message}\nHint: ")


def test_an_output_that_cannot_be_written_is_refused(call: Call) -> None:
    done = call("generate", "-o", "missing/made.csv")
    assert done.status == 1
    assert "'missing/made.csv' cannot be written: the folder does not exist." in done.stderr
