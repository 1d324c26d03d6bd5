import pytest
import torch

from rnncast import replicas as tested
from rnncast.network import Network, Sight
from rnncast.replicas import Replicas, Sums
from tests.making import full_panel, network_of, panel_of, walk, windows_of

PANEL = panel_of([walk(30, seed=1), walk(18, seed=2)])
SERIES, ENDS = torch.tensor([0, 1, 0, 1, 0]), torch.tensor([20, 10, 12, 14, 25])


def sums(count: int, **settings: object) -> Sums:
    network = network_of(PANEL, True, num_layers=2, **settings).train()
    replicas = Replicas(network, count, seed=1)
    found = replicas.sums(windows_of(PANEL, network), SERIES, ENDS)
    replicas.close()
    return found


@pytest.mark.parametrize("count", [1, 2, 3, 8])
@pytest.mark.parametrize("model", ["lstm", "gru", "rnn", "segrnn", "transformer"])
def test_replicas_find_the_gradient_of_the_whole_batch(count: int, model: str) -> None:
    network = network_of(PANEL, num_layers=2, model=model)
    loss = network.loss(windows_of(PANEL, network).batch(SERIES, ENDS))
    loss.backward()
    mean, gradients = sums(count, model=model).means()
    torch.testing.assert_close(mean, loss.detach())
    expected = [weight.grad for weight in network.parameters()]
    torch.testing.assert_close(list(gradients), expected, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("count", [1, 2])
def test_pieces_of_a_large_batch_add_up_to_its_gradient(monkeypatch: pytest.MonkeyPatch, count: int) -> None:
    whole = sums(count, model="lstm")
    monkeypatch.setattr(tested, "PIECE", 1)
    seen: list[int] = []
    of_piece = Replicas._of_piece

    def noting(self: Replicas, network: Network, sight: Sight) -> Sums:
        seen.append(len(sight.batch.target))
        return of_piece(self, network, sight)

    monkeypatch.setattr(Replicas, "_of_piece", noting)
    pieces = sums(count, model="lstm")
    assert seen == [1] * len(SERIES)
    torch.testing.assert_close(pieces.means(), whole.means(), rtol=1e-4, atol=1e-6)


def test_windows_without_a_step_that_counts_have_no_gradient() -> None:
    gap = panel_of([[1.0, 2.0, 3.0, *[float("nan")] * 9]])
    network = network_of(gap).train()
    found = Replicas(network, 1, seed=1).sums(windows_of(gap, network), torch.tensor([0]), torch.tensor([8]))
    mean, gradients = found.means()
    assert mean == 0
    assert all((gradient == 0).all() for gradient in gradients)


@pytest.mark.parametrize("model", ["lstm", "transformer"])
def test_the_same_replicas_give_the_same_bytes_with_dropout_too(model: str) -> None:
    first, again = (sums(2, model=model, dropout=0.4) for _ in range(2))
    assert torch.equal(first.loss, again.loss)
    assert all(torch.equal(one, other) for one, other in zip(first.gradients, again.gradients, strict=True))


def test_replicas_drop_different_numbers_of_the_same_windows() -> None:
    network = network_of(PANEL, num_layers=2, dropout=0.5).train()
    replicas = Replicas(network, 2, seed=1)
    batch = windows_of(PANEL, network).batch(SERIES, ENDS)
    losses = [replica.loss(batch).item() for replica in replicas._networks]
    assert losses[0] != losses[1]


def test_a_step_moves_the_weights_of_every_replica() -> None:
    network = network_of(full_panel(1, past=1, known=3, seasons=(4,)), model="lstm", attention=True)
    replicas = Replicas(network, 2, seed=1)
    with torch.no_grad():
        for weight in replicas.weights:
            weight.fill_(0.5)
    assert all((weight == 0.5).all() for replica in replicas._networks for weight in replica.parameters())


def test_weights_that_are_held_have_no_gradient() -> None:
    network = network_of(PANEL)
    network.decoder.requires_grad_(False)
    assert len(Replicas(network, 1, seed=1).weights) == len(list(network.model.parameters()))


def test_a_replica_that_fails_says_so() -> None:
    network = network_of(PANEL).train()
    with pytest.raises(IndexError):
        Replicas(network, 2, seed=1).sums(windows_of(PANEL, network), torch.tensor([0, 9]), ENDS[:2])
