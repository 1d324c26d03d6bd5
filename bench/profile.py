"""Where the time of a training step goes, on one thread: a table of CPU milliseconds, medians of many steps.

python -m bench profile [WORKLOAD ...]
"""

import statistics
import time
from collections.abc import Callable, Sequence

from rnncast import process

process.prepare()

import torch  # noqa: E402 - after what must be set before

from bench.throughput.own import config_of, panel_of  # noqa: E402
from bench.throughput.workloads import HOURLY, WORKLOADS, Workload  # noqa: E402
from rnncast.building import build  # noqa: E402
from rnncast.columns import Columns  # noqa: E402
from rnncast.replicas import Sums  # noqa: E402
from rnncast.scaling import Units  # noqa: E402
from rnncast.training import Loop  # noqa: E402
from rnncast.windows import WindowIndex, Windows  # noqa: E402

TIMES = 15
"""Steps that are measured."""


def main(arguments: Sequence[str]) -> None:
    """Print the table of each workload, with the loss at the last origin and at all."""
    torch.set_num_threads(1)
    for name in arguments or HOURLY:
        tables = {origins: profile(WORKLOADS[name], origins) for origins in ("last", "all")}
        whole = {origins: sum(table.values()) for origins, table in tables.items()}
        print(f"{name}: {WORKLOADS[name]}\n{'CPU ms of a step':28} {'last':>8} {'':>5} {'all':>8}")
        for part in tables["last"]:
            cells = [
                f"{tables[origins][part]:8.2f} {tables[origins][part] / whole[origins]:5.0%}" for origins in tables
            ]
            print(f"{part:28} {' '.join(cells)}")
        print(f"{'whole':28} {whole['last']:8.2f} {'':5} {whole['all']:8.2f}\n", flush=True)


def loop_of(workload: Workload, origins: str) -> Loop:
    """Return the training loop of a workload, as `fit_members` makes it."""
    panel, config = panel_of(workload), config_of(workload, steps=1, origins=origins)
    torch.manual_seed(1)
    network = build(config, Columns.of(panel), panel.ids)
    windows = Windows(panel, Units.of(panel, False), workload.context, workload.horizon, torch.device("cpu"))
    return Loop(network, windows, WindowIndex(panel, workload.context, 1, origins), config.training)


def profile(workload: Workload, origins: str) -> dict[str, float]:
    """Return the CPU milliseconds of each part of a step; what lies in the forward pass besides is its last part."""
    loop = loop_of(workload, origins)
    network, replicas, norm = loop.network.train(), loop.replicas, loop.training.clip_norm
    series, ends = loop.index.locate(loop.draws.at(0))
    batch = loop.windows.batch(series, ends)
    folded = network.fold(batch)
    view = network.origins.view(folded, None)
    sums = replicas.sums(loop.windows, series, ends)
    for weight, gradient in zip(replicas.weights, sums.means()[1], strict=True):
        weight.grad = gradient
    loss = network.loss(batch)
    forward = _median(lambda: network.loss(batch))
    parts = {
        "draw and locate": _median(lambda: loop.index.locate(loop.draws.at(1))),
        "gather windows": _median(lambda: loop.windows.batch(series, ends)),
        "scaling, lags, guess, inputs": _median(lambda: network.origins.view(network.fold(batch), None)),
        "model, forward": _median(lambda: network.model(view.inputs, folded.static)),
    }
    return parts | {
        "decoder, head and loss": forward - parts["scaling, lags, guess, inputs"] - parts["model, forward"],
        "backward": _median(lambda: torch.autograd.grad(loss, replicas.weights, retain_graph=True)),
        "mean and clip": _median(lambda: _clipped(sums, loop, norm)),
        "optimiser": _median(loop.optimizer.step),
        "average": _median(lambda: loop.averaged.update(100)),
    }


def _clipped(sums: Sums, loop: Loop, norm: float) -> None:
    sums.means()
    torch.nn.utils.clip_grad_norm_(loop.replicas.weights, norm)


def _median(part: Callable[[], object]) -> float:
    part()
    found = []
    for _ in range(TIMES):
        began = time.thread_time()
        part()
        found.append(1000 * (time.thread_time() - began))
    return statistics.median(found)
