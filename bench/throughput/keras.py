"""Keras on TensorFlow on a workload: ready arrays, the network, mean squared error, Adam, `fit`.

python -m bench.throughput.keras WORKLOAD STEPS
"""

import os
import sys
from typing import Any

os.environ["KERAS_BACKEND"] = "tensorflow"

import keras
import numpy as np
import tensorflow
from keras import layers

from bench.throughput.turns import FOR_EVER, THREADS, Turns
from bench.throughput.workloads import WORKLOADS, Workload

CELLS = {"lstm": layers.LSTM, "gru": layers.GRU, "rnn": layers.SimpleRNN}
BATCHES = 40


class Step(keras.callbacks.Callback):  # type: ignore[misc]
    """Counts the steps."""

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        """Count a step."""
        del batch, logs
        taken()


def train(workload: Workload) -> None:
    """Train for ever."""
    random, count = np.random.default_rng(0), BATCHES * workload.batch
    past = random.standard_normal((count, workload.context, workload.features)).astype(np.float32)
    future = random.standard_normal((count, workload.horizon)).astype(np.float32)
    stack = [
        CELLS[workload.cell](workload.hidden, return_sequences=depth < workload.layers - 1)
        for depth in range(workload.layers)
    ]
    reads = layers.Input((workload.context, workload.features))
    network = keras.Sequential([reads, *stack, layers.Dense(workload.horizon)])
    network.compile(optimizer="adam", loss="mse")
    network.fit(past, future, batch_size=workload.batch, epochs=FOR_EVER, verbose=0, callbacks=[Step()])


if __name__ == "__main__":
    tensorflow.config.threading.set_intra_op_parallelism_threads(THREADS)
    tensorflow.config.threading.set_inter_op_parallelism_threads(THREADS)
    name, steps = sys.argv[1:]
    taken = Turns(int(steps))
    train(WORKLOADS[name])
