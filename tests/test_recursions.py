import numpy as np

from rnncast.recursions import Grid, fit

ALPHAS = (0.2, 0.9)


def squares_of(values: list[float], level: float, alpha: float) -> float:
    """Return the sum of the squared errors of simple exponential smoothing, by plain recursion."""
    total = 0.0
    for value in values:
        total, level = total + (value - level) ** 2, level + alpha * (value - level)
    return total


def least_squares_of(values: list[float], alpha: float) -> float:
    """Return the least sum over the initial level, in which the sum is a parabola."""
    bend, slope, middle = np.polyfit([-1, 0, 1], [squares_of(values, level, alpha) for level in (-1, 0, 1)], 2)
    return float(middle - slope**2 / (4 * bend))


def test_a_fit_tells_its_least_squares_and_where_on_the_grid_they_are() -> None:
    walk, noise = np.random.default_rng(0).normal(size=(2, 40))
    values = np.concatenate([walk.cumsum(), noise[:7]])
    one = np.ones((2, 1))
    fitted = fit(values, np.array([0, 40]), np.array([40, 7]), Grid(one, one[..., None], np.array(ALPHAS)[:, None]))
    least = [[least_squares_of(part.tolist(), alpha) for alpha in ALPHAS] for part in np.split(values, [40])]
    assert fitted.best.tolist() == [1, 0] == np.argmin(least, axis=1).tolist()
    np.testing.assert_allclose(fitted.squares, np.min(least, axis=1))
