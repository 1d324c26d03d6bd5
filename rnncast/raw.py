"""Raw histories as tensors: what reading, units and standing still make of a panel, for a graph that has no panel.

It gives what `cleaning`, `scaling.Units`, `standing` and `Panel.extremes` give. Axes beside those of `windows`:
T steps of the longest series, which the others join later.
"""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from rnncast.bounds import Bounds
from rnncast.scaling import CONSTANT, FAR
from rnncast.standing import STOOD

LARGEST = torch.finfo(torch.float64).max
"""Bound on what is told in the data's units."""

ROUNDING = 1e-13
"""Share of a series' size that its variation exceeds; less is rounding of a constant."""


def fill(values: Tensor, seen: Tensor, method: str, season: int) -> Tensor:
    """Return `values` [B, T, C] with what was not seen filled by a method of `config.MISSING`."""
    zeroed = torch.where(seen, values, 0.0)
    if method == "zero":
        return zeroed
    if method == "ffill":
        return _carried(zeroed, seen)
    if method == "seasonal":
        return _seasonal(zeroed, seen, season)
    return _on_lines(zeroed, seen)


def _neighbours(seen: Tensor) -> tuple[Tensor, Tensor]:
    """Return the nearest seen step up to and from each step, [B, T, C]; -1 and T where there is none."""
    count = seen.shape[1]
    steps = torch.arange(count)[None, :, None]
    before = torch.where(seen, steps, -1).cummax(dim=1).values
    after = count - 1 - torch.where(seen.flip(1), steps, -1).cummax(dim=1).values.flip(1)
    return before, after


def _carried(values: Tensor, seen: Tensor) -> Tensor:
    """Return the last value seen at each step; before the first that one, 0 where none was."""
    before, after = _neighbours(seen)
    previous, following = _at(values, before), _at(values, after)
    return torch.where(before >= 0, previous, torch.where(after < seen.shape[1], following, 0.0))


def _on_lines(values: Tensor, seen: Tensor) -> Tensor:
    """Return the values on lines between those that were seen, beyond the ends level."""
    before, after = _neighbours(seen)
    inner = (before >= 0) & (after < seen.shape[1]) & (after > before)
    steps = torch.arange(seen.shape[1])[None, :, None]
    share = torch.where(inner, (steps - before) / (after - before).clamp(min=1).to(values.dtype), 0.0)
    line = _at(values, before) * (1 - share) + _at(values, after) * share
    return torch.where(inner, line, _carried(values, seen))


def _seasonal(values: Tensor, seen: Tensor, season: int) -> Tensor:
    """Return the last value seen a whole number of seasons before each step, else the next; else on lines."""
    lead = (-values.shape[1]) % season
    count, targets = values.shape[0], values.shape[2]
    laid = [
        torch.nn.functional.pad(part, (0, 0, lead, 0)).reshape(count, -1, season * targets) for part in (values, seen)
    ]
    anywhere = laid[1].any(dim=1, keepdim=True).expand(laid[1].shape)
    filled, known = (part.reshape(count, -1, targets)[:, lead:] for part in (_carried(*laid), anywhere))
    return torch.where(known, filled, _on_lines(values, seen))


def _at(values: Tensor, steps: Tensor) -> Tensor:
    return values.gather(1, steps.clamp(min=0).clamp(max=values.shape[1] - 1))


class Units(NamedTuple):
    """Holds the units of series, [B, 1, C] each: see `scaling.Units`."""

    logarithm: Tensor
    bend: Tensor
    loc: Tensor
    scale: Tensor

    @classmethod
    def of(cls, values: Tensor, seen: Tensor, logarithm: bool) -> "Units":
        """Find the units of `values` [B, T, C] that were `seen`."""
        weights = seen.to(values.dtype)
        count = weights.sum(dim=1, keepdim=True).clamp(min=1)

        def mean_of(numbers: Tensor) -> Tensor:
            return (numbers * weights).sum(dim=1, keepdim=True) / count

        size, level = mean_of(values.abs()), mean_of(values)
        varies = mean_of((values - level).abs()) > ROUNDING * size
        negative = ((values < 0) & seen).any(dim=1, keepdim=True)
        use_log = ~negative & varies if logarithm else torch.zeros_like(varies)
        bend = torch.where(use_log, 0.1 * size, 1.0)
        bent = torch.where(use_log, _asinh(values / bend), values)
        loc = mean_of(bent)
        scale = torch.where(varies, mean_of((bent - loc).abs()), CONSTANT * loc.abs())
        return cls(use_log, bend, loc, torch.where(scale > 0, scale, 1.0))

    def apply(self, values: Tensor) -> Tensor:
        """Return `values` [B, T, C] in these units."""
        bent = torch.where(self.logarithm, _asinh(values / self.bend), values)
        return ((bent - self.loc) / self.scale).clamp(-FAR, FAR)

    def invert(self, values: Tensor) -> Tensor:
        """Return [B, H, C] or [B, H, C, Q] in the data's units."""
        logarithm, bend, loc, scale = (part.reshape(*part.shape, *(1,) * (values.ndim - 3)) for part in self)
        values = values * scale + loc
        return torch.where(logarithm, bend * _sinh(values.clamp(-700, 700)), values).clamp(-LARGEST, LARGEST)


