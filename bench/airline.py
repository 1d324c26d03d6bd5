"""Airline passengers, the last 12 months held out, all defaults, seeds 1 to 5."""

import statistics

from bench.accuracy.airline import measure
from bench.accuracy.base import Setting


def main() -> None:
    """Print MASE and the seconds of the whole process for each seed."""
    runs = []
    for seed in range(1, 6):
        run = measure(Setting(seed))
        print(f"seed {seed}: MASE {run.scores['mase']:.3f}  seasonal naive {run.scores['seasonal naive']:.3f}  "
              f"{run.seconds:.1f} s  {run.cpu:.1f} CPU s")  # fmt: skip
        runs.append(run)
    errors, seconds = [run.scores["mase"] for run in runs], [run.seconds for run in runs]
    print(f"MASE median {statistics.median(errors):.3f}, worst {max(errors):.3f}   bar 0.60")
    print(f"seconds median {statistics.median(seconds):.1f}, worst {max(seconds):.1f}   bar 20")
