import json
import subprocess
import sys
from pathlib import Path

import pytest

from bench import throughput
from bench.throughput.workloads import HOURLY, TEXTBOOK, panel

ROOT = Path(__file__).resolve().parents[1]


def test_the_textbook_workloads_have_as_many_sequences_as_the_introductions() -> None:
    assert [workload.sequences for workload in TEXTBOOK.values()] == [1_000, 10_000, 10_000]
    assert panel(TEXTBOOK["textbook-rnn-2"]).shape == (1, 10_010, 2)


def test_the_multiplications_of_an_lstm_are_those_of_its_products() -> None:
    assert HOURLY["lstm"].multiplications == 3 * (168 * 2 * 4 * 128 * (1 + 128) + 2 * 128 * 24)


@pytest.mark.parametrize("arguments", [["lstms"], ["--python", "prophet=python"]])
def test_what_the_throughput_benchmark_does_not_know_is_refused(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        throughput.main(arguments)
    assert caught.value.code == 2
    assert "known: neuralforecast, darts, gluonts, keras, lstm" in capsys.readouterr().err


@pytest.mark.parametrize("program", ["bare", "own"])
def test_a_program_takes_its_turns_and_leaves_when_there_are_no_more(program: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", f"bench.throughput.{program}", "textbook-rnn-2", "1"],
        cwd=ROOT, input="\n\n", capture_output=True, text=True, check=True,
    )  # fmt: skip
    turns = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(turns) == 2
    assert all(turn["cpu"] > 0 and turn["seconds"] > 0 and turn["peak"] > 50 for turn in turns)
