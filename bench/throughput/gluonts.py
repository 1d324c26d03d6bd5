"""DeepAR of GluonTS on a workload: its own windows, scaling and training, with the cell of the workload.

It unrolls over context and horizon and learns a Student-t distribution at each step; it has no other way.

python -m bench.throughput.gluonts WORKLOAD STEPS
"""

import sys
import tempfile
from typing import Any

import pandas as pd
import torch
from gluonts.dataset.common import ListDataset
from gluonts.torch.model.deepar import DeepAREstimator
from lightning.pytorch import Callback

from bench.throughput.turns import FOR_EVER, LIGHTNING, THREADS, Turns
from bench.throughput.workloads import WORKLOADS, Workload, panel


class Step(Callback):
    """Counts the steps."""

    def on_train_batch_end(self, *_: Any) -> None:
        """Count a step."""
        taken()


def train(workload: Workload) -> None:
    """Train for ever."""
    start = pd.Period("2020-01-01", freq="h")
    series = ListDataset([{"start": start, "target": values[:, 0]} for values in panel(workload)], freq="h")
    trainer = LIGHTNING | {
        "callbacks": [Step()],
        "max_epochs": 1,
        "default_root_dir": tempfile.gettempdir(),
    }
    estimator = DeepAREstimator(
        freq="h",
        prediction_length=workload.horizon,
        context_length=workload.context,
        num_layers=workload.layers,
        hidden_size=workload.hidden,
        dropout_rate=0.0,
        batch_size=workload.batch,
        lags_seq=[1],
        time_features=[],
        num_batches_per_epoch=FOR_EVER,
        trainer_kwargs=trainer,
    )
    estimator.train(series)


if __name__ == "__main__":
    torch.set_num_threads(THREADS)
    name, steps = sys.argv[1:]
    taken = Turns(int(steps))
    train(WORKLOADS[name])
