import pytest
import torch

from rnncast import registry
from rnncast.errors import UsageError
from rnncast.models.base import Size
from rnncast.models.deepar import DeepAR, Options


def model_of(layers: int, attention: bool) -> DeepAR:
    torch.manual_seed(3)
    size = Size(inputs=3, static=1, hidden=4, layers=layers, dropout=0.0, attention=attention)
    return DeepAR(size).double()


@pytest.mark.parametrize("attention", [False, True])
@pytest.mark.parametrize("layers", [1, 2])
def test_reading_on_one_step_at_a_time_equals_reading_at_once(layers: int, attention: bool) -> None:
    model, past, static = model_of(layers, attention), torch.randn(2, 7, 3).double(), torch.randn(2, 1).double()
    states, memory = model.resume(past[:, :4], static, None)
    found = [states]
    for step in range(4, 7):
        states, memory = model.resume(past[:, step : step + 1], static, memory)
        found.append(states)
    torch.testing.assert_close(torch.cat(found, dim=1), model(past, static))


@pytest.mark.parametrize("attention", [False, True])
def test_a_memory_goes_on_for_several_paths_of_some_windows(attention: bool) -> None:
    model, past, static = model_of(2, attention), torch.randn(3, 5, 3).double(), torch.randn(3, 1).double()
    _, memory = model.resume(past[:, :4], static, None)
    assert memory.numbers == 2 * 2 * 4 + attention * 4 * 4
    rows = [1, 1, 2, 2]
    states, _ = model.resume(past[rows, 4:], static[rows], memory.repeated(slice(1, 3), 2))
    torch.testing.assert_close(states, model(past, static)[rows, 4:])


def test_its_encoder_is_that_of_lstm() -> None:
    size = Size(inputs=3, static=1, hidden=4, layers=2, dropout=0.0)
    ours, theirs = DeepAR(size), registry.MODELS["lstm"].load()(size)
    ours.load_state_dict(theirs.state_dict())
    inputs = torch.randn(2, 5, 3), torch.randn(2, 1)
    assert torch.equal(ours(*inputs), theirs(*inputs))


@pytest.mark.parametrize("count", [0, -1, 10_001])
def test_a_number_of_samples_out_of_range_is_refused(count: int) -> None:
    with pytest.raises(UsageError, match="num_samples is"):
        Options(num_samples=count)
