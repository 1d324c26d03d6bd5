"""Trends: slow movements under the other parts of a series.

With a drift c that stays or fades (phi = 1 or below) and steps u_t that are an AR(1) process or absent,

    (1)  x_t = x_{t-1} + phi^t c + u_t

is a line, a curve that levels off, a random walk, or one whose direction persists.
"""

from torch import Tensor

from rnncast.synthetic.base import Dice, recur, standardised

UPWARDS = 0.7
"""Share of the drifts that point upwards, as those of business and population do."""


def trending(dice: Dice, shape: Tensor, share: float = 0.6) -> Tensor:
    """Return shapes [B, T], brought to variance 1, a share of them with a trend of any strength under it."""
    return standardised(shape) + dice.maybe(share, dice.log_uniform(0.3, 15.0)) * trend(dice)


def trend(dice: Dice) -> Tensor:
    """Return x_t of equation 1 [B, T], mean 0 and variance 1."""
    pole = dice.maybe(0.6, dice.uniform(0.0, 0.98))
    steps = dice.maybe(0.8, recur(pole, dice.steps() * (1 - pole.square()).sqrt()))
    fading = 1 - dice.maybe(0.3, dice.log_uniform(0.5, 10.0)) / dice.sample.length
    return standardised((drift(dice, 0.01, 1.0) * fading.clamp(min=0.0) ** dice.sample.time + steps).cumsum(dim=1))


def drift(dice: Dice, least: float, most: float) -> Tensor:
    """Return a drift [B, 1] of a size from `least` to about `most`."""
    return dice.log_uniform(least, most) * (1 - 2 * dice.happens(1 - UPWARDS).double())
