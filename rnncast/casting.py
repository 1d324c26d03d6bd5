"""What forecasts windows, whatever it computes with: torch's networks, or those of numpy alone (`light`).

Axes are those of `windows`.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol, Self, TypeAlias

import numpy as np

from rnncast.blend import Source
from rnncast.packing import Array
from rnncast.panel import FloatArray, IntArray, Panel
from rnncast.scaling import Units
from rnncast.shapes import Shape

Carried: TypeAlias = tuple[tuple[Array, ...], ...]
"""What a model goes on from: the parts of each layer's last state, [..., B, D], windows along the second axis."""


class Carry(Protocol):
    """Carries the states of windows along.

    Attributes:
        is_whole: whether it has states of these windows; else their networks are to read them.
    """

    @property
    def is_whole(self) -> bool: ...  # noqa: D102

    def __call__(self, newest: Array, static: Array) -> Array:
        """Return the states [B, D] of windows whose last origin shows `newest` [B, F], with covariates [B, S]."""
        ...


class Cast(Protocol):
    """Forecasts the steps after windows, block after block of H steps."""

    def __call__(self, series: IntArray, ends: IntArray, horizon: int, carry: Carry | None = None) -> list[Source]:
        """Return forecasts of `horizon` steps after the last steps `ends` [B] of the series [B]."""
        ...


class Form(NamedTuple):
    """Says what weights a network has.

    Attributes:
        weights: the shape and the type of each, by name.
        levels: its quantile levels Q.
    """

    weights: Mapping[str, tuple[tuple[int, ...], str]]
    levels: tuple[float, ...]


class AnyNetwork(Protocol):
    """A network, trained or not.

    Attributes:
        shape: what it reads and writes.
        levels: the quantile levels Q.
        numbers_per_window: about so many numbers a window takes while it is forecast.
        num_weights: how many weights it has.
        weights: all of them by name, as a checkpoint keeps them.
        engine: what it computes with, and its version.
        is_stepped: whether a forecast rests on states that `resume` can carry from origin to origin.
    """

    @property
    def shape(self) -> Shape: ...  # noqa: D102
    @property
    def levels(self) -> tuple[float, ...]: ...  # noqa: D102
    @property
    def numbers_per_window(self) -> int: ...  # noqa: D102
    @property
    def num_weights(self) -> int: ...  # noqa: D102
    @property
    def weights(self) -> Mapping[str, Array]: ...  # noqa: D102
    @property
    def engine(self) -> tuple[str, str]: ...  # noqa: D102

    @property
    def is_stepped(self) -> bool: ...  # noqa: D102

    def step(self, inputs: Array, static: Array, carried: Carried | None) -> tuple[Array, Carried]:
        """Return the states [B, D] after `inputs` [B, F] at one more origin, and what the next one goes on from.

        The static covariates are [B, S]; windows that carry nothing begin there.
        """
        ...

    def lay(self, networks: Sequence[Self], panel: Panel, units: Units) -> list[Cast]:
        """Lay a panel out for networks of this kind; return how each of them forecasts it, in units of the series."""
        ...


def joined(blocks: Sequence[Source], levels: Sequence[float], horizon: int) -> Source:
    """Return the first `horizon` steps of blocks [B, H, C], each of which goes on from the one before.

    From block to block the deviations of the quantiles add up as those of independent errors do.
    """
    side, spreads = np.sign(np.array(levels) - 0.5), list[FloatArray]()  # below or above the median
    for point, quantiles in blocks:
        spread = quantiles - point[..., None]  # [B, H, C, Q]
        if spreads:
            spread = side * np.sqrt(spread**2 + spreads[-1][:, -1:] ** 2)
        spreads.append(spread)
    whole = np.concatenate([block.point for block in blocks], axis=1)[:, :horizon]
    return Source(whole, whole[..., None] + np.concatenate(spreads, axis=1)[:, :horizon])
