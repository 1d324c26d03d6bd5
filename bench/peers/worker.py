"""Forecasts a set of series with one method of statsforecast: the part that runs where statsforecast is installed.

    python worker.py METHOD < job > forecasts
    python worker.py versions

The job is one JSON object: `season_length`, `horizon`, `seconds` of CPU after which the process is ended, and
`series`, lists of values. Each forecast is one line of JSON, written as soon as it is made: `point`, [horizon],
`deciles`, [horizon][9], `cpu` seconds, and `failed`, why the method had to be replaced by the seasonal naive.
"""

import json
import platform
import resource
import sys
import time
import warnings
from importlib.metadata import version
from typing import Any

import numpy as np
from statsforecast import models

LEVELS = [20, 40, 60, 80]


def main(method: str) -> None:
    """Read the job and write a line for each series."""
    warnings.simplefilter("ignore")
    job = json.load(sys.stdin)
    if job["seconds"]:
        resource.setrlimit(resource.RLIMIT_CPU, (job["seconds"], job["seconds"] + 5))
    for values in job["series"]:
        began = time.process_time()
        found = _forecast(method, job["season_length"], np.array(values), job["horizon"])
        print(json.dumps(found | {"cpu": round(time.process_time() - began, 2)}), flush=True)


def _forecast(method: str, season_length: int, values: Any, horizon: int) -> dict[str, Any]:
    """Return point and deciles; the method's mean stands for the median."""
    model, failed = getattr(models, method)(season_length=season_length), None
    try:
        found = model.forecast(y=values, h=horizon, level=LEVELS)
    except Exception as error:  # whatever a method cannot do with a series, the others are still to be forecast
        failed = f"{type(error).__name__}: {error}"
        found = models.SeasonalNaive(season_length).forecast(y=values, h=horizon, level=LEVELS)
    names = [f"lo-{level}" for level in reversed(LEVELS)] + ["mean"] + [f"hi-{level}" for level in LEVELS]
    deciles = np.stack([found[name] for name in names], axis=1)
    return {"point": found["mean"].tolist(), "deciles": deciles.tolist(), "failed": failed}


def _versions() -> dict[str, str]:
    return {"python": platform.python_version()} | {name: version(name) for name in ("statsforecast", "numpy")}


if __name__ == "__main__":
    if sys.argv[1] == "versions":
        print(json.dumps(_versions()))
    else:
        main(sys.argv[1])
