"""Conditions on scores, such as `mase > 1`: parsed word by word, never evaluated as code."""

import operator
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from rnncast import registry
from rnncast.errors import RunError, UsageError

OPERATORS: Mapping[str, Callable[[float, float], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
}
_METRIC, _SIGN = r"[A-Za-z][\w-]*(?:\.\d+)?", "<=|>=|==|!=|<|>"
_FORM = re.compile(rf"\s*({_METRIC})\s*({_SIGN})\s*([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)\s*")


@dataclass(frozen=True, slots=True)
class Condition:
    """Says when a run counts as failed: a metric of the model, an operator and a number."""

    text: str
    metric: str
    sign: str
    bound: float

    @classmethod
    def parse(cls, text: str) -> "Condition":
        """Read a condition.

        Raises:
            UsageError: it is not of the form METRIC OPERATOR NUMBER, or there is no such metric.
        """
        match = _FORM.fullmatch(text)
        if not match:
            raise UsageError(
                f"--fail-if: '{text}' is no condition.",
                f"Write a metric, one of {' '.join(OPERATORS)}, and a number: --fail-if 'mase > 1'.",
            )
        metric = match[1].lower()
        try:
            registry.find_metric(metric)
        except UsageError as error:
            raise UsageError(f"--fail-if: {error.message}", error.hint) from error
        return cls(text.strip(), metric, match[2], float(match[3]))

    def failure(self, scores: Mapping[str, float | None]) -> RunError | None:
        """Return the error to raise if the condition holds for a model's `scores`, or cannot be told."""
        value = scores.get(self.metric)
        if value is None:
            return RunError(
                f"the condition '{self.text}' cannot be told: {self.metric} is undefined here.",
                "Name another metric with --fail-if.",
            )
        if OPERATORS[self.sign](value, self.bound):
            return RunError(
                f"the condition '{self.text}' holds: {self.metric} is {value:.6g}.",
                "The scores are on standard output; --fail-if says what they must not be.",
            )
        return None


def first_failure(conditions: Iterable[Condition], scores: Mapping[str, float | None]) -> RunError | None:
    """Return the error of the first condition that holds for a model's `scores`, None where none does."""
    return next((found for condition in conditions if (found := condition.failure(scores))), None)
