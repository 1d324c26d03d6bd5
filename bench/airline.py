"""Airline passengers, the last 12 months held out, all defaults, seeds 1 to 5."""

import csv
import io
import statistics
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.measuring import ROOT, rnncast


def main() -> None:
    """Print MASE and the seconds of the whole process for each seed."""
    scores, seconds = [], []
    with TemporaryDirectory() as folder:
        for seed in range(1, 6):
            arguments = ("train", str(ROOT / "sample_data" / "airline.csv"), "--seed", str(seed), "--format", "csv")
            done = rnncast(*arguments, folder=Path(folder))
            rows = {row["model"]: float(row["mase"]) for row in csv.DictReader(io.StringIO(done.output))}
            model = next(iter(rows))
            print(f"seed {seed}: MASE {rows[model]:.3f}  seasonal naive {rows['seasonal-naive']:.3f}  "
                  f"{done.seconds:.1f} s  {done.cpu:.1f} CPU s")  # fmt: skip
            scores.append(rows[model])
            seconds.append(done.seconds)
    print(f"MASE median {statistics.median(scores):.3f}, worst {max(scores):.3f}   bar 0.75")
    print(f"seconds median {statistics.median(seconds):.1f}, worst {max(seconds):.1f}   bar 30")
