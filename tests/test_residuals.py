import mpmath
import numpy as np
import pytest

from rnncast.residuals import autocorrelation, chi_square_tail


@pytest.mark.parametrize("degrees", [1, 2, 7, 24, 300])
@pytest.mark.parametrize("share", [0.01, 0.5, 1.0, 1.4, 3.0])
def test_the_tail_of_chi_square_is_the_incomplete_gamma_function(degrees: int, share: float) -> None:
    expected = float(mpmath.gammainc(degrees / 2, share * degrees / 2, regularized=True))
    assert chi_square_tail(share * degrees, degrees) == pytest.approx(expected, rel=1e-9)


def test_the_statistic_is_that_of_a_loop_over_lags() -> None:
    errors = np.random.default_rng(1).normal(size=(1, 60)).cumsum(axis=1)
    centred, count = errors[0] - errors[0].mean(), 60
    statistic = 0.0
    for lag in range(1, 11):
        correlation = sum(centred[t] * centred[t - lag] for t in range(lag, count)) / sum(centred**2)
        statistic += count * (count + 2) * correlation**2 / (count - lag)
    found = autocorrelation(errors, np.ones_like(errors, dtype=bool), season_length=1)
    assert (found.statistic, found.degrees) == (pytest.approx(statistic), 10)
    assert found.p_value < 1e-6


def test_noise_has_no_pattern_in_ninety_five_of_a_hundred_draws() -> None:
    draw = np.random.default_rng(2)
    known = np.ones((1, 100), dtype=bool)
    p_values = np.array([autocorrelation(draw.normal(size=(1, 100)), known, 1).p_value for _ in range(400)])
    assert 0.02 < (p_values < 0.05).mean() < 0.09


def test_series_add_up_and_short_or_constant_ones_say_nothing() -> None:
    errors = np.random.default_rng(3).normal(size=(4, 50))
    known = np.ones_like(errors, dtype=bool)
    errors[1], known[2, 5:] = 1.0, False
    both = autocorrelation(errors, known, 1)
    parts = [autocorrelation(errors[[n]], known[[n]], 1) for n in (0, 3)]
    assert both.statistic == pytest.approx(sum(part.statistic for part in parts))
    assert both.degrees == 20
    nothing = autocorrelation(errors[1:3], known[1:3], 1)
    assert nothing.degrees == 0
    assert np.isnan(nothing.p_value)
