"""How long help and forecasts take, next to bare Python, `import torch` and pandas, by turns in the same run."""

import statistics
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.measuring import ROOT, Run, median_seconds, python, rnncast

BARS = {"--help": 0.15, "train --help": 0.25}

IMPORTS = {"torch": 0.6, "torch, pandas": 1.6}
"""Times the import of these that `predict` may take."""

TURNS = 7


def main() -> None:
    """Print seconds, and ratios to bare Python or to imports."""
    bare = median_seconds(["-c", "pass"], 11)
    print(f"python -c pass           {bare:.3f} s")
    for command, bar in BARS.items():
        seconds = median_seconds(["-m", "rnncast", *command.split()], 11)
        print(f"rnncast {command:16} {seconds:.3f} s   bar {bar} s   {seconds / bare:.1f} x bare Python")
    airline = str(ROOT / "sample_data" / "airline.csv")
    with TemporaryDirectory() as folder:
        checkpoint = str(Path(folder) / "m.safetensors")
        rnncast("train", airline, "-o", checkpoint)
        _forecasts({"predict": ["-c", checkpoint], "predict DATA": [airline, "-c", "default"]})
        rnncast("generate", "--series", "10000", "--length", "100", "-o", str(Path(folder) / "many.csv"))
        took = rnncast("predict", "many.csv", "-c", "default", "-o", "out.csv", folder=Path(folder))
    print(f"10,000 series of 100     {took.seconds:.0f} s   bar 60 s   {took.cpu:.0f} CPU s")


def _forecasts(ways: Mapping[str, Sequence[str]]) -> None:
    """Print what forecasts take, and the same with torch, in wall and in CPU time; by turns, the first not counted."""
    commands = {f"import {names}": ["-c", f"import {names}"] for names in IMPORTS}
    for name, arguments in ways.items():
        for own in ((), ("--device", "cpu")):
            commands[" ".join((name, *own))] = ["-m", "rnncast", "-q", "predict", *arguments, *own]
    turns = [{name: python(*arguments) for name, arguments in commands.items()} for _ in range(1 + TURNS)][1:]
    wall, cpu = ({name: _median(turns, name, kind) for name in commands} for kind in ("seconds", "cpu"))
    for name in commands:
        print(f"{name:25} {wall[name]:.2f} s, {cpu[name]:.2f} CPU s", end="")
        for names, bar in IMPORTS.items():
            times, of_cpu = (taken[name] / taken[f"import {names}"] for taken in (wall, cpu))
            print(f"   {times:.2f} x {names}, of CPU {of_cpu:.2f} x, bar {bar} x", end="")
        print()


def _median(turns: Sequence[Mapping[str, Run]], name: str, kind: str) -> float:
    return statistics.median(getattr(turn[name], kind) for turn in turns)
