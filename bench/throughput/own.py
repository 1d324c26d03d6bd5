"""The training loop of rnncast on a workload, as `rnncast train` runs it: windows, scaling, features, averaged weights.

python -m bench.throughput.own WORKLOAD STEPS [all|last]
"""

import sys

from rnncast import process

process.prepare()

import numpy as np  # noqa: E402 - after what must be set before
import torch  # noqa: E402

from bench.throughput.turns import DEVICE, THREADS, Turns  # noqa: E402
from bench.throughput.workloads import WORKLOADS, Workload, panel  # noqa: E402
from rnncast.config import Config  # noqa: E402
from rnncast.ensemble import fit_members  # noqa: E402
from rnncast.fits import Round  # noqa: E402
from rnncast.panel import Panel  # noqa: E402
from rnncast.schedules import REPORTS  # noqa: E402


def main(workload: Workload, steps: int, origins: str = "last") -> None:
    """Train for ever."""
    series, config = panel_of(workload), config_of(workload, steps, origins)
    turns = Turns(steps)
    while True:
        for _ in fit_members(Round("throughput", series), [config], torch.device(DEVICE)):
            turns.over()


def config_of(workload: Workload, steps: int, origins: str) -> Config:
    """Return the settings of a workload, with a record of progress after so many steps."""
    settings: dict[str, object] = {
        "horizon": workload.horizon,
        "context_length": workload.context,
        "segment_length": 1,
        "num_lags": 1,
        "guess_season": min(24, workload.context),
        "season_length": (24,),
        "transform": "none",
        "scaling": "causal",
        "yearly": False,
        "model": workload.cell,
        "hidden_size": workload.hidden,
        "num_layers": workload.layers,
        "dropout": 0.0,
        "residual": False,
        "batch_size": workload.batch,
        "learning_rate": 1e-3,
        "loss": "mse",
        "origins": origins,
        "max_steps": REPORTS * steps,
        "threads": THREADS,
    }
    return Config.of(settings)


def panel_of(workload: Workload) -> Panel:
    """Return the series of a workload; features beside the target are past covariates."""
    values = panel(workload).astype(np.float64)  # [N, T, F]
    count, length = values.shape[:2]
    rows, first = values.reshape(count * length, -1), np.arange(count) * length
    return Panel(
        values=rows[:, :1],
        observed=np.ones((len(rows), 1), dtype=bool),
        offsets=first,
        lengths=np.full(count, length),
        start=np.zeros(count, dtype=np.int64),
        ids=np.arange(count)[:, None].astype(np.str_),
        id_names=("id",),
        target_names=("y",),
        past_covariates=rows[:, 1:],
        past_names=tuple(f"x{number}" for number in range(rows.shape[1] - 1)),
        future_covariates=np.zeros((len(rows), 0)),
        future_offsets=first,
        future_lengths=np.full(count, length),
        static_covariates=np.zeros((count, 0)),
        season_lengths=(24,),
    )


if __name__ == "__main__":
    main(WORKLOADS[sys.argv[1]], int(sys.argv[2]), *sys.argv[3:])
