import math

import numpy as np
import pandas as pd
import pytest
import torch

from rnncast import api, footprint, memory
from rnncast.errors import RunError
from rnncast.network import Network
from rnncast.windows import Batch
from tests.making import batch_of, full_panel, network_of

PANEL = full_panel(1, past=1, known=3, seasons=(4,))


def built(**settings: object) -> tuple[Network, Batch]:
    """Return a network and two windows that it reads."""
    network = network_of(PANEL, **settings)
    return network, some(batch_of(PANEL, network, [9, 3, 12]), 2)


def some(windows: Batch, count: int) -> Batch:
    """Return so many windows."""
    return Batch(*(part[torch.arange(count) % len(part)] for part in windows))


@pytest.mark.parametrize("model", ["lstm", "segrnn", "transformer", "minlstm"])
def test_what_a_pass_keeps_grows_with_its_windows(model: str) -> None:
    network, windows = built(model=model, segment_length=4, context_length=8)
    two, three, nine = (footprint.kept(network, some(windows, count)) for count in (2, 3, 9))
    assert two < three
    assert nine - two == pytest.approx(7 * (three - two), rel=0.05)


def test_what_a_pass_keeps_grows_with_the_network_and_the_context() -> None:
    small, large, long = (
        footprint.kept(*built(**settings)) for settings in ({}, {"hidden_size": 50}, {"context_length": 14})
    )
    assert 2 * small < large
    assert 1.2 * small < long


def test_weighing_changes_nothing_that_training_draws() -> None:
    network, windows = built(dropout=0.5)
    network.train()
    torch.manual_seed(7)
    expected = torch.rand(3)
    torch.manual_seed(7)
    footprint.kept(network, windows)
    assert torch.equal(torch.rand(3), expected)
    assert all(weight.grad is None for weight in network.parameters())


@pytest.mark.promise("P15")
def test_a_batch_that_does_not_fit_is_refused_with_one_that_does(monkeypatch: pytest.MonkeyPatch) -> None:
    network, two = built()
    monkeypatch.setattr(memory, "available", lambda: 2.0**20)
    with pytest.raises(RunError, match="there is not enough memory to train: a batch of 10000 windows") as caught:
        footprint.check(network, two, 10_000)
    assert caught.value.exit_status == 1
    largest = int(caught.value.hint.partition("--batch-size ")[2].split()[0])
    footprint.check(network, two, largest)
    with pytest.raises(RunError):
        footprint.check(network, two, largest + 1)


@pytest.mark.promise("P15")
def test_where_not_even_a_window_fits_it_is_told_what_to_change(monkeypatch: pytest.MonkeyPatch) -> None:
    network, two = built()
    monkeypatch.setattr(memory, "available", lambda: 1000.0)
    with pytest.raises(RunError) as caught:
        footprint.check(network, two, 64)
    assert caught.value.hint == "Lower --context, --hidden-size or --layers."


def test_only_what_may_be_too_large_is_weighed(monkeypatch: pytest.MonkeyPatch) -> None:
    network, two = built()
    monkeypatch.setattr(memory, "available", lambda: 2.0**20)
    assert footprint.is_doubtful(10**6)
    assert not footprint.is_doubtful(1000)
    monkeypatch.setattr(memory, "available", lambda: math.inf)
    assert not footprint.is_doubtful(10**18)
    footprint.check(network, two, 10**6)


@pytest.mark.promise("P15")
def test_training_refuses_before_its_first_step(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "available", lambda: 50_000.0)
    table = pd.DataFrame({"y": np.sin(np.arange(60))})
    with pytest.raises(RunError, match="there is not enough memory to train"):
        api.train(table, model="lstm", horizon=3, context_length=12, hidden_size=8, max_steps=2, ensemble=1)
