"""M4 hourly, 414 series, horizon 48, all defaults: the official test part, time and memory."""

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd

from bench.measuring import python, rnncast, shared

SEASON = 24
NAIVE2 = {"sMAPE": 18.383, "MASE": 2.395}
"""The organisers' Naive2, against which OWA is taken."""


def main() -> None:
    """Print sMAPE, MASE and OWA as the M4 rules have them, seconds, and memory above `import torch`."""
    data = str(shared("m4/Hourly-train.csv.gz"))
    torch = python("-c", "import torch")
    with TemporaryDirectory() as folder:
        trained = rnncast("train", data, folder=Path(folder))
        predicted = rnncast("predict", "-o", "forecast.csv", folder=Path(folder))
        smape, mase = score(Path(folder) / "forecast.csv")
    owa = (smape / NAIVE2["sMAPE"] + mase / NAIVE2["MASE"]) / 2
    print(f"sMAPE {smape:.3f}   bar 11.5")
    print(f"MASE {mase:.3f}   bar 1.05")
    print(f"OWA {owa:.3f}   winner of the competition 0.440")
    print(f"train {trained.seconds:.0f} s, {trained.cpu:.0f} CPU s   bar 300 s")
    print(f"predict {predicted.seconds:.1f} s")
    print(f"peak memory {trained.peak - torch.peak:.0f} MiB above import torch   bar 1024 MiB")


def score(path: Path) -> tuple[float, float]:
    """Return sMAPE and MASE of a forecast table on the official test part, first by series, then the mean."""
    past, actual = (_series(f"m4/Hourly-{part}.csv.gz") for part in ("train", "test"))
    forecasts = pd.read_csv(path)
    smapes, mases = [], []
    for name, rows in forecasts.groupby(forecasts.columns[0], sort=False):
        forecast, truth, known = rows["forecast"].to_numpy(), actual[str(name)], past[str(name)]
        error = np.abs(forecast - truth)
        smapes.append(float(np.mean(200 * error / (np.abs(forecast) + np.abs(truth)))))
        mases.append(float(error.mean() / np.abs(known[SEASON:] - known[:-SEASON]).mean()))
    assert len(smapes) == len(actual), "a series has no forecast"
    return float(np.mean(smapes)), float(np.mean(mases))


def _series(name: str) -> dict[str, np.ndarray[tuple[int], np.dtype[np.float64]]]:
    table = pd.read_csv(shared(name), index_col=0)
    values = table.to_numpy(dtype=float)
    return {str(key): row[~np.isnan(row)] for key, row in zip(table.index, values, strict=True)}
