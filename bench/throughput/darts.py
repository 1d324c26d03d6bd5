"""Darts on a workload: its own windows and training, with the network of the workload.

python -m bench.throughput.darts WORKLOAD STEPS
"""

import sys
from typing import Any

import pytorch_lightning
import torch
from darts import TimeSeries
from darts.models import BlockRNNModel

from bench.throughput.turns import FOR_EVER, LIGHTNING, THREADS, Turns
from bench.throughput.workloads import WORKLOADS, Workload, panel


class Step(pytorch_lightning.Callback):
    """Counts the steps; the model's settings are copied, so what counts them stays outside."""

    def on_train_batch_end(self, *_: Any) -> None:
        """Count a step."""
        taken()


def train(workload: Workload) -> None:
    """Train for ever."""
    trainer = LIGHTNING | {
        "enable_checkpointing": False,
        "callbacks": [Step()],
    }
    model = BlockRNNModel(
        input_chunk_length=workload.context,
        output_chunk_length=workload.horizon,
        model=workload.cell.upper(),
        hidden_dim=workload.hidden,
        n_rnn_layers=workload.layers,
        batch_size=workload.batch,
        n_epochs=FOR_EVER,
        pl_trainer_kwargs=trainer,
    )
    model.fit([TimeSeries.from_values(values) for values in panel(workload)], verbose=False)


if __name__ == "__main__":
    torch.set_num_threads(THREADS)
    name, steps = sys.argv[1:]
    taken = Turns(int(steps))
    train(WORKLOADS[name])
