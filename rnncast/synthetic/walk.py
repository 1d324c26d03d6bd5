"""Random walks as of prices: drift, autocorrelated steps, clustered volatility.

(1)  x_t = x_{t-1} + c + sigma_t u_t        u an AR(1) process, log sigma too (Taylor 1986)
(2)  y_t = x_t, or exp(x_t): the geometric Brownian motion of Black and Scholes 1973, in discrete time
"""

import torch
from torch import Tensor

from rnncast.synthetic.base import Dice, Sample, place
from rnncast.synthetic.noise import coloured, white
from rnncast.synthetic.seasons import season
from rnncast.synthetic.trends import drift


def draw(sample: Sample, random: torch.Generator) -> Tensor:
    """Return random walks [B, T], some of them measured with an error, some with a faint season."""
    dice = Dice(sample, random)
    walk = (dice.maybe(0.7, drift(dice, 0.01, 2.0)) + coloured(dice, 0.5)).cumsum(dim=1)  # (1)
    error = dice.maybe(0.3, dice.log_uniform(0.1, 3.0)) * white(dice)
    faint = dice.maybe(0.4, dice.log_uniform(0.3, 5.0)) * season(dice)
    return place(dice, walk + error + faint, multiplicative=0.6)  # (2)
