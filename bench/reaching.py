"""How soon a good forecast is there: M4 hourly to a MASE of 1.0, airline passengers from command to checkpoint."""

import statistics
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.accuracy import m4
from bench.accuracy.base import Program, Setting
from bench.measuring import ROOT, rnncast, shared

STEPS = (25, 50, 100, 200, 400)
"""Optimiser steps that are tried, the first that are enough win."""

GOOD = 1.0
TURNS = 5


def main() -> None:
    """Print seconds and seconds of CPU, of whole processes from the command on."""
    for steps in STEPS:
        options = ("--model", "lstm", "--ensemble", "1", "--max-steps", str(steps))
        with Program(Setting(1, options)) as program:
            data = m4.GROUPS["hourly"].data()
            program.train(str(shared("m4/Hourly-train.csv.gz")), "--horizon", "48")
            mase = m4.score(data, program.predict(data.ids))["mase"]
            took = f"{program.seconds:.0f} s, {program.cpu:.0f} CPU s   bar 60 CPU s"
        print(
            f"M4 hourly, one LSTM, {steps} steps: MASE {mase:.3f}   bar {GOOD}   train and predict {took}", flush=True
        )
        if mase <= GOOD:
            break
    for name, options in (("defaults", ()), ("one LSTM", ("--model", "lstm", "--ensemble", "1"))):
        with TemporaryDirectory() as folder:
            data = str(ROOT / "sample_data" / "airline.csv")
            runs = [rnncast("train", data, *options, folder=Path(folder)) for _ in range(TURNS)]
        seconds, cpu = (statistics.median(getattr(run, kind) for run in runs) for kind in ("seconds", "cpu"))
        print(
            f"airline passengers, {name}, command to checkpoint: {seconds:.1f} s, {cpu:.1f} CPU s   bar 6 s", flush=True
        )
