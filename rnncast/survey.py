"""Survey: how many series of a panel have gaps, stand still or are mostly zero, and how many values are outliers.

Axes: N series, R rows, C targets.
"""

from dataclasses import dataclass

import numpy as np

from rnncast import outliers
from rnncast.panel import FloatArray, Panel

INTERMITTENT = 1.32
"""Mean steps from one value that is not zero to the next, above which a series is intermittent."""


@dataclass(frozen=True, slots=True)
class Survey:
    """Counts what is unusual about a panel's series; one with several targets counts if any of them is.

    Attributes:
        with_gaps: series with a step, between first and last, at which a target was not seen.
        missing: share of all steps and targets that was not seen.
        constant: series that are the same throughout.
        intermittent: series of zeros and, now and then, positive numbers (Syntetos, Boylan and Croston 2005, whose
            limit between smooth and intermittent demand is taken).
        outliers: values that are outliers, whatever becomes of them.
    """

    with_gaps: int
    missing: float
    constant: int
    intermittent: int
    outliers: int

    @classmethod
    def of(cls, panel: Panel) -> "Survey":
        """Survey a panel as it was read."""
        panel = panel.scored
        seen = panel.observed.astype(np.float64)
        lowest, highest = (extreme[:, 0] for extreme in panel.extremes(panel.lengths[:, None] - 1))  # [N, C]
        count = _sums(seen, panel)  # [N, C]
        positive = _sums(seen * (panel.values > 0), panel)
        is_intermittent = (lowest == 0) & (highest > 0) & (count > INTERMITTENT * positive)
        if panel.classes:
            is_intermittent[:] = False
        return cls(
            with_gaps=int((count < panel.lengths[:, None]).any(axis=1).sum()),
            missing=1 - float(seen.mean()),
            constant=int((lowest == highest).any(axis=1).sum()),
            intermittent=int(is_intermittent.any(axis=1).sum()),
            outliers=0 if panel.classes else _outliers(panel),
        )


def _outliers(panel: Panel) -> int:
    found, _ = outliers.find(panel.values, panel.observed, panel.offsets, panel.lengths, panel.season_lengths)
    return int(found.sum())


def _sums(values: FloatArray, panel: Panel) -> FloatArray:
    """Return the sum of each series, [N, C]."""
    return np.asarray(np.add.reduceat(values, panel.offsets))
