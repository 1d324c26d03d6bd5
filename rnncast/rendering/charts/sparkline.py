"""A curve in one line of characters."""

from collections.abc import Sequence

import numpy as np

UNICODE, ASCII = "▁▂▃▄▅▆▇█", "_.-=+*%#"


def sparkline(values: Sequence[float], width: int, unicode: bool) -> str:
    """Return a character for each of `width` equal stretches of the values, of its last one; the lowest first in rank.

    Heights are logarithmic where all values are positive, as losses are that fall fast and then slowly.
    """
    curve = np.array([value for value in values if np.isfinite(value)])
    if not curve.size:
        return ""
    ends = np.unique(np.linspace(0, len(curve), width + 1)[1:].round().astype(np.int64) - 1)
    kept = curve[ends[ends >= 0]]
    heights = np.log(kept) if (kept > 0).all() else kept
    signs = UNICODE if unicode else ASCII
    reach = float(np.ptp(heights)) or 1.0
    return "".join(signs[rank] for rank in ((heights - heights.min()) / reach * (len(signs) - 1)).round().astype(int))
