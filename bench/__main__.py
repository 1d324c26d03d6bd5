"""Runs benchmarks by name, the short ones by default; `accuracy` and `peers` take arguments of their own."""

import sys
from importlib import import_module

SUBJECTS = ("startup", "airline", "determinism", "hourly")
WITH_ARGUMENTS = ("accuracy", "ablations", "peers")

asked = sys.argv[1:] or list(SUBJECTS)
if asked[0] in WITH_ARGUMENTS:
    import_module(f"bench.{asked[0]}").main(asked[1:])
    raise SystemExit
for subject in asked:
    if subject not in SUBJECTS:
        raise SystemExit(f"there is no benchmark '{subject}'; known: {', '.join((*SUBJECTS, *WITH_ARGUMENTS))}")
    print(f"== {subject}", flush=True)
    import_module(f"bench.{subject}").main()
