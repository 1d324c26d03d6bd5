"""Runs benchmarks by name, all of them by default."""

import sys
from importlib import import_module

SUBJECTS = ("startup", "airline", "determinism", "hourly")

for subject in sys.argv[1:] or SUBJECTS:
    if subject not in SUBJECTS:
        raise SystemExit(f"there is no benchmark '{subject}'; known: {', '.join(SUBJECTS)}")
    print(f"== {subject}", flush=True)
    import_module(f"bench.{subject}").main()
