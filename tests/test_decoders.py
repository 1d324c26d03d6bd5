import pytest
import torch
from torch import Tensor

from rnncast.decoders import Decoder, DecoderSize, DirectDecoder, SegmentDecoder

KINDS = {"direct": 0, "segments": 3, "segments that fill the horizon": 2, "one segment": 4, "single steps": 1}

every_kind = pytest.mark.parametrize("kind", KINDS)


def step(positions: Tensor, states: Tensor) -> Tensor:
    return torch.tanh(positions + 2 * states[:, :, None])


def new_decoder(kind: str, future: int = 2, lags: int = 1, dropout: float = 0.0) -> Decoder:
    torch.manual_seed(0)
    size = DecoderSize(state=2, lags=lags, future=future, horizon=4, outputs=2)
    return SegmentDecoder(size, KINDS[kind], step, dropout) if KINDS[kind] else DirectDecoder(size)


def decoder_of(kind: str, future: int = 2, lags: int = 1) -> Decoder:
    decoder = new_decoder(kind, future, lags)
    for weight in decoder.parameters():
        torch.nn.init.normal_(weight)
    return decoder


def local_by_hand(decoder: Decoder, states: Tensor, known: Tensor) -> Tensor:
    local = decoder.local
    inner = states @ local.state.weight.T + local.state.bias + known @ local.future.weight.T
    return inner * inner.sigmoid() @ local.output.weight.T


@every_kind
def test_a_new_decoder_puts_out_nothing(kind: str) -> None:
    assert not new_decoder(kind)(torch.randn(5, 6, 3), torch.randn(5, 6, 4, 2)).any()


@every_kind
def test_a_new_decoder_puts_out_what_it_is_told(kind: str) -> None:
    decoder, wanted = new_decoder(kind), torch.randn(4, 2)
    decoder.start_from(wanted)
    assert torch.equal(decoder(torch.randn(5, 6, 3), torch.randn(5, 6, 4, 2)), wanted.expand(5, 6, 4, 2))


def test_the_direct_decoder_equals_its_equation() -> None:
    decoder, states, future = decoder_of("direct"), torch.randn(2, 3, 3), torch.randn(2, 3, 4, 2)
    outputs = decoder(states, future)
    for h in range(4):
        rows = slice(2 * h, 2 * h + 2)
        direct = states @ decoder.steps.weight[rows].T + decoder.steps.bias[rows]
        torch.testing.assert_close(outputs[:, :, h], direct + local_by_hand(decoder, states, future[:, :, h]))


@pytest.mark.parametrize("kind", [kind for kind in KINDS if KINDS[kind]])
def test_the_segment_decoder_equals_its_equation_one_segment_at_a_time(kind: str) -> None:
    decoder, states, future = decoder_of(kind), torch.randn(2, 3, 3), torch.randn(2, 3, 4, 2)
    outputs = decoder(states, future)
    for h in range(4):
        segment, place = divmod(h, KINDS[kind])
        stepped = torch.tanh(decoder.positions[segment] + 2 * states[..., :2])
        direct = stepped @ decoder.segment.weight[2 * place : 2 * place + 2].T + decoder.start[h]
        lags = states[..., 2:] @ decoder.lags.weight[2 * h : 2 * h + 2].T
        torch.testing.assert_close(outputs[:, :, h], direct + lags + local_by_hand(decoder, states, future[:, :, h]))


@every_kind
def test_what_is_known_about_a_step_changes_that_step_alone(kind: str) -> None:
    decoder, states, future = decoder_of(kind), torch.randn(1, 1, 3), torch.randn(1, 1, 4, 2)
    changed = future.clone()
    changed[:, :, 2] += 1
    differs = (decoder(states, future) != decoder(states, changed)).any(dim=-1)
    assert differs.flatten().tolist() == [False, False, True, False]


@every_kind
def test_nothing_known_ahead_and_no_lags_are_fine(kind: str) -> None:
    decoder = decoder_of(kind, future=0, lags=0)
    assert decoder.local is None
    assert decoder(torch.randn(5, 6, 2), torch.zeros(5, 6, 4, 0)).shape == (5, 6, 4, 2)


@every_kind
def test_a_gradient_reaches_every_weight(kind: str) -> None:
    decoder = decoder_of(kind)
    decoder(torch.randn(2, 3, 3), torch.randn(2, 3, 4, 2)).square().sum().backward()
    assert all(weight.grad.any() for weight in decoder.parameters())


def test_segments_drop_a_part_of_their_states_while_training_only() -> None:
    decoder, inputs = new_decoder("segments", dropout=0.5), (torch.randn(2, 3, 3), torch.randn(2, 3, 4, 2))
    torch.nn.init.normal_(decoder.segment.weight)
    assert not torch.equal(decoder(*inputs), decoder(*inputs))
    decoder.eval()
    assert torch.equal(decoder(*inputs), decoder(*inputs))
