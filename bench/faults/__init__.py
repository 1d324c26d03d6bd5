"""What may go wrong from outside: kills, failing disks, damaged files, too little memory; none of it may cost data."""

import argparse
from collections.abc import Sequence
from importlib import import_module

TIMES = {"kills": 200, "resuming": 20, "writes": 1, "mutations": 1000, "limits": 1, "concurrent": 4, "fuzzing": 10}
"""How often or, of fuzzing, how many minutes."""


def main(arguments: Sequence[str] = ()) -> None:
    """Run the subjects that are named, all by default; `--times` says how often, of fuzzing how many minutes."""
    parser = argparse.ArgumentParser(prog="python -m bench faults")
    parser.add_argument("subjects", nargs="*", metavar="NAME", help=", ".join(TIMES))
    parser.add_argument("--times", type=int)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args(arguments)
    failures = 0
    for name in asked.subjects or TIMES:
        print(f"== {name}", flush=True)
        times = TIMES[name] if asked.times is None else asked.times
        failures += import_module(f"bench.faults.{name}").main(times, asked.seed)
    raise SystemExit(1 if failures else 0)
