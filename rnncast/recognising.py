"""Recognising: which rows of a panel weights have learned from.

What is told and what is not stands in docs/evaluating.md.
"""

from typing import NamedTuple

import numpy as np

from rnncast.panel import FloatArray, IntArray, Panel, ranges

ALIKE = 0.9
"""Share of the rows of one series at which classes are the same: those of two series often are by chance."""

FOLLOWS = 0.99
"""Correlation of changes from which on values are the same in other units, or rounded."""

FEWEST = 12
"""Rows below which values are told by nothing but their id and their stamps."""

PROBES, MOST = 16, 20
"""Rows of a series that are looked for, and the most places where one may be found."""

ALIGNED = 50
"""Rows by which a series without stamps is found among those that were learned from."""


def learned_rows(panel: Panel, learned: Panel, held_out: IntArray) -> IntArray:
    """Return how many rows of each series of `panel` [N] weights know that were fitted on `learned`.

    A series is the same where the id is the same and its values at the same stamps are, or follow them; or where its
    values, whatever it is called and whenever they are, are a stretch of one that was learned, in other units perhaps.
    Then all its rows up to the last one learned count, `held_out` rows [N of learned] at the end being spared.
    """
    position = {tuple(ids): number for number, ids in enumerate(learned.ids.tolist())}
    lone = 0 if learned.num_series == panel.num_series == 1 else None  # whatever it is called
    places: dict[int, _Place] = {}
    for series, ids in enumerate(panel.ids.tolist()):
        other = position.get(tuple(ids), lone)
        if other is not None:
            place = _Place(other, _start(panel, series, learned, other))
            if _may_be_same(panel, series, place, learned):
                places[series] = place
    before = {one for one, (other, start) in places.items() if start + panel.lengths[one] <= learned.start[other]}
    unsure = [series for series in range(panel.num_series) if series not in places or series in before]
    if unsure and not panel.classes:
        places |= _found(panel, np.array(unsure), learned)
    known = np.zeros(panel.num_series, dtype=np.int64)
    for series, (other, start) in places.items():
        end = learned.start[other] + learned.lengths[other] - held_out[other]
        known[series] = np.clip(end - start, 0, panel.lengths[series])
    return known


class _Place(NamedTuple):
    """Says where a series was learned: which series that was, and the ordinal of its first row there."""

    other: int
    start: int


def _start(panel: Panel, series: int, learned: Panel, other: int) -> int:
    """Return a series' first ordinal; where rows are only numbered, the one at which its first rows were learned.

    Without a time column the first row is row 1, whatever was cut off before it.
    """
    start, count = int(panel.start[series]), int(panel.lengths[series])
    if panel.time.name is not None:
        return start
    mine = panel.values[panel.offsets[series] :][: min(count, ALIGNED)]
    theirs = learned.values[learned.offsets[other] :][: learned.lengths[other]]
    if (mine == mine[0]).all():
        return start  # a level stretch fits everywhere and tells nothing
    begins = [begin for begin in np.flatnonzero((theirs == mine[0]).all(axis=1)) if _continues(theirs[begin:], mine)]
    return int(learned.start[other] + begins[0]) if begins else start


def _continues(values: FloatArray, expected: FloatArray) -> bool:
    """Tell whether `values` begin like `expected`, as far as they go; two rows alone prove nothing."""
    length = min(len(values), len(expected))
    return length > 2 and bool(np.isclose(values[:length], expected[:length], rtol=1e-9, atol=0).all())


def _may_be_same(panel: Panel, series: int, place: _Place, learned: Panel) -> bool:
    """Tell whether most values at common stamps are equal; what lies before all that was kept may be known."""
    other, start = place
    its = int(learned.start[other])
    first = max(start, its)
    count = min(start + int(panel.lengths[series]), its + int(learned.lengths[other])) - first
    if count <= 0:
        return start < its
    mine = panel.values[panel.offsets[series] + first - start :][:count]
    theirs = learned.values[learned.offsets[other] + first - its :][:count]
    same = np.isclose(mine, theirs, rtol=1e-9, atol=0)
    if panel.classes:
        return bool(same.all(axis=1).mean() >= ALIKE)
    return bool(same.mean() >= 0.5) or _follow(mine, theirs)


