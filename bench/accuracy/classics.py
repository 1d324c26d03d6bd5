"""The classic files: trained anew at each of five origins, as someone would who had the file only up to there."""

from pathlib import Path

import numpy as np
import pandas as pd

from bench.accuracy.base import Measured, Program, Setting
from bench.data import CLASSICS, NUM_ORIGINS, Rolling, classic
from bench.measuring import shared


def measure(name: str, setting: Setting) -> Measured:
    """Return the MASE of a file, the mean over the origins, and each origin's."""
    rolling, scores = classic(name), []
    with Program(setting) as program:
        for origin in range(NUM_ORIGINS):
            past = program.folder / f"{name}-{origin + 1}.csv"
            cut(name, rolling, origin, past)
            program.train(str(past), *(option for column in CLASSICS[name] for option in ("--target", column)))
            scores.append(rolling.score(origin, program.predict().point[0]))
    by_origin = {f"mase, origin {number}": score for number, score in enumerate(scores, 1)}
    return program.measured({"mase": float(np.mean(scores)), **by_origin})


def cut(name: str, rolling: Rolling, origin: int, path: Path) -> None:
    """Write the rows of a classic file up to an origin, all its columns and in the order of time."""
    rows = pd.read_csv(shared(f"classic/{name}.csv"), dtype=str, keep_default_na=False)
    if rolling.panel.time.name is not None:
        rows = rows.sort_values(rolling.panel.time.name)
    seen = int(rolling.panel.observed[: rolling.ends[origin]].sum())
    rows.iloc[:seen].to_csv(path, index=False)
