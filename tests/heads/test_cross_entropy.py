"""The head of classes against torch's own losses and a hand calculation."""

import pytest
import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits, cross_entropy, one_hot

from rnncast.heads.base import Frame
from rnncast.heads.cross_entropy import CrossEntropyHead

HEAD = CrossEntropyHead((0.5,))


def frame_of(like: Tensor, guess: float = 0.0, scale: float = 1.0) -> Frame:
    return Frame(torch.full_like(like, guess), torch.full_like(like, scale))


def said(numbers: Tensor, count: int) -> Tensor:
    """Return the indicators of all classes but the first."""
    return one_hot(numbers, count)[..., 1:].to(torch.get_default_dtype())


def test_the_loss_is_torchs_cross_entropy_with_the_first_logit_at_zero() -> None:
    odds, numbers = torch.randn(2, 3, 4, 5), torch.randint(0, 6, (2, 3, 4))
    target = said(numbers, 6)
    logits = torch.cat([torch.zeros(2, 3, 4, 1), odds], dim=-1)
    expected = cross_entropy(logits.flatten(0, 2), numbers.flatten(), reduction="none").reshape(2, 3, 4, 1)
    found = HEAD.loss(odds[..., None], target, frame_of(target))
    torch.testing.assert_close(found, expected.expand(2, 3, 4, 5))


def test_two_classes_are_one_sigmoid_and_the_binary_cross_entropy() -> None:
    odds, numbers = torch.randn(7, 1, 3, 1), torch.randint(0, 2, (7, 1, 3))
    target = said(numbers, 2)
    frame = frame_of(target)
    torch.testing.assert_close(
        HEAD.loss(odds[..., None], target, frame), binary_cross_entropy_with_logits(odds, target, reduction="none")
    )
    torch.testing.assert_close(HEAD.point(odds[..., None], frame), odds.sigmoid())


def test_the_point_is_the_softmax_of_all_classes_but_the_first() -> None:
    odds = torch.tensor([[[[1.0, -2.0, 0.5]]]])
    chances = torch.cat([torch.zeros(1, 1, 1, 1), odds], dim=-1).softmax(dim=-1)[..., 1:]
    torch.testing.assert_close(HEAD.point(odds[..., None], frame_of(odds)), chances)
    assert HEAD.quantiles(odds[..., None], frame_of(odds)).shape == (1, 1, 1, 3, 0)


@pytest.mark.parametrize(("guess", "scale"), [(0.3, 2.0), (-1.0, 0.1)])
def test_what_is_learned_is_the_same_whatever_it_is_counted_from(guess: float, scale: float) -> None:
    odds, target = torch.randn(2, 3, 4, 3), said(torch.randint(0, 4, (2, 3, 4)), 4)
    plain, other = frame_of(target), frame_of(target, guess, scale)
    moved = (target - guess) / scale
    torch.testing.assert_close(HEAD.loss(odds[..., None], moved, other), HEAD.loss(odds[..., None], target, plain))
    restored = guess + scale * HEAD.point(odds[..., None], other)
    torch.testing.assert_close(restored, HEAD.point(odds[..., None], plain))
    initial = (HEAD.initial(values.flatten(0, 1), Frame(*(part.flatten(0, 1) for part in frame)))
               for values, frame in ((target, plain), (moved, other)))  # fmt: skip
    torch.testing.assert_close(*initial, rtol=1e-4, atol=1e-5)


def test_it_begins_with_how_often_each_class_was_said_and_once_more() -> None:
    target = said(torch.tensor([0, 0, 0, 2, 1, 2, 2, 2]), 3)[:, None]  # [M, 1, C]
    target[4:6] = torch.nan
    odds = HEAD.initial(target, frame_of(target))
    chances = HEAD.point(odds[None, None], frame_of(target[:1]))
    torch.testing.assert_close(chances[0, 0, 0], torch.tensor([1 / 9, 4 / 9]))


@pytest.mark.parametrize("size", [-1e30, 0.0, 1e4, 1e30])
def test_loss_and_gradient_are_finite_at_the_extremes(size: float) -> None:
    odds = torch.full((1, 1, 3, 2), size, requires_grad=True)
    target = said(torch.tensor([[[0, 1, 2]]]), 3)
    losses = HEAD.loss(odds[..., None], target, frame_of(target))
    losses.sum().backward()
    assert losses.isfinite().all()
    assert odds.grad is not None
    assert odds.grad.isfinite().all()
