"""Made-up series of 60 points that a forecaster must not fail on, beside the best of the baselines."""

from collections.abc import Callable

import numpy as np

from bench.accuracy.base import Measured, Program, Setting
from rnncast.panel import FloatArray

LENGTH = 60
LEVEL = 50.0

DRAWS = 5
"""Series of a shape that chance makes: on one alone the best baseline is the luckiest."""

NEGLIGIBLE = 0.01
"""Error, in units of the past's steps, below which two forecasts are equally good: a line's drift has none at all."""

STEPS = np.arange(LENGTH, dtype=np.float64)

SHAPES: dict[str, Callable[[np.random.Generator], FloatArray]] = {
    "line": lambda chance: 10 + 2 * STEPS,
    "sine": lambda chance: LEVEL + 10 * np.sin(2 * np.pi * STEPS / 12),
    "constant": lambda chance: np.full(LENGTH, LEVEL),
    "walk": lambda chance: LEVEL + chance.normal(size=LENGTH).cumsum(),
    "step": lambda chance: np.where(STEPS < LENGTH // 2, 20.0, LEVEL),
    "counts": lambda chance: np.where(chance.random(LENGTH) < 0.7, 0.0, 1.0 + chance.poisson(2.0, LENGTH)),
}
"""What makes each shape."""

RANDOM = ("walk", "counts")


def measure(name: str, setting: Setting) -> Measured:
    """Return the error on the held-out end, the best baseline's, and their ratio."""
    chance, found = np.random.default_rng(setting.seed), []
    with Program(setting) as program:
        for draw in range(DRAWS if name in RANDOM else 1):
            data = program.folder / f"{name}-{draw}.csv"
            np.savetxt(data, SHAPES[name](chance), fmt="%.10g", header="value", comments="")
            found.append(_errors(program.train(str(data))))
    mine, best = compare(found)
    return program.measured({"mase": mine, "best baseline's": best, "ratio": ratio(mine, best)})


def _errors(scores: dict[str, dict[str, float]]) -> list[float]:
    """Return the MASE of the network, then of each baseline; of a constant, which has none, the MAE by its level."""
    mase = np.array([row["mase"] for row in scores.values()])
    if np.isnan(mase).all():
        return [row["mae"] / LEVEL for row in scores.values()]
    return [float(error) for error in np.nan_to_num(mase, nan=np.inf)]


def compare(found: list[list[float]]) -> tuple[float, float]:
    """Return the mean error over the draws of the network, and of the baseline that has the least."""
    network, *baselines = map(float, np.mean(found, axis=0))
    return network, min(baselines)


def ratio(mine: float, best: float) -> float:
    """Return how many times the best error is reached, negligible ones being the same."""
    return max(mine, NEGLIGIBLE) / max(best, NEGLIGIBLE)
