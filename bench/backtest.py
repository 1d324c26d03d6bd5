"""What a backtest from every origin takes next to the bare network's forward pass over the same windows."""

import json
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.measuring import python, rnncast, shared

TEST, HORIZON, CONTEXT = 2880, 96, 336
TIMES, MEMORY = 3, 1024
CHUNK = 512

START = """
import sys
from rnncast import api
api.load(sys.argv[1]).predictor("heldout", 1)
"""
OURS = f"{START}\napi.load(sys.argv[1]).backtest(stride=1).plain()\n"
BOTH = """
import json, sys, time
import torch
from rnncast import api
from rnncast.scaling import Units
from rnncast.windows import Windows

forecaster, size = api.load(sys.argv[1]), int(sys.argv[2])
seconds = {}
for again in range(2):  # the first time warms up
    began = time.process_time(), time.perf_counter()
    scores = forecaster.backtest(stride=1)
    scores.plain()
    seconds["backtest"] = time.process_time() - began[0], time.perf_counter() - began[1]
    predictor, ends = forecaster.predictor("heldout", scores.plan.windows), scores.plan.ends(scores.panel)[0]
    network, units = predictor.networks[0].eval(), Units.of(scores.panel, predictor.logarithm)
    shape = network.shape
    windows = Windows(scores.panel, units, shape.context_length, shape.horizon, torch.device("cpu"))
    began = time.process_time(), time.perf_counter()
    with torch.inference_mode():
        for part in torch.from_numpy(ends).split(size):
            network.forecast(windows.batch(torch.zeros_like(part), part))
    seconds["network"] = time.process_time() - began[0], time.perf_counter() - began[1]
print(json.dumps({"seconds": seconds, "windows": len(ends), "baselines": len(scores.outcomes) - 1}))
"""


def main() -> None:
    """Print seconds of both, their ratio, and the memory above what loading takes."""
    with TemporaryDirectory() as folder:
        path = str(Path(folder) / "ett.safetensors")
        lengths = ("--horizon", str(HORIZON), "--context", str(CONTEXT), "--test", str(TEST), "--validation", str(TEST))
        network = ("--model", "lstm", "--ensemble", "1", "--anchor", "none", "--max-steps", "5")
        rnncast("train", str(shared("ett/ETTh1.csv")), *lengths, *network, "-o", path)
        start, ours = python("-c", START, path), python("-c", OURS, path)
        found = json.loads(python("-c", BOTH, path, str(CHUNK)).output)
    print(f"{found['windows']:,} windows of {CONTEXT} steps, 7 columns, {found['baselines']} baselines")
    for name, (cpu, wall) in found["seconds"].items():
        print(f"{name:10} {cpu:6.2f} CPU s {wall:6.2f} s")
    ratio = found["seconds"]["backtest"][0] / found["seconds"]["network"][0]
    print(f"backtest   {ratio:.2f} x the network's forward pass   bar {TIMES} x")
    print(f"memory     {ours.peak - start.peak:.0f} MiB above loading   bar {MEMORY} MiB")


if __name__ == "__main__":
    main()
