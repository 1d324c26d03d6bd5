"""`rnncast tune` on five classic series, everything default: the pick beside the default on the rows held out.

The trials may be fewer than the bar's, for a glance: python -m bench tuning 8
"""

import json
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.measuring import rnncast, shared

SERIES = ("AirPassengers", "ausbeer", "monthly-milk", "daily-min-temperatures", "monthly-sunspots")
"""Named before anything was measured: two with trend and season, one in quarters, days with a year, a cycle."""

TRIALS = 20


def main(arguments: list[str] | None = None) -> None:
    """Print MASE of both on the last horizon of each series, which the search has not seen, and the seconds it took."""
    trials, won = int((arguments or [str(TRIALS)])[0]), 0
    for name in SERIES:
        path = shared("classic") / f"{name}.csv"
        with TemporaryDirectory() as folder:
            took = rnncast("tune", str(path), "--trials", str(trials), "--format", "json", folder=Path(folder))
        found = json.loads(took.output)
        tuned, default, *others = ((model, row["mase"]) for model, row in found["scores"].items())
        best, its = min(others, key=lambda other: other[1])
        won += tuned[1] < default[1]
        picked = found["best"].get("model", "as the default")
        print(f"{name:24} tuned {tuned[1]:.3f} ({picked})  default {default[1]:.3f}  {best} {its:.3f}  "
              f"{took.seconds:.0f} s  {took.cpu:.0f} CPU s", flush=True)  # fmt: skip
    print(f"better than the default on {won} of {len(SERIES)}   bar 3")
