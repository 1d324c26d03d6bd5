"""Parted: files that ranks read a part each, and exchange what they have read, so that every rank has the whole panel.

Reading text takes far longer than sending its numbers. What a fit needs of all series (units, covariates' means,
validation, blend, scores) is then the same as if one process had read all, to the bit.

It is done for tables that one file tells all about: an id column, a calendar frequency, no categories, and no series in
the parts of two ranks. Of any other each rank reads all; so errors are told as by one process, too.
"""

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import safetensors.numpy

from rnncast import packing
from rnncast.config import DataConfig
from rnncast.errors import DataError, UsageError
from rnncast.packing import Array
from rnncast.panel import Panel
from rnncast.ranks import Ranks
from rnncast.reading import Reading, read_panel, sources

_BY_SERIES = ("lengths", "start", "future_lengths", "static_covariates")
_BY_ROW = ("values", "observed", "past_covariates", "future_covariates")
_OFFSETS = {"offsets": "values", "future_offsets": "future_covariates"}
_COUNTS, _NOTES = ("gaps", "missing", "repeated"), ("notes", "left_out")


def read(paths: Sequence[str], data: DataConfig, ranks: Ranks) -> Reading | None:
    """Return the panel in files of which each rank reads a part, None where each is to read all.

    Raises:
        DataError: there is no such file, or it is standard input, which only one rank could read.
    """
    if ranks.count > 1 and "-" in paths:
        raise DataError("standard input cannot be shared by ranks.", "Name files that all of them can read.")
    files = [content.name for content in sources.expand(paths)] if ranks.count > 1 else []
    if len(files) < ranks.count or len(files) < 2:
        return None
    share = np.array_split(np.arange(len(files)), ranks.count)[ranks.number]
    own = _read(files[0], [files[number] for number in share], data)
    if ranks.any(own is None) or own is None:
        return None
    arrays, texts = packing.pack(own.panel)
    said = {name: getattr(own, name) for name in (*_COUNTS, *_NOTES)}
    parts = map(safetensors.numpy.load, ranks.gather(safetensors.numpy.save(arrays)))
    told = map(json.loads, ranks.gather(json.dumps([texts, said]).encode()))
    whole = _joined(own, [(part, *spoken) for part, spoken in zip(parts, told, strict=True)])
    return whole and replace(whole, sources=tuple(paths))


def _read(first: str, own: Sequence[str], data: DataConfig) -> Reading | None:
    """Return what a rank's own files hold, told by the first of all; None where that cannot tell it."""
    try:
        told = read_panel([first], data).roles
        is_plain = told.id and told.freq and not told.freq.isdecimal() and not told.category
        return read_panel(own, told) if is_plain else None
    except (DataError, UsageError):
        return None


def _joined(own: Reading, parts: Sequence[tuple[dict[str, Array], dict[str, Any], dict[str, Any]]]) -> Reading | None:
    """Return the parts one after the other, None where they are not of one kind or share a series."""
    arrays, texts, said = zip(*parts, strict=True)
    ids = [name for part in arrays for name in json.loads(part["ids"].tobytes())]
    is_raw = {"raw_values" in part for part in arrays}
    if any(text != texts[0] for text in texts) or len(set(map(tuple, ids))) < len(ids) or len(is_raw) > 1:
        return None
    found: dict[str, Any] = {name: sum(part[name] for part in said) for name in _COUNTS}
    for name in _NOTES:
        found[name] = tuple(dict.fromkeys(note for part in said for note in part[name]))
    return replace(own, panel=_panel(own.panel, arrays, np.array(ids, dtype=np.str_)), **found)


def _panel(own: Panel, parts: Sequence[dict[str, Array]], ids: Array) -> Panel:
    """Return the panel of some parts, one after the other."""
    whole: dict[str, Any] = {name: np.concatenate([part[name] for part in parts]) for name in (*_BY_SERIES, *_BY_ROW)}
    for name, rows in _OFFSETS.items():
        before = np.cumsum([0, *(len(part[rows]) for part in parts)])
        whole[name] = np.concatenate([part[name] + first for part, first in zip(parts, before[:-1], strict=True)])
    raw = own.raw
    if raw is not None:
        raw = type(raw)(*(np.concatenate([part[f"raw_{name}"] for part in parts]) for name in raw._fields))
    return replace(own, ids=ids, raw=raw, **whole)
