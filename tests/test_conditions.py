import pytest

from rnncast.conditions import OPERATORS, Condition, first_failure
from rnncast.errors import RunError, UsageError


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("mase > 1", False),
        ("mase>0.9", True),
        ("MASE >= 0.95", True),
        ("mase < 1e0", True),
        ("mase <= .95", True),
        ("mase == 0.95", True),
        ("mase != 0.95", False),
        ("coverage-80 < +0.5", True),
        ("smape > -1", True),
    ],
)
def test_a_condition_holds_or_not(text: str, holds: bool) -> None:
    found = Condition.parse(text).failure({"mase": 0.95, "coverage-80": 0.25, "smape": 0.0})
    assert isinstance(found, RunError) == holds


@pytest.mark.promise("P6")
@pytest.mark.parametrize(
    "text", ["", "mase", "mase >", "> 1", "mase > x", "mase > 1 or 1", "mase => 1", "mase > nan", "os.system('x') > 1"]
)
def test_what_is_no_condition_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="is no condition") as error:
        Condition.parse(text)
    assert all(sign in error.value.hint for sign in OPERATORS)


def test_an_unknown_metric_offers_the_nearest() -> None:
    with pytest.raises(UsageError) as error:
        Condition.parse("maes > 1")
    assert "Did you mean 'mae'?" in error.value.hint or "Did you mean 'mase'?" in error.value.hint


def test_a_metric_that_is_undefined_fails_the_gate() -> None:
    found = Condition.parse("mase > 1").failure({"mase": None})
    assert found is not None
    assert "cannot be told" in found.message


def test_the_first_condition_that_holds_is_named() -> None:
    conditions = [Condition.parse(text) for text in ("mase > 9", "mase > 1", "mase > 0")]
    found = first_failure(conditions, {"mase": 2.0})
    assert found is not None
    assert found.message == "the condition 'mase > 1' holds: mase is 2."
    assert first_failure(conditions[:1], {"mase": 2.0}) is None
