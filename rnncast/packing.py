"""A panel as plain arrays and texts, as a checkpoint keeps it, and back again, checked."""

import json
from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnncast.frequency import format_stamps
from rnncast.panel import IntArray, Panel, Raw, TextArray, TimeAxis, ranges
from rnncast.spelling import tokens
from rnncast.zones import check as check_zone

Array = NDArray[Any]

KEPT_VALUES = 2_000_000
"""Panels of up to so many values are kept whole, of larger ones the last rows."""

_KINDS: Mapping[str, tuple[type, int]] = {
    "values": (np.float64, 2),
    "observed": (np.bool_, 2),
    "offsets": (np.int64, 1),
    "lengths": (np.int64, 1),
    "start": (np.int64, 1),
    "past_covariates": (np.float64, 2),
    "future_covariates": (np.float64, 2),
    "future_offsets": (np.int64, 1),
    "future_lengths": (np.int64, 1),
    "static_covariates": (np.float64, 2),
}
"""The type and the number of axes of every array."""

_TEXTS = ("id_names", "target_names", "past_names", "future_names", "static_names")
WIDEST, WIDENED = 2**26, 100
"""Characters that all ids may have together where each is as long as the longest: so many, or so many times theirs."""

PARTS = 64
"""Parts in which rows are taken from a large panel."""

_LARGEST = 2**53
"""Offsets, lengths and ordinals stay below, so that their sums cannot overflow."""


def tail(panel: Panel, rows: int) -> tuple[Panel, bool]:
    """Return the panel whole if it is small, else each series' last `rows` rows; and whether it is whole."""
    if panel.values.size <= KEPT_VALUES:
        return panel, True
    kept = np.minimum(panel.lengths, rows)
    skipped = panel.lengths - kept
    future_kept, begin = panel.future_lengths - skipped, panel.offsets + skipped
    cut = replace(
        panel,
        values=_rows(panel.values, begin, kept),
        observed=_rows(panel.observed, begin, kept),
        raw=None if panel.raw is None else Raw(*(_rows(part, begin, kept) for part in panel.raw)),
        offsets=np.cumsum(kept) - kept,
        lengths=kept,
        start=panel.start + skipped,
        past_covariates=_rows(panel.past_covariates, begin, kept),
        future_covariates=_rows(panel.future_covariates, panel.future_offsets + skipped, future_kept),
        future_offsets=np.cumsum(future_kept) - future_kept,
        future_lengths=future_kept,
    )
    return cut, False


def _rows(array: Array, first: IntArray, counts: IntArray) -> Array:
    """Return the rows first[n] .. first[n] + counts[n] - 1 for every n; in parts, since their numbers take most."""
    parts = np.array_split(np.stack([first, counts]), PARTS, axis=1)
    return np.concatenate([array[ranges(*part)] for part in parts])


def pack(panel: Panel) -> tuple[dict[str, Array], dict[str, Any]]:
    """Return a panel's arrays, ids as UTF-8 JSON among them, and its texts, which JSON can hold."""
    arrays: dict[str, Array] = {name: np.ascontiguousarray(getattr(panel, name)) for name in _KINDS}
    if panel.raw is not None:
        arrays |= {f"raw_{name}": np.ascontiguousarray(part) for name, part in panel.raw._asdict().items()}
    ids = json.dumps(panel.ids.tolist()).encode()
    arrays["ids"] = np.frombuffer(ids, dtype=np.uint8)
    texts = {name: list(getattr(panel, name)) for name in _TEXTS}
    words = {name: list(said) for name, said in panel.words.items()}
    return arrays, texts | {"season_lengths": list(panel.season_lengths), "time": asdict(panel.time), "words": words}


