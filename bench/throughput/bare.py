"""A bare loop of torch at its defaults: ready tensors, the network, mean squared error, Adam; and products alone.

python -m bench.throughput.bare WORKLOAD STEPS
python -m bench.throughput.bare products STEPS
"""

import sys

import torch
from torch import Tensor, nn

from bench.throughput.turns import DEVICE, THREADS, Turns
from bench.throughput.workloads import WORKLOADS, Workload

SIDE = 2048
"""Rows and columns of the matrices whose product says what the machine can do."""


class Network(nn.Module):
    """Reads a window and forecasts from its last state."""

    def __init__(self, workload: Workload) -> None:
        super().__init__()
        kind = {"lstm": nn.LSTM, "gru": nn.GRU, "rnn": nn.RNN}[workload.cell]
        self.cell = kind(workload.features, workload.hidden, workload.layers, batch_first=True)
        self.out = nn.Linear(workload.hidden, workload.horizon)

    def forward(self, past: Tensor) -> Tensor:
        """Return the forecasts [B, H] of windows [B, L, F]."""
        forecast: Tensor = self.out(self.cell(past)[0][:, -1])
        return forecast


def train(workload: Workload, turns: Turns) -> None:
    """Train for ever."""
    past = torch.randn(workload.batch, workload.context, workload.features)
    future = torch.randn(workload.batch, workload.horizon)
    network = Network(workload)
    optimizer = torch.optim.Adam(network.parameters())
    while True:
        optimizer.zero_grad()
        loss = nn.functional.mse_loss(network(past), future)
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        turns()


def multiply(turns: Turns) -> None:
    """Multiply matrices for ever."""
    one, other = torch.randn(SIDE, SIDE), torch.randn(SIDE, SIDE)
    while True:
        one @ other
        turns()


if __name__ == "__main__":
    torch.manual_seed(0)
    torch.set_num_threads(THREADS)
    torch.set_default_device(DEVICE)
    name, steps = sys.argv[1:]
    taken = Turns(int(steps), torch.cuda.synchronize if DEVICE.startswith("cuda") else lambda: None)
    if name == "products":
        multiply(taken)
    train(WORKLOADS[name], taken)
