import torch

from rnncast.decoders import DirectDecoder


def decoder_of(future: int = 2) -> DirectDecoder:
    torch.manual_seed(0)
    decoder = DirectDecoder(state_size=3, future_size=future, horizon=4, outputs=2)
    for weight in decoder.parameters():
        torch.nn.init.normal_(weight)
    return decoder


def test_a_new_decoder_puts_out_nothing() -> None:
    new = DirectDecoder(state_size=3, future_size=2, horizon=4, outputs=2)
    assert not new(torch.randn(5, 6, 3), torch.randn(5, 6, 4, 2)).any()


def test_it_equals_its_equation() -> None:
    decoder, states, future = decoder_of(), torch.randn(2, 3, 3), torch.randn(2, 3, 4, 2)
    outputs = decoder(states, future)
    local = decoder.local
    for h in range(4):
        rows = slice(2 * h, 2 * h + 2)
        direct = states @ decoder.steps.weight[rows].T + decoder.steps.bias[rows]
        inner = states @ local.state.weight.T + local.state.bias + future[:, :, h] @ local.future.weight.T
        torch.testing.assert_close(outputs[:, :, h], direct + inner * inner.sigmoid() @ local.output.weight.T)


def test_what_is_known_about_a_step_changes_that_step_alone() -> None:
    decoder, states, future = decoder_of(), torch.randn(1, 1, 3), torch.randn(1, 1, 4, 2)
    changed = future.clone()
    changed[:, :, 2] += 1
    differs = (decoder(states, future) != decoder(states, changed)).any(dim=-1)
    assert differs.flatten().tolist() == [False, False, True, False]


def test_without_anything_known_ahead_it_is_one_matrix() -> None:
    decoder = decoder_of(future=0)
    assert decoder.local is None
    assert decoder(torch.randn(5, 6, 3), torch.zeros(5, 6, 4, 0)).shape == (5, 6, 4, 2)


def test_a_gradient_reaches_every_weight() -> None:
    decoder = decoder_of()
    decoder(torch.randn(2, 3, 3), torch.randn(2, 3, 4, 2)).square().sum().backward()
    assert all(weight.grad.any() for weight in decoder.parameters())
