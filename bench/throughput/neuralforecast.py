"""neuralforecast on a workload: its own windows, scaling and training, with the network of the workload.

python -m bench.throughput.neuralforecast WORKLOAD STEPS
"""

import sys
from typing import Any

import pandas as pd
import pytorch_lightning
import torch
from neuralforecast import NeuralForecast, models
from neuralforecast.losses.pytorch import MSE

from bench.throughput.turns import FOR_EVER, LIGHTNING, THREADS, Turns
from bench.throughput.workloads import WORKLOADS, Workload, panel


class Step(pytorch_lightning.Callback):
    """Counts the steps; the models are copied, so what counts them stays outside."""

    def on_train_batch_end(self, *_: Any) -> None:
        """Count a step."""
        taken()


def train(workload: Workload) -> None:
    """Train for ever."""
    values = panel(workload)[..., 0]  # [N, T]
    stamps = pd.date_range("2020-01-01", periods=workload.length, freq="h")
    frames = [pd.DataFrame({"unique_id": f"{n:03d}", "ds": stamps, "y": row}) for n, row in enumerate(values)]
    model = getattr(models, workload.cell.upper())(
        h=workload.horizon,
        input_size=workload.context,
        encoder_n_layers=workload.layers,
        encoder_hidden_size=workload.hidden,
        decoder_layers=1,
        windows_batch_size=workload.batch,
        loss=MSE(),
        max_steps=FOR_EVER,
        callbacks=[Step()],
        **LIGHTNING,
    )
    NeuralForecast(models=[model], freq="h").fit(pd.concat(frames))


if __name__ == "__main__":
    torch.set_num_threads(THREADS)
    name, steps = sys.argv[1:]
    taken = Turns(int(steps))
    train(WORKLOADS[name])
