"""Categories: columns of words to codes, and the words that a panel keeps to tell them by.

The words of a column stand in their order, numbers first. Code 0 is a word that is not among them, 1 the first of
them and so on; a cell that says nothing is NaN until gaps are filled. What was written as a number is one word
however it was written, 1 or 1.0; codes that begin with a zero stay as they are.
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from rnncast import classes, cleaning
from rnncast.config import DataConfig
from rnncast.errors import DataError, UsageError
from rnncast.panel import FloatArray, IntArray, Panel
from rnncast.reading.base import MISSING_WORDS, Reading

Cells = NDArray[np.object_]
Words = Mapping[str, tuple[str, ...]]
"""By column, the words that its codes stand for."""

SILENT = MISSING_WORDS - {"none"}
"""Cells that say nothing; among words, none is one: no rain, no promotion."""

MOST_CLASSES = 100

MANY = 20
"""Words that are not many, however few rows there are."""

_NUMBER = re.compile(r"[+-]?(?:(?:0|[1-9][0-9]*)(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_NAMED = 3


def told(name: str, cells: Cells) -> tuple[str, ...]:
    """Return the words of a column called `name`, each once, in their order.

    Raises:
        DataError: there are none, or nearly as many as cells that say something.
    """
    places, spelled = _spelled(cells)
    words = sorted({word for word in spelled if word is not None}, key=_order)
    said = int(np.isin(places, [place for place, word in enumerate(spelled) if word is not None]).sum())
    if not words:
        raise DataError(f"column '{name}' is empty.", "Leave it out.")
    if len(words) > max(MANY, said // 2):
        raise DataError(
            f"column '{name}' has {len(words)} different words in {said} cells, too many to learn what each means.",
            "Leave it out, or join words to fewer kinds; a column that names the series is given with --id.",
        )
    return tuple(words)


def told_classes(name: str, cells: Cells) -> tuple[str, ...]:
    """Return the words of a categorical target called `name`.

    Raises:
        DataError: there is one word alone, or too many.
    """
    words = told(name, cells)
    if not 1 < len(words) <= MOST_CLASSES:
        what = f"always says '{words[0]}'" if len(words) == 1 else f"has {len(words)} different words"
        raise DataError(
            f"target '{name}' {what}, and classes are 2 to {MOST_CLASSES}.",
            "Name another --target, or join words to fewer kinds.",
        )
    return words


def settled(data: DataConfig) -> DataConfig:
    """Return the settings as a categorical target takes them, if it is one: gaps repeat the class before them.

    Raises:
        UsageError: a setting that has no sense for classes.
    """
    if not set(data.target) & set(data.category):
        return data
    for option, value, fitting in (
        ("--missing", data.missing, ("interpolate", "ffill", "seasonal", "error")),
        ("--outliers", data.outliers, ("keep",)),
        ("--aggregate", data.aggregate, (None, "first", "last")),
    ):
        if value not in fitting:
            raise UsageError(
                f"{option} {value} is for numbers, and the target '{data.target[0]}' holds words.",
                f"Leave it out, or take {' or '.join(word for word in fitting if word)}.",
            )
    return replace(data, missing="ffill") if data.missing == "interpolate" else data


def codes(cells: Cells, words: Collection[str]) -> FloatArray:
    """Return the code [R] of each cell."""
    places, spelled = _spelled(cells)
    code = {word: float(number) for number, word in enumerate(words, start=1)}
    of_each = np.array([np.nan if word is None else code.get(word, 0.0) for word in spelled], dtype=np.float64)
    found: FloatArray = of_each[places]
    return found


def strangers(name: str, cells: Cells, words: Collection[str]) -> str | None:
    """Return a sentence on the words of a column that are not among `words`, None where all are."""
    places, spelled = _spelled(cells)
    strange = {place: word for place, word in enumerate(spelled) if word is not None and word not in words}
    if not strange:
        return None
    count, named = int(np.isin(places, list(strange)).sum()), sorted(set(strange.values()), key=_order)
    more = f" and {len(named) - _NAMED} more" if len(named) > _NAMED else ""
    said = f"{', '.join(named[:_NAMED])}{more}"
    return f"{count} cells of '{name}' say what was not learned from, and are taken for missing: {said}."


def class_numbers(codes: FloatArray) -> FloatArray:
    """Return the classes of codes, 0 for the first; a word that is not known is missing."""
    return np.where(codes == 0, np.nan, codes - 1)


def spelled_out(panel: Panel) -> Panel:
    """Return the panel with indicators in place of the classes [R, 1] of a categorical target, if it is one."""
    if not panel.classes:
        return panel
    said = classes.indicators(panel.values[:, 0], len(panel.classes))  # [R, K - 1]
    return replace(panel, values=said, observed=np.repeat(panel.observed, said.shape[1], axis=1))


def as_classes(reading: Reading) -> Reading:
    """Return what was read of numbers with every different number of the target as a class.

    Raises:
        DataError: several targets, or too many different numbers.
        UsageError: a setting that has no sense for classes.
    """
    panel = reading.panel
    if panel.num_targets > 1:
        names = ", ".join(panel.target_names)
        raise DataError(f"classes of one column are forecast, and there are several: {names}.", "Name one --target.")
    name = panel.target_names[0]
    roles = settled(replace(reading.roles, category=(*reading.roles.category, name)))
    cells = np.where(panel.observed, panel.values, np.nan)[:, 0].astype(object)
    words = told_classes(name, cells)
    found = class_numbers(codes(cells, words))[:, None]
    found = cleaning.fill(found, panel.observed, panel.offsets, panel.lengths, roles.missing, panel.season_length)
    panel = replace(panel, values=found, words={**panel.words, name: words})
    return replace(reading, panel=spelled_out(panel), roles=roles, notes=(*reading.notes, sentence(name, words)))


def sentence(name: str, words: Collection[str]) -> str:
    """Say that a column is forecast as classes."""
    return f"'{name}' is forecast as {len(words)} classes: {', '.join(words)}."


def filled(panel: Panel) -> Panel:
    """Return the panel with code 0 where a categorical covariate is missing."""

    def known(values: FloatArray, names: tuple[str, ...]) -> FloatArray:
        worded = np.isin(names, list(panel.words))
        return np.where(worded & np.isnan(values), 0.0, values)

    return replace(
        panel,
        past_covariates=known(panel.past_covariates, panel.past_names),
        future_covariates=known(panel.future_covariates, panel.future_names),
    )


def _spelled(cells: Cells) -> tuple[IntArray, list[str | None]]:
    """Return for each cell [R] which of the different texts it holds, and the word of each; None says nothing."""
    places, texts = pd.factorize(cells)
    return places.astype(np.int64), [_word(str(text)) for text in texts]


def _word(text: str) -> str | None:
    text = text.strip()
    if text.lower() in SILENT:
        return None
    is_number = _NUMBER.fullmatch(text) is not None and np.isfinite(float(text))
    return f"{float(text):.15g}" if is_number else text


def _order(word: str) -> tuple[bool, float, str]:
    is_number = _NUMBER.fullmatch(word) is not None
    return not is_number, float(word) if is_number else 0.0, word
