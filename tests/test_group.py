import socket
from collections.abc import Iterator

import pytest
import torch

from rnncast import group
from rnncast.errors import DeviceError, RunError
from rnncast.group import Group, joined
from rnncast.process import Place


@pytest.fixture
def only(monkeypatch: pytest.MonkeyPatch) -> Iterator[Group]:
    """Return a group of one rank, over the loopback."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    said = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port), "RANK": "0", "WORLD_SIZE": "1"}
    for name, value in (said | {"GLOO_SOCKET_IFNAME": "lo"}).items():
        monkeypatch.setenv(name, value)
    with joined(Place(0, 1)) as found:
        yield found


def test_a_group_adds_what_it_is_given_in_its_shapes(only: Group) -> None:
    loss, steps, weight = torch.tensor(1.5), torch.tensor(7), torch.arange(6.0).reshape(2, 3)
    added = only.add([loss, steps, weight])
    torch.testing.assert_close(list(added), [loss, torch.tensor(7.0), weight])


def test_a_group_tells_the_latest_and_whether_any_says_so(only: Group) -> None:
    assert only.latest(1e-9) == 1e-9
    assert only.any(True)
    assert not only.any(False)


@pytest.mark.parametrize("data", [b"", b"x", b"0123456789"])
def test_a_group_gathers_bytes_in_messages_of_a_size(only: Group, monkeypatch: pytest.MonkeyPatch, data: bytes) -> None:
    monkeypatch.setattr(group, "AT_ONCE", 4)
    assert only.gather(data) == [data]


def test_the_first_rank_that_fails_says_so_and_no_other(only: Group) -> None:
    assert only.fails_first()
    assert not only.fails_first()


def test_a_rank_that_is_gone_is_told_of(only: Group, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(*given: object, **named: object) -> None:
        raise RuntimeError("Connection closed by peer [127.0.0.1]:1234.\nand more")

    monkeypatch.setattr(group.dist, "all_reduce", gone)
    with pytest.raises(RunError, match=r"another rank .* Connection closed by peer \[127.0.0.1\]:1234\.$"):
        only.add([torch.zeros(2)])


def test_ranks_that_do_not_find_each_other_say_how_they_would(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RANK", "1")
    monkeypatch.setenv("WORLD_SIZE", "2")
    monkeypatch.delenv("MASTER_ADDR", raising=False)
    with pytest.raises(DeviceError, match="rank 1 of 2 does not find the others") as caught, joined(Place(1, 2)):
        pass
    assert "torchrun" in caught.value.hint
