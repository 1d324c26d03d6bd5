import pytest
import torch
from torch import nn

from rnncast.dropout import Dropout, draw_from

VALUES = torch.ones(100, 100)


def seeded(seed: int) -> nn.Module:
    network = nn.Sequential(nn.Identity(), Dropout(0.3))
    draw_from(network, torch.Generator().manual_seed(seed))
    return network


def test_dropout_keeps_the_mean_and_drops_its_share() -> None:
    left = seeded(1)(VALUES)
    assert left.mean() == pytest.approx(1.0, abs=0.02)
    assert (left == 0).float().mean() == pytest.approx(0.3, abs=0.02)


def test_dropout_changes_nothing_outside_training() -> None:
    assert torch.equal(seeded(1).eval()(VALUES), VALUES)
    assert torch.equal(Dropout(0.0)(VALUES), VALUES)


def test_a_generator_draws_the_same_whatever_others_draw() -> None:
    first = seeded(1)(VALUES)
    torch.manual_seed(7)
    assert torch.equal(seeded(1)(VALUES), first)
    assert not torch.equal(seeded(2)(VALUES), first)


def test_without_a_generator_torch_draws() -> None:
    def drawn() -> torch.Tensor:
        torch.manual_seed(3)
        return Dropout(0.3)(VALUES)

    assert torch.equal(drawn(), drawn())