def _follow(values: FloatArray, others: FloatArray) -> bool:
    """Tell whether values [T, C] rise and fall like others: the same in other units, or rounded, or corrected a little.

    Two rows at most change alike by chance, so a few tell nothing.
    """
    if len(values) < FEWEST:
        return False
    changes, others = (part - part.mean(axis=0) for part in (np.diff(values, axis=0), np.diff(others, axis=0)))
    size = np.sqrt((changes**2).sum(axis=0) * (others**2).sum(axis=0))  # [C]
    correlation = np.divide((changes * others).sum(axis=0), size, out=np.zeros_like(size), where=size > 0)
    return bool((correlation >= FOLLOWS).mean() >= 0.5)


def _found(panel: Panel, series: IntArray, learned: Panel) -> dict[int, _Place]:
    """Return where some series of a panel were learned under another name, at another time or in other units.

    How four successive values lie to each other is looked for; what lies so in several places of a series, as all of a
    straight line or of a repeated season does, tells nothing.
    """
    keys, rows = _keys(learned, np.arange(learned.num_series))
    order = np.argsort(keys, kind="stable")
    keys, rows = keys[order], rows[order]
    own_keys, own_rows = _keys(panel, series)
    first, last = np.searchsorted(keys, own_keys, side="left"), np.searchsorted(keys, own_keys, side="right")
    found = {}
    for one in series.tolist():
        inside = slice(*np.searchsorted(own_rows, [panel.offsets[one], panel.offsets[one] + panel.lengths[one]]))
        seen = np.flatnonzero((last[inside] > first[inside]) & (last[inside] - first[inside] <= MOST)) + inside.start
        if len(seen) < FEWEST // 2:
            continue
        picked = seen[np.linspace(0, len(seen) - 1, min(len(seen), PROBES)).astype(np.int64)]
        pairs = [(own_rows[at] - panel.offsets[one], row) for at in picked for row in rows[first[at] : last[at]]]
        places = {place for step, row in pairs if _continues_at(panel, one, place := _at(learned, row, step), learned)}
        if len(places) == len({place.other for place in places}) and places:
            found[one] = min(places)
    return found


def _keys(panel: Panel, series: IntArray) -> tuple[IntArray, IntArray]:
    """Return how the first target's values from each row on lie to each other, as one number, and those rows.

    (y_(t+2) - y_(t+1)) / (y_(t+1) - y_t) and the next one are the same in all units; they count to five digits.
    """
    rows = ranges(panel.offsets[series], np.maximum(panel.lengths[series] - 3, 0))
    values, seen = panel.values[:, 0], panel.observed[:, 0]
    changes = [values[rows + step + 1] - values[rows + step] for step in range(3)]
    usable = np.all([seen[rows + step] for step in range(4)] + [change != 0 for change in changes], axis=0)
    with np.errstate(over="ignore"):
        ratios = [(changes[step + 1][usable] / changes[step][usable]).astype(np.float32) for step in range(2)]
    one, two = (ratio.view(np.int32).astype(np.int64) >> 7 for ratio in ratios)
    return (one << 32) + two, rows[usable]


def _at(learned: Panel, row: int, step: int) -> _Place:
    """Return the place of a series whose row number `step` is a row of what was learned."""
    other = int(np.searchsorted(learned.offsets, row, side="right")) - 1
    return _Place(other, int(learned.start[other] + row - learned.offsets[other] - step))


def _continues_at(panel: Panel, series: int, place: _Place, learned: Panel) -> bool:
    """Tell whether a series' values are those of a place but for their unit, as far as both are known."""
    other, start = place
    first = max(start, int(learned.start[other]))
    count = min(start + int(panel.lengths[series]), int(learned.start[other] + learned.lengths[other])) - first
    if count < FEWEST:
        return False
    mine, theirs = panel.offsets[series] + first - start, learned.offsets[other] + first - learned.start[other]
    both = panel.observed[mine : mine + count, 0] & learned.observed[theirs : theirs + count, 0]
    values, others = panel.values[mine : mine + count, 0][both], learned.values[theirs : theirs + count, 0][both]
    if len(values) < FEWEST or not values.std() or not others.std():
        return False
    usual, theirs_usual = (part - np.median(part) for part in (values, others))
    unit = np.abs(usual).sum() / np.abs(theirs_usual).sum()
    return bool(np.isclose(usual, unit * theirs_usual, rtol=0, atol=1e-6 * values.std()).mean() >= ALIKE)
