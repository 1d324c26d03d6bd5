"""What panels of many series and points take: reading, training, a step of the optimiser, forecasts that stream out."""

import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd
import pyarrow as pa
from pyarrow import parquet

from bench.measuring import Run, python

SERIES, ROWS, STEPS = 2_000, 500, 20
SIZES = (100, 10_000, 1_000_000)
ABOVE = 1430  # MiB, which are 1.5 GB
_MIB = 2**20
_GROUP = 2**20

START = "import rnncast.reading"
READ = """
import sys
from rnncast.config import DataConfig
from rnncast.reading import read_panel
print(read_panel(sys.argv[1:], DataConfig()).panel.num_rows)
"""
STEP = """
import statistics, sys, time
import numpy as np
from bench.scale import panel_of
from rnncast import selection
from rnncast.building import build
from rnncast.columns import Columns
from rnncast.config import Config
from rnncast.scaling import Units
from rnncast.training import Loop
from rnncast.windows import WindowIndex, Windows
import torch
asked = Config.of({"model": "lstm", "horizon": 6, "context_length": 24, "segment_length": 1, "batch_size": 128,
                   "hidden_size": 64, "season_length": (1,), "transform": "none", "max_steps": 1000})
torch.set_num_threads(1)
loops = []
for series in map(int, sys.argv[1:]):
    panel = panel_of(series, 50)
    config = selection.resolve(asked, panel)[0]
    torch.manual_seed(1)
    network = build(config, Columns.of(panel), panel.ids)
    windows = Windows(panel, Units.of(panel, False), 24, 6, torch.device("cpu"))
    loops.append(Loop(network, windows, WindowIndex(panel, 24, 1, "all"), config.training))
taken = [[] for _ in loops]
for number in range(200):
    for loop, seconds in zip(loops, taken):
        began = time.process_time()
        loop.step(number + 1, 0.5)
        seconds.append(time.process_time() - began)
print(*(statistics.median(seconds[20:]) for seconds in taken))
"""


def main(arguments: Sequence[str] = ()) -> None:
    """Print what each takes; arguments are the number of series, rows of each, and optimiser steps."""
    series, rows, steps = (*map(int, arguments), *(SERIES, ROWS, STEPS)[len(arguments) :])
    data = 4 * series * rows / _MIB
    print(f"{series * rows:,} points of {series:,} series, {data:.0f} MiB as float32")
    with TemporaryDirectory() as folder:
        path, saved = Path(folder) / "panel.parquet", str(Path(folder) / "model.safetensors")
        write(path, series, rows)
        start = python("-c", START)
        _show("read", python("-c", READ, str(path)), data, start.peak)
        quick = ("--quiet", "train", str(path), "-m", "lstm", "--max-steps", str(steps), "--horizon", "6")
        trained = python("-m", "rnncast", *quick, "-o", saved)
        _show(f"train, {steps} steps", trained, data)
        print(f"{'':24}{trained.peak - data:8.0f} MiB above the data   bar {ABOVE} MiB")
        for ending in ("csv", "jsonl", "parquet"):
            out = str(Path(folder) / f"out.{ending}")
            _show(
                f"predict to {ending}",
                python("-m", "rnncast", "-q", "predict", str(path), "-c", saved, "-o", out),
                data,
            )
    _steps()


def _show(what: str, run: Run, data: float, start: float = 0.0) -> None:
    above = f", {(run.peak - start) / data:.2f} x the data above start-up" if start else ""
    print(f"{what:24}{run.seconds:8.1f} s {run.cpu:8.1f} CPU s {run.peak:8.0f} MiB{above}", flush=True)


def _steps() -> None:
    """Print what an optimiser step takes by the number of series, all in one process in turn."""
    seconds = [1e3 * float(text) for text in python("-c", STEP, *map(str, SIZES)).output.split()]
    for size, taken in zip(SIZES, seconds, strict=True):
        print(f"step of {size:>9,} series  {taken:8.2f} ms CPU {taken / seconds[0]:8.2f} x   bar 1.10 x")


def write(path: Path, series: int, rows: int) -> None:
    """Write hourly series of float32 by id and time, a million rows at a time, so that this takes little memory."""
    draw, per = np.random.default_rng(1), max(1, _GROUP // rows)
    stamps = pa.array(pd.date_range("2020-01-01", periods=rows, freq="h").to_numpy().astype("datetime64[us]"))
    writer: parquet.ParquetWriter | None = None
    for first in range(0, series, per):
        count = min(per, series - first)
        names = pa.array([f"S{number:07d}" for number in range(first, first + count)])
        table = pa.table(
            {
                "unique_id": names.take(pa.array(np.repeat(np.arange(count), rows))),
                "ds": stamps.take(pa.array(np.tile(np.arange(rows), count))),
                "y": _values(draw, count, rows).ravel(),
            }
        )
        writer = writer or parquet.ParquetWriter(path, table.schema)
        writer.write_table(table)
    assert writer is not None
    writer.close()


def _values(draw: np.random.Generator, series: int, rows: int) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    day = 10 * np.sin(np.arange(rows) * 2 * np.pi / 24)
    level = draw.uniform(50, 150, (series, 1))
    return (level + day + draw.normal(0, 3, (series, rows))).astype(np.float32)


def panel_of(series: int, rows: int):  # type: ignore[no-untyped-def]
    """Return a panel of equally long series."""
    from rnncast.panel import Panel

    values = _values(np.random.default_rng(1), series, rows).reshape(-1, 1)
    offsets, lengths = np.arange(series) * rows, np.full(series, rows)
    none = np.empty((len(values), 0))
    return Panel(
        values=values,
        observed=np.broadcast_to(np.True_, values.shape),
        offsets=offsets,
        lengths=lengths,
        start=np.zeros(series, dtype=np.int64),
        ids=np.arange(series).astype(np.str_)[:, None],
        id_names=("unique_id",),
        target_names=("y",),
        past_covariates=none,
        future_covariates=none,
        future_offsets=offsets,
        future_lengths=lengths,
        static_covariates=np.empty((series, 0)),
    )


if __name__ == "__main__":
    main(sys.argv[1:])
