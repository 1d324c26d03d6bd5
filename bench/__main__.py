"""Runs benchmarks by name, the short ones by default; some take arguments of their own."""

import sys
from importlib import import_module

SUBJECTS = ("startup", "submissions", "airline", "determinism", "hourly", "backtest", "reading", "scale", "reaching")
WITH_ARGUMENTS = ("accuracy", "ablations", "faults", "peers", "profile", "ranks", "reading", "sbom", "scale",
                  "throughput", "tuning")  # fmt: skip

asked = sys.argv[1:] or list(SUBJECTS)
if asked[0] in WITH_ARGUMENTS:
    import_module(f"bench.{asked[0]}").main(asked[1:])
    raise SystemExit
for subject in asked:
    if subject not in SUBJECTS:
        known = ", ".join(dict.fromkeys((*SUBJECTS, *WITH_ARGUMENTS)))
        raise SystemExit(f"there is no benchmark '{subject}'; known: {known}")
    print(f"== {subject}", flush=True)
    import_module(f"bench.{subject}").main()
