"""Tell how far back a trained network feels its inputs: `python docs/gradients.py CHECKPOINT... DATA`."""

import sys

import torch

import rnncast
from rnncast.scaling import Units
from rnncast.windows import Windows

STEPS_BACK = (0, 1, 5, 10, 20, 50, 99)


def felt(checkpoint: str, data: str) -> dict[str, list[float]]:
    """Return the gradient's norm at each of STEPS_BACK for fresh weights and for the trained ones."""
    forecaster = rnncast.load(checkpoint)
    panel = forecaster.read(data).panel
    (network,) = forecaster.checkpoint.networks("final", torch.device("cpu"))
    shape = network.shape
    windows = Windows(panel, Units.of(panel, False), shape.context_length, shape.horizon, torch.device("cpu"))
    batch = windows.batch(torch.arange(100), torch.full((100,), shape.context_length - 1))
    kept: list[torch.Tensor] = []
    network.model.register_forward_pre_hook(lambda model, arguments: kept.append(arguments[0]))
    network(network.fold(batch))
    torch.manual_seed(1)
    fresh = type(network.model)(size_of(forecaster, network))
    return {"fresh": norms(fresh, kept[0]), "trained": norms(network.model, kept[0])}


def size_of(forecaster: rnncast.Forecaster, network: torch.nn.Module) -> object:
    """Return the size that rebuilds a network's model."""
    from rnncast.models.base import Size

    model = forecaster.checkpoint.config.model
    return Size(network.shape.num_inputs, network.shape.static, model.hidden_size, model.num_layers, model.dropout)


def norms(model: torch.nn.Module, past: torch.Tensor) -> list[float]:
    """Return the norm of d(sum of the last state) / d(input k steps back), a mean over the windows."""
    past = past.detach().clone().requires_grad_()
    states = model(past, past.new_zeros(len(past), 0))
    states[:, -1].sum().backward()
    size = past.grad.norm(dim=-1).mean(dim=0)  # [steps]
    return [float(size[-1 - back]) for back in STEPS_BACK if back < len(size)]


if __name__ == "__main__":
    *checkpoints, data = sys.argv[1:]
    print("steps back".ljust(24), *(f"{back:8d}" for back in STEPS_BACK))
    for checkpoint in checkpoints:
        for weights, values in felt(checkpoint, data).items():
            print(f"{checkpoint}, {weights}".ljust(24), *(f"{value:8.0e}" for value in values))
