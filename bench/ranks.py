"""Ranks: what a step takes on one core and on two ranks, what a transfer takes, and what 2, 8, 64 ranks would take.

The machine may be busy with other work, so both are measured in turns, in wall time and in time of the CPU: that of one
process over that of a rank is the gain where each rank has a core of its own. What is simulated says so.
"""

import json
import os
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from typing import NamedTuple

from bench.measuring import python

BATCH, STEPS, TURNS, WARM = 1024, 12, 2, 2
SUMS = 50
SIZES = (2**12, 2**16, 2**20, 2**22)  # numbers of float32
COUNTS = (1, 2, 8, 64)
SETTINGS = {"model": "lstm", "horizon": 24, "season_length": (24,), "hidden_size": 128, "batch_size": BATCH,
            "transform": "none", "max_steps": 1000}  # fmt: skip
LAUNCH = ("-m", "torch.distributed.run", "--nnodes=1", "--rdzv-backend=c10d", "--rdzv-endpoint=127.0.0.1:0",
          "--local-addr=127.0.0.1", "--nproc-per-node=2")  # fmt: skip
EXCHANGES = 2
"""Of a step: the sums, and whether any rank was told to end."""

NETWORKS = {"10 Gbit/s, 50 us": (50e-6, 1.25e9), "1 Gbit/s, 100 us": (100e-6, 0.125e9)}
"""Latency in seconds and bytes a second of networks between machines that are assumed, not measured."""


class Taken(NamedTuple):
    """Holds seconds of a step, and of its process's CPU."""

    wall: float
    cpu: float


def main(arguments: Sequence[str] = ()) -> None:
    """Print the tables; `rank` alone is what torchrun starts, `alone` what one core is held to."""
    if arguments:
        print(json.dumps(_measured(list(map(int, arguments[1:])), is_alone=arguments[0] == "alone")))
        return
    shares = [BATCH // count for count in COUNTS]
    alone, ranks = [], []
    for _ in range(TURNS):
        alone.append(json.loads(python("-m", "bench.ranks", "alone", *map(str, shares)).output))
        ranks.append(json.loads(python(*LAUNCH, "-m", "bench.ranks", "rank", str(BATCH)).output))
    one = [_best([turn["steps"][place] for turn in alone]) for place in range(len(shares))]
    two = _best([turn["steps"][0] for turn in ranks])
    weights = alone[0]["weights"]
    print(f"measured: an LSTM of {weights:,} weights, {BATCH} windows a step, best of {TURNS} turns")
    print(f"one process on one core    {1e3 * one[0].wall:7.1f} ms a step {1e3 * one[0].cpu:7.1f} ms of CPU")
    print(f"two ranks                  {1e3 * two.wall:7.1f} ms a step {1e3 * two.cpu:7.1f} ms of CPU each")
    print(f"throughput of two ranks    {one[0].wall / two.wall:7.2f} x by wall {one[0].cpu / two.cpu:7.2f} x by CPU"
          "   bar 1.70 x")  # fmt: skip
    sent = [min(turn["sent"][place] for turn in ranks) for place in range(len(SIZES))]
    print(f"sums over two ranks, by loopback, the fastest of {SUMS}")
    for size, seconds in zip(SIZES, sent, strict=True):
        print(f"{4 * size:>18,} bytes    {1e3 * seconds:8.2f} ms")
    _simulate([taken.cpu for taken in one], 4 * (weights + 2), (sent[0] / 2, _bandwidth(sent)))


def _best(taken: Sequence[Sequence[float]]) -> Taken:
    return Taken(*map(min, zip(*taken, strict=True)))


def _bandwidth(sent: Sequence[float]) -> float:
    """Return the bytes a second that one rank sends another, by the largest and the smallest sum."""
    return 4 * (SIZES[-1] - SIZES[0]) / max(1e-9, sent[-1] - sent[0])


def step_seconds(compute: float, count: int, size: int, link: tuple[float, float]) -> float:
    """Return what a step takes by the model of docs/scaling.md.

    Args:
        compute: seconds of a rank's share.
        count: W, the ranks.
        size: bytes of the gradient.
        link: seconds of latency, bytes a second.
    """
    latency, bandwidth = link
    return compute + EXCHANGES * 2 * (count - 1) * latency + 2 * (count - 1) / count * size / bandwidth


def _simulate(computes: Sequence[float], size: int, loopback: tuple[float, float]) -> None:
    """Print the times of a step on more ranks, each with a core of its own."""
    print(f"\nsimulated from these: {size:,} bytes of gradient, each rank on a core of its own")
    print(f"{'link':20}{'ranks':>6}{'compute':>11}{'transfer':>11}{'step':>11}{'gain':>8}")
    for name, link in {"loopback, measured": loopback, **NETWORKS}.items():
        for count, compute in zip(COUNTS, computes, strict=True):
            step = step_seconds(compute, count, size, link)
            columns = "".join(f"{1e3 * seconds:8.2f} ms" for seconds in (compute, step - compute, step))
            print(f"{name:20}{count:>6}{columns}{computes[0] / step:>6.1f} x")


def _measured(batches: Sequence[int], is_alone: bool) -> dict[str, object]:
    """Return what steps of so many windows take here, and what sums take; only the leading rank's are to be shown."""
    from rnncast import process
    from rnncast.group import joined
    from rnncast.ranks import SOLO

    if is_alone:
        if hasattr(os, "sched_setaffinity"):
            os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
        return _steps(batches, SOLO)
    with joined(process.place()) as ranks:
        found = _steps(batches, ranks)
        sent = [_sum_seconds(size, ranks) for size in SIZES]
    if not ranks.leads:
        raise SystemExit
    return found | {"sent": sent}


def _steps(batches: Sequence[int], ranks) -> dict[str, object]:  # type: ignore[no-untyped-def]
    import torch

    from bench.scale import panel_of
    from rnncast import selection
    from rnncast.building import build
    from rnncast.columns import Columns
    from rnncast.config import Config
    from rnncast.scaling import Units
    from rnncast.training import Loop
    from rnncast.windows import WindowIndex, Windows

    torch.set_num_threads(1)
    panel, found = panel_of(400, 600), []
    config = selection.resolve(Config.of(SETTINGS), panel)[0]
    window = config.window
    for batch in batches:
        training = config.with_settings({"batch_size": batch}).training
        torch.manual_seed(1)
        network = build(config, Columns.of(panel), panel.ids)
        windows = Windows(panel, Units.of(panel, False), window.context_length, window.horizon, torch.device("cpu"))
        index = WindowIndex(panel, window.context_length, window.segment_length, training.origins)
        loop = Loop(network, windows, index, training, ranks=ranks)
        taken = _seconds(lambda number, loop=loop: loop.step(number + 1, 0.5), STEPS)
        found.append(Taken(*map(statistics.median, zip(*taken, strict=True))))
    return {"steps": found, "weights": network.num_weights}


def _sum_seconds(size: int, ranks) -> float:  # type: ignore[no-untyped-def]
    import torch

    numbers = torch.ones(size)
    return min(taken.wall for taken in _seconds(lambda _: ranks.add([numbers]), SUMS))


def _seconds(do: Callable[[int], object], times: int) -> list[Taken]:
    """Return the seconds of something each time that it is done, the first ones left out."""
    taken = []
    for number in range(times + WARM):
        began = time.perf_counter(), time.process_time()
        do(number)
        taken.append(Taken(time.perf_counter() - began[0], time.process_time() - began[1]))
    return taken[WARM:]


if __name__ == "__main__":
    main(sys.argv[1:])