def _asinh(values: Tensor) -> Tensor:
    """Return asinh by logarithms: onnxruntime has none of doubles."""
    size = values.abs()
    return torch.where(values < 0, -1.0, 1.0) * (size + (size * size + 1).sqrt()).log()


def _sinh(values: Tensor) -> Tensor:
    return (values.exp() - (-values).exp()) / 2


def extremes(values: Tensor, seen: Tensor) -> tuple[Tensor, Tensor]:
    """Return the least and the largest value seen, [B, 1, C]; infinite where none was, the least above the largest."""
    lowest = torch.where(seen, values, torch.inf).amin(dim=1, keepdim=True)
    return lowest, torch.where(seen, values, -torch.inf).amax(dim=1, keepdim=True)


class Stillness(NamedTuple):
    """Says which series stand still, and how likely they change; see `standing`.

    Attributes:
        value: [B, 1, C], the last value.
        stood: [B, 1, C], whether it has stood for long.
        chance: [B, 1, C], that it changes in a step.
    """

    value: Tensor
    stood: Tensor
    chance: Tensor

    @classmethod
    def of(cls, values: Tensor, seen: Tensor, season: int) -> "Stillness":
        """Tell it from `values` [B, T, C] that were `seen`."""
        count = max(STOOD, season)
        lately, known = (torch.nn.functional.pad(part, (0, 0, count, 0))[:, -count:] for part in (values, seen))
        stood = known.all(dim=1, keepdim=True) & (lately == lately[:, :1]).all(dim=1, keepdim=True)
        last = _neighbours(seen)[0]
        before = torch.nn.functional.pad(last, (0, 0, 1, 0), value=-1)[:, :-1]
        step = seen & (before >= 0)
        changed = (step & (values != _at(values, before))).sum(dim=1, keepdim=True)
        steps = step.sum(dim=1, keepdim=True)
        return cls(values[:, -1:], stood, (changed + 1).to(values.dtype) / (steps + 2))

    def hold(self, point: Tensor, quantiles: Tensor, levels: Sequence[float]) -> tuple[Tensor, Tensor]:
        """Return point [B, H, C] and quantiles [B, H, C, Q] with those of series that stand still held there."""
        ahead = torch.arange(1, point.shape[1] + 1, dtype=point.dtype)[:, None]
        changed = 1 - (1 - self.chance) ** ahead  # [B, H, C]
        holds = self.stood & (changed[:, -1:] < 0.5)
        level = torch.tensor(levels, dtype=point.dtype)
        value = self.value[..., None]
        outside = torch.where(level < 0.5, torch.minimum(quantiles, value), torch.maximum(quantiles, value))
        inside = changed[..., None] / 2 < torch.minimum(level, 1 - level)
        held = torch.where(inside, value, outside)
        return torch.where(holds, self.value, point), torch.where(holds[..., None], held, quantiles)


def within(bounds: Bounds, values: Tensor, never_negative: Tensor) -> Tensor:
    """Return [B, H, C] or [B, H, C, Q] within bounds; 0 is the least of histories [B, 1, C] without a value below."""
    if bounds.minimum is None:
        floor = torch.where(never_negative, 0.0, -torch.inf).to(values.dtype)
        values = torch.maximum(values, floor.reshape(*floor.shape, *(1,) * (values.ndim - 3)))
    least, largest = bounds.ends
    return (values.round() if bounds.integer else values).clamp(least, largest) + 0.0
