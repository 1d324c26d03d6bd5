"""Growth: curves of a closed form, exact or with season and noise that grow with them.

With u = t / T from 0 to 1, a rate r and a middle h:

    (1)  constant           1
    (2)  line               u
    (3)  exponential        exp(r u)
    (4)  power              u^(r / 4)
    (5)  logistic           1 / (1 + exp(-2 r (u - h)))                        (Verhulst 1838)
    (6)  Gompertz           exp(-exp(-2 r (u - h)))                            (Gompertz 1825)
    (7)  adoption           the slope of the logistic: rises, then falls       (as in Bass 1969)
    (8)  bent line          a line whose slope changes at some steps           (as in Taylor and Letham 2018)
    (9)  step               1 from h on
"""

import torch
from torch import Tensor

from rnncast.synthetic.base import Dice, Sample, unit
from rnncast.synthetic.noise import coloured
from rnncast.synthetic.seasons import season


def draw(sample: Sample, random: torch.Generator) -> Tensor:
    """Return curves [B, T] above zero; season and noise, where there are any, multiply them."""
    dice = Dice(sample, random)
    curve = curves(dice)
    curve = torch.where(dice.happens(0.3), 1 - curve, curve)
    level = dice.log_uniform(0.03, 10.0) + curve
    seasonal = dice.maybe(0.6, dice.log_uniform(0.01, 0.6)) * season(dice, 0.3)
    noise = dice.maybe(0.7, dice.log_uniform(0.0005, 0.3)) * coloured(dice)
    return unit(dice) * level * (seasonal + noise).clamp(-5, 5).exp()


def curves(dice: Dice) -> Tensor:
    """Return one of the curves for each series, from 0 to 1, [B, T]."""
    time = dice.sample.time / max(dice.sample.length - 1, 1)
    u = time.expand(dice.sample.count, -1)
    rate, middle = dice.log_uniform(1.0, 12.0), dice.uniform(-0.2, 1.2)
    logistic = torch.sigmoid(2 * rate * (u - middle))
    bends = dice.normal((dice.sample.length,)) * dice.happens(3 / dice.sample.length, (dice.sample.length,))
    known = torch.stack([
        torch.zeros_like(u),  # (1)
        u,  # (2)
        (rate * u).exp(),  # (3)
        u ** (rate / 4),  # (4)
        logistic,  # (5)
        (-(-2 * rate * (u - middle)).exp()).exp(),  # (6)
        logistic * (1 - logistic),  # (7)
        (dice.normal() + bends.cumsum(dim=1)).cumsum(dim=1),  # (8)
        (u >= middle).double(),  # (9)
    ])  # fmt: skip
    chosen = dice.one_of((0.5, 1, 1.5, 1, 1.5, 1, 1, 1.5, 0.5))
    curve = known[chosen[:, 0], torch.arange(dice.sample.count, device=u.device)]
    low, high = curve.aminmax(dim=1, keepdim=True)
    return (curve - low) / (high - low).clamp(min=1e-12)
