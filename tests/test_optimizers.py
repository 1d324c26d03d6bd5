import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest
import torch
from torch import nn, optim

from rnncast import registry
from rnncast.config import TrainingConfig

TRAINING = TrainingConfig(learning_rate=1e-2, weight_decay=0.1)
TORCHS = {
    "adamw": partial(optim.AdamW, fused=True),
    "adam": partial(optim.Adam, fused=True),
    "sgd": partial(optim.SGD, momentum=0.9, nesterov=True),
    "rmsprop": optim.RMSprop,
}

TRAIN = """
import sys
from rnncast.cli import main
sys.argv = ["rnncast", "-q", "train", "y.csv", "-m", "rnn", "--hidden-size", "2", "--max-steps", "2", "--horizon", "2"]
try:
    main()
finally:
    print(*(name for name in ("torch", "torch._dynamo", "sympy") if name in sys.modules), file=sys.stderr)
"""


def weights() -> list[nn.Parameter]:
    torch.manual_seed(0)
    return [nn.Parameter(torch.randn(3, 4)), nn.Parameter(torch.randn(4))]


@pytest.mark.parametrize("name", registry.OPTIMIZERS)
def test_an_optimizer_moves_weights_as_torchs_own_does(name: str) -> None:
    ours, theirs = weights(), weights()
    own = registry.OPTIMIZERS[name].load()(ours, TRAINING)
    other = TORCHS[name](theirs, lr=1e-2, weight_decay=0.1)
    for step in range(1, 6):
        own.rate = other.param_groups[0]["lr"] = 1e-2 / step
        for one, another in zip(ours, theirs, strict=True):
            one.grad = torch.randn_like(one)
            another.grad = one.grad.clone()
        own.step()
        other.step()
    for one, another in zip(ours, theirs, strict=True):
        assert torch.equal(one, another)
        noted = {key: value for key, value in other.state[another].items() if value is not None}
        assert own.state[one].keys() == noted.keys()
        assert all(torch.equal(own.state[one][key], value) for key, value in noted.items())


@pytest.mark.parametrize("name", registry.OPTIMIZERS)
def test_a_weight_without_a_gradient_stays(name: str) -> None:
    moved, frozen = weights()
    before, start = frozen.detach().clone(), moved.detach().clone()
    moved.grad = torch.ones_like(moved)
    registry.OPTIMIZERS[name].load()([moved, frozen], TRAINING).step()
    assert torch.equal(frozen, before)
    assert not torch.equal(moved, start)


def test_training_does_not_load_what_compiles(tmp_path: Path) -> None:
    (tmp_path / "y.csv").write_text("y\n" + "\n".join(str(number % 7) for number in range(40)) + "\n")
    done = subprocess.run([sys.executable, "-c", TRAIN], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.stderr.split() == ["torch"], done.stderr
