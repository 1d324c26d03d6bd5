"""How long a long table takes from its file to a panel, next to a bare `pyarrow.csv.read_csv` and a sort of it."""

import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd
import pyarrow as pa
from pyarrow import csv

from bench.measuring import python

ROWS = 1000
SERIES = 10_000
TIMES, MEMORY = 3, 4
_MIB = 2**20

START = "import rnncast.reading"
OURS = """
import sys
from rnncast.config import DataConfig
from rnncast.reading import read_panel
panel = read_panel(sys.argv[1:], DataConfig()).panel
assert panel.num_series * %d == panel.num_rows
"""
BARE = """
import sys
from pyarrow import csv
csv.read_csv(sys.argv[1]).sort_by([("unique_id", "ascending"), ("ds", "ascending")])
"""


def main(arguments: Sequence[str] = ()) -> None:
    """Print seconds and memory of both, and their ratios; an argument is the number of series."""
    series = int(arguments[0]) if arguments else SERIES
    with TemporaryDirectory() as folder:
        path = str(Path(folder) / "long.csv")
        _write(path, series)
        python("-c", BARE, path)  # so that both find the file in memory
        bare, start, ours = python("-c", BARE, path), python("-c", START), python("-c", OURS % ROWS, path)
    held = 3 * 8 * series * ROWS / _MIB
    above = ours.peak - start.peak
    print(f"{series * ROWS:,} rows of {series:,} series")
    print(f"pyarrow read and sort    {bare.seconds:6.2f} s  {bare.cpu:6.2f} CPU s  {bare.peak:6.0f} MiB")
    print(f"file to panel            {ours.seconds:6.2f} s  {ours.cpu:6.2f} CPU s  {ours.peak:6.0f} MiB")
    print(f"time                     {ours.seconds / bare.seconds:.2f} x pyarrow   bar {TIMES} x")
    print(f"memory above start-up    {above / held:.2f} x {held:.0f} MiB as float64   bar {MEMORY} x")


def _write(path: str, series: int) -> None:
    """Write a hundred series at a time, so that the benchmark itself takes little memory."""
    draw = np.random.default_rng(1)
    stamps = pa.array(pd.date_range("2024-01-01", periods=ROWS, freq="h").strftime("%Y-%m-%d %H:%M:%S"))
    with open(path, "wb") as file:
        for first in range(0, series, 100):
            count = min(100, series - first)
            names = pa.array([f"S{number:05d}" for number in range(first, first + count)])
            columns = {
                "unique_id": names.take(pa.array(np.repeat(np.arange(count), ROWS))),
                "ds": stamps.take(pa.array(np.tile(np.arange(ROWS), count))),
                "y": draw.normal(100, 10, count * ROWS).round(3),
            }
            options = csv.WriteOptions(include_header=first == 0, quoting_style="none")
            csv.write_csv(pa.table(columns), file, options)


if __name__ == "__main__":
    main(sys.argv[1:])
