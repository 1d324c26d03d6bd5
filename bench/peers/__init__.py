"""AutoETS, AutoTheta and AutoARIMA of statsforecast, at their defaults, on the values that rnncast reads.

    python -m bench peers [NAME ...] [--python PYTHON] [--seconds N]

A name is that of a classic file, or m1; all of them by default. PYTHON is an interpreter that has statsforecast, this
one by default (`pip install rnncast[stats]`). Each method may spend N CPU seconds on the origins of a classic file;
one that needs more has no mean there and no part in the best of the three. The results go into `reference.json`,
against which `python -m bench accuracy` sets its own; what is there under other names stays.
"""

import argparse
import json
import re
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from bench.data import CLASSICS, M1, NUM_ORIGINS, classic, m1, pooled
from rnncast.baselines import forecast_baseline

REFERENCE = Path(__file__).resolve().parents[1] / "reference.json"
WORKER = Path(__file__).with_name("worker.py")
METHODS = ("AutoETS", "AutoTheta", "AutoARIMA")

LONGEST = {"AutoETS": 1500, "AutoARIMA": 1500}
"""Last rows that methods are given at most: with more they would take hours."""

LONGEST_OF = {"pjm-load-hourly": 60 * 24}
"""Last rows that every method is given of single files."""


def reference() -> dict[str, Any]:
    """Return what the peers scored, as it was committed: `classics` and `m1`."""
    found: dict[str, Any] = json.loads(REFERENCE.read_text()) if REFERENCE.exists() else {"classics": {}, "m1": {}}
    return found


def main(arguments: Sequence[str]) -> None:
    """Forecast and score what was named, and write the reference after each."""
    parser = argparse.ArgumentParser("python -m bench peers")
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--python", default=sys.executable)
    parser.add_argument("--seconds", type=int, default=300)
    asked = parser.parse_args(arguments)
    for name in asked.names or [*CLASSICS, "m1"]:
        found = reference()
        if name == "m1":
            found["m1"] = _score_m1(asked.python)
        else:
            found["classics"][name] = _score_classic(asked.python, name, asked.seconds)
        found["versions"] = json.loads(_worker(asked.python, "versions"))
        REFERENCE.write_text(_written(found))


def _written(found: dict[str, Any]) -> str:
    """Return the reference as JSON with a line for each method, so that a change of one is a line in a diff."""
    text = json.dumps(found, indent=1)
    return re.sub(r"\{[^{}]*\}|\[[^][{}]*\]", lambda inner: " ".join(inner[0].split()), text) + "\n"


def _score_classic(python: str, name: str, seconds: int) -> dict[str, Any]:
    """Return the MASE of each method on a classic file: the mean over the origins, and each."""
    rolling = classic(name)
    pasts = [rolling.values(origin) for origin in range(NUM_ORIGINS)]
    job = {"season_length": rolling.panel.season_length, "horizon": rolling.horizon, "seconds": seconds}
    naive = [forecast_baseline("seasonal-naive", rolling.past(n), rolling.horizon)[0, :, 0] for n in range(NUM_ORIGINS)]
    found: dict[str, Any] = {"season_length": job["season_length"], "horizon": rolling.horizon}
    found["seasonal-naive"] = _by_origin([rolling.score(n, forecast) for n, forecast in enumerate(naive)])
    for method in METHODS:
        rows = min(len(pasts[-1]), LONGEST_OF.get(name) or LONGEST.get(method) or len(pasts[-1]))
        lines = _forecasts(python, method, job | {"series": [past[-rows:].tolist() for past in pasts]})
        scores = [rolling.score(n, np.array(line["point"])) for n, line in enumerate(lines)]
        found[method] = _by_origin(scores) | _account(lines) | {"rows": rows}
        print(f"{name} {method}: {found[method]}", flush=True)
    return found


def _by_origin(scores: list[float]) -> dict[str, Any]:
    """Return the mean over the origins, None where a method did not come to all of them, and each."""
    mean = round(float(np.mean(scores)), 5) if len(scores) == NUM_ORIGINS else None
    return {"mase": mean, "by_origin": [round(score, 5) for score in scores]}


def _score_m1(python: str) -> dict[str, Any]:
    """Return every metric of each method on M1, by frequency and over all series."""
    found: dict[str, Any] = {frequency: {} for frequency in (*M1, "all")}
    for method in METHODS:
        scores, lines = [], []
        for frequency in M1:
            data = m1(frequency)
            series = [data.values(number).tolist() for number in range(len(data.series))]
            job = {"season_length": M1[frequency], "horizon": data.actual.shape[1], "seconds": None}
            new = _forecasts(python, method, job | {"series": series})
            scores.append(data.score(*(np.array([line[key] for line in new]) for key in ("point", "deciles"))))
            found[frequency][method] = _rounded(pooled(scores[-1:])) | _account(new)
            print(f"m1 {frequency} {method}: {found[frequency][method]}", flush=True)
            lines += new
        found["all"][method] = _rounded(pooled(scores)) | _account(lines)
    return found


def _rounded(scores: dict[str, float]) -> dict[str, float]:
    return {name: round(score, 5) for name, score in scores.items()}


def _account(lines: list[dict[str, Any]]) -> dict[str, Any]:
    """Return what forecasts took, and how many the seasonal naive had to make."""
    return {"cpu": round(sum(line["cpu"] for line in lines), 1), "failed": sum(bool(line["failed"]) for line in lines)}


def _forecasts(python: str, method: str, job: dict[str, Any]) -> list[dict[str, Any]]:
    """Return a forecast for each series of a job, or for as many as there was time for."""
    return [json.loads(line) for line in _worker(python, method, json.dumps(job)).splitlines()]


def _worker(python: str, method: str, job: str = "") -> str:
    done = subprocess.run([python, str(WORKER), method], input=job, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode not in (0, -signal.SIGXCPU):
        raise SystemExit(f"{WORKER.name} {method} left with status {done.returncode}")
    return done.stdout