def unpack(arrays: Mapping[str, Array], texts: Mapping[str, Any]) -> Panel:
    """Return the panel that `pack` took apart; nothing is trusted, but that all numbers are finite.

    Raises:
        KeyError, TypeError, ValueError, RnncastError: something is missing or does not fit.
    """
    for name, (kind, axes) in _KINDS.items():
        is_short = name == "values" and arrays[name].dtype == np.float32  # as large files are read
        if not (is_short or arrays[name].dtype == kind) or arrays[name].ndim != axes:
            raise ValueError(f"its {name} have another type")
    if arrays["ids"].dtype != np.uint8:
        raise ValueError("its ids have another type")
    raw = _raw(arrays)
    names = {name: _strings(texts[name]) for name in _TEXTS}
    num_series = len(arrays["offsets"])
    panel = Panel(
        values=arrays["values"].astype(np.float64, copy=False),
        observed=arrays["observed"],
        offsets=arrays["offsets"],
        lengths=arrays["lengths"],
        start=arrays["start"],
        ids=_ids(arrays["ids"]).reshape(num_series, len(names["id_names"])),
        id_names=names["id_names"],
        target_names=names["target_names"],
        past_covariates=arrays["past_covariates"],
        future_covariates=arrays["future_covariates"],
        future_offsets=arrays["future_offsets"],
        future_lengths=arrays["future_lengths"],
        static_covariates=arrays["static_covariates"],
        season_lengths=_seasons(texts["season_lengths"]),
        time=TimeAxis(**texts["time"]),
        past_names=names["past_names"],
        future_names=names["future_names"],
        static_names=names["static_names"],
        words={name: _strings(said) for name, said in texts.get("words", {}).items()},  # older ones have none
        raw=raw,
    )
    if not (_has_sound_shapes(panel) and _has_sound_rows(panel) and _has_sound_codes(panel)):
        raise ValueError("its rows do not fit together")
    if panel.time.zone is not None:
        check_zone(panel.time.zone)
    if panel.time.format is not None:
        tokens(panel.time.format)
    format_stamps(panel.start[:1], panel.time)
    return panel


def _raw(arrays: Mapping[str, Array]) -> Raw | None:
    """Return the values as they came, where outliers were mended."""
    if "raw_values" not in arrays:
        return None
    raw, values = Raw(arrays["raw_values"], arrays["raw_observed"]), arrays["values"]
    if (
        raw.values.dtype != np.float64
        or raw.observed.dtype != np.bool_
        or not raw.values.shape == raw.observed.shape == values.shape
    ):
        raise ValueError("its values as they came do not fit")
    return raw


def _ids(stored: Array) -> TextArray:
    """Return the ids; each takes the memory of the longest."""
    texts = json.loads(stored.tobytes())
    flat = _strings([text for row in texts for text in row])
    if len(flat) * max(map(len, flat), default=0) > max(WIDEST, WIDENED * stored.size):
        raise ValueError("its ids are of too different lengths")
    return np.array(texts, dtype=np.str_)


def _strings(texts: object) -> tuple[str, ...]:
    if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
        raise ValueError("its names are no texts")
    return tuple(texts)


def _seasons(numbers: object) -> tuple[int, ...]:
    if not isinstance(numbers, list) or not numbers or not all(type(n) is int and 1 <= n < _LARGEST for n in numbers):
        raise ValueError("its seasons are no numbers of steps")
    return tuple(numbers)


def _has_sound_shapes(panel: Panel) -> bool:
    rows, num_series = len(panel.values), panel.num_series
    per_series = (panel.lengths, panel.start, panel.future_offsets, panel.future_lengths, panel.static_covariates)
    targets = panel.classes[1:] if len(panel.target_names) == 1 and panel.classes else panel.target_names
    widths = (
        (panel.values, targets),
        (panel.past_covariates, panel.past_names),
        (panel.future_covariates, panel.future_names),
        (panel.static_covariates, panel.static_names),
    )
    return (
        num_series > 0
        and panel.observed.shape == panel.values.shape
        and len(panel.past_covariates) == rows
        and all(len(array) == num_series for array in per_series)
        and all(array.shape[1] == len(names) for array, names in widths)
    )


def _has_sound_rows(panel: Panel) -> bool:
    """Tell whether offsets and lengths stay within the rows."""
    counts = (panel.offsets, panel.lengths, panel.future_offsets, panel.future_lengths)
    future_rows = len(panel.future_covariates)
    return (
        all(bool((array >= 0).all() and (array < _LARGEST).all()) for array in counts)
        and bool((np.abs(panel.start) < _LARGEST).all())
        and bool((panel.lengths > 0).all() and (panel.offsets + panel.lengths <= len(panel.values)).all())
        and bool((panel.future_lengths >= panel.lengths).all())
        and bool((panel.future_offsets + panel.future_lengths <= future_rows).all())
    )


def _has_sound_codes(panel: Panel) -> bool:
    """Tell whether classes have indicators of 0 and 1, and every code of a covariate stands for a word, or for none."""
    if panel.classes and not (np.isin(panel.values, (0, 1)).all() and (panel.values.sum(axis=1) <= 1).all()):
        return False
    for values, names in (
        (panel.past_covariates, panel.past_names),
        (panel.future_covariates, panel.future_names),
        (panel.static_covariates, panel.static_names),
    ):
        for column, name in zip(values.T, names, strict=True):
            if name in panel.words and not np.isin(column, np.arange(len(panel.words[name]) + 1)).all():
                return False
    return True
