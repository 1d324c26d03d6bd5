import pytest
import torch
from torch import Tensor

from rnncast.errors import UsageError
from rnncast.models import attention
from rnncast.models.attention import Attention, Options
from rnncast.models.base import LookBack, Size
from tests.making import network_of, panel_of, walk

HIDDEN = 4

every_score = pytest.mark.parametrize("score", ["dot", "general", "additive"])


def model_of(score: str, residual: bool = True) -> Attention:
    torch.manual_seed(3)
    size = Size(inputs=3, static=1, hidden=HIDDEN, layers=1, dropout=0.0, residual=residual)
    return Attention(size, Options(score=score)).double()


def score_by_hand(look_back: LookBack, score: str, now: Tensor, past: Tensor) -> Tensor:
    if score == "additive":
        return look_back.score.weight[0] @ torch.tanh(look_back.query.weight @ now + look_back.key.weight @ past)
    return (look_back.query.weight @ now if score == "general" else now) @ past


def attended_by_hand(look_back: LookBack, score: str, states: Tensor, residual: bool) -> Tensor:
    attended = []
    for origin, now in enumerate(states):
        seen = states[: origin + 1]
        scores = torch.stack([score_by_hand(look_back, score, now, past) for past in seen])
        found = torch.softmax(scores, dim=0) @ seen
        combined = look_back.combine.weight @ torch.cat([now, found]) + look_back.combine.bias
        attended.append(now + combined if residual else torch.tanh(combined))
    return torch.stack(attended)


@every_score
@pytest.mark.parametrize("residual", [True, False])
def test_the_model_equals_its_equations_written_out(score: str, residual: bool) -> None:
    model, past, static = model_of(score, residual), torch.randn(2, 6, 3).double(), torch.randn(2, 1).double()
    states = model.stack(past, static)
    by_hand = [attended_by_hand(model.look_back, score, row, residual) for row in states]
    torch.testing.assert_close(model(past, static), torch.stack(by_hand))


@every_score
def test_its_gradients_equal_finite_differences(score: str) -> None:
    past, static = torch.randn(2, 4, 3).double().requires_grad_(), torch.randn(2, 1).double()
    assert torch.autograd.gradcheck(model_of(score), (past, static))


@pytest.mark.parametrize("chunk", [1, 100, 200])
def test_additive_scores_are_the_same_some_origins_at_a_time(monkeypatch: pytest.MonkeyPatch, chunk: int) -> None:
    model, past, static = model_of("additive"), torch.randn(2, 7, 3).double(), torch.randn(2, 1).double()

    def states_and_gradients() -> list[Tensor]:
        states = model(past, static)
        return [states, *torch.autograd.grad(states.square().sum(), list(model.parameters()))]

    whole = states_and_gradients()
    monkeypatch.setattr(attention, "CHUNK", chunk)
    for part, expected in zip(states_and_gradients(), whole, strict=True):
        torch.testing.assert_close(part, expected)


def test_the_score_is_an_option() -> None:
    panel = panel_of([walk(20)])
    kinds = {
        score: type(network_of(panel, model="attention", option=(f"score={score}",)).model.look_back).__name__
        for score in ("dot", "general", "additive")
    }
    assert kinds == {"dot": "Dot", "general": "General", "additive": "Additive"}
    with pytest.raises(UsageError, match="score is 'luong', expected one of dot, general, additive"):
        network_of(panel, model="attention", option=("score=luong",))
