"""Bounds that forecasts and their intervals keep: a least and a largest value, whole numbers."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypedDict

from rnncast.errors import UsageError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class BoundsSettings(TypedDict, total=False):
    """The settings of `Bounds`, for functions that take them by name."""

    minimum: float
    maximum: float
    integer: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """Says what forecasts and intervals keep; None is no bound.

    Attributes:
        minimum: the least value.
        maximum: the largest value.
        integer: whether values are rounded to the nearest whole number, half to even. The quantiles of a
            rounded quantity are its rounded quantiles, so an interval loses nothing and the point stays in it.
    """

    minimum: float | None = None
    maximum: float | None = None
    integer: bool | None = None

    def __post_init__(self) -> None:
        for name, value in (("minimum", self.minimum), ("maximum", self.maximum)):
            if value is not None and not math.isfinite(value):
                raise UsageError(f"{name} is {value!r}, expected a finite number.")
        least, largest = self.ends
        if least > largest:
            raise UsageError(
                f"there is no {'whole ' if self.integer else ''}number between a minimum of {self.minimum:g} "
                f"and a maximum of {self.maximum:g}.",
                "Give a --min that is not above --max.",
            )

    @property
    def ends(self) -> tuple[float, float]:
        """Return the least and the largest value that are kept, infinite where there is none."""
        least = -math.inf if self.minimum is None else self.minimum
        largest = math.inf if self.maximum is None else self.maximum
        if self.integer:
            least = least if math.isinf(least) else float(math.ceil(least))
            largest = largest if math.isinf(largest) else float(math.floor(largest))
        return least, largest

    def keep(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the values, rounded and clipped as the bounds say; their order stays."""
        return (values.round() if self.integer else values).clip(*self.ends) + 0.0  # no zero with a minus

    def broken_by(self, values: NDArray[np.float64]) -> int:
        """Return how many values do not keep the bounds."""
        return int((self.keep(values) != values).sum())

    def __str__(self) -> str:
        """Say which numbers keep the bounds: "whole numbers from 0 to 10"."""
        numbers = "whole numbers" if self.integer else "numbers"
        if self.minimum is not None and self.maximum is not None:
            return f"{numbers} from {self.minimum:g} to {self.maximum:g}"
        if self.minimum is not None:
            return f"{numbers} of at least {self.minimum:g}"
        return numbers if self.maximum is None else f"{numbers} of at most {self.maximum:g}"


UNBOUNDED = Bounds()
