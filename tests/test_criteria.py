from math import e, log

import pytest

from rnncast.criteria import aic, bic
from rnncast.errors import UsageError


def test_the_criteria_are_those_of_the_books() -> None:
    assert aic(e, 100, 4) == pytest.approx(100 + 2 * 5)
    assert bic(e, 100, 4) == pytest.approx(100 + 5 * log(100))


def test_from_eight_values_on_bic_asks_for_fewer_weights() -> None:
    for count in (8, 100):
        assert bic(1.0, count, 10) > aic(1.0, count, 10)
    assert bic(1.0, 7, 10) < aic(1.0, 7, 10)


@pytest.mark.parametrize("error", [0.0, float("nan")])
def test_without_an_error_there_is_no_criterion(error: float) -> None:
    with pytest.raises(UsageError, match="makes no error"):
        aic(error, 10, 1)
